"""Onboarding picks and survey answers."""

from typing import Final

import msgspec

from nearline.handlers.base import (
    DigestFields,
    Latest,
    keep_latest,
    latest_of,
    single_part_handler,
    with_entry,
)
from nearline.handlers.effects import Effects
from shared.events.accept import AcceptedEvent
from shared.events.envelope import order_of
from shared.events.profiles import OnboardingPicks, SurveyAnswer
from shared.ids import TitleId

# A guess: more survey answers than a member gives.
MAX_ANSWERS: Final = 1_000


class OnboardingPart(msgspec.Struct, frozen=True, array_like=True):
    """The latest picks, and the latest answer about each title."""

    picks: Latest[tuple[TitleId, ...]] | None = None
    satisfaction: dict[TitleId, Latest[int]] = {}


def fold(part: OnboardingPart | None, event: AcceptedEvent) -> tuple[OnboardingPart, Effects]:
    """Replace the picks, or the answer about a title, if the event is later."""
    part = part or OnboardingPart()
    order = order_of(event.envelope)
    match event.body:
        case OnboardingPicks(title_ids=title_ids):
            picks = latest_of(part.picks, order, title_ids)
            return msgspec.structs.replace(part, picks=picks), ()
        case SurveyAnswer(title_id=title_id, satisfaction=satisfaction):
            satisfied = latest_of(part.satisfaction.get(title_id), order, int(satisfaction))
            latest = keep_latest(
                with_entry(part.satisfaction, title_id, satisfied),
                MAX_ANSWERS,
                lambda entry: entry.order,
            )
            return msgspec.structs.replace(part, satisfaction=latest), ()
        case _:
            raise TypeError(f"{event.envelope.type} is neither picks nor a survey answer")


def summarize(part: OnboardingPart) -> DigestFields:
    """The latest picks."""
    return {"picks": part.picks.value if part.picks else ()}


HANDLER = single_part_handler(
    name="onboarding",
    version=1,
    events=(OnboardingPicks, SurveyAnswer),
    empty=OnboardingPart(),
    fold=fold,
    summarize=summarize,
)
