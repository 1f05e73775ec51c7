"""Ray's folder and the length of socket paths."""

from pathlib import Path

import pytest

from online.app import _temp_folder

LONGEST_SOCKET = 97
BELOW = "/" + "0" * 56 + "/haproxy.sock"


@pytest.mark.parametrize("depth", range(0, 60, 5))
def test_haproxys_socket_path_fits_for_a_home_folder_of_any_depth(
    depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)
    assert len(str(_temp_folder(Path("/" + "h" * depth))) + BELOW) <= LONGEST_SOCKET


def test_with_a_short_home_folder_rays_files_are_in_it() -> None:
    assert _temp_folder(Path("/tmp/mqt")) == Path("/tmp/mqt/ray")
