"""Joining a cluster at RAY_ADDRESS, or beginning a Ray of this process, on 127.0.0.1 alone."""

from __future__ import annotations

import os
import secrets
import tempfile
from importlib.util import find_spec
from pathlib import Path

from engine.workers import Workers

ROOT = Path(__file__).resolve().parents[2]
STORE_BYTES = 256 * 2**20  # of an embedded Ray's object store: requests and pictures on their way
HEAD_SECONDS = 10  # without the head of the cluster, after which the client ends and another begins


def unavailable() -> str:
    """Why Ray cannot be used, in a sentence; empty where it can."""
    # Not imported: it would read the environment before `connect` has set it.
    return "" if find_spec("ray") else "Ray is not installed: run `pip install -r requirements-ray.txt`."


def connect(workers: Workers, folder: str | None = None) -> None:
    """Join the cluster at RAY_ADDRESS, or begin a Ray for so many workers that nobody else reaches, with its
    files in `folder`."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", str(HEAD_SECONDS))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # its address is 127.0.0.1
        os.environ["RAY_AUTH_MODE"] = "token"  # other users of this machine reach 127.0.0.1 too
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray  # which reads them now

    if address:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
        return
    ray.init(
        num_cpus=workers.most * workers.cpus,
        include_dashboard=False,
        object_store_memory=STORE_BYTES,
        log_to_driver=False,
        configure_logging=False,
        _node_ip_address="127.0.0.1",
        _temp_dir=folder,
    )


def ray_folder() -> str:
    """A new folder for the files of an embedded Ray; a longer path than this has no room for its sockets."""
    return tempfile.mkdtemp(prefix="stylegrid-ray-", dir="/tmp" if os.path.isdir("/tmp") else None)
