"""`marquee page` prints a page with its reasons, and a problem with what to do next."""

import io
from typing import get_args

import msgspec
from rich.console import Console

from infra.commands.page import page_table
from infra.page_screen import BAR_WIDTH, SCORED_BY
from online.page.ranking.relevance import ScoredBy
from shared.api.page import PageAnswer, TileAnswer
from shared.api.problem import ProblemDocument
from shared.ids import TitleId
from tests.answers import page_answer, tiles_of


def printed(answer: PageAnswer | ProblemDocument, width: int = 120) -> str:
    """The output of the command for an answer."""
    console = Console(file=io.StringIO(), width=width)
    is_page = isinstance(answer, PageAnswer)
    console.print(page_table(msgspec.json.encode(answer), is_page, width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_rows_tiles_progress_and_reasons_are_printed() -> None:
    resumed = TileAnswer(TitleId("t1"), "Night [Train]", 0, reason="20 min left", progress=0.5)
    text = printed(page_answer([("continue_watching", [resumed])]))
    assert " 1 continue_watching" in text
    assert "Night [Train]" in text
    assert "━" * (BAR_WIDTH // 2) in text
    assert "━" * BAR_WIDTH not in text
    assert "20 min left" in text


def test_tiles_that_do_not_fit_are_counted() -> None:
    tiles = tiles_of({f"t{number}": f"Title {number}" for number in range(9)})
    assert "+5" in printed(page_answer([("top_picks", tiles)]), width=100)


def test_every_way_of_scoring_is_printed_in_words() -> None:
    assert set(SCORED_BY) == set(get_args(ScoredBy))
    page = msgspec.structs.replace(page_answer([]), scored_by="encoded_here")
    assert "scored with an embedding made for this page" in printed(page)


def test_missing_inputs_are_printed() -> None:
    page = msgspec.structs.replace(page_answer([]), rung="popular", degraded=("digest",))
    text = printed(page)
    assert "[popular page]" in text
    assert "[without digest]" in text


def test_a_problem_is_one_line() -> None:
    problem = ProblemDocument(
        type="about:blank", title="Bad parameter", status=400, detail="Send it once.", field="rows"
    )
    assert printed(problem) == "400 Bad parameter (rows): Send it once.\n"
