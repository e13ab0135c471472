"""Weights from the Hub: the real client against a server on this machine, and all that can go wrong."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from itertools import repeat
from pathlib import Path

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from PIL import Image
from safetensors.torch import load as load_safetensors
from safetensors.torch import save

from compare.comparison import Comparison
from compare.schema import make_request
from core.images import Picture
from fake_methods import FakeSettings, Quick
from local_hub import COMMIT, LocalHub, Repo
from methods.base import Stop
from weights import hub, load
from weights.catalog import CATALOG, WeightFile, entry
from weights.download import DEADLINE, Abandoned, Transfer
from weights.errors import WeightsError
from weights.inventory import item
from weights.progress import watching
from weights.record import Record, remove

SECONDS = 1.5  # the deadline in these tests
ROOT = Path(__file__).parent.parent
CONTENT = save({"w": torch.arange(300_000, dtype=torch.float32)})
WEIGHT = WeightFile(
    key="test/net",
    title="Test network",
    file="nets/net.safetensors",
    sha256=sha256(CONTENT).hexdigest(),
    licence="MIT",
    source="these tests",
    repo="owner/nets",
    revision=COMMIT,
)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A Hub with one network, and an empty cache."""
    server = LocalHub()
    server.repos["owner/nets"] = Repo({WEIGHT.file: CONTENT})
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("STYLEGRID_HUB_SECONDS", str(SECONDS))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    use_home(tmp_path / "home", monkeypatch)
    yield server
    server.close()
    huggingface_hub.close_session()


def use_home(home, monkeypatch):
    monkeypatch.setattr(constants, "HF_HOME", str(home))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))


@contextmanager
def in_time(seconds=SECONDS):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + 2


def blobs():
    """The files in the cache; old clients keep the beginning of an unfinished one beside them."""
    found = Path(constants.HF_HUB_CACHE).rglob("blobs/*")
    return [path for path in found if path.is_file() and path.suffix != ".incomplete"]


def fails(weight, sentence):
    with in_time(), pytest.raises(WeightsError, match=sentence) as caught:
        hub.fetch(weight)
    assert str(caught.value).endswith(".")


def test_a_file_is_fetched_once_and_then_read_without_a_request(server):
    data, path = hub.fetch(WEIGHT)
    assert data == CONTENT == path.read_bytes()
    assert [request[0] for request in server.requests] == ["HEAD", "HEAD", "GET"]
    server.requests.clear()
    assert hub.fetch(WEIGHT) == (data, path)
    server.close()
    assert hub.fetch(WEIGHT) == (data, path)
    assert server.requests == []


def test_load_gives_the_tensors(server, monkeypatch):
    monkeypatch.setitem(CATALOG, WEIGHT.key, WEIGHT)
    assert torch.equal(load.load(WEIGHT.key)["w"], torch.arange(300_000, dtype=torch.float32))


def test_embedded_files_are_used_without_the_client(server, monkeypatch):
    monkeypatch.setenv("STYLEGRID_WEIGHTS_REPO", "owner/nets")
    monkeypatch.setattr(hub, "fetch", None)
    load.load("cin")
    load.load("johnson/swirls-slim")
    assert server.requests == []


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (replace(WEIGHT, file="other.safetensors"), "no file other.safetensors in owner/nets"),
        (replace(WEIGHT, revision="f" * 40), f"no commit {'f' * 40}"),
        (replace(WEIGHT, repo="owner/nothing"), "no repository owner/nothing that this token may read"),
    ],
)
def test_what_is_not_there_is_named(server, weight, sentence):
    fails(weight, sentence)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_server_that_only_fails(server, status):
    server.faults["HEAD"] = repeat(status)
    fails(WEIGHT, "Test network are not on this machine, and the Hub")
    server.faults = {"GET": repeat(status)}
    fails(WEIGHT, "Test network are not on this machine, and the ")
    assert blobs() == []


def test_a_server_that_recovers(server, monkeypatch):
    monkeypatch.setenv("STYLEGRID_HUB_SECONDS", "10")  # there are pauses between the requests
    server.faults = {"HEAD": iter([503, 500]), "GET": iter([502])}
    assert hub.fetch(WEIGHT)[0] == CONTENT


def test_a_connection_that_breaks_is_taken_up(server):
    server.faults["GET"] = iter(["drop"])
    assert hub.fetch(WEIGHT)[0] == CONTENT
    ranges = [request[2] for request in server.requests if request[0] == "GET"]
    assert ranges[0] == ""
    assert ranges[1].startswith("bytes=")


@pytest.mark.parametrize("fault", ["hang", "stall"])
def test_silence_is_cut(server, fault):
    server.faults["GET"] = repeat(fault)
    fails(
        WEIGHT, f"the Hub {'did not answer' if fault == 'hang' else 'sent nothing more'} within 1.5 seconds"
    )
    server.faults = {"HEAD": repeat("hang")}
    fails(WEIGHT, "the Hub did not answer within 1.5 seconds")


def test_a_slow_line_is_not_silence(server):
    server.pace = 0.15  # 19 blocks
    started = time.monotonic()
    assert hub.fetch(WEIGHT)[0] == CONTENT
    assert time.monotonic() - started > SECONDS


def test_a_truncated_file_is_not_loaded(server):
    server.faults["GET"] = repeat("truncate")
    fails(WEIGHT, "download failed")
    assert blobs() == []


def test_wrong_bytes_of_the_right_size_are_refused_and_removed(server):
    server.faults["GET"] = iter(["wrong"])
    fails(WEIGHT, "not the file in the catalog: its SHA-256 is")
    assert blobs() == []
    assert hub.fetch(WEIGHT)[0] == CONTENT


def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(server):
    _, path = hub.fetch(WEIGHT)
    path.write_bytes(CONTENT[:-1] + b"x")
    assert hub.fetch(WEIGHT)[0] == CONTENT
    path.write_bytes(b"x")
    server.close()
    fails(WEIGHT, "not on this machine")
    assert not path.exists()


def test_no_network_at_all(server):
    server.close()
    fails(WEIGHT, "the Hub")


def test_offline_asks_nobody(server, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    fails(WEIGHT, "HF_HUB_OFFLINE forbids")
    assert server.requests == []


def test_a_full_disk_is_a_sentence(server, tmp_path, monkeypatch):
    """The limit on the size of files stands for the disk's end: the kernel refuses the same write."""
    code = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
import errno, io, pathlib
from test_hub import WEIGHT, hub, WeightsError
hub.FULL = (*hub.FULL, errno.EFBIG)
try:
    hub.fetch(WEIGHT)
except WeightsError as error:
    print("SENTENCE", error)
"""
    done = run(code, server, tmp_path / "small")
    assert "SENTENCE The weights Test network are not on this machine, and there is no space left" in done
    assert not [path for path in (tmp_path / "small").rglob("blobs/*") if path.is_file()]


def run(code, server, home):
    """What a fresh interpreter prints, with the server as its Hub."""
    return finished(start(code, server, home))


def start(code, server, home):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "STYLEGRID_HUB_SECONDS": "20",
    }
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def test_two_processes_download_once(server, tmp_path):
    server.pace = 0.05
    code = f"""
import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
from test_hub import WEIGHT, CONTENT, hub
print(hub.fetch(WEIGHT)[0] == CONTENT)
"""
    processes = [start(code, server, tmp_path / "shared") for _ in range(2)]
    assert [finished(process) for process in processes] == ["True\n", "True\n"]
    assert [request[0] for request in server.requests] == ["HEAD", "HEAD", "GET"]


def test_two_threads_download_once(server):
    server.pace = 0.02
    results = []
    threads = [threading.Thread(target=lambda: results.append(hub.fetch(WEIGHT)[0])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [CONTENT, CONTENT]
    assert [request[0] for request in server.requests] == ["HEAD", "HEAD", "GET"]


def test_progress_is_reported_and_can_be_ended(server):
    server.pace = 0.02
    reports = []
    with watching(reports.append):
        hub.fetch(WEIGHT)
    assert reports[0].total is None
    assert str(reports[0]) == "Asking the Hub for Test network"
    assert reports[-1].total == len(CONTENT)
    assert [each.done for each in reports] == sorted(each.done for each in reports)
    assert any(0 < each.done < len(CONTENT) for each in reports)

    class Ended(Exception):
        pass

    def end(download):
        if download.done:
            raise Ended

    with watching(end), pytest.raises(Ended):
        hub.fetch(again(server))
    assert str(reports[-1]).endswith("of 1.2 MB")


def again(server):
    """The same file in another repository, which is not cached."""
    server.repos["owner/more"] = Repo({WEIGHT.file: CONTENT})
    return replace(WEIGHT, key="test/more", repo="owner/more")


def test_a_token_is_sent(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.fetch(WEIGHT)
    assert server.tokens == {"Bearer hf_secret"}


def test_the_deadline_is_checked(server, monkeypatch):
    monkeypatch.setenv("STYLEGRID_HUB_SECONDS", "soon")
    with pytest.raises(WeightsError, match="STYLEGRID_HUB_SECONDS is 'soon'"):
        hub.fetch(WEIGHT)


UNKNOWN = replace(WEIGHT, sha256="", revision="")


def test_an_unknown_hash_and_commit_are_recorded_and_then_bind(server, tmp_path, monkeypatch):
    data, path = hub.fetch(UNKNOWN)
    assert data == CONTENT
    assert hub.record(UNKNOWN) == Record("owner/nets", COMMIT, WEIGHT.sha256)
    remove(path)
    server.repos["owner/nets"].files[WEIGHT.file] = CONTENT[:-1] + b"x"
    fails(UNKNOWN, "not the file recorded at the first download")
    assert blobs() == []
    server.repos["owner/nets"].commit = "e" * 40  # the branch moved on; the recorded commit is gone
    fails(UNKNOWN, f"no commit {COMMIT}")


def test_our_own_networks_come_from_the_repository_that_is_named(server, tmp_path, monkeypatch):
    embedded = entry("johnson/swirls-slim")
    content = load.locate(embedded).read_bytes()
    monkeypatch.setattr(load, "EMBEDDED", tmp_path / "none")
    with pytest.raises(WeightsError, match="there is no file"):
        load.load(embedded.key)
    server.repos["me/styles"] = Repo({embedded.file: content})
    monkeypatch.setenv("STYLEGRID_WEIGHTS_REPO", "me/styles")
    assert load.resolve(embedded)[0] == content
    newer = replace(embedded, sha256=WEIGHT.sha256)  # as after another training: the old record does not bind
    server.repos["me/styles"] = Repo({embedded.file: CONTENT}, commit="a" * 40)
    assert load.resolve(newer)[0] == CONTENT
    monkeypatch.setenv("STYLEGRID_WEIGHTS_REPO", "styles")
    with pytest.raises(WeightsError, match="STYLEGRID_WEIGHTS_REPO is 'styles'"):
        load.load(embedded.key)


PART = replace(WEIGHT, key="test/part", file="model.safetensors", part="features.")
TENSORS = {
    **{f"features.{i}.weight": torch.full((300, 300), float(i)) for i in range(4)},
    "classifier.weight": torch.ones(3_000_000),
    "z.features.weight": torch.ones(5),
}


@pytest.fixture
def part(server):
    content = save(TENSORS)
    server.repos["owner/nets"].files[PART.file] = content
    return replace(PART, sha256=sha256(content).hexdigest())


def test_a_part_of_a_file_is_read_and_cached(server, part):
    data, path = hub.fetch(part)
    tensors = load_safetensors(data)
    assert tensors.keys() == {name for name in TENSORS if name.startswith("features.")}
    assert all(torch.equal(each, TENSORS[name]) for name, each in tensors.items())
    assert server.sent < 4 * 300 * 300 * 4 + 70_000
    assert hub.record(part).revision == COMMIT
    server.close()
    assert hub.fetch(part) == (data, path)


def test_of_a_whole_file_that_a_variable_names_the_part_is_read(server, part, tmp_path, monkeypatch):
    fetched, _ = hub.fetch(part)
    server.requests.clear()
    path = tmp_path / "whole.safetensors"
    path.write_bytes(server.repos["owner/nets"].files[PART.file])
    monkeypatch.setenv("STYLEGRID_TEST_PART", str(path))
    assert load.resolve(part) == (fetched, path)
    assert item(part).state == "embedded"
    path.unlink()
    with pytest.raises(WeightsError, match=r"there is no file .*whole\.safetensors"):
        load.resolve(part)
    assert item(part).state == "missing"
    assert server.requests == []


def test_every_variable_can_be_exported():
    names = [load.variable(weight) for weight in CATALOG.values()]
    assert all(re.fullmatch(r"STYLEGRID_[A-Z0-9_]+", name) for name in names)
    assert len({*names, load.OWN_REPO, DEADLINE}) == len(names) + 2
    assert {"STYLEGRID_VGG19", "STYLEGRID_JOHNSON_STARRY_NIGHT", "STYLEGRID_ONNX_CANDY_9"} <= {*names}


def test_a_part_is_taken_up_where_the_connection_broke(server, part):
    server.faults["GET"] = iter(["drop", 503, "truncate"])
    assert load_safetensors(hub.fetch(part)[0]).keys() == {f"features.{i}.weight" for i in range(4)}


def test_empty_answers_are_asked_for_again_with_pauses_and_then_end(server, part, monkeypatch):
    monkeypatch.setenv("STYLEGRID_HUB_SECONDS", "10")  # which the pauses do not reach
    server.faults["GET"] = repeat("empty")
    fails(part, r"the download failed \(the Hub sent nothing of what it was asked for\)")
    assert [request[0] for request in server.requests].count("GET") == 3
    server.faults["GET"] = iter(["empty", "drop", "empty"])
    assert load_safetensors(hub.fetch(part)[0]).keys() == {f"features.{i}.weight" for i in range(4)}


def test_empty_answers_are_not_asked_for_once_nobody_waits(server, part):
    server.faults["GET"] = repeat("empty")
    transfer = Transfer()
    transfer.abandoned = True
    with pytest.raises(Abandoned):
        hub._range(hub._address(part), 0, 100, transfer)
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("stall", "sent nothing more"), ("whole", "not served in parts"), (403, "answered with status 403")],
)
def test_a_part_that_cannot_be_read(server, part, fault, sentence):
    server.faults["GET"] = repeat(fault)
    fails(part, sentence)


def test_a_part_of_another_file_is_refused(server, part):
    fails(replace(part, sha256="0" * 64), "not the file in the catalog")
    hub.fetch(part)
    cached = hub.cached_path(part)
    cached.write_bytes(b"x")
    changed = save({name: each + 1 for name, each in TENSORS.items()})
    server.repos["owner/nets"] = Repo({PART.file: changed}, etags={PART.file: part.sha256})
    fails(part, "not the file recorded at the first download")
    assert not cached.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"short", "no safetensors file"),
        ((9).to_bytes(8, "little") + b'{"a": 1} ', "no tensors whose names begin"),
        ((9).to_bytes(8, "little") + b"no JSON !", "no safetensors file"),
        ((18).to_bytes(8, "little") + b'{"features.a": {}}', "no safetensors file"),
    ],
)
def test_a_file_without_the_part_is_a_sentence(server, content, sentence):
    server.repos["owner/nets"].files[PART.file] = content
    fails(replace(PART, sha256=sha256(content).hexdigest()), sentence)


def test_features_of_vgg19_move_less_than_90_megabytes(server, tmp_path, monkeypatch):
    """The layout of timm's file: 575 MB, of which nothing but its header is written to the disk here."""
    monkeypatch.setenv("STYLEGRID_HUB_SECONDS", "20")
    weight = entry("vgg19-torchvision")
    path = tmp_path / "model.safetensors"
    with torch.device("meta"):
        from torchvision.models import vgg19

        shapes = {f"features.{name}": each.shape for name, each in vgg19().features.state_dict().items()}
    shapes |= {"head.fc.bias": (1000,), "head.fc.weight": (1000, 4096)}
    shapes |= {"pre_logits.fc1.bias": (4096,), "pre_logits.fc1.weight": (4096, 512, 7, 7)}
    shapes |= {"pre_logits.fc2.bias": (4096,), "pre_logits.fc2.weight": (4096, 4096, 1, 1)}
    header, place = {}, 0
    for name in sorted(shapes):
        size = 4 * int(torch.tensor(shapes[name]).prod())
        header[name] = {"dtype": "F32", "shape": list(shapes[name]), "data_offsets": [place, place + size]}
        place += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + place)
    assert 574e6 < path.stat().st_size < 576e6
    server.repos[weight.repo] = Repo(
        {weight.file: path}, commit=weight.revision, etags={weight.file: weight.sha256}
    )
    data, _ = hub.fetch(weight)
    assert len(load_safetensors(data)) == 32
    assert server.sent < 90e6
    assert weight.size == pytest.approx(len(data), rel=0.01)


def test_entries_of_the_hub_are_pinned_or_say_that_they_are_not():
    for weight in CATALOG.values():
        if weight.repo:
            assert weight.size
            assert len(weight.sha256) in (0, 64)
            assert len(weight.revision) in (0, 40)
            assert weight.sha256 or not weight.part


class Fetching(Quick):
    """A method whose weights have to be downloaded."""

    name, title = "fetching", "Fetching"

    def load(self, device):
        hub.fetch(WEIGHT)


def compared(stop=None):
    """The tiles of a run of the method that downloads."""
    picture = Picture(Image.new("RGB", (64, 64)), None)
    request = make_request(picture, picture, {"fetching": FakeSettings()}, 64)
    return Comparison([Fetching()], "cpu").run(request, stop)


def test_a_tile_shows_the_download_and_stop_ends_it(server):
    server.pace, stop, seen = 0.05, Stop(), []
    for tile in compared(stop):
        seen.append((tile.state, tile.message))
        if tile.message.startswith("Downloading"):
            stop.set()
    assert seen[1:3] == [("loading", ""), ("loading", "Asking the Hub for Test network")]
    assert any(message.startswith("Downloading Test network: ") for _, message in seen)
    assert seen[-1] == ("stopped", "")
    server.pace = 0
    assert list(compared())[-1].state == "done"


def test_a_failed_download_fails_the_tile_with_its_sentence(server):
    server.faults["HEAD"] = repeat(403)
    tile = list(compared())[-1]
    assert tile.state == "failed"
    assert tile.error.endswith("the Hub answered with status 403.")
