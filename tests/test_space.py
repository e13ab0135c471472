"""The app on Spaces: front matter, versions, small machines, ZeroGPU, and the panel of weights."""

import pickle
import re
import sys
from dataclasses import replace
from html import escape
from importlib.metadata import version as installed
from pathlib import Path
from types import SimpleNamespace

import gradio
import numpy as np
import pytest
import torch
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from PIL import Image
from playwright.sync_api import expect

from compare.schema import Seconds, Tile, make_request
from core import device
from core.images import Picture
from engine import make_engine, zerogpu
from engine.base import Machine
from engine.inline import InlineEngine
from fake_methods import FakeSettings, Quick, Stepped, SteppedSettings, YardstickAlone
from methods.base import Stop
from methods.gatys import Gatys
from methods.gatys_presets import FAST
from methods.wasserstein import Wasserstein
from test_browser import serve
from test_hub import WEIGHT, server  # noqa: F401  # the fixture
from ui import weights_panel as panel
from ui.input_panel import first_methods, first_size
from weights.catalog import CATALOG

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FRONT = yaml.safe_load(README.split("---\n")[1])
PICTURE = Picture(Image.new("RGB", (64, 48), (200, 100, 50)), None)


def requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    parsed = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {each.name: each.specifier for each in parsed}


def test_the_front_matter_is_what_a_space_needs():
    assert README.startswith("---\n")
    assert FRONT["sdk"] == "gradio"
    assert (ROOT / FRONT["app_file"]).is_file()
    assert isinstance(FRONT["python_version"], str)
    assert Version("3.10") <= Version(FRONT["python_version"]) <= Version("3.13")
    assert len(FRONT["short_description"]) <= 60
    colours = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
    assert {FRONT["colorFrom"], FRONT["colorTo"]} <= {*colours}


def test_the_front_matter_names_a_gradio_that_is_allowed_and_no_newer_than_the_tested_one():
    told = Version(FRONT["sdk_version"])
    assert told in requirements()["gradio"]
    assert told.major == Version(gradio.__version__).major
    assert told <= Version(gradio.__version__)


def test_the_front_matter_and_the_catalog_name_the_same_files():
    remote = [weight for weight in CATALOG.values() if weight.repo]
    assert {weight.repo for weight in remote} == {*FRONT["models"]}
    preloaded = [entry.split() for entry in FRONT["preload_from_hub"]]
    assert preloaded == [[each.repo, each.file] for each in remote if each.key.startswith("onnx/")]


def test_the_versions_of_spaces_and_the_installed_ones_are_allowed():
    allowed = requirements()
    for version in ("2.8.0", "2.9.1", "2.10.0", "2.11.0", torch.__version__.split("+")[0]):
        assert Version(version) in allowed["torch"]
    for name, specifier in allowed.items():
        if name != "tomli":
            assert Version(installed(name).split("+")[0]) in specifier, name


@pytest.mark.parametrize(("factor", "size"), [(1, 768), (5, 768), (9, 512), (44, 256), (1000, 256)])
def test_the_page_begins_with_what_the_machine_paints_in_seconds(factor, size):
    engine = InlineEngine([Quick()], "cpu")
    engine.costs.speed_factor = lambda: factor  # Quick takes so many seconds a megapixel
    assert first_size(engine) == size


@pytest.mark.parametrize("gpu", [False, True])
def test_methods_that_optimise_are_ticked_on_a_gpu_alone(monkeypatch, gpu):
    engine = InlineEngine([Quick(), Gatys(), Wasserstein()], "cpu")
    monkeypatch.setattr(engine, "machine", lambda: Machine("a device", gpu))
    assert first_methods(engine) == (["quick", "gatys"] if gpu else ["quick"])


def test_threads_follow_the_cores_of_a_space(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setenv("CPU_CORES", "1")
    device.use_cores()
    assert torch.get_num_threads() == 1
    torch.set_num_threads(before)
    monkeypatch.setenv("CPU_CORES", "many")
    assert device.cores() >= 1


@pytest.mark.parametrize(
    ("above", "own", "cores"),
    [
        ("max 100000", "max 100000", None),
        ("max 100000", "200000 100000", 2),
        ("max 100000", "150000 100000", 2),
        ("100000 100000", "400000 100000", 1),
        ("300000 100000", "max 100000", 3),
        ("max 100000", "", None),
    ],
)
def test_a_container_has_the_cores_that_its_quota_pays(tmp_path, above, own, cores):
    """A machine's own group has no quota; those of a container and of what it runs in have."""
    group = tmp_path / "cgroup" / "pod" / "container"
    group.mkdir(parents=True)
    (group / "cpu.max").write_text(own)
    (group.parent / "cpu.max").write_text(above)
    process = tmp_path / "process"
    process.write_text("1:cpu:/\n0::/pod/container\n")
    assert device.quota(tmp_path / "cgroup", process) == cores
    assert device.quota(tmp_path / "nowhere", process) is None
    assert device.quota(tmp_path / "cgroup", tmp_path / "nowhere") is None


def test_torch_takes_no_more_threads_than_a_quota_pays(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.delenv("CPU_CORES", raising=False)
    monkeypatch.setattr(device, "quota", lambda: 1)
    torch.set_num_threads(2)
    device.use_cores()
    assert (torch.get_num_threads(), device.cores()) == (1, 1)
    torch.set_num_threads(before)


def test_the_environment_names_the_engine(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    monkeypatch.setattr("engine.process.ProcessEngine", lambda *_: "a process")
    assert make_engine([Quick()]) == "a process"
    monkeypatch.setenv("STYLEGRID_ENGINE", "inline")
    assert type(make_engine([Quick()])) is InlineEngine
    monkeypatch.setenv("STYLEGRID_ENGINE", "both")
    with pytest.raises(ValueError, match="is 'both'; it must be one of process, inline, zerogpu"):
        make_engine([Quick()])


class Borrowed:
    """Stands in for spaces.GPU: what goes to the other process and what comes back is pickled, as there."""

    def __init__(self):
        self.durations, self.closed = [], 0

    def __call__(self, duration):
        def decorate(work):
            def run(*arguments):
                arguments = pickle.loads(pickle.dumps(arguments))
                self.durations.append(duration(*arguments))
                try:
                    for tiles in work(*arguments):
                        yield pickle.loads(pickle.dumps(tiles))
                finally:
                    self.closed += 1

            return run

        return decorate


@pytest.fixture
def borrowed(monkeypatch):
    borrowed = Borrowed()
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=borrowed))
    monkeypatch.setattr("compare.scoring.Yardstick", lambda *_: SimpleNamespace(measure=lambda _: None))
    monkeypatch.setattr("compare.scoring.Measurer", YardstickAlone)
    return borrowed


def request(settings, size=64, repeats=0):
    return make_request(PICTURE, PICTURE, settings, size, repeats=repeats)


def newest(changes):
    """The last tile of each method."""
    return {tile.method: tile for tile in changes}


def test_on_zero_gpu_runs_borrow_the_gpu(borrowed):
    engine = make_engine([Quick(), LongStepped()])
    settings = {"quick": FakeSettings(), "stepped": SteppedSettings(steps=2)}
    last = newest(engine.run(request(settings, repeats=1), Stop()))
    assert [tile.state for tile in last.values()] == ["done", "done"]
    assert all(len(tile.seconds.warm) == 1 for tile in last.values())
    assert borrowed.durations == [zerogpu.SHORTEST]
    assert borrowed.closed == 1


def test_stop_gives_the_gpu_back(borrowed):
    engine = make_engine([Quick(), LongStepped()])
    settings = {"quick": FakeSettings(), "stepped": SteppedSettings(steps=10_000)}
    stop, tiles = Stop(), {}
    for tile in engine.run(request(settings), stop):
        tiles[tile.method] = tile
        if tile.method == "stepped" and tile.step:
            stop.set()
    assert [tile.state for tile in tiles.values()] == ["done", "stopped"]
    assert borrowed.closed == 1


class LongStepped(Stepped):
    """Without a Stop, as in the other process."""

    def stylize(self, content, style, settings, stop=None):
        return super().stylize(content, style, settings, Stop())


def test_where_the_gpu_is_not_given_the_tiles_say_so(borrowed):
    engine = make_engine([Quick(), LongStepped()])

    def refused(request):
        raise RuntimeError("The quota is used up.")
        yield

    engine._borrowed = refused
    last = newest(engine.run(request({"quick": FakeSettings(), "stepped": SteppedSettings()}), Stop()))
    assert [tile.state for tile in last.values()] == ["failed", "failed"]
    assert all("The quota is used up." in tile.error for tile in last.values())


def test_the_duration_follows_the_settings_and_what_was_measured(borrowed):
    engine = make_engine([Gatys(), Quick()])

    def seconds(settings, size=512, repeats=0):
        return engine.seconds_of(request({"gatys": settings}, size, repeats))

    assert seconds(FAST) == zerogpu.SHORTEST
    assert zerogpu.SHORTEST < seconds(replace(FAST, steps=1000)) < seconds(replace(FAST, steps=2000))
    assert seconds(replace(FAST, steps=1000), 256) < seconds(replace(FAST, steps=1000))
    assert seconds(replace(FAST, steps=400), repeats=3) > seconds(replace(FAST, steps=400))
    limited = replace(FAST, steps=5000, seconds=50.0)
    assert seconds(limited) == round(50 + zerogpu.START_SECONDS + zerogpu.SCORE_SECONDS)
    assert seconds(replace(FAST, steps=5000), repeats=1) == zerogpu.LONGEST
    measured = Tile("gatys", "", FAST, image=np.zeros((384, 512, 3), np.uint8), seconds=Seconds(0, 1, 100.0))
    engine.costs.record(measured)
    assert seconds(FAST) == round(100 + zerogpu.START_SECONDS + zerogpu.SCORE_SECONDS)


def test_what_ran_in_the_other_process_is_learnt_here(borrowed):
    engine, settings = make_engine([Quick()]), FakeSettings()
    before = engine.costs.predict("quick", settings, 64 * 48)
    last = newest(engine.run(request({"quick": settings}), Stop()))
    seconds = last["quick"].seconds.median
    assert engine.costs.predict("quick", settings, 64 * 48) == pytest.approx(seconds) != before


def cells(html, key):
    """The texts of a file's row."""
    found = re.search(rf"<tr><th[^>]*>{re.escape(escape(CATALOG[key].title))}</th>.*?</tr>", html)
    return re.sub(r"<[^>]*>", " ", found[0])


def test_the_panel_lists_every_file():
    html = panel.table({"cin": "<b>told</b>"})
    assert html.count("<tr>") == len(CATALOG) + 1
    assert "&lt;b&gt;told" in html
    assert "Comes with StyleGrid" in cells(html, "cin")
    told = cells(html, "vgg16-torchvision")
    for word in (
        "timm/vgg16.tv_in1k",
        "3394518",
        "57b02691",
        "58.9",
        "BSD 3-Clause",
        "Not downloaded",
        "Download",
    ):
        assert word in told


def test_the_panel_fetches_a_file(server, monkeypatch):  # noqa: F811
    monkeypatch.setitem(CATALOG, WEIGHT.key, WEIGHT)
    click = SimpleNamespace(index=list(CATALOG).index(WEIGHT.key))
    server.pace = 0.02
    told = [cells(html, WEIGHT.key) for html in panel.WeightsPanel.fetch(None, click)]
    assert any("Downloading Test network: " in each for each in told)
    assert "Downloaded" in told[-1]
    assert "Not downloaded" not in told[-1]
    server.close()
    other = replace(WEIGHT, key="test/other", title="Other", repo="owner/others")
    monkeypatch.setitem(CATALOG, other.key, other)
    click = SimpleNamespace(index=list(CATALOG).index(other.key))
    told = [cells(html, other.key) for html in panel.WeightsPanel.fetch(None, click)]
    assert "not on this machine, and the Hub" in told[-1]
    assert "Not downloaded" in told[-1]


def test_a_visitor_fetches_files_one_after_the_other(server, page, monkeypatch):  # noqa: F811
    for name in ("one", "two"):
        weight = replace(WEIGHT, key=f"test/{name}", title=f"File {name}", repo=f"owner/{name}")
        server.repos[weight.repo] = server.repos["owner/nets"]
        monkeypatch.setitem(CATALOG, weight.key, weight)
    address = next(served := serve(Quick()))
    page.goto(address)
    page.get_by_role("button", name="Weights").click()
    for name in ("one", "two"):
        listed = page.locator("#weights tr", has_text=f"File {name}")
        expect(listed).to_contain_text("Not downloaded")
        listed.get_by_role("button", name=f"Download File {name}").click()
        expect(listed).to_contain_text("Downloaded", timeout=30_000)
        expect(listed.get_by_role("button")).to_have_count(0)
    served.close()
