"""Classical scaling against what is known in closed form, and the style pictures' own plane."""

import torch

from compare.style_space import places, plane
from core.scaling import scaled
from core.sketch import sketch, squared_distance


def squared(points, others=None):
    return torch.cdist(points, points if others is None else others).square()


def test_a_rectangle_is_found_again():
    """Corners 6 and 2 apart: their places are known up to the axes' direction."""
    corners = torch.tensor([[0.0, 0.0], [6.0, 0.0], [0.0, 2.0], [6.0, 2.0]], dtype=torch.float64)
    found = scaled(squared(corners))
    torch.testing.assert_close(found.values, torch.tensor([36.0, 4.0], dtype=torch.float64))
    torch.testing.assert_close(found.places.abs(), torch.tensor([[3.0, 1.0]] * 4, dtype=torch.float64))
    torch.testing.assert_close(squared(found.places), squared(corners))


def test_another_point_is_put_where_it_lies():
    random = torch.Generator().manual_seed(0)
    points = torch.randn(9, 2, generator=random, dtype=torch.float64)
    inside, scaling = torch.randn(3, 2, generator=random, dtype=torch.float64), scaled(squared(points))
    placed = torch.stack([scaling.place(squared(points, each[None])[:, 0]) for each in inside])
    together = torch.cat([scaling.places, placed])
    torch.testing.assert_close(squared(together), squared(torch.cat([points, inside])))


def test_what_lies_above_the_plane_is_projected_on_it():
    corners = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]], dtype=torch.float64)
    scaling = scaled(squared(corners))
    flat = scaling.place(squared(corners, torch.tensor([[0.5, 0.5]], dtype=torch.float64))[:, 0])
    raised = scaling.place(squared(corners, torch.tensor([[0.5, 0.5]], dtype=torch.float64))[:, 0] + 7)
    torch.testing.assert_close(flat, raised)
    torch.testing.assert_close(flat.abs(), torch.tensor([0.5, 0.5], dtype=torch.float64))


def test_things_on_a_line_need_one_axis_and_have_no_direction_to_choose():
    line = torch.tensor([[0.0], [1.0], [5.0]], dtype=torch.float64)
    found = scaled(squared(line))
    torch.testing.assert_close(found.places[:, 0], torch.tensor([-2.0, -1.0, 3.0], dtype=torch.float64))
    torch.testing.assert_close(found.places[:, 1], torch.zeros(3, dtype=torch.float64))
    assert scaled(squared(-line)).places[2, 0] > 0


def test_sketches_of_known_matrices_are_as_far_apart_as_these():
    def of(*diagonal):
        return sketch({"relu1_1": torch.diag(torch.tensor(diagonal))[None]})

    one, other = of(3.0, 1.0, 0.0), of(1.0, 3.0, 0.0)
    assert squared_distance(one, one) == 0
    assert abs(squared_distance(one, other) - 8 / 10) < 1e-3  # |G - T|^2 = 8, |G| |T| = 10
    assert squared_distance(one, other) == squared_distance(other, one)
    assert abs(squared_distance(one, of(6.0, 2.0, 0.0)) - 10 / 20) < 1e-3


def test_our_style_pictures_lie_as_far_apart_as_a_plane_can_show():
    names, scaling = plane()
    assert [*places()] == [*names]
    apart = squared(scaling.places)
    assert (scaling.values > 0).all()
    assert apart[~torch.eye(len(names), dtype=torch.bool)].min() > 0
    torch.testing.assert_close(scaling.places.mean(0), torch.zeros(2, dtype=torch.float64))
