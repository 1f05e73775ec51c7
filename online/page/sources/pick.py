"""What several sources need: the best few of some titles, quickly."""

from typing import Final

import numpy as np

from online.page.model import Floats
from shared.vocabulary import Numbers

# Tiles that a candidate row offers: what is shown, and spares for what stands above already.
ROW_TILES: Final = 60


def best(numbers: Numbers, scores: Floats, count: int = ROW_TILES) -> Numbers:
    """The numbers with the highest scores (given per number), best first; ties in the order of the numbers."""
    if len(numbers) > count:
        top = np.argpartition(scores, -count)[-count:]
        numbers, scores = numbers[top], scores[top]
    return numbers[np.lexsort((numbers, -scores))]
