"""Johnson, Alahi, Fei-Fei 2016: one fast network per style.

With the instance norm of Ulyanov, Vedaldi, Lempitsky 2016, or with the batch norm of the original.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from core.cuda_graph import Pass
from core.device import allow_fast_matmul, fast_dtype
from core.measure import Stopwatch
from core.perceptual_loss import PerceptualLoss
from core.plates import plate
from core.sentence import Sentence, sentence_of
from core.transformer_net import InstanceNorm, TransformerNet
from methods.base import Declined, Frame, Method, Note, Offer, Stop, Style
from methods.cin_network import embedded_network, folded
from methods.fast_neural_style import from_fast_neural_style, from_onnx, has_layout
from methods.feedforward import FeedForwardSettings, painted
from methods.fitting import StyleFitter, example_photos
from methods.nearest import AS_PAINTING, FROM_FILE, nearest_plate, short_title, style_in, title_of
from methods.settings import named, setting
from weights.catalog import CATALOG, WeightFile, entry
from weights.errors import WeightsError
from weights.formats import fill, pack, unpack
from weights.load import load
from weights.user import load_user_file, user_files, user_weight

Norm = Literal["instance", "batch"]
Width = Literal["full", "slim"]

NORMS: dict[str, type[nn.Module]] = {"instance": InstanceNorm, "batch": nn.BatchNorm2d}
WIDTHS = {"full": 32, "slim": 8}  # channels after the first convolution
BY_STYLE = "by style"
CPU = torch.device("cpu")
KEPT_NETWORKS = 32  # that were used last stay in memory
ONNX = "onnx/"  # how the catalog's keys of such networks begin

TRAINED_FILE = "trained.johnson.safetensors"
LEARNING_RATE, NORM_PACE = 1e-3, 10.0  # gammas and betas learn faster, as in training/johnson.py
SECONDS_PER_STEP = 0.55  # of training on the spot, on the machine of `reference_seconds`
NO_NETWORK = Sentence(
    "no_network",
    "Johnson et al. need a network for each painting, and there is none for this one. Let it train one, "
    "which takes minutes on a CPU, or let it show the most similar of our paintings instead.",
)

TRAIN = Offer(
    Sentence("offer_train", "Train a network"), {"new_style": "train", "norm": "instance", "width": "full"}
)
NEAREST = Offer(
    Sentence("offer_nearest", "Show the most similar of our styles instead"), {"new_style": "nearest plate"}
)


@dataclass(frozen=True)
class Choice:
    """A network, its pass, its file, and what a user should know of the choice."""

    network: TransformerNet
    apply: Pass
    weight: WeightFile
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Training:
    """What a network for the style picture is trained from: a state to start with, losses, and photos."""

    start: Mapping[str, Tensor]
    perceptual: PerceptualLoss
    photos: tuple[Tensor, ...]


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
        help="Which network: the painting's own, another painting's, one of the ONNX Model Zoo (downloaded "
        "once) or a file of yours.",
    )
    norm: Norm = setting(
        "instance",
        help="Instance normalisation (Ulyanov et al.), or the batch normalisation of the original.",
    )
    width: Width = setting("full", help="Slim has fewer channels: the fastest.")
    new_style: Literal["none", "train", "nearest plate"] = setting(
        "none",
        help="What a painting without a network gets: nothing, a network trained here and now, or that of "
        "the most similar painting of ours.",
    )
    train_steps: int = setting(80, 10, 1000, 10, help="Steps of that training.")
    trained: str = setting("", file=".safetensors", help="A network that was trained and downloaded before.")

    def __post_init__(self) -> None:
        super().__post_init__()
        known = trained(self.norm, self.width)
        added = (*published(), *user_files())
        if self.network not in added and not (known and self.network in (BY_STYLE, *known)):
            text = "{name} is {value}; with norm {norm} and width {width} there is {known}."
            about = {"name": named("network"), "value": self.network, "norm": self.norm, "width": self.width}
            raise ValueError(
                Sentence("network_none", text, {**about, "known": known or Sentence("none", "none")})
            )
        if self.new_style == "train" and (self.norm, self.width) != ("instance", "full"):
            text = "A new network is trained with instance normalisation and at full width alone."
            raise ValueError(Sentence("train_full", text))


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
    serves, on_the_spot = "one", TRAIN.values

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        self.networks: OrderedDict[str, tuple[TransformerNet, Pass]] = OrderedDict()  # by hash of their files

    def dtype(self, settings: JohnsonSettings) -> torch.dtype:
        return fast_dtype(self.device)

    def reference_seconds(self, settings: JohnsonSettings, megapixels: float) -> float:
        training = SECONDS_PER_STEP * settings.train_steps if settings.new_style == "train" else 0.0
        return training + settings.seconds(megapixels, 0.27 if settings.width == "slim" else 1.0)

    def prepare(
        self, style: Style, settings: JohnsonSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> Choice | Training:
        return style.once(settings, lambda: self.choose(style, settings, files, stop))

    def stylize(
        self, content: Tensor, style: Style, settings: JohnsonSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        choice, content = self.prepare(style, settings, {}, stop), content.to(self.device)
        if isinstance(choice, Training):
            yield from self.train(choice, content, style, settings, stop)
            return
        image = self.paint(choice, content, settings, stop)
        yield Frame(image, 1, 1, notes=choice.notes, weights=(choice.weight,))

    def declined(self, settings: JohnsonSettings, style_name: str | None) -> Declined | None:
        asked = not settings.trained and settings.network == BY_STYLE and settings.new_style == "none"
        known = style_name in trained(settings.norm, settings.width)
        return Declined(NO_NETWORK, TRAIN, NEAREST) if asked and not known else None

    @torch.no_grad()
    def paint(self, choice: Choice, content: Tensor, settings: JohnsonSettings, stop: Stop | None) -> Tensor:
        """The network's picture of the content as the settings ask, on the CPU."""
        return painted(choice.network, choice.apply, content, settings, stop).cpu()

    def choose(
        self, style: Style, settings: JohnsonSettings, files: Mapping[str, bytes], stop: Stop | None
    ) -> Choice | Training:
        """The network for a style, or what it takes to train one.

        Declined where there is none, none is to be trained and another painting's is not asked for.
        """
        if settings.trained:
            return self.returned(files.get("trained", b""), settings.trained, style)
        name = settings.network
        if name in user_files():
            tensors, weight = load_user_file(name)
            values = {"file": weight.file, "painted_as": style_in(weight.file)}
            return self.choice(weight, lambda: tensors, Note("user", "Your own network {file}.", values))
        if name in published():
            weight = entry(ONNX + name)
            values = {"title": weight.title, "painted_as": name}
            note = Note("published", "{title}, ONNX Model Zoo.", values)
            return self.choice(weight, lambda: load(weight.key), note)
        known, notes = trained(settings.norm, settings.width), list[Note]()
        if name == BY_STYLE and style.name in known:
            name = style.name
        elif name == BY_STYLE:
            if settings.new_style == "train":
                return self.training(style)
            if declined := self.declined(settings, style.name):
                raise declined
            name, note = nearest_plate(known, style, self.device, stop)
            notes.append(note)
        elif name != style.name:
            about = {"plate": name, "title": title_of(plate(name)), "painted_as": short_title(plate(name))}
            notes.append(Note("plate", AS_PAINTING, about))
        weight = entry(key(name, settings.norm, settings.width))
        return self.choice(weight, lambda: load(weight.key), *notes)

    def choice(self, weight: WeightFile, tensors: Callable[[], Mapping[str, Tensor]], *notes: Note) -> Choice:
        """The network of a file, ready to run; its tensors are read once."""
        if weight.sha256 not in self.networks:
            network = network_of(tensors(), weight.file).requires_grad_(False).eval()
            network = in_format(network, self.device, fast_dtype(self.device))
            self.networks[weight.sha256] = network, Pass(network)
        self.networks.move_to_end(weight.sha256)
        if len(self.networks) > KEPT_NETWORKS:
            self.networks.popitem(last=False)
        return Choice(*self.networks[weight.sha256], weight, notes)

    def returned(self, data: bytes, name: str, style: Style) -> Choice:
        """The network in a file that was downloaded before. ValueError, with its `name`, where it is none."""
        try:
            tensors, about = unpack(data, name)
            weight = user_weight(data, name, name, "a file that was given")
            own = about.get("style") == style.digest().hex()
            values = {"file": name} if own else {"file": name, "painted_as": style_in(name)}
            return self.choice(weight, lambda: tensors, Note("file", FROM_FILE, values))
        except WeightsError as error:
            about = {"file": name, "problem": sentence_of(error)}
            text = "{file} is not a trained network: {problem}"
            raise ValueError(Sentence("trained_other", text, about)) from error

    def training(self, style: Style) -> Training:
        """What a network for this style starts from: the multi-style network with the style's row."""
        known, styles = embedded_network(), entry("cin").styles
        plate = style.name in styles
        row = known.row(styles.index(str(style.name))) if plate else known.predicted(style.encoding(CPU))
        start = {name: each.to(self.device) for name, each in folded(known.with_row(row)).items()}
        perceptual = PerceptualLoss([style.image], self.device, fast_dtype(self.device))
        return Training(start, perceptual, example_photos())

    def train(
        self,
        training: Training,
        content: Tensor,
        style: Style,
        settings: JohnsonSettings,
        stop: Stop | None,
    ) -> Generator[Frame]:
        """Frames of a network that is being trained, and at last its picture of the content and its file."""
        fitter = style.once(
            ("fitter", settings, Style(content).digest()),
            lambda: self.fitter(training, content, settings),
        )
        yield from fitter.run(content, settings, (), stop)
        about = {"method": self.name, "steps": fitter.steps, "style": style.digest().hex()}
        data = pack({name: each.half().cpu() for name, each in fitter.parameters.items()}, about)
        network = self.returned(data, TRAINED_FILE, style)
        with Stopwatch(self.device) as watch:  # what the file paints, rounding included
            image = self.paint(network, content, settings, stop)
        values = {
            "steps": fitter.steps,
            "learning_seconds": fitter.seconds,
            "painting_seconds": watch.seconds,
        }
        text = (
            "A network trained here in {steps} steps, {learning_seconds:.1f} s; it paints any photo, this "
            "one in {painting_seconds:.2f} s."
        )
        yield Frame(
            image,
            fitter.steps,
            fitter.steps,
            fitter.losses,
            (Note("trained", text, values),),
            {TRAINED_FILE: data},
            (entry("cin"), network.weight),
        )

    def fitter(self, training: Training, photo: Tensor, settings: JohnsonSettings) -> StyleFitter:
        """What trains all parameters of a network on the photo and the examples."""
        dtype = fast_dtype(self.device)
        network = in_format(johnson(), self.device, dtype)

        def paint(parameters: Mapping[str, Tensor], images: Tensor) -> Tensor:
            values = {name: each.to(dtype) for name, each in parameters.items()}
            result: Tensor = functional_call(network, values, (images,))
            return result

        def rate(name: str) -> float:
            return LEARNING_RATE * (NORM_PACE if ".norm." in name else 1.0)

        return StyleFitter(
            paint,
            training.start,
            rate,
            training.perceptual,
            photo,
            training.photos,
            settings.train_steps,
            settings.seed,
        )


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
