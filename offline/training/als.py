"""Implicit ALS by Spark MLlib.

Spark computes the item factors. Profile embeddings are folded in by `shared.models.als`.
"""

import numpy as np
import pyarrow as pa
from pyspark.ml.recommendation import ALS

from offline.training.trainer import TrainingInputs, TrainingResult
from shared.models.als import Als, AlsSettings
from shared.models.port import Vectors


def train_als(inputs: TrainingInputs, settings: AlsSettings) -> TrainingResult:
    """Compute item factors by alternating least squares; titles without plays get zeros."""
    matrix = inputs.interactions.matrix()
    factors = np.zeros((matrix.shape[1], settings.embedding_size), np.float32)
    if matrix.nnz:
        cells = matrix.tocoo()
        ratings = pa.table(
            {
                "user": cells.row.astype(np.int32),
                "item": cells.col.astype(np.int32),
                "rating": cells.data.astype(np.float32),
            }
        )
        fitted = _estimator(inputs, settings).fit(inputs.spark.createDataFrame(ratings))
        _copy_factors(fitted.itemFactors.toArrow(), factors)
    vocabulary = inputs.interactions.vocabulary
    return TrainingResult(Als.of_factors(settings, vocabulary, factors, matrix))


def _estimator(inputs: TrainingInputs, settings: AlsSettings) -> ALS:
    return ALS(
        rank=settings.embedding_size,
        maxIter=settings.iterations,
        regParam=settings.ridge,
        alpha=settings.alpha,
        implicitPrefs=True,
        numUserBlocks=inputs.distributed.als_blocks,
        numItemBlocks=inputs.distributed.als_blocks,
        checkpointInterval=-1,
        seed=inputs.seed,
    )


def _copy_factors(rows: pa.Table, factors: Vectors) -> None:
    numbers = rows["id"].to_numpy()
    values = rows["features"].combine_chunks().flatten().to_numpy()
    factors[numbers] = values.reshape(len(numbers), -1)
