"""The exploration slot: the one tile of a page that is drawn at random, with exact propensities.

The draw happens after all filters, from a recorded set. The policy is a mixture: with probability ε
a uniform draw from the eligible titles, otherwise the greedy title, which is eligible too. So the
greedy title has propensity 1 − ε + ε/n and each other one ε/n. The draw is seeded by profile and
request id alone, so a retry repeats it.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from online.page.context import RequestContext
from online.page.model import Page, PageRow
from online.page.request import PageRequest
from online.page.sources.top_picks import TOP_PICKS
from shared.events.exposures import Draw
from shared.ids import TitleId
from shared.records.page import TileDetails
from shared.vocabulary import Floats, Numbers

POLICY: Final = "epsilon-uniform-1"
REASON: Final = "Something new to try"
_CHECK_BYTES: Final = 8


class Token(msgspec.Struct, frozen=True, array_like=True):
    """The record of a draw: arm, policy, propensity, and the number of eligible titles."""

    arm: str
    policy: str
    propensity: float
    title_id: TitleId
    eligible: int


def write_token(token: Token, key: str) -> str:
    """Encode the token with a keyed checksum as text, which is opaque to clients."""
    body = msgspec.msgpack.encode(token)
    return base64.urlsafe_b64encode(body + _check(body, key)).decode().rstrip("=")


def read_token(text: str, key: str) -> Token | None:
    """Decode a token; None for any other text, and for an altered token."""
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
    """The seed of all draws of a request; a retry has the same one."""
    name = f"{request.profile_id}\x00{request.request_id}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=16).digest(), "big")


def propensities(eligible: int, greedy: int, epsilon: float) -> Floats:
    """float32[eligible]: the probability of each eligible title; they sum to 1.

    `greedy` is the index of the greedy title.
    """
    shares = np.full(eligible, epsilon / eligible, np.float64)
    shares[greedy] += 1 - epsilon
    return shares.astype(np.float32)


def explore(page: Page, context: RequestContext, token_key: str) -> Page:
    """Draw the title of the exploration slot and record the draw; `token_key` signs the token.

    A page without that slot is returned unchanged.
    """
    request, settings = context.request, context.plan.settings.explore
    row = _top_picks_row(page.rows[: request.rows])
    if row is None or settings.column >= min(len(page.rows[row].numbers), request.columns):
        return page
    target, ids = page.rows[row], context.view.title_ids
    greedy = target.numbers[settings.column]
    eligible = _eligible(page.rows, context, greedy)
    greedy_index = int(np.flatnonzero(eligible == greedy)[0])
    rng = np.random.default_rng(seed_of(request))
    drawn = greedy_index
    if rng.random() < settings.epsilon:
        drawn = int(rng.integers(len(eligible)))
    number = int(eligible[drawn])
    propensity = float(propensities(len(eligible), greedy_index, settings.epsilon)[drawn])
    token = Token(page.arm, POLICY, propensity, ids[number], len(eligible))
    details = TileDetails(
        reason=None if drawn == greedy_index else REASON,
        token=write_token(token, token_key),
        propensity=propensity,
    )
    changed = replace(
        target,
        numbers=_inserted(target.numbers, number, settings.column),
        notes={**target.notes, settings.column: details},
    )
    draw = Draw(row, settings.column, POLICY, tuple([ids[n] for n in eligible.tolist()]))
    return replace(page, rows=(*page.rows[:row], changed, *page.rows[row + 1 :]), draws=(draw,))


def _top_picks_row(rows: tuple[PageRow, ...]) -> int | None:
    return next((index for index, row in enumerate(rows) if row.kind == TOP_PICKS.name), None)


def _eligible(rows: tuple[PageRow, ...], context: RequestContext, greedy: int) -> Numbers:
    """The greedy title and the most relevant titles outside the first answer, by number."""
    count, ordered = context.plan.settings.explore.eligible, context.relevance.ordered
    free = np.ones(len(context.view), np.bool_)
    first_answer = rows[: context.request.shape.first_rows]
    free[[number for row in first_answer for number in row.numbers]] = False
    free[greedy] = True
    chosen = ordered[np.take(free, ordered).nonzero()[0][:count]]
    if greedy not in chosen:
        chosen = np.append(chosen[: count - 1], np.int32(greedy))
    return np.sort(chosen)


def _inserted(numbers: tuple[int, ...], number: int, column: int) -> tuple[int, ...]:
    """Insert the title at the column and move the tiles after it; the row keeps its length."""
    if numbers[column] == number:
        return numbers
    others = [n for n in numbers if n != number]
    return tuple([*others[:column], number, *others[column:]][: len(numbers)])


def _check(body: bytes, key: str) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES, key=key.encode()[:64]).digest()
