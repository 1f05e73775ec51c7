"""Onboarding picks and survey answers: what members say of titles when they are asked."""

from typing import Final

import msgspec

from nearline.handlers.base import Handler, Latest, keep_latest, later, put
from shared.events.accept import AcceptedEvent
from shared.events.envelope import order_of
from shared.events.profiles import OnboardingPicks, SurveyAnswer
from shared.ids import TitleId

PART = "asked"
MAX_ANSWERS: Final = 1_000


class OnboardingPart(msgspec.Struct, frozen=True, array_like=True):
    """The latest picks, and the latest answer about each title."""

    picks: Latest[tuple[TitleId, ...]] | None = None
    satisfaction: dict[TitleId, Latest[int]] = {}


def fold(part: OnboardingPart | None, event: AcceptedEvent) -> OnboardingPart:
    """The part with one more answer."""
    part = part or OnboardingPart()
    order = order_of(event.envelope)
    match event.body:
        case OnboardingPicks(title_ids=title_ids):
            return msgspec.structs.replace(part, picks=later(part.picks, order, title_ids))
        case SurveyAnswer(title_id=title_id, satisfaction=satisfaction):
            answers = put(
                part.satisfaction,
                title_id,
                later(part.satisfaction.get(title_id), order, int(satisfaction)),
            )
            return msgspec.structs.replace(
                part, satisfaction=keep_latest(answers, MAX_ANSWERS, lambda latest: latest.order)
            )
        case _:
            raise TypeError(f"{event.envelope.type} is no answer")


HANDLER = Handler(PART, OnboardingPart, lambda _event: PART, fold)
