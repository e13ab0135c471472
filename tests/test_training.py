"""The training pipeline on tiny networks and pictures."""

import signal
from pathlib import Path

import pytest
import torch
from PIL import Image

from core.perceptual_loss import PerceptualLoss
from core.transformer_net import ConditionalInstanceNorm, TransformerNet
from training.cin import MultiStyle
from training.command import stage
from training.data import Pictures
from training.log import watch
from training.loop import Plan, Stage, Training

ROOT = Path(__file__).resolve().parent.parent
CPU = torch.device("cpu")
PLACES = torch.arange(256)
CHECKS = ((PLACES[:, None] // 32 + PLACES // 32) % 2).float().expand(1, 3, 256, 256)
STRIPES = (PLACES // 16 % 2).float().expand(1, 3, 256, 256)


@pytest.fixture(scope="module")
def pictures(photo_folder):
    return Pictures(photo_folder, CPU, side=64)


@pytest.fixture(scope="module")
def perceptual():
    return PerceptualLoss([CHECKS, STRIPES], CPU, torch.float32)


def training(pictures, perceptual, steps, seed=0, dtype=torch.float32, width=4):
    torch.manual_seed(seed)
    network = TransformerNet(lambda channels: ConditionalInstanceNorm(channels, 2), width=width, blocks=1).to(
        dtype
    )
    plan = Plan(steps=steps, stages=(Stage(0.5, 32, 4), Stage(1.0, 48, 2)), learning_rate=5e-3, seed=seed)
    return Training(network, MultiStyle(network, perceptual, 2), pictures.batch, plan)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_twenty_steps_on_eight_pictures_lower_the_loss(pictures, perceptual, dtype):
    assert len(pictures) == 8
    going = training(pictures, perceptual, 20, dtype=dtype)
    totals = [report.losses["total"] for report in going.run(report_every=1)]
    assert len(totals) == 20
    assert sum(totals[-5:]) < 0.9 * sum(totals[:5])


def test_a_resumed_training_gives_the_weights_of_an_unbroken_one(pictures, perceptual, tmp_path):
    unbroken = training(pictures, perceptual, 6)
    list(unbroken.run())
    first = training(pictures, perceptual, 6)
    for report in first.run(report_every=1):
        if report.step == 3:
            first.save(tmp_path / "checkpoint.pt")
            break
    second = training(pictures, perceptual, 6, seed=0)
    second.resume(tmp_path / "checkpoint.pt")
    assert second.step == 3
    assert list(second.run())[-1].step == 6
    for name, expected in unbroken.weights().items():
        assert torch.equal(second.weights()[name], expected), name


def test_another_seed_gives_other_weights(pictures, perceptual):
    one, two = (training(pictures, perceptual, 2, seed) for seed in (0, 1))
    list(one.run())
    list(two.run())
    assert not torch.equal(one.masters[0], two.masters[0])


def test_a_cut_checkpoint_is_refused(pictures, perceptual, tmp_path):
    path = tmp_path / "checkpoint.pt"
    training(pictures, perceptual, 1).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match="is not a complete checkpoint; without it the training begins anew"):
        training(pictures, perceptual, 1).resume(path)


def test_another_networks_checkpoint_is_refused(pictures, perceptual, tmp_path):
    path = tmp_path / "checkpoint.pt"
    training(pictures, perceptual, 1, width=8).save(path)
    with pytest.raises(ValueError, match="belongs to another network"):
        training(pictures, perceptual, 1).resume(path)


def test_masters_keep_steps_that_bfloat16_would_lose(pictures, perceptual):
    going = training(pictures, perceptual, 3, dtype=torch.bfloat16)
    list(going.run())
    assert going.masters[0].dtype == torch.float32
    assert not torch.equal(going.masters[0], going.parameters[0].float())
    assert torch.equal(going.masters[0].bfloat16(), going.parameters[0])


def test_by_minutes_the_work_decides():
    plan = Plan(minutes=2)
    assert plan.done(10**6, 60) == 0.5
    assert plan.done(0, 500) == 1


def test_the_learning_rate_stays_and_then_falls():
    plan = Plan(steps=100, learning_rate=1.0)
    assert plan.rate(0) == plan.rate(0.5) == 1
    assert plan.rate(0.75) == pytest.approx(0.505)
    assert plan.rate(1) == pytest.approx(0.01)


def test_stages_follow_each_other():
    plan = Plan(stages=(stage("0.5:32x8"), stage("1:64x2")))
    assert plan.stage(0.49) == Stage(0.5, 32, 8)
    assert plan.stage(0.5) == plan.stage(1.0) == Stage(1.0, 64, 2)


def test_a_batch_is_decided_by_its_generator_alone(pictures):
    first, again, other = (pictures.batch(4, 24, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (4, 3, 24, 24)
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_broken_files_are_reported_and_skipped(photo_folder, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "fine.png").write_bytes((photo_folder / "0.png").read_bytes())
    (tmp_path / "notes.txt").write_text("not looked at")
    assert len(Pictures(tmp_path, CPU, side=32)) == 1
    told = capsys.readouterr().err
    assert told.count("skipped") == 1
    assert "broken.jpg" in told


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no usable picture"):
        Pictures(tmp_path, CPU)


def test_a_large_folder_is_thinned_evenly(photo_folder):
    assert len(Pictures(photo_folder, CPU, most=3, side=32)) == 3


def test_the_journal_keeps_log_checkpoint_and_sheet(pictures, perceptual, tmp_path):
    going = training(pictures, perceptual, 12)
    watch(going, tmp_path, 10, lambda: Image.new("RGB", (8, 8)))
    assert going.step == 12
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows[0] == "step,seconds,pictures,content,style,total variation,lattice,total"
    assert [row.split(",")[0] for row in rows[1:]] == ["10", "12"]
    assert (tmp_path / "sheet.jpg").exists()
    resumed = training(pictures, perceptual, 12)
    resumed.resume(tmp_path / "checkpoint.pt")
    assert (resumed.step, resumed.recent) == (12, going.recent)


def test_ctrl_c_ends_after_the_step_and_keeps_a_checkpoint(pictures, perceptual, tmp_path):
    going = training(pictures, perceptual, 500)
    batch = going.batch

    def interrupted(*arguments):
        if going.step == 3:
            signal.raise_signal(signal.SIGINT)
        return batch(*arguments)

    going.batch = interrupted
    with pytest.raises(SystemExit, match="Stopped after step 4; the same command goes on from there"):
        watch(going, tmp_path, 100, lambda: Image.new("RGB", (8, 8)))
    resumed = training(pictures, perceptual, 500)
    resumed.resume(tmp_path / "checkpoint.pt")
    assert resumed.step == 4
    assert all(map(torch.equal, resumed.masters, going.masters))


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": -5},
        {"minutes": 0.0},
        {"stages": ()},
        {"stages": (Stage(1, 8, 4),)},
        {"stages": (Stage(1, 64, 0),)},
    ],
)
def test_a_plan_without_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"are no training|Every stage needs"):
        Plan(**wrong)


def test_perceptual_losses_vanish_where_they_should(perceptual):
    losses = perceptual(CHECKS, CHECKS, torch.tensor([0]))
    assert losses["content"] == 0
    assert losses["style"] < 1e-6
    assert perceptual(CHECKS, CHECKS, torch.tensor([1]))["style"] > 0.5
    parts = sum(loss for name, loss in losses.items() if name != "total")
    torch.testing.assert_close(losses["total"], parts)
