"""`marquee page`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType


def page(
    profile: Annotated[str, typer.Argument(help="The profile whose page to show.")],
    device: Annotated[str, typer.Option(help="tv, phone, tablet or web: the page's shape.")] = "tv",
    country: Annotated[str | None, typer.Option(help="ISO 3166 code; licenses follow it.")] = None,
    ceiling: Annotated[
        int | None, typer.Option(help="Oldest age rating that may be shown.")
    ] = None,
    rows: Annotated[int | None, typer.Option(help="How many rows.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The API's answer as it is.")] = False,
    url: Annotated[
        str | None, typer.Option(help="Where the API is, when not where the settings say.")
    ] = None,
) -> None:
    """Show a member's page in the terminal."""
    import httpx
    from rich.console import Console

    from infra.settings import load_settings
    from shared.errors import SetupError

    how = load_settings().online
    base = url or f"http://{how.host}:{how.port}"
    asked = {"device": device, "country": country, "ceiling": ceiling, "rows": rows}
    query: dict[str, str | int] = {
        name: value for name, value in asked.items() if value is not None
    }
    try:
        answer = httpx.get(f"{base}/v1/profiles/{profile}/page", params=query, timeout=15)
    except httpx.TransportError as error:
        raise SetupError(
            f"Nobody answers at {base}: start `marquee online`, or say where it is with --url."
        ) from error
    if as_json:
        print(answer.text)
    else:
        console = Console()
        console.print(page_table(answer.content, console.width))
    if answer.status_code != 200:
        raise typer.Exit(1)


def page_table(answer: bytes, width: int) -> "RenderableType":
    """A page as the API answered it, drawn for a terminal of so many columns; a problem document as
    one line.
    """
    import msgspec

    from infra.page_screen import PageAnswer, ProblemAnswer, draw_page, draw_problem

    try:
        return draw_page(msgspec.json.decode(answer, type=PageAnswer), width)
    except msgspec.ValidationError:
        return draw_problem(msgspec.json.decode(answer, type=ProblemAnswer))
