"""The machine on which a folder's results were measured; those of two machines do not go into one folder."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import psutil
import torch

from core.device import describe
from core.version import VERSION


def this_machine(device: torch.device) -> dict[str, Any]:
    """What a reader needs to know of it."""
    return {
        "device": describe(device),
        "CPU": describe(torch.device("cpu")),
        "cores": os.cpu_count(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "PyTorch": torch.__version__,
        "StyleGrid": VERSION,
    }


def claim(folder: Path, machine: dict[str, Any]) -> None:
    """Note the machine in the folder. ValueError where its results are of another one."""
    path = folder / "machine.json"
    if path.exists() and read_machine(folder) != machine:
        raise ValueError(
            f"{folder} holds results of another machine or version ({path} names it): choose another --out."
        )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(machine, indent=1) + "\n", encoding="utf-8")


def read_machine(folder: Path) -> dict[str, Any]:
    """The machine that a folder's results are of. ValueError where it is not noted."""
    path = folder / "machine.json"
    try:
        machine: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} does not name the machine: run `python -m benchmarks run`.") from error
    return machine
