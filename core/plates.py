"""The style plates that come with StyleGrid, as styles/styles.toml lists them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STYLES = Path(__file__).parent.parent / "styles"


@dataclass(frozen=True)
class Plate:
    """A style picture that we ship. `name` is the one by which methods and the command line know it."""

    path: Path
    name: str
    title: str
    artist: str
    year: str

    @property
    def caption(self) -> str:
        """Title, artist and year, as far as they are known."""
        return ", ".join(part for part in (self.title, self.artist, self.year) if part)


def plates(folder: Path = STYLES, complete: bool = False) -> tuple[Plate, ...]:
    """The plates that the folder's styles.toml lists and whose pictures are there; none without a list.

    Raises ValueError where the list cannot be read or, with `complete`, a picture is missing.
    """
    listing = folder / "styles.toml"
    if not listing.is_file():
        return ()
    try:
        tables = tomllib.loads(listing.read_text(encoding="utf-8")).get("plate", [])
        listed = [
            Plate(
                folder / each["file"],
                each["name"],
                each.get("title", each["name"]),
                each.get("artist", ""),
                str(each.get("year", "")),
            )
            for each in tables
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{listing} is not a list of plates: {error}.") from error
    missing = [plate.path.name for plate in listed if not plate.path.is_file()]
    if complete and missing:
        raise ValueError(f"{listing} lists pictures that are not there: {', '.join(missing)}.")
    return tuple(plate for plate in listed if plate.path.is_file())


def plate(name: str) -> Plate:
    """The plate of ours called `name`; ValueError names those that there are."""
    known = {each.name: each for each in plates()}
    if name not in known:
        raise ValueError(f"There is no plate {name!r}; choose one of {', '.join(known)}.")
    return known[name]


class PlateIndex:
    """Recognises a plate by its bytes, also in a copy of its file."""

    def __init__(self, known: Mapping[str, Path]) -> None:
        self._names = {sha256(path.read_bytes()).digest(): name for name, path in known.items()}

    def of(self, path: str | Path) -> str | None:
        """The name of the plate in the file, None for any other picture. OSError where it cannot be read."""
        return self._names.get(sha256(Path(path).read_bytes()).digest())
