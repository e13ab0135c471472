"""Some tensors of a safetensors file that is far away, read as one range of bytes without the rest of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from weights.errors import WeightsError

FIRST_READ = 2**16  # bytes, which hold most files' headers
LARGEST_HEADER = 2**24
WORD = 8  # bytes of the header's length, before the header


def part_of(
    name: str,
    read: Callable[[int, int], bytes],
    prefix: str,
    on_size: Callable[[int], None] = lambda size: None,
) -> bytes:
    """A safetensors file with those tensors of the file called `name` whose names begin with `prefix`.

    The same tensors always give the same bytes. `read` gives the bytes from one place up to, but without,
    another, fewer where the file ends before; `on_size` is called with how many there will be in all.
    WeightsError where it is no safetensors file or has no such tensors.
    """
    start = read(0, FIRST_READ)
    length = int.from_bytes(start[:WORD], "little")
    if not 2 <= length <= LARGEST_HEADER:
        raise WeightsError(f"{name} is no safetensors file.")
    body = WORD + length
    if body > len(start):
        start += read(len(start), body)
    wanted = _wanted(start[WORD:body], prefix, name)
    first, last = wanted[0][2][0], max(end for _, _, (_, end) in wanted)  # what lies between comes with them
    on_size(len(start) + last - first)
    data = read(body + first, body + last)
    if len(data) < last - first:
        raise WeightsError(f"{name} is cut short.")
    header: dict[str, Any] = {}
    tensors = bytearray()
    for tensor, about, (begin, end) in wanted:
        header[tensor] = {**about, "data_offsets": [len(tensors), len(tensors) + end - begin]}
        tensors += data[begin - first : end - first]
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % WORD)  # as safetensors aligns it
    return len(text).to_bytes(WORD, "little") + text + bytes(tensors)


def _wanted(header: bytes, prefix: str, name: str) -> list[tuple[str, dict[str, Any], tuple[int, int]]]:
    """Name, format and shape, and place of the tensors, in the order of their places."""
    try:
        entries = json.loads(header)
        wanted = [
            (tensor, {"dtype": each["dtype"], "shape": each["shape"]}, (int(begin), int(end)))
            for tensor, each in entries.items()
            if tensor.startswith(prefix)
            for begin, end in [each["data_offsets"]]
        ]
        if not all(0 <= begin <= end for _, _, (begin, end) in wanted):
            raise ValueError("offsets run backwards")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{name} is no safetensors file: {error}.") from error
    if not wanted:
        raise WeightsError(f"{name} has no tensors whose names begin with {prefix}.")
    return sorted(wanted, key=lambda each: each[2])
