"""The registry rejects conflicting handlers, and finds handlers by event, topic and row."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from nearline.handlers import HANDLERS, exposures, facts, feedback, plays, searches, trailers
from nearline.handlers.base import AnyHandler
from nearline.handlers.registry import HandlerRegistry
from shared.errors import SchemaMismatch
from shared.events.catalog import TitlePublished
from shared.events.exposures import Browse
from shared.events.feedback import Thumb
from shared.events.registry import EVENT_TYPES
from shared.topics import CATALOG, EXPOSURES


def fields(*names: str) -> Mapping[str, object]:
    return dict.fromkeys(names)


WRONG: dict[str, tuple[tuple[AnyHandler, ...], tuple[str, ...]]] = {
    "same name": (
        (exposures.HANDLER, replace(trailers.HANDLER, name="seen")),
        ("nearline.handlers.exposures", "nearline.handlers.trailers", "'seen'"),
    ),
    "reserved fold": ((replace(facts.HANDLER, name="fold"),), ("handlers.facts", "'fold'")),
    "reserved recent": ((replace(facts.HANDLER, name="recent"),), ("handlers.facts", "'recent'")),
    "reserved digest": ((replace(facts.HANDLER, name="digest"),), ("handlers.facts", "'digest'")),
    "reserved vector": ((replace(facts.HANDLER, name="vector"),), ("handlers.facts", "'vector'")),
    "colon in name": ((replace(facts.HANDLER, name="a:b"),), ("handlers.facts", "'a:b'")),
    "letter outside ASCII": (
        (replace(facts.HANDLER, name="fåcts"),),
        ("handlers.facts", "'fåcts'"),
    ),
    "version 0": ((replace(facts.HANDLER, version=0),), ("handlers.facts", "version 0")),
    "event type twice": (
        (replace(facts.HANDLER, events=facts.HANDLER.events * 2),),
        ("handlers.facts", "twice"),
    ),
    "name of the sums": (
        (replace(plays.HANDLER, counters=(replace(plays.STARTS, name="starts:sums"),)),),
        ("handlers.plays", "'starts:sums'"),
    ),
    "counter without a name": (
        (replace(plays.HANDLER, counters=(replace(plays.STARTS, name=""),)),),
        ("handlers.plays", "''"),
    ),
    "empty buckets": (
        (replace(plays.HANDLER, counters=(replace(plays.STARTS, bucket_ms=0),)),),
        ("handlers.plays", "0 ms"),
    ),
    "retention below a bucket": (
        (replace(plays.HANDLER, counters=(replace(plays.STARTS, retention_ms=1),)),),
        ("handlers.plays", "1 ms"),
    ),
    "digest field of the fold": (
        (replace(facts.HANDLER, digest_fields=lambda _: fields("position")),),
        ("handlers.facts", "'position'"),
    ),
    "no event": ((replace(facts.HANDLER, events=()),), ("handlers.facts", "no event type")),
    "two topics": (
        (replace(feedback.HANDLER, events=(Thumb, Browse)),),
        ("handlers.feedback", "feedback.thumb of topic signals", "browse.look of topic exposures"),
    ),
    "topic without profiles": (
        (replace(feedback.HANDLER, events=(TitlePublished,)),),
        ("handlers.feedback", TitlePublished.type, CATALOG),
    ),
    "counter of another topic": (
        (replace(plays.HANDLER, counters=(replace(plays.STARTS, topic=EXPOSURES),)),),
        ("handlers.plays", plays.STARTS.name, EXPOSURES),
    ),
    "counter declared twice": (
        (
            plays.HANDLER,
            replace(searches.HANDLER, counters=(replace(plays.STARTS, bucket_ms=1),)),
        ),
        ("handlers.plays", "handlers.searches", plays.STARTS.name),
    ),
    "unknown digest field": (
        (replace(facts.HANDLER, digest_fields=lambda _: fields("mood")),),
        ("handlers.facts", "'mood'", "Digest"),
    ),
    "digest field of two handlers": (
        (facts.HANDLER, replace(feedback.HANDLER, digest_fields=lambda _: fields("facts"))),
        ("handlers.facts", "handlers.feedback", "'facts'"),
    ),
}


@pytest.mark.parametrize(("handlers", "parts_of_message"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_declaration_is_rejected_with_an_error_that_names_it(
    handlers: tuple[AnyHandler, ...], parts_of_message: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"\Ahandlers? nearline\.") as caught:
        HandlerRegistry(handlers)
    for part in parts_of_message:
        assert part in str(caught.value)


def test_every_event_type_of_profiles_has_a_handler_except_two() -> None:
    of_profiles = {name for name, body in EVENT_TYPES.items() if body.topic != CATALOG}
    assert {name for name in of_profiles if not HANDLERS.of_event(name)} == {
        "page.served",
        "profile.erasure",
    }


def test_an_event_type_may_have_several_handlers() -> None:
    assert [handler.name for handler in HANDLERS.of_event("play.started")] == ["title", "searches"]


def test_a_row_belongs_to_the_handler_of_its_name_and_version() -> None:
    assert HANDLERS.of_row("title@1:some:title@2") is plays.HANDLER
    assert HANDLERS.of_row("feedback@1") is feedback.HANDLER
    assert HANDLERS.of_row("horoscope@1") is None
    assert HANDLERS.of_row("feedback") is None


def test_a_row_of_an_older_version_belongs_to_no_handler() -> None:
    registry = HandlerRegistry([replace(feedback.HANDLER, version=3)])
    assert registry.of_row("feedback@2") is None


def test_a_row_of_a_newer_version_stops_the_worker() -> None:
    with pytest.raises(SchemaMismatch, match="version 2 of handler feedback"):
        HANDLERS.of_row("feedback@2")
