"""`marquee page`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType


def page(
    profile: Annotated[str, typer.Argument(help="Profile id.")],
    device: Annotated[str, typer.Option(help="Device: tv, phone, tablet or web.")] = "tv",
    country: Annotated[str | None, typer.Option(help="ISO 3166 country code.")] = None,
    ceiling: Annotated[int | None, typer.Option(help="Highest age rating to show.")] = None,
    rows: Annotated[int | None, typer.Option(help="Number of rows.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    url: Annotated[
        str | None, typer.Option(help="Address of the page API; by default from the settings.")
    ] = None,
) -> None:
    """Show a member's page in the terminal.

    Each row is printed with its reason, its source and the version of its model. A tile with "?"
    was drawn at random.

    Example: marquee page p-000001 --device phone
    """
    import httpx
    from rich.console import Console

    from infra.settings import load_settings
    from shared.api.problem import PROBLEM_TYPE
    from shared.errors import SetupError

    settings = load_settings().online
    address = url or f"http://{settings.host}:{settings.port}"
    parameters = {"device": device, "country": country, "ceiling": ceiling, "rows": rows}
    query: dict[str, str | int] = {
        name: value for name, value in parameters.items() if value is not None
    }
    try:
        answer = httpx.get(f"{address}/v1/profiles/{profile}/page", params=query, timeout=15)
    except httpx.TransportError as error:
        raise SetupError(
            f"The page API does not respond at {address}: start `marquee online`, or use --url."
        ) from error
    if not answer.is_success and answer.headers.get("content-type") != PROBLEM_TYPE:
        raise SetupError(f"{address} answered {answer.status_code}: {answer.text[:200]}")
    if as_json:
        print(answer.text)
    else:
        console = Console()
        console.print(page_table(answer.content, answer.is_success, console.width))
    if not answer.is_success:
        raise typer.Exit(1)


def page_table(answer: bytes, is_page: bool, width: int) -> "RenderableType":
    """Return an answer of the page API, a page or a problem, for a terminal of `width` columns."""
    import msgspec

    from infra.page_screen import draw_page, draw_problem
    from shared.api.page import PageAnswer
    from shared.api.problem import ProblemDocument

    if is_page:
        return draw_page(msgspec.json.decode(answer, type=PageAnswer), width)
    return draw_problem(msgspec.json.decode(answer, type=ProblemDocument))
