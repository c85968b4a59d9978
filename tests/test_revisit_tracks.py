"""Features found again, and how far off they are."""

import pytest
import torch
from revisit_rooms import beside, camera, room, standing, visit

from spatialmem.frames import Frames
from spatialmem.revisit.tracks import Features, features, matched, sighted


def test_features_lie_in_the_picture_and_find_themselves():
    first, _, _ = visit(0.0)
    found = features(first.rgb[0])
    assert len(found.places) == len(found.looks) > 40
    assert bool((found.places >= 0).all()) and bool((found.places <= torch.tensor([128, 96])).all())
    before, after = matched(found, found)
    assert len(before) > 20
    torch.testing.assert_close(before, after)


def test_a_shifted_picture_has_shifted_features():
    first, _, _ = visit(0.0, size=(192, 256))
    before, after = matched(features(first.rgb[0, :, :-7]), features(first.rgb[0, :, 7:]))
    assert len(before) > 20
    moved = (before - after).median(dim=0).values
    torch.testing.assert_close(moved, torch.tensor([7.0, 0.0], dtype=torch.float64), atol=0.5, rtol=0)


def test_a_blank_picture_has_none():
    blank = features(torch.full((96, 128, 3), 0.5))
    assert len(blank.places) == 0
    assert len(matched(blank, blank)[0]) == 0
    one = Features(torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, 128))
    assert len(matched(one, one)[0]) == 0


def test_true_views_agree_with_their_cameras():
    T = standing(0.0)
    first = room().truth(camera(T))
    for centimetres, degrees in ((20.0, 4.0), (0.0, 6.0)):
        again = room().truth(camera(beside(T, centimetres, degrees)))
        found = [sighted(first, again), sighted(Frames(first.rgb, first.cameras), again)]
        assert all(each.error is not None and each.error < 1.0 for each in found)
        assert all(each.kept is not None and each.kept > 0.3 for each in found)


def test_a_wrong_camera_is_off():
    first, again, _ = visit(0.0, 0.0, 3.0)
    wrong = sighted(first, again)
    assert wrong.error is not None and 2 < wrong.error < 7    # 3 degrees are 4.8 pixels, less where it rolls
    flat = sighted(Frames(first.rgb, first.cameras), again)
    assert flat.error == pytest.approx(wrong.error, abs=0.5)
    right = sighted(first, first)
    assert right.kept is not None and wrong.kept is not None and wrong.kept < 0.5 < right.kept


def test_too_few_matches_say_nothing():
    first, again, _ = visit(0.0)
    blank = Frames(torch.full_like(again.rgb, 0.5), again.cameras)
    forgotten = sighted(first, blank)
    assert forgotten.error is None    # of what is not found again no distance can tell
    assert forgotten.kept == 0
    assert first.depth is not None
    unknown = Frames(first.rgb, first.cameras, depth=torch.zeros_like(first.depth))
    nothing = sighted(unknown, again)
    assert nothing.error is None
    assert nothing.kept is None
