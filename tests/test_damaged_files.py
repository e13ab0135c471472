"""200 damaged and hostile files, made of 20 whole ones by a seeded mutator: pictures or sentences."""

import os
import random
import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.images import MAX_ASPECT, PictureError, open_picture
from picture_files import browser_files, encoded, smooth, tiff

SECONDS = 5  # for one file, on a loaded machine; a free one takes a hundredth
MEGABYTES = 400  # that the process may grow while it reads them
NAMES = [
    "png",
    "png alpha",
    "png palette",
    "png 16 bit rgb key",
    "png rgb profile",
    "png cicp",
    "png big text",
]
NAMES += ["apng", "apng whose still picture is no frame", "jpeg", "jpeg progressive", "jpeg turned", "webp"]
NAMES += ["webp alpha", "gif", "gif with a small first frame", "bmp", "avif"]


def seeds() -> list[bytes]:
    """20 whole files."""
    files = browser_files()
    return [*(files[name] for name in NAMES), encoded(smooth(), "TIFF"), tiff(16, ">", 0, 4000)]


def mutated(data: bytes, luck: random.Random) -> bytes:
    """The file with one to four pieces of it changed, doubled, taken out, made extreme or cut off."""
    for _ in range(luck.randint(1, 4)):
        start = luck.randrange(min(len(data), 200)) if luck.random() < 0.6 else luck.randrange(len(data))
        length = luck.choice((1, 2, 4, 4, 16, 64))
        end = start + length
        change = luck.randrange(6)
        if change == 0:
            data = data[:start] + luck.randbytes(length) + data[end:]
        elif change == 1:
            data = data[:start] + luck.choice((b"\xff", b"\0", b"\x7f")) * length + data[end:]
        elif change == 2:
            data = data[:end] + data[start:end] * luck.randint(1, 50) + data[end:]
        elif change == 3:
            data = data[:start] + data[end:]
        elif change == 4:
            data = data[: max(start, 1)]
        else:
            data = data[:start] + bytes([data[start] ^ 1 << luck.randrange(8)]) + data[start + 1 :]
    return data


def damaged() -> Iterator[bytes]:
    """Ten of each seed, the same at every run."""
    luck = random.Random(20)
    for data in seeds():
        for _ in range(10):
            yield mutated(data, luck)


def outcome(data: bytes) -> str:
    """The sentence of a file that is not read; empty for a picture within the limits."""
    try:
        picture = open_picture(data, "photo")
    except PictureError as error:
        return str(error)
    short, long = sorted(picture.rgb.size)
    assert 16 <= short <= long <= MAX_ASPECT * short
    return ""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_damaged_files_give_pictures_or_sentences_in_bounded_memory_and_time() -> None:
    resource = pytest.importorskip("resource")
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    pictures = sentences = 0
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEGABYTES * 2**20, before[1]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of damage that does not matter
            for data in damaged():
                start = time.perf_counter()
                told = outcome(data)
                pictures += not told
                sentences += bool(told)
                assert not told or re.fullmatch(r"The photo .+\.", told)
                assert time.perf_counter() - start < SECONDS
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert pictures + sentences == 200
    assert min(pictures, sentences) >= 20  # both happen, so that neither is tested in vain
