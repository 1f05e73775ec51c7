"""The one slot of a page in which chance has a say: drawn after all filters, from a recorded set,
with an exact probability.

The policy is a mixture: with probability ε a uniform draw from the eligible titles, otherwise the
greedy choice, which is eligible too. So the greedy title has propensity 1 − ε + ε/n and each other
one ε/n. The draw depends on profile and request id alone: a retry repeats it.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from online.page.model import Floats, PageRow, RequestContext
from online.page.request import PageRequest
from online.settings import ExploreSettings
from shared.events.exposures import Draw
from shared.ids import TitleId
from shared.records.page import TileDetails
from shared.vocabulary import Numbers

POLICY = "epsilon-uniform-1"
REASON = "Something new to try"
_CHECK_BYTES = 8


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What a token says: which arm and policy placed the title, with which probability, among how
    many.
    """

    arm: str
    policy: str
    propensity: float
    title_id: TitleId
    eligible: int


def write_token(token: Token, key: str) -> str:
    """The token as text that clients echo unread, with a keyed checksum."""
    body = msgspec.msgpack.encode(token)
    return base64.urlsafe_b64encode(body + _check(body, key)).decode().rstrip("=")


def read_token(text: str, key: str) -> Token | None:
    """The token, or None when the text is none of ours or was altered."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
        return (
            msgspec.msgpack.decode(body, type=Token)
            if hmac.compare_digest(check, _check(body, key))
            else None
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None


def seed_of(request: PageRequest) -> int:
    """The seed of all draws of a request; a retry of it has the same."""
    name = f"{request.profile_id}\x00{request.request_id}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=16).digest(), "big")


def propensities(eligible: int, greedy: int, epsilon: float) -> Floats:
    """float32[eligible]: each eligible title's probability, the greedy one standing at place
    `greedy`; they sum to 1.
    """
    shares = np.full(eligible, epsilon / eligible, np.float64)
    shares[greedy] += 1 - epsilon
    return shares.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where and how chance decides; `key` signs the token."""

    arm: str
    settings: ExploreSettings
    key: str


def explore(
    rows: tuple[PageRow, ...], moment: RequestContext, slot: Slot
) -> tuple[tuple[PageRow, ...], tuple[Draw, ...]]:
    """The rows with the drawn title in the slot, and the record of the draw; unchanged when the
    page has no such slot.
    """
    request, settings, ids = moment.request, slot.settings, moment.snapshot.view.title_ids
    place = next(
        (place for place, row in enumerate(rows[: request.rows]) if row.row.kind == "top_picks"),
        None,
    )
    if place is None or settings.column >= min(len(rows[place].numbers), request.columns):
        return rows, ()
    target = rows[place]
    greedy = target.numbers[settings.column]
    eligible = _eligible(rows, moment, greedy, settings.eligible)
    at = int(np.flatnonzero(eligible == greedy)[0])
    rng = np.random.default_rng(seed_of(request))
    drawn = at if rng.random() >= settings.epsilon else int(rng.integers(len(eligible)))
    number, propensity = (
        int(eligible[drawn]),
        float(propensities(len(eligible), at, settings.epsilon)[drawn]),
    )
    token = write_token(Token(slot.arm, POLICY, propensity, ids[number], len(eligible)), slot.key)
    note = TileDetails(reason=None if drawn == at else REASON, token=token, propensity=propensity)
    changed = replace(
        target,
        numbers=_inserted(target.numbers, number, settings.column),
        notes={**target.notes, settings.column: note},
    )
    draw = Draw(place, settings.column, POLICY, tuple([ids[n] for n in eligible.tolist()]))
    return (*rows[:place], changed, *rows[place + 1 :]), (draw,)


def _eligible(
    rows: tuple[PageRow, ...], moment: RequestContext, greedy: int, count: int
) -> Numbers:
    """The greedy title and the best titles that stand nowhere in the first answer's rows, in the
    order of their numbers.
    """
    free = np.ones(len(moment.discover), np.bool_)
    for row in rows[: moment.request.shape.first_rows]:
        free[list(row.numbers)] = False
    free[greedy] = True
    chosen = moment.ordered[free[moment.ordered]][:count]
    if greedy not in chosen:
        chosen = np.append(chosen[: count - 1], np.int32(greedy))
    return np.sort(chosen)


def _inserted(numbers: tuple[int, ...], number: int, column: int) -> tuple[int, ...]:
    """The title at the column, what stood there and after it moved right, the row no longer than
    before.
    """
    if numbers[column] == number:
        return numbers
    others = [n for n in numbers if n != number]
    return tuple([*others[:column], number, *others[column:]][: len(numbers)])


def _check(body: bytes, key: str) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES, key=key.encode()[:64]).digest()
