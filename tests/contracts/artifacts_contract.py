"""The tests of the artifact port; the test class of each adapter subclasses ArtifactsContract."""

import hashlib
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.artifacts.port import Artifacts
from shared.errors import ArtifactMissing
from shared.ids import ArtifactId

FILES = st.dictionaries(
    st.sampled_from(["a", "b.npz", "c-1_2.json"]),
    st.sampled_from([b"", b"x", b"y\x00"]),
    max_size=3,
)

ESCAPES = [
    "../up",
    "a/b",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a\\b",
    "a\x00b",
    "naïve",
    "a b",
    "a\n",
    "SHA256SUMS",
]


class ArtifactsContract(ABC):
    """One test per guarantee of `shared.artifacts.port`."""

    @abstractmethod
    def open_artifacts(self) -> AbstractContextManager[Artifacts]:
        """An empty artifact store."""

    def test_get_returns_the_files_that_were_put(self) -> None:
        files = {"weights.npz": bytes(range(256)) * 100, "manifest.json": b"{}", "empty": b""}
        with self.open_artifacts() as artifacts:
            assert artifacts.get(artifacts.put(files)) == files

    def test_the_address_is_the_checksum_of_the_sorted_list_of_checksums(self) -> None:
        lines = "".join(
            f"{hashlib.sha256(content).hexdigest()}  {name}\n"
            for name, content in (("a", b"1"), ("b", b"2"))
        )
        with self.open_artifacts() as artifacts:
            assert (
                artifacts.put({"b": b"2", "a": b"1"}) == hashlib.sha256(lines.encode()).hexdigest()
            )

    @settings(max_examples=30)
    @given(files=FILES, other_files=FILES)
    def test_addresses_are_equal_exactly_for_equal_content(
        self, files: dict[str, bytes], other_files: dict[str, bytes]
    ) -> None:
        with self.open_artifacts() as artifacts:
            first, second = artifacts.put(files), artifacts.put(dict(reversed(files.items())))
            assert first == second
            assert (artifacts.put(other_files) == first) == (files == other_files)
            assert artifacts.get(first) == files

    def test_an_artifact_that_was_never_put_is_missing(self) -> None:
        with self.open_artifacts() as artifacts:
            for name in ("0" * 64, "", "../documents", "x" * 64):
                with pytest.raises(ArtifactMissing):
                    artifacts.get(ArtifactId(name))

    @pytest.mark.parametrize("name", ESCAPES)
    def test_a_name_that_is_not_a_plain_file_name_is_rejected(self, name: str) -> None:
        with self.open_artifacts() as artifacts:
            with pytest.raises(ValueError, match="plain file name"):
                artifacts.put({"good": b"1", name: b"2"})
            if name != "a/b":
                with pytest.raises(ValueError, match="plain file name"):
                    artifacts.put_document(f"reports/{name}", b"1")
                with pytest.raises(ValueError, match="plain file name"):
                    artifacts.get_document(name)

    def test_fetch_creates_a_folder_named_after_the_artifact(self, tmp_path: Path) -> None:
        with self.open_artifacts() as artifacts:
            artifact = artifacts.put({"a": b"1", "b": b"2"})
            local = artifacts.fetch(artifact, tmp_path / "cache")
            assert local == tmp_path / "cache" / artifact
            assert ((local / "a").read_bytes(), (local / "b").read_bytes()) == (b"1", b"2")
            assert artifacts.fetch(artifact, tmp_path / "cache") == local

    def test_a_damaged_local_copy_is_fetched_again(self, tmp_path: Path) -> None:
        with self.open_artifacts() as artifacts:
            artifact = artifacts.put({"a": b"1", "b": b"2"})
            local = artifacts.fetch(artifact, tmp_path)
            (local / "a").write_bytes(b"tampered")
            (local / "b").unlink()
            artifacts.fetch(artifact, tmp_path)
            assert ((local / "a").read_bytes(), (local / "b").read_bytes()) == (b"1", b"2")

    def test_a_document_is_replaced(self) -> None:
        with self.open_artifacts() as artifacts:
            for name in ("generations/g1.json", "reports/r"):
                artifacts.put_document(name, b"first and longer")
            artifacts.put_document("reports/r", b"second")
            assert artifacts.get_document("reports/r") == b"second"
            assert artifacts.get_document("generations/g1.json") == b"first and longer"

    def test_a_document_that_was_never_put_is_missing(self) -> None:
        with self.open_artifacts() as artifacts, pytest.raises(ArtifactMissing):
            artifacts.get_document("generations/none.json")
