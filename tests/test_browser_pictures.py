"""What Chromium draws is what the decoder gives, for one file of each kind."""

import base64

import numpy as np
import pytest

from core.images import open_picture
from picture_files import browser_files

LEVELS = 3
MIME = {"apng": "png"}
DRAW = """async address => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return [canvas.width, canvas.height, btoa(String.fromCharCode(...data))];
}"""
FILES = browser_files()


@pytest.fixture(scope="module")
def blank(browser):
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("name", FILES)
def test_the_decoder_gives_what_chromium_draws(name, blank):
    kind = name.split()[0]
    sent = base64.b64encode(FILES[name]).decode()
    width, height, drawn = blank.evaluate(DRAW, f"data:image/{MIME.get(kind, kind)};base64,{sent}")
    pixels = np.frombuffer(base64.b64decode(drawn), np.uint8).reshape(height, width, 4)[..., :3]
    decoded = np.asarray(open_picture(FILES[name]).rgb)
    assert decoded.shape == pixels.shape
    assert np.abs(decoded.astype(int) - pixels).max() <= LEVELS
