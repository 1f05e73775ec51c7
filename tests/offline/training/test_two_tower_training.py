"""The training loop in one process. Several processes: test_two_tower_job.py."""

from pathlib import Path

import numpy as np
import pytest
import torch

from offline.training.two_tower.batches import Share, batches, steps_per_epoch
from offline.training.two_tower.examples import CatalogTokens, Examples, make_catalog, make_examples
from offline.training.two_tower.job import write_task
from offline.training.two_tower.loop import TrainingLoop, train
from offline.training.two_tower.module import TrainingBatch, TwoTowerModule
from offline.training.two_tower.task import BatchSettings, TrainingTask, TwoTowerTrainingSettings
from shared.errors import ArtifactCorrupt, SetupError
from shared.models.two_tower import TwoTower, TwoTowerParameters, TwoTowerSettings
from tests.models.data import checkerboard, checkerboard_features, interactions_of, query_of

SIZE, UNPLAYED = 24, 4
MODEL = TwoTowerSettings(embedding_size=16, heads=2, hidden=16, history_length=12, buckets=64)
TRAINING = TwoTowerTrainingSettings(
    epochs=4, batches=BatchSettings(batch_size=32, uniform_negatives=16), model=MODEL
)


def _task(scratch: Path, seed: int = 1) -> TrainingTask:
    data = checkerboard(SIZE, unplayed=UNPLAYED)
    return write_task(data, checkerboard_features(SIZE, UNPLAYED), TRAINING, scratch, seed)


def _bytes(parameters: TwoTowerParameters) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in vars(parameters).items()}


def test_interrupted_training_gives_the_same_parameters_as_uninterrupted_training(
    tmp_path: Path,
) -> None:
    uninterrupted, report = train(_task(tmp_path / "a"))
    assert report.resumed_at_epoch == 0
    epochs = TrainingLoop(_task(tmp_path / "b")).epochs()
    assert [next(epochs).epochs, next(epochs).epochs] == [1, 2]
    resumed, report = train(_task(tmp_path / "b"))
    assert report.resumed_at_epoch == 2
    assert report.epochs == TRAINING.epochs
    assert len(report.losses) == TRAINING.epochs
    assert _bytes(resumed) == _bytes(uninterrupted)


def test_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first, _ = train(_task(tmp_path))
    repeated, report = train(_task(tmp_path))
    assert report.resumed_at_epoch == TRAINING.epochs
    assert _bytes(repeated) == _bytes(first)


def test_a_checkpoint_of_another_seed_is_not_resumed(tmp_path: Path) -> None:
    train(_task(tmp_path, seed=1))
    _, report = train(_task(tmp_path, seed=2))
    assert report.resumed_at_epoch == 0


def test_the_error_names_a_damaged_checkpoint(tmp_path: Path) -> None:
    task = _task(tmp_path)
    train(task)
    checkpoint = Path(task.checkpoints) / "checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(ArtifactCorrupt, match=str(checkpoint)):
        train(task)


def test_the_report_has_falling_losses_and_the_time_spent_waiting_for_input(tmp_path: Path) -> None:
    _, report = train(_task(tmp_path))
    assert report.losses[-1] < report.losses[0]
    assert 0 <= report.input_wait_s <= report.train_s
    assert 0 <= report.input_wait_share <= 1
    assert (report.backend, report.device, report.processes) == ("none", "cpu", 1)


def test_interactions_without_examples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no training examples"):
        write_task(
            interactions_of([], titles=SIZE + UNPLAYED, profiles=2),
            checkerboard_features(SIZE, UNPLAYED),
            TRAINING,
            tmp_path,
            seed=1,
        )


def test_numpy_and_torch_compute_equal_query_embeddings(tmp_path: Path) -> None:
    """On every example, including empty and short histories."""
    data, features = checkerboard(SIZE, unplayed=UNPLAYED), checkerboard_features(SIZE, UNPLAYED)
    examples = make_examples(data, MODEL.history_length)
    catalog = make_catalog(examples, features)
    torch.manual_seed(3)
    module = TwoTowerModule(MODEL, catalog, torch.device("cpu"))
    model = TwoTower(MODEL, data.vocabulary, module.parameters_to_serve())
    never = BatchSettings(batch_size=len(examples), hide_id=0, forget=0)
    batch = next(batches(examples, catalog, never, seed=0, epoch=0, share=Share(0, 1)))
    with torch.no_grad():
        vectors, _ = module.titles(batch.hidden_ids)
        expected = module.queries(vectors, batch).numpy()
    encoded = model.encode([data.query_of_row(row) for row in range(len(data))])
    np.testing.assert_allclose(encoded[:, :-1], expected, atol=1e-5)
    assert (encoded[:, -1] == 1).all()


def test_titles_without_plays_get_their_vectors_from_metadata(tmp_path: Path) -> None:
    task = _task(tmp_path)
    model = TwoTower(MODEL, checkerboard(SIZE, unplayed=UNPLAYED).vocabulary, train(task)[0])
    even, odd = (
        model.score([query_of(0, 2, 4, 6), query_of(1, 3, 5, 7)])[:, SIZE:]
        .T.reshape(2, 2, 2)
        .transpose(1, 0, 2)
    )
    # Members who watch one kind of title score its unplayed titles above those of the other kind.
    assert (even[:, 0] > odd[:, 0]).all()
    assert (odd[:, 1] > even[:, 1]).all()


def _open(task: TrainingTask) -> tuple[Examples, CatalogTokens]:
    return Examples.open(Path(task.data) / "examples"), CatalogTokens.open(
        Path(task.data) / "catalog"
    )


def _targets(task: TrainingTask, rank: int, epoch: int = 0) -> list[int]:
    examples, catalog = _open(task)
    drawn = batches(examples, catalog, TRAINING.batches, seed=1, epoch=epoch, share=Share(rank, 2))
    return [int(target) for batch in drawn for target in batch.target]


def test_processes_draw_disjoint_and_reproducible_batches(tmp_path: Path) -> None:
    task = _task(tmp_path)
    examples, _ = _open(task)
    assert (
        len(_targets(task, 0))
        == len(_targets(task, 1))
        == steps_per_epoch(len(examples), TRAINING.batches, 2) * 32
    )
    assert _targets(task, 0) == _targets(task, 0)
    assert _targets(task, 0) != _targets(task, 0, epoch=1)
    both = np.bincount(_targets(task, 0) + _targets(task, 1), minlength=SIZE)
    assert (both <= np.bincount(examples.target, minlength=SIZE)).all()


def test_the_correction_is_the_log_of_the_expected_count_of_a_title(tmp_path: Path) -> None:
    task = _task(tmp_path)
    examples, catalog = _open(task)
    batch = next(batches(examples, catalog, TRAINING.batches, seed=1, epoch=0, share=Share(0, 1)))
    title = int(batch.columns[0])
    share = catalog.counts[title] / catalog.counts.sum()
    assert float(batch.log_expected[0]) == pytest.approx(
        np.log(32 * share + 16 / (SIZE + UNPLAYED)), rel=1e-6
    )


def test_with_the_correction_a_model_without_inputs_learns_popularity() -> None:
    """The corrected sampled softmax has its optimum where biases are log-shares, although popular
    titles are drawn more often.
    """
    shares = np.array([0.6, 0.3, 0.1])
    counts = (shares * 1000).astype(np.int64)
    settings = TwoTowerSettings(embedding_size=4, heads=1, hidden=4, history_length=2, buckets=8)
    catalog = CatalogTokens(
        counts, np.zeros(4, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    )
    torch.manual_seed(0)
    module = TwoTowerModule(settings, catalog, torch.device("cpu"))
    with torch.no_grad():
        module.ids.zero_()
    optimizer = torch.optim.Adam([module.id_bias], lr=0.05)
    rng = np.random.default_rng(0)
    for _ in range(300):
        optimizer.zero_grad()
        module(_popular_batch(shares, rng)).backward()
        optimizer.step()
    learned = module.id_bias.detach().numpy()
    np.testing.assert_allclose(learned - learned[0], np.log(shares / shares[0]), atol=0.15)


def _popular_batch(
    shares: "np.ndarray[tuple[int], np.dtype[np.float64]]", rng: np.random.Generator
) -> TrainingBatch:
    size, negatives = 64, 6
    target = rng.choice(3, size, p=shares)
    columns = np.concatenate([target, rng.integers(0, 3, negatives)])
    return TrainingBatch(
        target=torch.from_numpy(target),
        weight=torch.ones(size),
        context=torch.zeros(size, 16),
        history=torch.full((size, 2), -1),
        age=torch.zeros(size, 2, dtype=torch.int64),
        strength=torch.zeros(size, 2),
        columns=torch.from_numpy(columns),
        log_expected=torch.from_numpy(
            np.log(size * shares[columns] + negatives / 3).astype(np.float32)
        ),
        hidden_ids=torch.zeros(3, dtype=torch.bool),
    )
