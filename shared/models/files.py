"""A model as files: its parameters in `arrays.safetensors`, everything else in `model.json`."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save
from scipy.sparse import csr_matrix

from shared.errors import ArtifactCorrupt
from shared.ids import TitleId
from shared.models.port import Files
from shared.vocabulary import Vocabulary

ARRAYS: Final = "arrays.safetensors"
MODEL: Final = "model.json"
# A larger file is rejected before it is parsed. A guess: far above any trained model.
MAX_FILE_BYTES: Final = 8 << 30

Arrays = Mapping[str, npt.NDArray[Any]]
S = TypeVar("S")


class _Header(msgspec.Struct, frozen=True):
    family: str
    settings: dict[str, Any]
    titles: tuple[TitleId, ...]
    facts: dict[str, Any]


class StoredModel(Protocol):
    """The parts of a model that are not arrays."""

    @property
    def family(self) -> str: ...

    @property
    def settings(self) -> object: ...

    @property
    def vocabulary(self) -> Vocabulary: ...


@dataclass(frozen=True)
class ModelParts(Generic[S]):
    """A model read from files; `facts` are small JSON values such as a list of countries."""

    settings: S
    vocabulary: Vocabulary
    arrays: Arrays
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ArraySpec:
    """The required element type and shape of an array; None in the shape means any length."""

    dtype: type[np.generic]
    shape: tuple[int | None, ...]


Specs = Callable[[S, int], Mapping[str, ArraySpec]]
"""The required arrays of a model, from its settings and its number of titles."""


def to_model_files(
    model: StoredModel, arrays: Arrays, facts: Mapping[str, Any] | None = None
) -> Files:
    """The model as files; equal models give equal bytes."""
    header = _Header(
        model.family,
        msgspec.to_builtins(model.settings),
        model.vocabulary.title_ids,
        dict(facts or {}),
    )
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return {MODEL: msgspec.json.encode(header, order="deterministic"), ARRAYS: save(contiguous)}


def from_model_files(
    files: Files, family: str, settings: type[S], specs: Specs[S]
) -> ModelParts[S]:
    """Read the parts back and check every array against `specs`.

    Raises:
        ArtifactCorrupt: a file is missing, is of another family, or has other content.
    """
    header = _header(files)
    if header.family != family:
        raise ArtifactCorrupt(f"the artifact holds a model of family {header.family}, not {family}")
    try:
        arrays = load(_file(files, ARRAYS))
        parts = ModelParts(
            msgspec.convert(header.settings, settings),
            Vocabulary(header.titles),
            arrays,
            header.facts,
        )
    except (SafetensorError, msgspec.ValidationError, ValueError, KeyError) as error:
        raise ArtifactCorrupt(f"model of family {family}: {error}") from error
    expected = specs(parts.settings, len(parts.vocabulary))
    if arrays.keys() != expected.keys():
        raise ArtifactCorrupt(
            f"a model of family {family} has arrays {sorted(expected)}, not {sorted(arrays)}"
        )
    for name, spec in expected.items():
        _check(name, arrays[name], spec)
    return parts


def content_id(files: Files) -> str:
    """Sixteen hexadecimal digits of a hash of the files; equal files give equal ids."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:16]


def csr_arrays(name: str, matrix: csr_matrix) -> dict[str, npt.NDArray[Any]]:
    """A sparse matrix as three arrays with names that begin with `name`."""
    return {
        f"{name}.indptr": matrix.indptr.astype(np.int64),
        f"{name}.indices": matrix.indices.astype(np.int32),
        f"{name}.values": matrix.data.astype(np.float32),
    }


def csr_specs(name: str, rows: int) -> dict[str, ArraySpec]:
    """The specs of `csr_arrays` for a matrix with `rows` rows."""
    return {
        f"{name}.indptr": ArraySpec(np.int64, (rows + 1,)),
        f"{name}.indices": ArraySpec(np.int32, (None,)),
        f"{name}.values": ArraySpec(np.float32, (None,)),
    }


def csr_of(name: str, arrays: Arrays, columns: int) -> csr_matrix:
    """The inverse of `csr_arrays`.

    Raises:
        ArtifactCorrupt: the three arrays are not a sparse matrix with `columns` columns.
    """
    indptr = arrays[f"{name}.indptr"]
    try:
        matrix = csr_matrix(
            (arrays[f"{name}.values"], arrays[f"{name}.indices"], indptr),
            shape=(len(indptr) - 1, columns),
        )
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise ArtifactCorrupt(f"sparse matrix {name}: {error}") from error
    return matrix


def _header(files: Files) -> _Header:
    try:
        return msgspec.json.decode(_file(files, MODEL), type=_Header)
    except msgspec.MsgspecError as error:
        raise ArtifactCorrupt(f"{MODEL}: {error}") from error


def _file(files: Files, name: str) -> bytes:
    data = files.get(name)
    if data is None:
        raise ArtifactCorrupt(f"the model has no file {name}")
    if len(data) > MAX_FILE_BYTES:
        raise ArtifactCorrupt(f"{name} has {len(data)} bytes, more than {MAX_FILE_BYTES}")
    return data


def _check(name: str, array: npt.NDArray[Any], spec: ArraySpec) -> None:
    fits = len(array.shape) == len(spec.shape) and all(
        required in (None, actual) for required, actual in zip(spec.shape, array.shape, strict=True)
    )
    if array.dtype != np.dtype(spec.dtype) or not fits:
        raise ArtifactCorrupt(
            f"array {name} is {array.dtype}{array.shape}, not {np.dtype(spec.dtype)}{spec.shape}"
        )
    if array.dtype.kind == "f" and not math.isfinite(float(np.sum(array, dtype=np.float64))):
        raise ArtifactCorrupt(f"array {name} has values that are not finite")
