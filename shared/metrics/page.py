"""Metrics of two-dimensional pages."""

import numpy as np
import numpy.typing as npt


def recall_m_by_n(hits: npt.NDArray[np.bool_], relevant: int, rows: int, columns: int) -> float:
    """Share of the relevant titles that stand in the first rows × columns of a page; NaN when
    nothing is relevant.

    `hits` is bool[page rows, page columns]: a tile that shows a relevant title for the first time
    on the page (a duplicate lower down is no second find).
    """
    return float(hits[:rows, :columns].sum() / relevant) if relevant else float("nan")


def first_hits(page: npt.NDArray[np.int32], relevant: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """bool[rows, columns]: where each relevant title stands first in reading order; negative
    numbers are empty tiles.
    """
    flat = page.ravel()
    hits = np.zeros(len(flat), dtype=bool)
    numbers, places = np.unique(flat, return_index=True)
    hits[places[np.isin(numbers, np.asarray(relevant)) & (numbers >= 0)]] = True
    return hits.reshape(page.shape)
