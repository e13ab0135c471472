"""Weights on the Hugging Face Hub: from the local cache without a request, else under a deadline of ours.

The Hub's client retries a server that does not answer for minutes and checks no hash: both are done here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from huggingface_hub import (
    CommitInfo,
    CommitScheduler,
    HfApi,
    HfFileMetadata,
    constants,
    errors,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    get_session,
    hf_raise_for_status,
    tqdm,
)

from weights.catalog import WeightFile
from weights.download import Abandoned, DeadlineExceeded, Transfer, deadline, retry, under_deadline
from weights.errors import WeightsError
from weights.partial import part_of
from weights.record import Record, file_lock, put, read_record, remove

FULL = (errno.ENOSPC, errno.EDQUOT)
CHUNK = 2**18  # bytes between two signs of life; the client's own 10 MB would make a slow line look dead


def fetch(weight: WeightFile) -> tuple[bytes, Path]:
    """The bytes of a weight's file, or of its part, with the right hash, and their path.

    From the local cache without a request, else from the Hub; two callers at once download once. The progress
    is reported by weights.progress. WeightsError where there is no such file, or no answer within
    the deadline, or where the hash is another than the catalog's or than that of the first download.
    """
    try:
        found = cached(weight)
        if found is not None:
            return found
        if constants.HF_HUB_OFFLINE:
            raise WeightsError(f"{_missing(weight)}, and HF_HUB_OFFLINE forbids to fetch it.")
        with file_lock(_sidecar(weight, ".lock"), weight.title):
            found = cached(weight)  # somebody else may have fetched it meanwhile
            return found if found is not None else _download(weight)
    except OSError as error:
        raise _explained(weight, error) from error


def cached(weight: WeightFile) -> tuple[bytes, Path] | None:
    """The verified bytes that are at hand, and their path, else None. A wrong file is removed."""
    path, expected = cached_path(weight), record(weight).sha256
    if path is None or not expected:
        return None
    data = path.read_bytes()
    if sha256(data).hexdigest() == expected:
        return data, path
    remove(path)
    return None


def cached_path(weight: WeightFile) -> Path | None:
    """The path of the weight's file, verified or not; None where it was not fetched."""
    if weight.part:
        path = _sidecar(weight, ".safetensors")
        return path if path.is_file() else None
    found = try_to_load_from_cache(
        weight.repo, weight.file, cache_dir=constants.HF_HUB_CACHE, revision=_revision(weight)
    )
    return Path(found) if isinstance(found, str) else None


def record(weight: WeightFile) -> Record:
    """Commit and hash of the cached file, by the catalog or the first download; empty where neither knows."""
    found, catalogued = read_record(_sidecar(weight, ".json")), "" if weight.part else weight.sha256
    if found.repo != weight.repo or catalogued not in ("", found.sha256):  # it is about another file
        found = Record()
    return Record(weight.repo, weight.revision or found.revision, catalogued or found.sha256)


def endpoint() -> str | None:
    """HF_ENDPOINT as it stands now; the client looks only when it is imported."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def _download(weight: WeightFile) -> tuple[bytes, Path]:
    def work(transfer: Transfer) -> tuple[Path, str]:
        try:
            return _fetch_part(weight, transfer) if weight.part else _fetch_file(weight, transfer)
        except (WeightsError, Abandoned):
            raise
        except Exception as error:  # the client raises many kinds
            raise _explained(weight, error) from error

    try:
        path, commit = under_deadline(weight.title, deadline(), work)
    except DeadlineExceeded as late:
        raise _explained(weight, late) from late
    data = path.read_bytes()
    digest, expected = sha256(data).hexdigest(), record(weight).sha256
    if expected and digest != expected:
        remove(path)
        which = "recorded at the first download" if weight.part or not weight.sha256 else "in the catalog"
        raise WeightsError(
            f"{weight.file} of {weight.repo} is not the file {which}: its SHA-256 is {digest[:12]}..., "
            f"expected {expected[:12]}... . It was removed."
        )
    put(_sidecar(weight, ".json"), Record(weight.repo, commit, digest).to_json())
    return data, path


def _fetch_file(weight: WeightFile, transfer: Transfer) -> tuple[Path, str]:
    """The whole file's path in the Hub's cache, and its commit."""

    class Ticks(tqdm):
        """The client's progress bar, which draws nothing here."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]
            transfer.total = options.get("total") or transfer.total

        def update(self, n: float | None = 1) -> None:
            transfer.add(int(n or 0))

        def update_transfer(self, n: float) -> None:
            """Called with what came over the network, which need not be what is written."""
            transfer.add(0)

    _about(weight, transfer)
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK

    def download() -> str:
        return hf_hub_download(
            weight.repo,
            weight.file,
            revision=_revision(weight),
            endpoint=endpoint(),
            cache_dir=constants.HF_HUB_CACHE,
            etag_timeout=deadline(),
            tqdm_class=Ticks,
        )

    path = Path(retry(download, transfer, _transient))
    return path, path.parents[len(PurePosixPath(weight.file).parts) - 1].name


def _fetch_part(weight: WeightFile, transfer: Transfer) -> tuple[Path, str]:
    """The path of a file with the wanted tensors only, and the commit."""
    about = _about(weight, transfer)
    if about.etag != weight.sha256:
        raise WeightsError(
            f"{weight.file} of {weight.repo} is not the file in the catalog: the Hub gives its SHA-256 as "
            f"{(about.etag or 'nothing')[:12]}, expected {weight.sha256[:12]}... ."
        )

    def read(first: int, last: int) -> bytes:
        return _range(_address(weight), first, last, transfer)

    def set_total(total: int) -> None:
        transfer.total = total

    data = part_of(f"{weight.file} of {weight.repo}", read, weight.part, set_total)
    path = _sidecar(weight, ".safetensors")
    put(path, data)
    return path, about.commit_hash or ""


def _address(weight: WeightFile) -> str:
    return hf_hub_url(weight.repo, weight.file, revision=_revision(weight), endpoint=endpoint())


def _revision(weight: WeightFile) -> str:
    return record(weight).revision or "main"


def _about(weight: WeightFile, transfer: Transfer) -> HfFileMetadata:
    """Size, hash and commit of the file. The client's own retries would go on for minutes unseen."""
    return retry(lambda: get_hf_file_metadata(_address(weight), timeout=deadline()), transfer, _transient)


def _transient(error: Exception) -> bool:
    """Whether an error may be gone in a second: no connection, or one of the server's own."""
    if isinstance(error, errors.HfHubHTTPError):
        return error.response.status_code >= 500
    # The client's own errors of connections are none of these.
    return not isinstance(error, (Abandoned, OSError, WeightsError))


def _range(url: str, first: int, last: int, transfer: Transfer) -> bytes:
    """Bytes `first` up to, but without, `last`, fewer where the file ends before. A connection that breaks is
    taken up where it broke."""
    received = bytearray()
    while first + len(received) < last:
        size = retry(partial(_add, received, url, first, last, transfer), transfer, _transient)
        last = min(last, size)
    if len(received) != max(last - first, 0):
        raise WeightsError(f"{url} sent more bytes than it was asked for.")
    return bytes(received)


def _add(received: bytearray, url: str, first: int, last: int, transfer: Transfer) -> int:
    """Add to the received bytes what comes of the rest, a byte at least, and give the file's size."""
    before = len(received)
    place = first + before
    headers = build_hf_headers(headers={"Range": f"bytes={place}-{last - 1}", "Accept-Encoding": "identity"})
    try:
        with get_session().stream("GET", url, headers=headers, timeout=2 * deadline()) as response:
            hf_raise_for_status(response)
            content_range = response.headers.get("Content-Range", "")
            if response.status_code != 206 or not content_range.startswith(f"bytes {place}-"):
                raise WeightsError(f"{url} is not served in parts, and all of it would be too much.")
            size = int(content_range.rpartition("/")[2])
            for chunk in response.iter_bytes():
                transfer.add(len(chunk))
                received += chunk
    except Exception as error:  # of whichever HTTP library the client uses
        if len(received) == before or isinstance(error, Abandoned):
            raise
    if len(received) == before:
        raise EOFError("the Hub sent nothing of what it was asked for")
    return size


def _explained(weight: WeightFile, error: Exception) -> WeightsError:
    """The sentence for an error of the client, or of the disk."""
    if isinstance(error, DeadlineExceeded):
        cause = str(error)
    elif isinstance(error, errors.RevisionNotFoundError):
        cause = f"the Hub has no commit {record(weight).revision} of {weight.repo}"
    elif isinstance(error, errors.RepositoryNotFoundError):  # gated ones too
        cause = f"the Hub has no repository {weight.repo} that this token may read"
    elif isinstance(error, errors.RemoteEntryNotFoundError):
        cause = f"the Hub has no file {weight.file} in {weight.repo}"
    elif isinstance(error, errors.LocalEntryNotFoundError):
        cause = "the Hub could not be reached"
    elif isinstance(error, errors.HfHubHTTPError):
        cause = f"the Hub answered with status {error.response.status_code}"
    elif type(error).__module__.startswith("httpx"):
        cause = f"the Hub could not be reached ({error or type(error).__name__})"
    elif isinstance(error, OSError) and error.errno in FULL:
        cause = f"there is no space left for it in {constants.HF_HOME}"
    elif isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS):
        cause = f"{constants.HF_HOME} cannot be written"
    else:
        cause = f"the download failed ({_reason(error)})"
    return WeightsError(f"{_missing(weight)}, and {cause}.")


def _sidecar(weight: WeightFile, ending: str) -> Path:
    """A file of ours about a weight, beside the Hub's cache."""
    return Path(constants.HF_HOME) / "stylegrid" / (weight.key.replace("/", "--") + ending)


def _missing(weight: WeightFile) -> str:
    return f"The weights {weight.title} are not on this machine"


def upload(folder: Path, repo: str, kind: str, private: bool = False) -> str:
    """Put a folder's files into a repository, a "model" or a "space", made where there is none; its address.

    The token is the one of `hf auth login` or HF_TOKEN. WeightsError where the Hub refuses.
    """
    api = HfApi(endpoint=endpoint())
    sdk = "gradio" if kind == "space" else None
    try:
        address = api.create_repo(repo, repo_type=kind, private=private, exist_ok=True, space_sdk=sdk)
        api.upload_folder(repo_id=repo, repo_type=kind, folder_path=folder, commit_message="From StyleGrid")
    except Exception as error:
        refused = isinstance(error, errors.HfHubHTTPError) and error.response.status_code in (401, 403)
        hint = " Log in with `hf auth login`, or set HF_TOKEN to a token that may write." if refused else ""
        raise WeightsError(f"{repo} could not be uploaded ({_reason(error)}).{hint}") from error
    return str(address)


def dataset_file(repo: str, file: str) -> bytes | None:
    """A file of a Dataset repository as it is now; None where there is no such file, or no repository.

    WeightsError where that cannot be known.
    """
    address = hf_hub_url(repo, file, repo_type="dataset", endpoint=endpoint())
    try:
        path = hf_hub_download(
            repo,
            file,
            repo_type="dataset",
            revision=get_hf_file_metadata(address, timeout=deadline()).commit_hash,
            endpoint=endpoint(),
            cache_dir=constants.HF_HUB_CACHE,
        )
        return Path(path).read_bytes()
    except (errors.RemoteEntryNotFoundError, errors.RepositoryNotFoundError):
        return None
    except Exception as error:
        raise WeightsError(f"{file} of {repo} could not be read ({_reason(error)}).") from error


def keep_in_dataset(folder: Path, repo: str, minutes: float, write: Callable[[], None]) -> Callable[[], None]:
    """Put a folder's changed files into a private Dataset repository, made where there is none, every so many
    minutes and at the program's end, after `write` has brought them up to date. What it gives does so at once
    and ends it. WeightsError where the Hub refuses."""

    class Scheduler(CommitScheduler):
        """Writes before it commits."""

        def push_to_hub(self) -> CommitInfo | None:
            write()
            return super().push_to_hub()

    try:
        scheduler = Scheduler(
            repo_id=repo,
            folder_path=folder,
            every=minutes,
            repo_type="dataset",
            private=True,
            hf_api=HfApi(endpoint=endpoint()),
        )
    except Exception as error:
        raise WeightsError(f"{repo} cannot be written ({_reason(error)}).") from error

    def end() -> None:
        scheduler.trigger().result()
        scheduler.stop()

    return end


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
