"""Networks that a user adds: files in the weights folder, beside the catalog's."""

from __future__ import annotations

import hashlib
from pathlib import Path

from torch import Tensor

from weights.catalog import WeightFile
from weights.errors import WeightsError
from weights.formats import read

FOLDER = Path(__file__).parent
ENDINGS = (".safetensors", ".pth", ".pt", ".model")


def user_files() -> dict[str, Path]:
    """The files by the name that they appear under: without the ending, unless two would share it."""
    paths = sorted(path for path in FOLDER.iterdir() if path.suffix in ENDINGS and path.is_file())
    stems = [path.stem for path in paths]
    return {path.stem if stems.count(path.stem) == 1 else path.name: path for path in paths}


def load_user_file(name: str) -> tuple[dict[str, Tensor], WeightFile]:
    """The tensors of the file that appears under `name`, and its entry. WeightsError where it is unfit."""
    path = user_files()[name]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    return read(data, path), user_weight(data, name, path.name, "a file in the weights folder")


def user_weight(data: bytes, key: str, file: str, source: str) -> WeightFile:
    """The entry of a network that is not in the catalog."""
    title, digest = f"Your own network {file}", hashlib.sha256(data).hexdigest()
    return WeightFile(key, title, file, digest, licence="not known", source=source)
