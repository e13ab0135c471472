"""Johnson, Alahi, Fei-Fei 2016: one fast network per style.

With the instance norm of Ulyanov, Vedaldi, Lempitsky 2016, or with the batch norm of the original.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from core.device import allow_fast_matmul, fast_dtype
from core.transformer_net import InstanceNorm, TransformerNet
from methods.base import Frame, Method, Note, Stop, Style
from methods.blend import blend
from methods.fast_neural_style import from_fast_neural_style, from_onnx, has_layout
from methods.feedforward import FeedForwardSettings, in_patches
from methods.nearest import nearest_plate
from methods.settings import setting
from weights.catalog import CATALOG, WeightFile, entry
from weights.errors import WeightsError
from weights.formats import fill
from weights.load import load
from weights.user import load_user_file, user_files

Norm = Literal["instance", "batch"]
Width = Literal["full", "slim"]

NORMS: dict[str, type[nn.Module]] = {"instance": InstanceNorm, "batch": nn.BatchNorm2d}
WIDTHS = {"full": 32, "slim": 8}  # channels after the first convolution
BY_STYLE = "by style"
ONNX = "onnx/"  # how the catalog's keys of such networks begin

Choice = tuple[TransformerNet, WeightFile, tuple[Note, ...]]
"""A network, its file, and what a user should know of the choice."""


def johnson(norm: str = "instance", width: str = "full") -> TransformerNet:
    """The untrained network of one style."""
    return TransformerNet(NORMS[norm], WIDTHS[width])


def key(plate: str, norm: str, width: str) -> str:
    """The catalog's key of a trained network, whether there is one or not."""
    parts = [plate, *(["batch"] if norm == "batch" else []), *(["slim"] if width == "slim" else [])]
    return "johnson/" + "-".join(parts)


def trained(norm: str = "instance", width: str = "full") -> tuple[str, ...]:
    """The plates for which such a network was trained."""
    return tuple(plate for plate in entry("cin").styles if key(plate, norm, width) in CATALOG)


def published() -> tuple[str, ...]:
    """The networks of the ONNX Model Zoo, which are downloaded when they are chosen."""
    return tuple(key.removeprefix(ONNX) for key in CATALOG if key.startswith(ONNX))


def choices() -> tuple[str, ...]:
    """What the setting `network` allows: at this moment, for users may add files."""
    return (BY_STYLE, *dict.fromkeys((*trained(), *published(), *user_files())))


@dataclass(frozen=True)
class JohnsonSettings(FeedForwardSettings):
    """Which of the networks is used."""

    network: str = setting(
        BY_STYLE,
        choices=choices,
        help="A plate's network, one of the ONNX Model Zoo (downloaded once, 6.7 MB) or a file of yours; by "
        "style: the style picture's.",
    )
    norm: Norm = setting("instance", help="Instance norm (Ulyanov 2016), or the batch norm of the original.")
    width: Width = setting("full", help="Slim has a quarter of the channels: the fastest.")

    def __post_init__(self) -> None:
        super().__post_init__()
        known = trained(self.norm, self.width)
        added = (*published(), *user_files())
        if self.network not in added and not (known and self.network in (BY_STYLE, *known)):
            raise ValueError(
                f"network is {self.network}; with norm {self.norm} and width {self.width} there is "
                f"{', '.join(known) or 'none'}."
            )


class Johnson(Method):
    """One network per style; see `TransformerNet`. A network is built when it is first needed."""

    name = "johnson"
    title = "Johnson et al."
    year = 2016
    paper = (
        "Johnson, Alahi, Fei-Fei 2016: Perceptual Losses for Real-Time Style Transfer and Super-Resolution "
        "(ECCV), with the instance norm of Ulyanov, Vedaldi, Lempitsky 2016, https://arxiv.org/abs/1603.08155"
    )
    summary = "One small network for each style, trained on perceptual losses: the fastest way."
    Settings = JohnsonSettings
    weights = ()  # those that were used come with each frame
    styles = trained()

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        self.networks: dict[str, TransformerNet] = {}  # by hash of their files

    def dtype(self, settings: JohnsonSettings) -> torch.dtype:
        return fast_dtype(self.device)

    def reference_seconds(self, settings: JohnsonSettings, megapixels: float) -> float:
        return megapixels * (0.27 if settings.width == "slim" else 1.0)

    def prepare(
        self, style: Style, settings: JohnsonSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> Choice:
        return style.once(settings, lambda: self.choose(style, settings, stop))

    @torch.no_grad()
    def stylize(
        self, content: Tensor, style: Style, settings: JohnsonSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        network, weight, notes = self.prepare(style, settings, {}, stop)

        def apply(image: Tensor) -> Tensor:
            return blend(network(image), image, settings)

        image = in_patches(network, apply, content.to(self.device), settings.tile, stop)
        yield Frame(image.cpu(), 1, 1, notes=notes, weights=(weight,))

    def choose(self, style: Style, settings: JohnsonSettings, stop: Stop | None) -> Choice:
        """The network for a style."""
        name = settings.network
        if name in user_files():
            tensors, weight = load_user_file(name)
            note = Note("user", "Your own network {file}.", {"file": weight.file})
            return self.network(weight, lambda: tensors), weight, (note,)
        if name in published():
            weight = entry(ONNX + name)
            note = Note("published", "{title}, ONNX Model Zoo.", {"title": weight.title})
            return self.network(weight, lambda: load(weight.key)), weight, (note,)
        known, notes = trained(settings.norm, settings.width), list[Note]()
        if name == BY_STYLE and style.name in known:
            name = style.name
        elif name == BY_STYLE:
            name, note = nearest_plate(known, style, self.device, stop)
            notes.append(note)
        elif name != style.name:
            notes.append(Note("plate", "Plate {plate}.", {"plate": name}))
        weight = entry(key(name, settings.norm, settings.width))
        return self.network(weight, lambda: load(weight.key)), weight, tuple(notes)

    def network(self, weight: WeightFile, tensors: Callable[[], Mapping[str, Tensor]]) -> TransformerNet:
        """The network of a file, ready to run; its tensors are read once."""
        if weight.sha256 not in self.networks:
            network = network_of(tensors(), weight.file).requires_grad_(False).eval()
            self.networks[weight.sha256] = in_format(network, self.device, fast_dtype(self.device))
        return self.networks[weight.sha256]


def network_of(tensors: Mapping[str, Tensor], name: str) -> TransformerNet:
    """The network whose state dict this is, in our layout or in fast-neural-style's, from ONNX or not.

    Raises WeightsError, calling the file `name`, where it is neither or where keys are missing.
    """
    if any(each.startswith("Conv.") for each in tensors):
        return from_onnx(tensors, name)
    if has_layout(tensors):
        return from_fast_neural_style(tensors, name)
    first = tensors.get("down.0.convolution.weight")
    if first is None:
        raise WeightsError(
            f"{name} is no Johnson network: it has neither down.0.convolution.weight, as training.johnson "
            "writes it, nor conv1.conv2d.weight, as the fast-neural-style examples do."
        )
    norm = "batch" if "out.norm.running_mean" in tensors else "instance"
    network = TransformerNet(NORMS[norm], len(first))
    fill(network, tensors, name)
    return network


def in_format(network: TransformerNet, device: torch.device, dtype: torch.dtype) -> TransformerNet:
    """The network on its device, computing in `dtype`, channels_last. Running statistics stay float32."""
    network.to(device, dtype).to(memory_format=torch.channels_last)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.float()
    return network
