"""The HTTP interface: parameters, problem documents and answers."""

import httpx
import msgspec
import pytest

from shared.api.page import PageAnswer, SimilarAnswer
from shared.api.problem import PROBLEM_TYPE, ProblemDocument
from tests.online.harness import ReplicaHarness
from tests.online.http_calls import call, get

PAGE = "/v1/profiles/p-1/page"
MORE = "/v1/pages/nothing"
SIMILAR = "/v1/titles/t0/similar"


def problem_of(answer: httpx.Response) -> ProblemDocument:
    """The problem document of an answer."""
    assert answer.headers["content-type"] == PROBLEM_TYPE
    problem = msgspec.json.decode(answer.content, type=ProblemDocument)
    assert problem.status == answer.status_code
    return problem


@pytest.mark.parametrize(
    ("address", "field"),
    [
        (f"{PAGE}?device=fridge", "device"),
        (f"{PAGE}?rows=0", "rows"),
        (f"{PAGE}?rows=41", "rows"),
        (f"{PAGE}?rows=", "rows"),
        (f"{PAGE}?rows=null", "rows"),
        (f"{PAGE}?rows=NaN", "rows"),
        (f"{PAGE}?rows=1.5", "rows"),
        (f"{PAGE}?rows=1e400", "rows"),
        (f"{PAGE}?rows={'9' * 5000}", "rows"),
        (f"{PAGE}?columns=x", "columns"),
        (f"{PAGE}?country=usa", "country"),
        (f"{PAGE}?country=US%0A", "country"),
        (f"{PAGE}?ceiling=19", "ceiling"),
        (f"{PAGE}?ceiling=-1", "ceiling"),
        (f"{PAGE}?utc_offset_min=5000", "utc_offset_min"),
        (f"{PAGE}?debug=maybe", "debug"),
        (f"{PAGE}?rows=2&rows=3", "rows"),
        (f"{PAGE}?ceilling=7", "ceilling"),
        (f"{PAGE}?country=%ED%A0%80", "country"),
        (f"{PAGE}?%FF=1", "\N{REPLACEMENT CHARACTER}"),
        ("/v1/profiles/%FF/page", "profile_id"),
        ("/v1/profiles/%0A/page", "profile_id"),
        ("/v1/profiles/p%0A/page", "profile_id"),
        (f"/v1/profiles/{'x' * 129}/page", "profile_id"),
        (MORE, "profile_id"),
        (f"{MORE}?profile_id=", "profile_id"),
        (f"{MORE}?profile_id=p&from_row=1001", "from_row"),
        (f"{SIMILAR}?k=101", "k"),
        (f"{SIMILAR}?device=tv", "device"),
    ],
)
def test_a_bad_parameter_is_a_problem_that_names_it(
    harness: ReplicaHarness, address: str, field: str
) -> None:
    answer = get(harness, address)
    assert answer.status_code == 400
    assert problem_of(answer).field == field


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("ceilling=7", "There is no parameter `ceilling`. Did you mean `ceiling`?"),
        ("rows=1&rows=1", "Send `rows` once."),
        ("rows=0", "Send `rows` as an integer from 1 to 40."),
        ("device=fridge", "Send `device` as one of phone, tablet, tv, unknown, web."),
        ("country=usa", "Send `country` as 2 printable characters, for example US."),
        ("debug=2", "Send `debug` as true or false."),
    ],
)
def test_the_detail_of_a_problem_is_what_to_send(
    harness: ReplicaHarness, query: str, detail: str
) -> None:
    assert problem_of(get(harness, f"{PAGE}?{query}")).detail == detail


@pytest.mark.parametrize("request_id", [b"\xe9", "é".encode(), b"", b"x" * 129, b"a b"])
def test_a_bad_request_id_is_a_problem_that_names_the_header(
    harness: ReplicaHarness, request_id: bytes
) -> None:
    answer = get(harness, PAGE, x_request_id=request_id)
    assert (answer.status_code, problem_of(answer).field) == (400, "x-request-id")


def test_the_request_id_names_the_page(harness: ReplicaHarness) -> None:
    first, retry, second = (
        get(harness, PAGE, x_request_id=name).json()["page_id"] for name in ("a", "a", "b")
    )
    assert first == retry != second


def test_a_page_has_the_rows_and_columns_requested(harness: ReplicaHarness) -> None:
    answer = get(harness, f"{PAGE}?device=tv&rows=3&columns=5&country=US&ceiling=18")
    page = msgspec.json.decode(answer.content, type=PageAnswer)
    assert [len(row.tiles) for row in page.rows] == [5, 5, 5]
    assert page.timings_ms is None


def test_a_page_of_a_phone_has_at_most_the_columns_of_a_phone(harness: ReplicaHarness) -> None:
    page = get(harness, f"{PAGE}?device=phone&columns=40&ceiling=18&country=US").json()
    assert max(len(row["tiles"]) for row in page["rows"]) == 30


def test_debug_adds_the_time_of_each_step(harness: ReplicaHarness) -> None:
    assert "respond" in get(harness, f"{PAGE}?debug=true").json()["timings_ms"]


def test_ready_names_the_generation(harness: ReplicaHarness) -> None:
    answer = get(harness, "/readyz")
    assert (answer.status_code, answer.json()["generation"]) == (200, "g1")


def test_nothing_published_is_not_ready_but_healthy(bare: ReplicaHarness) -> None:
    assert get(bare, "/readyz").status_code == 503
    assert get(bare, "/healthz").status_code == 200
    assert get(bare, PAGE).status_code == 503


def test_similar_titles_suit_children_by_default(harness: ReplicaHarness) -> None:
    answer = get(harness, f"{SIMILAR}?k=10")
    similar = msgspec.json.decode(answer.content, type=SimilarAnswer)
    assert len(similar.tiles) == 10
    assert {int(tile.title_id[1:]) % 5 for tile in similar.tiles} <= {0, 1}
    assert [tile.rank for tile in similar.tiles] == list(range(10))


def test_a_title_that_may_not_be_shown_is_not_found(harness: ReplicaHarness) -> None:
    assert get(harness, "/v1/titles/t4/similar").status_code == 404
    assert get(harness, "/v1/titles/t4/similar?ceiling=18").status_code == 200
    assert get(harness, "/v1/titles/nothing/similar").status_code == 404


@pytest.mark.parametrize(
    ("query", "name"), [("x=1", "x"), ("%ED%A0%80", "%ED%A0%80"), ("é", "%C3%A9")]
)
def test_events_have_no_parameters(harness: ReplicaHarness, query: str, name: str) -> None:
    answer = call(harness, lambda client: client.post(f"/v1/events?{query}", content=b"{}"))
    assert (answer.status_code, problem_of(answer).field) == (400, name)


@pytest.mark.parametrize("path", ["/v1/profiles/p-1/page/", "/healthz/", "/v1/events/"])
def test_a_final_slash_is_another_path(harness: ReplicaHarness, path: str) -> None:
    answer = get(harness, path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM_TYPE)


def test_an_unknown_path_is_a_problem(harness: ReplicaHarness) -> None:
    answer = get(harness, "/v2/nothing")
    assert answer.status_code == 404
    assert "/docs" in problem_of(answer).detail


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("DELETE", PAGE, "GET"), ("GET", "/v1/events", "POST")]
)
def test_another_method_is_a_problem_that_names_the_right_one(
    harness: ReplicaHarness, method: str, path: str, allowed: str
) -> None:
    answer = call(harness, lambda client: client.request(method, path))
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert problem_of(answer).detail == f"Use {allowed}."


def test_a_compressed_body_is_refused(harness: ReplicaHarness) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = call(harness, lambda client: client.post("/v1/events", content=b"x", headers=headers))
    assert (answer.status_code, problem_of(answer).field) == (415, "content-encoding")


def test_metrics_count_the_pages(harness: ReplicaHarness) -> None:
    get(harness, PAGE)
    assert 'rung="fresh"} 1.0' in get(harness, "/metrics").text
