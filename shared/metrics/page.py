"""Metrics of two-dimensional pages."""

import numpy as np
import numpy.typing as npt


def recall_m_by_n(hits: npt.NDArray[np.bool_], relevant: int, rows: int, columns: int) -> float:
    """Share of the relevant titles in the first rows × columns of a page; NaN without any.

    `hits` is bool[page rows, page columns], from `first_hits`.
    """
    return float(hits[:rows, :columns].sum() / relevant) if relevant else float("nan")


def first_hits(page: npt.NDArray[np.int32], relevant: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """bool[rows, columns]: the first tile of each relevant title in reading order.

    Negative numbers are empty tiles.
    """
    flat = page.ravel()
    hits = np.zeros(len(flat), dtype=bool)
    numbers, first_tiles = np.unique(flat, return_index=True)
    hits[first_tiles[np.isin(numbers, np.asarray(relevant)) & (numbers >= 0)]] = True
    return hits.reshape(page.shape)
