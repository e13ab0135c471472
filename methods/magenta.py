"""Ghiasi et al. 2017: one network predicts a style from any picture, another paints in it.

Magenta's own networks in 8 bits, on onnxruntime. From a style's vector come the gammas and betas of
conditional instance normalisations, which CIN learns for each plate.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.colour import keep_colours, luma
from core.images import to_image, to_tensor
from core.patches import covering, feathered
from core.resample import fit_long_side, guided
from methods.base import Frame, Method, Note, Stop, Style
from methods.blend import BlendSettings
from methods.mix import MixSettings
from methods.settings import setting
from weights.catalog import entry
from weights.errors import WeightsError
from weights.load import locate, resolve

STYLE_SIDE, SIDE = 256, 384  # px; the only inputs that the predictor and the transformer take
OVERLAP = 64  # px


@dataclass(frozen=True)
class MagentaSettings(MixSettings, BlendSettings):
    """How much style, of which pictures, and how large photos are painted."""

    strength: float = setting(1.0, 0, 1, 0.01, help="From 0, the photo's own style, to 1, the painting's.")
    detail: Literal["tiles", "upsample"] = setting(
        "tiles", help="Of large photos: tiles with fine strokes, or one small picture enlarged."
    )


class Magenta(Method):
    """The networks of magenta/arbitrary-image-stylization-v1-256.

    Their 8 bits make much of little: a vector that is a thousandth larger moves the picture by about 7/255.
    """

    name = "magenta"
    title = "Ghiasi et al. (Magenta)"
    year = 2017
    paper = (
        "Ghiasi, Lee, Kudlur, Dumoulin, Shlens 2017: Exploring the Structure of a Real-time, Arbitrary "
        "Neural Artistic Stylization Network (BMVC), https://arxiv.org/abs/1705.06830"
    )
    summary = "For any style: one network predicts the normalisation parameters with which another paints."
    Settings = MagentaSettings
    weights = ("magenta_predict", "magenta_transform")

    @classmethod
    def unavailable(cls) -> str:
        try:
            for key in cls.weights:
                locate(entry(key))
        except WeightsError as error:
            return str(error)
        if find_spec("onnxruntime") is None:
            return (
                f"{cls.title} runs on onnxruntime, which is not installed: "
                f"run `pip install -r {entry(cls.weights[0]).requirements}`."
            )
        return ""

    def load(self, device: torch.device) -> None:
        if reason := self.unavailable():
            raise WeightsError(reason)
        self.predictor, self.transformer = (session(resolve(entry(key))[0], device) for key in self.weights)
        self.notes: tuple[Note, ...] = ()
        if device.type != "cpu" and self.transformer.get_providers()[0] == "CPUExecutionProvider":
            text = "Ran on the CPU: onnxruntime has no {device} here."
            self.notes = (Note("device", text, {"device": device.type}),)

    def reference_seconds(self, settings: MagentaSettings, megapixels: float) -> float:
        tiled = settings.detail == "tiles"
        passes = max(1, 1e6 * megapixels / (SIDE - OVERLAP) ** 2) if tiled else 1
        return 0.06 * (passes + megapixels)

    def prepare(
        self, style: Style, settings: MagentaSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> list[Style]:
        return [style, *style.once(settings, lambda: settings.other_styles(files))]

    def encode(self, content: Tensor, style: Style, settings: MagentaSettings) -> None:
        for each in self.prepare(style, settings, {}):
            self.style_vector(each)

    def stylize(
        self, content: Tensor, style: Style, settings: MagentaSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        content = content.cpu()
        vector = self.mixed_vector(content, style, settings)
        image = self.transfer(content, vector, settings.detail, stop or Stop())
        if settings.keep_colours:
            image = keep_colours(image, content)
        yield Frame(image, 1, 1, notes=self.notes)

    def mixed_vector(self, content: Tensor, style: Style, settings: MagentaSettings) -> Tensor:
        """The vector that the settings want, interpolated between those of pictures."""
        vectors = [self.style_vector(each) for each in self.prepare(style, settings, {})]
        shares = [settings.strength * share for share in settings.proportions()]
        if settings.strength < 1:
            vectors, shares = [*vectors, self.vector(content)], [*shares, 1 - settings.strength]
        return torch.tensor(shares) @ torch.stack(vectors)

    def style_vector(self, style: Style) -> Tensor:
        """The vector of a style's picture, which the style remembers."""
        return style.encoded("magenta", lambda: self.vector(style.image))

    def vector(self, picture: Tensor) -> Tensor:
        """The style of a picture, (1, 3, H, W) in [0, 1], in 100 numbers: that of its middle square."""
        image = to_image(picture)
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        square = square.resize((STYLE_SIDE, STYLE_SIDE), Image.Resampling.LANCZOS)
        (output,) = run(self.predictor, channels_last(to_tensor(square)))
        return torch.from_numpy(output).flatten()

    def transfer(self, content: Tensor, vector: Tensor, detail: str, stop: Stop) -> Tensor:
        """The content, (1, 3, H, W) in [0, 1], in the style of a vector; above 384 px as `detail` says."""
        height, width = content.shape[-2:]
        if detail == "upsample" and max(height, width) > SIDE:
            return guided(self.transform(fit_long_side(content, SIDE), vector, stop), luma(content))
        grid = covering(height, width, SIDE, OVERLAP)
        return feathered(
            ((patch, self.transform(patch.read(content), vector, stop)) for patch in grid), content, OVERLAP
        )

    def transform(self, image: Tensor, vector: Tensor, stop: Stop) -> Tensor:
        """An image of 384 px or less through the transformer; it is reflected up to that size."""
        stop.check()
        height, width = image.shape[-2:]
        padding = ((0, 0), (0, SIDE - height), (0, SIDE - width), (0, 0))
        square = np.pad(channels_last(image), padding, mode="reflect")  # unlike torch's, more than once
        (output,) = run(self.transformer, square, vector.view(1, 1, 1, -1).numpy())
        return torch.from_numpy(output).permute(0, 3, 1, 2)[..., :height, :width]


def session(network: bytes, device: torch.device) -> Any:
    """An ONNX network ready to run: on CUDA where device and onnxruntime have it, else on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Else its threads would go on spinning while the next method is timed.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    providers: list[Any] = ["CPUExecutionProvider"]
    if device.type == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": device.index or 0}))
    return onnxruntime.InferenceSession(network, options, providers=providers)


def run(network: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    """The outputs of a network for its inputs in order."""
    names = [each.name for each in network.get_inputs()]
    outputs: list[np.ndarray] = network.run(None, dict(zip(names, inputs, strict=True)))
    return outputs


def channels_last(image: Tensor) -> np.ndarray:
    """(B, C, H, W) to the networks' layout (B, H, W, C)."""
    return image.permute(0, 2, 3, 1).contiguous().numpy()
