import torch

from core.colour import keep_colours, luma


def picture(*rgb):
    return torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, 2, 2)


def test_luma_weighs_green_most():
    assert torch.allclose(luma(picture(0.0, 1.0, 0.0)), torch.tensor(0.587))
    assert torch.allclose(luma(picture(1.0, 1.0, 1.0)), torch.tensor(1.0))


def test_the_pastiche_gives_the_light_and_the_photo_the_colour():
    content, pastiche = picture(0.5, 0.4, 0.3), picture(0.4, 0.6, 0.5)
    kept = keep_colours(pastiche, content)
    assert torch.allclose(luma(kept), luma(pastiche))
    chroma, expected = kept - luma(kept), content - luma(content)
    assert torch.allclose(chroma, expected, atol=1e-6)


def test_a_photo_with_its_own_light_stays_as_it_is():
    content = picture(0.9, 0.1, 0.2)
    assert torch.allclose(keep_colours(content, content), content, atol=1e-6)


def test_the_result_stays_in_range():
    kept = keep_colours(picture(1.0, 1.0, 1.0), picture(1.0, 0.0, 0.0))
    assert kept.min() >= 0
    assert kept.max() <= 1
