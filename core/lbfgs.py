"""L-BFGS for one tensor, written so that a GPU is never waited for."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor


class LBFGS:
    """Limited-memory BFGS (Nocedal 1980, two-loop recursion), one gradient a step, no line search.

    The same steps as torch.optim.LBFGS(max_iter=1), which reads several numbers per step back from the
    device; here all decisions stay on it. A pair without positive curvature is kept with weight 0.

    Args:
        variable: the tensor to change in place.
        history: how many past steps form the curvature estimate.
        learning_rate: factor on every step.
    """

    def __init__(
        self, variable: Tensor, history: int = 20, learning_rate: float = 1.0, first_step: float = 0.01
    ) -> None:
        self.variable = variable
        self.learning_rate = learning_rate
        self.first_step = first_step
        self.pairs: deque[tuple[Tensor, Tensor, Tensor]] = deque(
            maxlen=history
        )  # step, change, 1 / curvature
        self.scale: Tensor | None = None  # of the initial Hessian
        self.previous: tuple[Tensor, Tensor] | None = None  # gradient and place

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Move the variable by one step, given the gradient there (same shape)."""
        gradient = gradient.flatten().clone()
        if self.previous is None:
            # Nothing is known of the curvature yet: a step along the gradient, of known length.
            self.scale = self.first_step / gradient.square().mean().sqrt().clamp_min(1e-30)
            step = gradient * (-self.scale)
        else:
            self._remember(gradient)
            step = self._direction(gradient).mul_(-self.learning_rate)
        self.previous = gradient, self.variable.flatten().clone()
        self.variable += step.view_as(self.variable)

    def _remember(self, gradient: Tensor) -> None:
        assert self.previous is not None
        assert self.scale is not None
        previous_gradient, previous_place = self.previous
        # The way really gone, which is shorter than the step where the picture was clipped.
        step = self.variable.flatten() - previous_place
        change = gradient - previous_gradient
        curvature = change.dot(step)
        valid = curvature > 1e-10
        inverse = torch.where(valid, 1 / curvature, 0)
        scale = curvature / change.dot(change)
        self.scale = torch.where(valid, scale, self.scale)
        self.pairs.append((step, change, inverse))

    def _direction(self, gradient: Tensor) -> Tensor:
        """The estimated inverse Hessian times the gradient."""
        assert self.scale is not None
        direction = gradient.clone()
        factors = []
        for step, change, inverse in reversed(self.pairs):
            factor = inverse * step.dot(direction)
            direction.addcmul_(change, factor, value=-1)
            factors.append(factor)
        direction *= self.scale
        for (step, change, inverse), factor in zip(self.pairs, reversed(factors), strict=True):
            direction.addcmul_(step, factor - inverse * change.dot(direction))
        return direction
