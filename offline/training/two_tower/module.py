"""The two towers in torch: the same arithmetic as shared.models.two_tower, on padded batches, with
the loss they are trained by.

Letters in shapes: B examples, L history places, H heads, D embedding size, N titles, C columns of
the softmax.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from offline.training.two_tower.examples import Catalog
from shared.models.port import Vectors
from shared.models.two_tower import (
    AGE_BUCKETS,
    EPSILON,
    TwoTowerParameters,
    TwoTowerSettings,
    hidden_inputs,
    item_vectors_of,
)


@dataclass(frozen=True)
class Batch:
    """One step's examples; `columns` are the titles that each example's target is told apart from,
    its own among them.
    """

    target: Tensor
    """int64[B]."""
    weight: Tensor
    """float32[B]."""
    context: Tensor
    """float32[B, CONTEXT_SIZE]."""
    history: Tensor
    """int64[B, L], −1 where empty."""
    age: Tensor
    """int64[B, L]."""
    strength: Tensor
    """float32[B, L], 0 where empty."""
    columns: Tensor
    """int64[C]: the targets of the batch, then titles drawn evenly."""
    log_expected: Tensor
    """float32[C]: log of how often each column's title was to be expected among them."""
    hidden_ids: Tensor
    """bool[N]: titles that must do without their id in this step."""

    def to(self, device: torch.device) -> "Batch":
        """The same batch where the parameters are."""
        return Batch(
            **{
                field.name: getattr(self, field.name).to(device, non_blocking=True)
                for field in fields(self)
            }
        )


class TwoTowerModule(nn.Module):
    """Both towers; a title's vector is its id's and its metadata's together, and either may be all
    there is.
    """

    def __init__(self, settings: TwoTowerSettings, catalog: Catalog, device: torch.device) -> None:
        super().__init__()
        size, heads = settings.embedding_size, settings.heads
        self.settings = settings
        self.ids = nn.Parameter(torch.randn(len(catalog), size) * size**-0.5)
        self.id_bias = nn.Parameter(torch.zeros(len(catalog)))
        self.metadata = nn.Parameter(torch.randn(settings.buckets, size) * size**-0.5)
        self.metadata_bias = nn.Parameter(torch.zeros(settings.buckets))
        self.content = nn.Parameter(torch.randn(heads, size) * 0.1)
        # Heads start with different memories, from the whole history to the last few titles.
        places = torch.arange(settings.history_length, dtype=torch.float32)
        self.position_bias = nn.Parameter(
            -places[None, :] * torch.linspace(0.0, 0.6, heads)[:, None]
        )
        self.age_bias = nn.Parameter(torch.zeros(heads, AGE_BUCKETS))
        self.gates = nn.Parameter(torch.full((heads, size), 1.0 / heads))
        self.hidden = nn.Linear(hidden_inputs(settings), settings.hidden)
        self.output = nn.Linear(settings.hidden, size)
        self.log_scale = nn.Parameter(torch.tensor([np.log(8.0)], dtype=torch.float32))
        # Plain attributes, not buffers: they are the same everywhere, so processes have nothing to
        # tell each other about them.
        self._played = torch.from_numpy(catalog.counts > 0).to(device)
        self._words = torch.from_numpy(catalog.words).to(device)
        self._word_starts = torch.from_numpy(catalog.word_starts).to(device)
        self._word_weights = torch.from_numpy(catalog.word_weights).to(device)
        self.to(device)

    def forward(self, batch: Batch) -> Tensor:
        """The weighted mean of −log p(target | whole catalog), estimated from the columns.

        A column stands for 1 / (how often it was to be expected) titles of its kind, so log of that
        is taken off its score. The target itself is there for certain: it stands for itself alone,
        and other columns that show it again are struck out. With all that the estimate is of the
        full softmax, however popular titles crowd the batch.
        """
        vectors, bias = self.titles(batch.hidden_ids)
        queries = self.queries(vectors, batch)
        chosen = F.normalize(vectors[batch.columns], dim=1, eps=EPSILON)
        logits = queries @ chosen.T + bias[batch.columns]
        own = torch.arange(len(batch.target), device=logits.device)
        targets = logits[own, own]
        twins = batch.columns[None, :] == batch.target[:, None]
        others = (logits - batch.log_expected).masked_fill(twins, float("-inf"))
        partition = torch.logsumexp(torch.cat([targets[:, None], others], dim=1), dim=1)
        return ((partition - targets) * batch.weight).mean()

    def titles(self, hidden_ids: Tensor) -> tuple[Tensor, Tensor]:
        """float32[N, D] vectors and float32[N] biases; ids of titles never played carry nothing, so
        they are left out always.
        """
        kept = (self._played & ~hidden_ids).to(self.ids.dtype)
        return self.ids * kept[:, None] + self._described(
            self.metadata
        ), self.id_bias * kept + self._described(self.metadata_bias[:, None])[:, 0]

    def queries(self, vectors: Tensor, batch: Batch) -> Tensor:
        """float32[B, D], all of the same length: the learned scale."""
        present = batch.strength > 0
        entries = vectors[batch.history.clamp(min=0)]
        readings = self._read(entries, present, batch)
        evidence = torch.log1p(present.sum(dim=1, keepdim=True).float()) / np.log1p(
            self.settings.history_length
        )
        inputs = torch.cat([readings.flatten(1), batch.context, evidence], dim=1)
        direct = (readings * self.gates).sum(dim=1)
        output = self.output(F.relu(self.hidden(inputs))) + direct
        return F.normalize(output, dim=1, eps=EPSILON) * self.log_scale.exp()

    def _read(self, entries: Tensor, present: Tensor, batch: Batch) -> Tensor:
        """float32[B, H, D]: each head's weighted mean of the history; zeros where there is none."""
        attention = (
            torch.einsum("hd,bld->bhl", self.content, entries) * self.settings.embedding_size**-0.5
        )
        attention = (
            attention + self.position_bias.flip(1) + self.age_bias[:, batch.age].transpose(0, 1)
        )
        attention = attention + torch.log(batch.strength.clamp(min=EPSILON))[:, None, :]
        # An empty history would be 0/0: it reads everything evenly instead, and the result is
        # thrown away.
        empty = ~present.any(dim=1)
        hidden = ~(present | empty[:, None])
        weights = torch.softmax(attention.masked_fill(hidden[:, None, :], float("-inf")), dim=2)
        readings = torch.bmm(weights, entries)
        return readings.masked_fill(empty[:, None, None], 0.0)

    def _described(self, table: Tensor) -> Tensor:
        return F.embedding_bag(
            self._words,
            table,
            self._word_starts,
            mode="sum",
            per_sample_weights=self._word_weights,
            include_last_offset=True,
        )

    @torch.no_grad()
    def parameters_to_serve(self) -> TwoTowerParameters:
        """The parameters as numpy serves them."""
        vectors, bias = self.titles(torch.zeros_like(self._played))
        return TwoTowerParameters(
            item_vectors=item_vectors_of(_numpy(vectors), _numpy(bias)),
            history_vectors=_numpy(vectors),
            content=_numpy(self.content),
            position_bias=_numpy(self.position_bias),
            age_bias=_numpy(self.age_bias),
            gates=_numpy(self.gates),
            hidden_weights=_numpy(self.hidden.weight.T),
            hidden_bias=_numpy(self.hidden.bias),
            output_weights=_numpy(self.output.weight.T),
            output_bias=_numpy(self.output.bias),
            scale=_numpy(self.log_scale.exp()),
        )


def _numpy(tensor: Tensor) -> Vectors:
    array: Vectors = tensor.detach().float().cpu().numpy()
    return np.ascontiguousarray(array)
