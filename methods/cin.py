"""Dumoulin, Shlens, Kudlur 2017: one feed-forward network for many styles."""

from __future__ import annotations

from core.transformer import ConditionalInstanceNorm, Transformer


def conditional(styles: int) -> Transformer:
    """The network for `styles` styles, untrained; called with pictures and a (B, styles) mix."""
    return Transformer(lambda channels: ConditionalInstanceNorm(channels, styles))
