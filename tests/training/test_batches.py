"""Batches are functions of seed and step, and show every image equally often."""

import numpy as np

from akida_lite.training.batches import augmented, batch_at, indices_at


def test_a_pass_shows_every_image_once():
    passes = [[indices_at(20, 5, 7, step) for step in range(4 * p, 4 * p + 4)] for p in (0, 1)]
    for one in passes:
        np.testing.assert_array_equal(np.sort(np.concatenate(one)), np.arange(20))
    assert not np.array_equal(np.concatenate(passes[0]), np.concatenate(passes[1]))


def test_images_that_fill_no_batch_change_from_pass_to_pass():
    left_out = [
        set(range(11)) - set(np.concatenate([indices_at(11, 5, 7, 2 * p + s) for s in (0, 1)]))
        for p in range(8)
    ]
    assert {len(left) for left in left_out} == {1}
    assert len(set.union(*left_out)) > 1


def test_a_batch_is_a_function_of_seed_and_step(rng):
    x, y = rng.integers(0, 256, (20, 8, 8, 3), np.uint8), np.arange(20)
    later = batch_at(x, y, 5, 7, 9)
    np.random.default_rng(0).random(3)
    again = batch_at(x, y, 5, 7, 9)
    for one, same in zip(later, again, strict=True):
        np.testing.assert_array_equal(one, same)
    for other in (batch_at(x, y, 5, 8, 9), batch_at(x, y, 5, 7, 10)):
        assert not np.array_equal(later[0], other[0])


def test_images_are_moved_by_up_to_an_eighth_and_mirrored():
    # Every pixel says where it was: row in one channel, column in the other.
    rows, columns = np.mgrid[:16, :16].astype(np.uint8)
    x = np.stack([np.stack([rows, columns], axis=2)] * 200)
    seen = set()
    for image in augmented(x, 3, 4):
        inner = image[4:-4, 4:-4]
        down = {int(d) for d in np.unique(inner[:, :, 0] - rows[4:-4, 4:-4].astype(int))}
        right = np.unique(inner[:, :, 1] - columns[4:-4, 4:-4].astype(int))
        mirrored = len(right) > 1
        if mirrored:
            right = np.unique(inner[:, :, 1] - columns[4:-4, 4:-4][:, ::-1].astype(int))
        assert len(down) == len(right) == 1
        seen.add((*down, int(right[0]), mirrored))
    assert {down for down, _, _ in seen} == {right for _, right, _ in seen} == set(range(-2, 3))
    assert {mirrored for _, _, mirrored in seen} == {False, True}


def test_what_comes_in_at_the_border_is_mirrored():
    x = np.arange(1, 9, dtype=np.uint8).reshape(1, 1, 8, 1).repeat(8, axis=1).repeat(50, axis=0)
    found = {tuple(image[0, :, 0]) for image in augmented(x, 1, 1)}
    straight = [(2, 1, 2, 3, 4, 5, 6, 7), tuple(range(1, 9)), (2, 3, 4, 5, 6, 7, 8, 7)]
    assert found == {*straight, *(row[::-1] for row in straight)}
