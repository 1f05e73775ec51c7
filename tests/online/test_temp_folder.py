"""Ray's folder and the length of socket paths."""

from pathlib import Path

import pytest

from online.app import _temp_folder

LONGEST_SOCKET = 97
BELOW = "/" + "0" * 56 + "/haproxy.sock"


@pytest.mark.parametrize("depth", range(0, 60, 5))
def test_haproxys_socket_fits_however_deep_our_own_folder_lies(
    depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)
    assert len(str(_temp_folder(Path("/" + "h" * depth))) + BELOW) <= LONGEST_SOCKET


def test_a_short_home_keeps_rays_files_with_the_rest() -> None:
    assert _temp_folder(Path("/tmp/mqt")) == Path("/tmp/mqt/ray")
