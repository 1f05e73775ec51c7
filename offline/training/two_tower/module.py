"""The two towers in torch: the arithmetic of shared.models.two_tower on padded batches, and the
loss.

Letters in shapes: B examples, L history length, H heads, D embedding size, N titles, C columns of
the softmax.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from offline.training.two_tower.examples import CatalogTokens
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
class TrainingBatch:
    """The examples of one step. `columns` are the titles of the sampled softmax; they include the
    targets.
    """

    target: Tensor
    """int64[B]."""
    weight: Tensor
    """float32[B]."""
    context: Tensor
    """float32[B, CONTEXT_SIZE]."""
    history: Tensor
    """int64[B, L], −1 for padding."""
    age: Tensor
    """int64[B, L]."""
    strength: Tensor
    """float32[B, L], 0 for padding."""
    columns: Tensor
    """int64[C]: the targets of the batch, then titles drawn uniformly."""
    log_expected: Tensor
    """float32[C]: log of the expected number of columns with the column's title."""
    hidden_ids: Tensor
    """bool[N]: titles without their id in this step (dropout)."""

    def to(self, device: torch.device) -> "TrainingBatch":
        """The batch on a device."""
        return TrainingBatch(
            **{
                field.name: getattr(self, field.name).to(device, non_blocking=True)
                for field in fields(self)
            }
        )


class TwoTowerModule(nn.Module):
    """Both towers. A title's vector is the sum of the vectors of its id and of its metadata; either
    may be missing.
    """

    def __init__(
        self, settings: TwoTowerSettings, catalog: CatalogTokens, device: torch.device
    ) -> None:
        super().__init__()
        size, heads = settings.embedding_size, settings.heads
        self.settings = settings
        self.ids = nn.Parameter(torch.randn(len(catalog), size) * size**-0.5)
        self.id_bias = nn.Parameter(torch.zeros(len(catalog)))
        self.metadata = nn.Parameter(torch.randn(settings.buckets, size) * size**-0.5)
        self.metadata_bias = nn.Parameter(torch.zeros(settings.buckets))
        self.content = nn.Parameter(torch.randn(heads, size) * 0.1)
        # Heads start with different recency: from the whole history to the last few titles.
        positions = torch.arange(settings.history_length, dtype=torch.float32)
        self.position_bias = nn.Parameter(
            -positions[None, :] * torch.linspace(0.0, 0.6, heads)[:, None]
        )
        self.age_bias = nn.Parameter(torch.zeros(heads, AGE_BUCKETS))
        self.gates = nn.Parameter(torch.full((heads, size), 1.0 / heads))
        self.hidden = nn.Linear(hidden_inputs(settings), settings.hidden)
        self.output = nn.Linear(settings.hidden, size)
        self.log_scale = nn.Parameter(torch.tensor([np.log(8.0)], dtype=torch.float32))
        # Plain attributes instead of buffers: they are equal in all processes, so nothing needs to
        # be broadcast.
        self._played = torch.from_numpy(catalog.counts > 0).to(device)
        self._tokens = torch.from_numpy(catalog.tokens).to(device)
        self._token_starts = torch.from_numpy(catalog.token_starts).to(device)
        self._token_weights = torch.from_numpy(catalog.token_weights).to(device)
        self.to(device)

    def forward(self, batch: TrainingBatch) -> Tensor:
        """The weighted mean of −log p(target | whole catalog), estimated from the columns.

        This is a sampled softmax with the logQ correction: log of a column's expected count is
        subtracted from its score. The target is always present, so its own score is not corrected,
        and other columns of the same title are masked. The estimate is therefore of the full
        softmax, although popular titles appear more often among the columns.
        """
        vectors, bias = self.titles(batch.hidden_ids)
        queries = self.queries(vectors, batch)
        chosen = F.normalize(vectors[batch.columns], dim=1, eps=EPSILON)
        logits = queries @ chosen.T + bias[batch.columns]
        own = torch.arange(len(batch.target), device=logits.device)
        targets = logits[own, own]
        duplicates = batch.columns[None, :] == batch.target[:, None]
        others = (logits - batch.log_expected).masked_fill(duplicates, float("-inf"))
        partition = torch.logsumexp(torch.cat([targets[:, None], others], dim=1), dim=1)
        return ((partition - targets) * batch.weight).mean()

    def titles(self, hidden_ids: Tensor) -> tuple[Tensor, Tensor]:
        """float32[N, D] vectors and float32[N] biases.

        Ids of titles without plays are untrained and never used.
        """
        used = (self._played & ~hidden_ids).to(self.ids.dtype)
        vectors = self.ids * used[:, None] + self._from_metadata(self.metadata)
        metadata_bias = self._from_metadata(self.metadata_bias[:, None])[:, 0]
        return vectors, self.id_bias * used + metadata_bias

    def queries(self, vectors: Tensor, batch: TrainingBatch) -> Tensor:
        """float32[B, D], all with the learned scale as their norm."""
        present = batch.strength > 0
        entries = vectors[batch.history.clamp(min=0)]
        attended = self._attend(entries, present, batch)
        evidence = torch.log1p(present.sum(dim=1, keepdim=True).float()) / np.log1p(
            self.settings.history_length
        )
        inputs = torch.cat([attended.flatten(1), batch.context, evidence], dim=1)
        direct = (attended * self.gates).sum(dim=1)
        output = self.output(F.relu(self.hidden(inputs))) + direct
        return F.normalize(output, dim=1, eps=EPSILON) * self.log_scale.exp()

    def _attend(self, entries: Tensor, present: Tensor, batch: TrainingBatch) -> Tensor:
        """float32[B, H, D]: each head's weighted mean of the history; zeros if it is empty."""
        attention = (
            torch.einsum("hd,bld->bhl", self.content, entries) * self.settings.embedding_size**-0.5
        )
        attention = (
            attention + self.position_bias.flip(1) + self.age_bias[:, batch.age].transpose(0, 1)
        )
        attention = attention + torch.log(batch.strength.clamp(min=EPSILON))[:, None, :]
        # The softmax of an empty history would be 0/0: it is computed over all padding instead, and
        # the result is replaced by zeros.
        empty = ~present.any(dim=1)
        hidden = ~(present | empty[:, None])
        weights = torch.softmax(attention.masked_fill(hidden[:, None, :], float("-inf")), dim=2)
        attended = torch.bmm(weights, entries)
        return attended.masked_fill(empty[:, None, None], 0.0)

    def _from_metadata(self, table: Tensor) -> Tensor:
        return F.embedding_bag(
            self._tokens,
            table,
            self._token_starts,
            mode="sum",
            per_sample_weights=self._token_weights,
            include_last_offset=True,
        )

    @torch.no_grad()
    def parameters_to_serve(self) -> TwoTowerParameters:
        """The parameters in the form that numpy serves."""
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
