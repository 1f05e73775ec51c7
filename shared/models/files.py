"""How a model lies in an artifact: `arrays.safetensors` with its parameters and `model.json` with
family, settings and titles.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

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
# Above this a file is refused before it is parsed: no model of ours comes near.
MAX_BYTES: Final = 8 << 30

Arrays = Mapping[str, npt.NDArray[Any]]
S = TypeVar("S")


class _Header(msgspec.Struct, frozen=True):
    family: str
    settings: dict[str, Any]
    titles: tuple[TitleId, ...]
    facts: dict[str, Any]


@dataclass(frozen=True)
class ModelParts(Generic[S]):
    """What a model consists of: settings, titles, parameters, and small facts that are neither
    (names of countries, say).
    """

    settings: S
    vocabulary: Vocabulary
    arrays: Arrays
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ArraySpec:
    """What an array in a file must be: its element type, and its shape, where None means any
    length.
    """

    dtype: type[np.generic]
    shape: tuple[int | None, ...]


Specs = Callable[[S, int], Mapping[str, ArraySpec]]


def to_model_files(family: str, parts: ModelParts[Any]) -> Files:
    """The parts as files; equal parts give equal bytes."""
    header = _Header(
        family, msgspec.to_builtins(parts.settings), parts.vocabulary.title_ids, dict(parts.facts)
    )
    arrays = {name: np.ascontiguousarray(array) for name, array in parts.arrays.items()}
    return {MODEL: msgspec.json.encode(header, order="deterministic"), ARRAYS: save(arrays)}


def family_of(files: Files) -> str:
    """The family that wrote these files.

    Raises:
        ArtifactCorrupt: there is no readable header.
    """
    return _header(files).family


def from_model_files(
    files: Files, family: str, settings: type[S], specs: Specs[S]
) -> ModelParts[S]:
    """The parts back, every array checked against what it must be for these settings and so many
    titles.

    Raises:
        ArtifactCorrupt: a file is missing, is of another family, or does not hold what it should.
    """
    header = _header(files)
    if header.family != family:
        raise ArtifactCorrupt(f"the artifact holds a model of family {header.family}, not {family}")
    try:
        loaded = load(_file(files, ARRAYS))
        parts = ModelParts(
            msgspec.convert(header.settings, settings),
            Vocabulary(header.titles),
            loaded,
            header.facts,
        )
    except (SafetensorError, msgspec.ValidationError, ValueError, KeyError) as error:
        raise ArtifactCorrupt(f"model of family {family}: {error}") from error
    expected = specs(parts.settings, len(parts.vocabulary))
    if loaded.keys() != expected.keys():
        raise ArtifactCorrupt(
            f"a model of family {family} has arrays {sorted(expected)}, not {sorted(loaded)}"
        )
    for name, spec in expected.items():
        _check(name, loaded[name], spec)
    return parts


def content_id(files: Files) -> str:
    """Sixteen hex digits that name this content: equal files, equal id."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:16]


def size_of(files: Files) -> int:
    """Bytes in all files together."""
    return sum(len(data) for data in files.values())


def csr_arrays(name: str, matrix: csr_matrix) -> dict[str, npt.NDArray[Any]]:
    """The three arrays of a sparse matrix, named after it."""
    return {
        f"{name}.indptr": matrix.indptr.astype(np.int64),
        f"{name}.indices": matrix.indices.astype(np.int32),
        f"{name}.values": matrix.data.astype(np.float32),
    }


def csr_specs(name: str, rows: int) -> dict[str, ArraySpec]:
    """What `csr_arrays` writes of a matrix with so many rows."""
    return {
        f"{name}.indptr": ArraySpec(np.int64, (rows + 1,)),
        f"{name}.indices": ArraySpec(np.int32, (None,)),
        f"{name}.values": ArraySpec(np.float32, (None,)),
    }


def csr_of(name: str, arrays: Arrays, columns: int) -> csr_matrix:
    """The sparse matrix back.

    Raises:
        ArtifactCorrupt: the three arrays do not make a matrix of so many columns.
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
    if len(data) > MAX_BYTES:
        raise ArtifactCorrupt(f"{name} has {len(data)} bytes, more than any model of ours")
    return data


def _check(name: str, array: npt.NDArray[Any], spec: ArraySpec) -> None:
    fits = len(array.shape) == len(spec.shape) and all(
        want in (None, have) for want, have in zip(spec.shape, array.shape, strict=True)
    )
    if array.dtype != np.dtype(spec.dtype) or not fits:
        raise ArtifactCorrupt(
            f"array {name} is {array.dtype}{array.shape}, not {np.dtype(spec.dtype)}{spec.shape}"
        )
    if array.dtype.kind == "f" and not math.isfinite(float(np.sum(array, dtype=np.float64))):
        raise ArtifactCorrupt(f"array {name} holds numbers that are not finite")
