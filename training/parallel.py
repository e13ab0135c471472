"""A training whose batches are shared out among threads, one to a core.

PyTorch's own threads meet after every operation: where other work takes a core for a moment, all of them
wait. These meet once a step, which is also quicker by itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from training.loop import Losses, Training

Network = TypeVar("Network", bound=nn.Module)


class ParallelTraining(Training):
    """Args: as for Training, but

    losses_of: makes the losses of a network; called with a copy of it for every thread.
    threads: at most as many as the smallest batch has pictures.
    """

    def __init__(
        self, network: Network, losses_of: Callable[[Network], Losses], *more: Any, threads: int = 2
    ) -> None:
        super().__init__(network, losses_of(network), *more)
        self.replicas = [network, *(twin(network) for _ in range(threads - 1))]
        self.all_losses = [losses_of(each) for each in self.replicas]
        self.threads = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def gradients(self, batch: Tensor, random: torch.Generator) -> tuple[dict[str, Tensor], Sequence[Tensor]]:
        parts = batch.chunk(len(self.replicas))
        seeds = torch.randint(2**62, (len(parts),), generator=random).tolist()
        results = list(self.threads.map(self._part, self.replicas, self.all_losses, parts, seeds))
        shares = [len(part) / len(batch) for part in parts]

        def mean(values: Sequence[Tensor]) -> Tensor:
            return torch.stack([share * each for share, each in zip(shares, values, strict=True)]).sum(0)

        losses = {name: mean([each[name] for each, _ in results]) for name in results[0][0]}
        return losses, [mean(each) for each in zip(*(gradients for _, gradients in results), strict=True)]

    @torch.enable_grad()
    def _part(
        self, network: nn.Module, losses: Losses, part: Tensor, seed: int
    ) -> tuple[dict[str, Tensor], Sequence[Tensor]]:
        numbers = losses(part, torch.Generator().manual_seed(seed))
        parameters = [each for each in network.parameters() if each.requires_grad]
        gradients = torch.autograd.grad(numbers["total"], parameters)
        return {name: each.detach() for name, each in numbers.items()}, gradients


def twin(network: Network) -> Network:
    """A copy with the same parameters in the same memory, for a thread of its own: `functional_call` changes
    a module while it runs."""
    shared = {id(each): each for each in (*network.parameters(), *network.buffers())}
    return copy.deepcopy(network, shared)
