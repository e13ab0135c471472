"""What is painted on the photo becomes a mask, and nothing else that a browser sends as such does."""

import io

import gradio as gr
import pytest
from fastapi import HTTPException
from gradio.components.image_editor import EditorData
from gradio.data_classes import DataWithFiles, FileData
from PIL import Image

from compare.pictures import strokes
from core.images import PictureError
from engine.inline import InlineEngine
from fake_methods import Masked
from ui.mask import MOST_LAYERS, MOST_PAINTED, MaskPainter

WHITE = (255, 255, 255, 255)


def layer(*boxes, size=(40, 30)):
    """A PNG's bytes."""
    image = Image.new("RGBA", size)
    for box in boxes:
        image.paste(WHITE, box)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def painted(*layers):
    mask = strokes(layers, "mask")
    return mask if mask is None else Image.fromarray(mask)


def test_strokes_are_white_on_black():
    mask = painted(layer((0, 0, 10, 30)))
    assert (mask.mode, mask.size) == ("RGB", (40, 30))
    assert mask.getpixel((5, 5)) == (255, 255, 255)
    assert mask.getpixel((20, 5)) == (0, 0, 0)


def test_layers_add_up():
    mask = painted(layer((0, 0, 10, 30)), layer((30, 0, 40, 30)))
    assert [mask.getpixel((x, 3))[0] for x in (5, 20, 35)] == [255, 0, 255]
    assert painted(layer((0, 0, 40, 30))).getextrema() == ((255, 255),) * 3


def test_nothing_painted_is_no_mask():
    assert painted() is None
    assert painted(layer()) is None


@pytest.fixture
def painter(monkeypatch):
    monkeypatch.setenv("STYLEGRID_MEGAPIXELS", "0.01")
    with gr.Blocks():
        return MaskPainter(gr.File(), InlineEngine([Masked()], "cpu"))


def blob(picture, index="0", name="a"):
    """A picture as the editor of a browser sends it."""
    return DataWithFiles(data={"type": "layer", "index": index, "id": name}, files=[("blob", picture)])


def test_a_browsers_layers_become_a_file(painter):
    canvas = painter.canvas
    canvas.accept_blobs(blob(layer((0, 0, 10, 30))))
    sent = canvas.preprocess(EditorData(id="a"))
    with Image.open(painter.painted(sent)) as mask:
        assert mask.convert("L").getpixel((5, 5)) == 255
    assert not canvas.blob_storage
    for nothing in ([], canvas.preprocess(EditorData(id="a")), canvas.preprocess(None), [layer()]):
        with pytest.raises(gr.Error, match="Nothing is painted yet"):
            painter.painted(nothing)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (blob(layer(size=(200, 100))), 422),  # 0.02 megapixels
        (blob(b"no picture"), 422),
        (blob(layer(), index="1000000000"), 413),
        (blob(layer(), index="-1"), 413),
    ],
)
def test_an_unfit_layer_is_refused_before_it_is_kept(painter, sent, status):
    with pytest.raises(HTTPException) as told:
        painter.canvas.accept_blobs(sent)
    assert told.value.status_code == status
    assert not painter.canvas.blob_storage


def test_few_canvases_are_kept_that_nobody_uses(painter):
    for place in range(2 * MOST_PAINTED):
        painter.canvas.accept_blobs(blob(layer(), name=str(place)))
    assert [*painter.canvas.blob_storage] == [str(place) for place in range(MOST_PAINTED, 2 * MOST_PAINTED)]


def test_layers_that_a_program_names_are_checked_before_they_are_decoded(painter, tmp_path, monkeypatch):
    path = tmp_path / "layer.png"
    path.write_bytes(layer(size=(200, 100)))
    monkeypatch.setattr(painter.engine, "do", lambda work: pytest.fail("it was decoded"))
    sent = painter.canvas.preprocess(EditorData(layers=[FileData(path=str(path))]))
    with pytest.raises(gr.Error, match=r"200 x 100 px; at most 0\.01 megapixels are allowed"):
        painter.painted(sent)
    with pytest.raises(gr.Error, match=f"At most {MOST_LAYERS} painted layers are allowed"):
        painter.painted([layer()] * (MOST_LAYERS + 1))


def test_an_unfit_layer_is_told_by_its_role():
    with pytest.raises(PictureError, match="The mask is not a JPEG"):
        strokes([b"text"], "mask")
