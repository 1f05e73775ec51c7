"""The documents of an artifact store in a local folder."""

from pathlib import Path


def document_names(artifacts_uri: str) -> set[str]:
    """The names of all documents that were ever put."""
    folder = Path(artifacts_uri) / "documents"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
