"""`marquee signals` shows the stored state of a profile."""

import json
from dataclasses import dataclass

import pytest

from infra.commands.signals import signals
from shared.events.exposures import Impression
from shared.events.feedback import Rating, Thumb
from shared.events.plays import PlayProgress
from shared.events.profiles import ProfileFacts
from shared.events.searches import SearchPerformed
from shared.ids import PageId
from shared.store.port import Store
from tests.nearline.events import SampleEvent, title
from tests.nearline.platform import MemoryPlatform


@dataclass
class OpenStore:
    """A store whose `close` does nothing."""

    store: Store

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def close(self) -> None:
        """Stay open for the test."""


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> MemoryPlatform:
    platform = MemoryPlatform()
    monkeypatch.setattr("infra.wiring.open_store", lambda _settings: OpenStore(platform.store))
    platform.fold(
        SampleEvent(
            "1",
            PlayProgress(
                title_id=title("dark-waters"),
                runtime_s=5_400,
                position_s=1_230,
                watched=((0, 1_230),),
            ),
        ),
        SampleEvent("2", Thumb(title_id=title("fog"), value=-1)),
        SampleEvent("3", Rating(title_id=title("fog"), stars=1.5)),
        SampleEvent("4", SearchPerformed(query="submarines")),
        SampleEvent("5", ProfileFacts(maturity_ceiling=13, country="DE", name="Kit")),
        SampleEvent("6", Impression(page_id=PageId("g"), title_id=title("fog"), row=0, column=2)),
    )
    return platform


@pytest.mark.usefixtures("platform")
def test_tables_show_times_positions_and_feedback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    signals("p")
    output = capsys.readouterr().out
    for expected in (
        "dark-waters",
        "0:20:30",
        "thumb -1 1.5 stars",
        "submarines",
        "13",
        "Kit",
        "profile_exposures",
        "1:1",
    ):
        assert expected in output


@pytest.mark.usefixtures("platform")
def test_the_document_names_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    signals("p", as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["digest"]["watched"][0]["position_s"] == 1_230
    assert document["digest"]["position"] == {"incarnation": 1, "next_offset": 5}
    assert document["exposures"]["billboard_seen"] == {"fog": 1}
    assert document["folds"]["profile_state"]["events"] == 5


@pytest.mark.usefixtures("platform")
def test_an_unknown_profile_has_no_stored_state(capsys: pytest.CaptureFixture[str]) -> None:
    signals("unknown")
    assert "Nothing is stored" in capsys.readouterr().out
