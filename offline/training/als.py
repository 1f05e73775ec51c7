"""Implicit ALS by Spark MLlib: item factors from the cluster; profiles' embeddings are folded in
wherever they are needed.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

from shared.models.als import Als, AlsSettings
from shared.models.interactions import Interactions
from shared.models.port import Vectors


@dataclass(frozen=True)
class SparkAlsSettings:
    """How the work is cut up."""

    blocks: int = 1
    """Blocks of profiles and of titles. One is quickest on one machine, and gives the same bytes
    from the same seed: with more, sums are taken in whatever order tasks end.
    """


def train_als(
    interactions: Interactions,
    spark: SparkSession,
    *,
    seed: int,
    settings: AlsSettings | None = None,
    cut: SparkAlsSettings | None = None,
) -> Als:
    """Item factors by alternating half-steps; titles without plays get factors of zero."""
    chosen, blocks = settings or AlsSettings(), (cut or SparkAlsSettings()).blocks
    matrix = interactions.matrix()
    cells = matrix.tocoo()
    ratings = spark.createDataFrame(
        pa.table(
            {
                "user": cells.row.astype(np.int32),
                "item": cells.col.astype(np.int32),
                "rating": cells.data.astype(np.float32),
            }
        )
    )
    trainer = ALS(
        rank=chosen.embedding_size,
        maxIter=chosen.iterations,
        regParam=chosen.ridge,
        alpha=chosen.alpha,
        implicitPrefs=True,
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        checkpointInterval=-1,
        seed=seed,
    )
    factors = np.zeros((matrix.shape[1], chosen.embedding_size), np.float32)
    if matrix.nnz:
        _fill(factors, trainer.fit(ratings).itemFactors.toArrow())
    return Als.of_factors(chosen, interactions.vocabulary, factors, matrix)


def _fill(factors: Vectors, rows: pa.Table) -> None:
    numbers = rows["id"].to_numpy()
    factors[numbers] = (
        rows["features"].combine_chunks().flatten().to_numpy().reshape(len(numbers), -1)
    )
