"""What is painted on the photo becomes a mask."""

from PIL import Image

from ui.mask import strokes_of


def layer(*boxes):
    image = Image.new("RGBA", (40, 30))
    for box in boxes:
        image.paste((255, 255, 255, 255), box)
    return image


def test_strokes_are_white_on_black():
    mask = strokes_of({"layers": [layer((0, 0, 10, 30))]})
    assert (mask.mode, mask.size) == ("RGB", (40, 30))
    assert mask.getpixel((5, 5)) == (255, 255, 255)
    assert mask.getpixel((20, 5)) == (0, 0, 0)


def test_layers_add_up():
    mask = strokes_of({"layers": [layer((0, 0, 10, 30)), layer((30, 0, 40, 30))]})
    assert [mask.getpixel((x, 3))[0] for x in (5, 20, 35)] == [255, 0, 255]


def test_nothing_painted_is_no_mask():
    assert strokes_of({"layers": []}) is None
    assert strokes_of({"layers": [layer()]}) is None
