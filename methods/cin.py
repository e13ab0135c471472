"""Dumoulin, Shlens, Kudlur 2017: one feed-forward network for many styles, each a set of gammas and betas.

Those of a style picture that it was not trained on are predicted from it (Ghiasi et al. 2017), or learnt.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from core.cuda_graph import Pass
from core.device import allow_fast_matmul, fast_dtype
from core.images import PAINTING
from core.measure import Stopwatch
from core.perceptual_loss import PerceptualLoss
from core.plates import plate
from core.sentence import Sentence
from core.transformer_net import TransformerNet
from methods.base import Frame, Method, Note, Offer, Stop, Style
from methods.cin_network import (
    KEYS,
    PredictedCIN,
    StyleParameters,
    Width,
    apply_styles,
    conditional,
    embedded_network,
)
from methods.feedforward import FeedForwardSettings, painted
from methods.fitting import StyleFitter
from methods.mix import parse_shares, second_style
from methods.nearest import AS_PAINTING, FROM_FILE, nearest_plate, short_title, style_in, title_of
from methods.settings import named, setting
from weights.catalog import WeightFile, entry
from weights.errors import WeightsError
from weights.formats import pack, unpack

PLATES = entry("cin").styles  # that have rows of their own
MOST_MIXED = 4
LEARNT_FILE = "learnt.cin.safetensors"
LEARNING_RATE = 0.03
SECONDS: Mapping[Width, float] = {"full": 0.9, "slim": 0.13}  # per megapixel, for `reference_seconds`
LEARN = Offer(Sentence("offer_learn", "Learn this painting"), {"learn_steps": 30})
TRAINED = Note("trained_row", "Its gammas and betas are those that were trained.")
PREDICTED = Note("predicted", "Its gammas and betas are predicted from the painting.", offers=(LEARN,))
SLIM = Note("slim", "By the slim network.")

Start = tuple[StyleParameters, tuple[Note, ...], "PerceptualLoss | None"]
"""Gammas and betas, notes on where they are from, and what they are learnt by where that was asked for."""


@dataclass(frozen=True)
class CINSettings(FeedForwardSettings):
    """Which style, and whether to learn it."""

    style_parameters: Literal["own row", "predicted", "nearest plate"] = setting(
        "own row",
        help="Gammas and betas: of a painting of ours as they were trained, of any other predicted ones; or "
        "always predicted; or those of the painting of ours that is most similar in style.",
    )
    second: str = setting("", file="image", help="Another painting, mixed with the first.")
    plates: tuple[str, ...] = setting(
        (),
        choices=PLATES,
        help="A few paintings of ours to mix, without the chosen one unless the proportions count it.",
    )
    shares: str = setting(
        "", help="How much of each painting, or of ours alone, in their order, as in 2, 1; empty: equal."
    )
    width: Literal["auto", "full", "slim"] = setting(
        "auto",
        help="Slim has far less to do and styles of its own: quicker, a little less like the painting. Auto: "
        "slim on a CPU without fast bfloat16, else full.",
    )
    learn_steps: int = setting(
        0, 0, 1000, 1, help="Steps in which the painting is learnt first: slower, more like it; 0: none."
    )
    learnt: str = setting("", file=".safetensors", help="A style that was learnt and downloaded before.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.plates)) < len(self.plates):
            twice = {"name": named("plates"), "value": self.plates}
            raise ValueError(Sentence("plates_twice", "{name}: {value}; choose each of them once.", twice))
        if len(self.plates) > MOST_MIXED:
            about = {"name": named("plates"), "count": len(self.plates), "most": MOST_MIXED}
            text = "{name}: {count} are chosen; choose at most {most} to mix."
            raise ValueError(Sentence("plates_many", text, about))
        self.proportions()

    def proportions(self) -> list[float]:
        """The shares of the style picture, the second and the plates, adding up to 1.

        Plates alone are mixed without the style picture, unless there is a share for it as well.
        """
        count = len(self.plates)
        if count and not self.second and self.shares.count(",") != count:
            return [0.0, *parse_shares(self.shares, count)]
        return parse_shares(self.shares, 1 + bool(self.second) + count)


@dataclass(frozen=True)
class Trunk:
    """One width's network: as it is in its file, and ready to paint in a style that it is given."""

    weight: WeightFile
    known: PredictedCIN
    network: TransformerNet


class CIN(Method):
    """Conditional instance normalisation; see `TransformerNet` for the network."""

    name = "cin"
    title = "Dumoulin et al. (CIN)"
    year = 2017
    paper = (
        "Dumoulin, Shlens, Kudlur 2017: A Learned Representation for Artistic Style (ICLR), "
        "https://arxiv.org/abs/1610.07629"
    )
    summary = "One network for any style: a set of normalisation parameters each, learnt or predicted."
    Settings = CINSettings
    weights = ("cin", "cin-slim", "vgg19")
    serves = "several"

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        self.trunks: dict[Width, Trunk] = {}
        self.trunk(usual_width(device))

    def decide(self, settings: CINSettings, device: torch.device) -> CINSettings:
        return replace(settings, width=width_of(settings, device))

    def trunk(self, width: Width) -> Trunk:
        """The network of a width, read when it is first needed. WeightsError as `load`."""
        if width not in self.trunks:
            known = embedded_network(width).to(self.device)
            network = conditional(1, width).requires_grad_(False)
            network.load_state_dict(known.with_row(known.row(0)))
            network = network.to(self.device, fast_dtype(self.device)).to(memory_format=torch.channels_last)
            self.trunks[width] = Trunk(entry(KEYS[width]), known, network)
        return self.trunks[width]

    def dtype(self, settings: CINSettings) -> torch.dtype:
        return fast_dtype(self.device)

    def reference_seconds(self, settings: CINSettings, megapixels: float) -> float:
        painting = SECONDS["slim" if settings.width == "slim" else "full"]
        return settings.seconds(megapixels, painting) + 0.4 * settings.learn_steps

    def prepare(
        self, style: Style, settings: CINSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> Start:
        def start() -> Start:
            parameters, notes = self.parameters(style, settings, files, stop)
            images = [style.image] if settings.learn_steps else []
            perceptual = PerceptualLoss(images, self.device, self.dtype(settings)) if images else None
            return parameters, notes, perceptual

        return style.once(settings, start)

    def stylize(
        self, content: Tensor, style: Style, settings: CINSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        content, trunk = content.to(self.device), self.trunk(width_of(settings, self.device))
        parameters, notes, perceptual = self.prepare(style, settings, {}, stop)
        steps, losses, files, learning = settings.learn_steps or 1, {}, {}, 0.0
        if perceptual is not None:
            fitter = style.once(
                ("fitter", settings, Style(content).digest()),
                lambda: self.fitter(parameters, perceptual, content, settings),
            )
            yield from fitter.run(content, settings, notes, stop)
            parameters, losses, learning = fitter.parameters, fitter.losses, fitter.seconds
            about = {"method": self.name, "trunk": trunk.weight.sha256, "style": style.digest().hex()}
            files = {LEARNT_FILE: pack(parameters, about)}

        def apply(image: Tensor) -> Tensor:
            return apply_styles(trunk.network, image, parameters)

        # a style may come with another photo, for which others are learnt
        once = Pass(apply) if learning else style.once(("pass", settings), lambda: Pass(apply))
        with Stopwatch(self.device) as watch:
            image = self.paint(trunk.network, once, content, settings, stop)
        if learning:
            notes = (learnt_note(steps, learning, watch.seconds, notes),)
        if trunk.weight == entry(KEYS["slim"]):
            notes = (*notes, SLIM)
        yield Frame(image, steps, steps, losses, notes, files, (trunk.weight, entry("vgg19")))

    @torch.no_grad()
    def paint(
        self,
        network: TransformerNet,
        apply: Pass,
        content: Tensor,
        settings: CINSettings,
        stop: Stop | None,
    ) -> Tensor:
        """The network's picture of the content, on the CPU."""
        return painted(network, apply, content, settings, stop).cpu()

    def fitter(
        self, start: StyleParameters, perceptual: PerceptualLoss, photo: Tensor, settings: CINSettings
    ) -> StyleFitter:
        """What learns the style's gammas and betas on the photo, while the trunk stays as it is."""
        network = self.trunk(width_of(settings, self.device)).network

        def paint(parameters: StyleParameters, images: Tensor) -> Tensor:
            return apply_styles(network, images, parameters)

        return StyleFitter(
            paint,
            start,
            lambda name: LEARNING_RATE,
            perceptual,
            photo,
            (),
            settings.learn_steps,
            settings.seed,
        )

    def parameters(
        self, style: Style, settings: CINSettings, files: Mapping[str, bytes], stop: Stop | None
    ) -> tuple[StyleParameters, tuple[Note, ...]]:
        """The parameters before anything is learnt, and notes on where they are from."""
        trunk = self.trunk(width_of(settings, self.device))
        if settings.learnt:
            return self.learnt_parameters(trunk, files.get("learnt", b""), settings.learnt, style)
        sources: list[Style | str] = [style]
        if settings.second:
            sources.append(second_style(files))
        sources += settings.plates
        shares = settings.proportions()
        notes = dict[str, Note]()
        if len(sources) > 1:
            names = [PAINTING, *[named("second")] * bool(settings.second), *settings.plates]
            note = mix_note(names, shares, style.name)
            notes[note.key] = note
        mixed = {key: torch.zeros_like(values[:1]) for key, values in trunk.known.table.items()}
        for source, share in zip(sources, shares, strict=True):
            if share:  # else nothing of it is predicted
                row, more = self.row(trunk.known, source, settings, stop)
                mixed = {key: values + share * row[key] for key, values in mixed.items()}
                notes |= {note.key: note for note in more}
        return mixed, tuple(notes.values())

    def row(
        self, known: PredictedCIN, source: Style | str, settings: CINSettings, stop: Stop | None
    ) -> tuple[StyleParameters, tuple[Note, ...]]:
        """The gammas and betas of a plate, or of a picture as the settings choose them, and notes on them."""
        if isinstance(source, str):
            return known.row(PLATES.index(source)), ()
        if settings.style_parameters == "nearest plate":
            name, note = nearest_plate(PLATES, source, self.device, stop)
            return known.row(PLATES.index(name)), () if name == source.name else (note,)
        if settings.style_parameters == "own row" and source.name in PLATES:
            return known.row(PLATES.index(source.name)), ()
        return known.predicted(source.encoding(self.device)), (PREDICTED,)

    def learnt_parameters(
        self, trunk: Trunk, data: bytes, name: str, style: Style
    ) -> tuple[StyleParameters, tuple[Note, ...]]:
        """Those in a learnt style's file, and a note.

        ValueError, with the file's `name`, where it is none or does not fit.
        """
        try:
            tensors, about = unpack(data, name)
        except WeightsError as error:
            text = "{file} is not a learnt style: {example} files are."
            about = {"file": name, "example": LEARNT_FILE}
            raise ValueError(Sentence("learnt_other", text, about)) from error
        if not all(each.isfinite().all() for each in tensors.values()):
            text = "{file} holds numbers that are not finite: learn the style again."
            raise ValueError(Sentence("learnt_infinite", text, {"file": name}))
        shapes = {key: (1, values.shape[1]) for key, values in trunk.known.table.items()}
        if {key: tuple(each.shape) for key, each in tensors.items()} != shapes:
            text = "{file} is not a style of this network: its layers differ, as those of another width do."
            raise ValueError(Sentence("learnt_shape", text, {"file": name}))
        if about.get("trunk") != trunk.weight.sha256:
            text = "{file} was learnt with another version of the network: learn it again."
            raise ValueError(Sentence("learnt_version", text, {"file": name}))
        other = {} if about.get("style") == style.digest().hex() else {"painted_as": style_in(name)}
        note = Note("file", FROM_FILE, {"file": name, **other})
        return {key: each.float().to(self.device) for key, each in tensors.items()}, (note,)


def usual_width(device: torch.device) -> Width:
    """The network for who does not choose one: the full one takes too long on a CPU without fast bfloat16."""
    return "full" if device.type != "cpu" or fast_dtype(device) is torch.bfloat16 else "slim"


def width_of(settings: CINSettings, device: torch.device) -> Width:
    """The network that the settings choose, or leave to the device."""
    return usual_width(device) if settings.width == "auto" else settings.width


def mix_note(names: Sequence[str], shares: Sequence[float], style: str | None) -> Note:
    """What was mixed. Where that leaves the style picture out, the picture is painted as something else."""
    used = {name: share for name, share in zip(names, shares, strict=True) if share}
    own = names[0] in used or style in used
    if len(used) == 1:
        (name,) = used
        short = short_title(plate(name)) if name in PLATES else name
        other = {} if own else {"painted_as": short}
        return Note("plate", AS_PAINTING, {"plate": name, "title": name_of(name), **other})
    parts = tuple(
        Sentence("share", "{name} {share:.0%}", {"name": name_of(name), "share": share})
        for name, share in used.items()
    )
    texts = Sentence("list", "{parts}", {"parts": parts})
    return Note("mix", "A mix of {shares}.", {"shares": texts, **({} if own else {"painted_as": texts})})


def name_of(name: str) -> str:
    """What a part of a mix is called: a painting of ours by its caption, others by their part."""
    return title_of(plate(name)) if name in PLATES else name


def learnt_note(steps: int, learning: float, painting: float, start: Sequence[Note]) -> Note:
    """How a style was learnt, and the seconds of learning and of painting."""
    values = {
        "steps": steps,
        "learning_seconds": learning,
        "painting_seconds": painting,
        "start": Sentence("list", "{parts}", {"parts": tuple(start) or (TRAINED,)}),
    }
    text = (
        "Learnt in {steps} steps, {learning_seconds:.1f} s; painted in {painting_seconds:.2f} s. Began so: "
        "{start}"
    )
    return Note("learnt", text, values)
