"""The placement beside the numbers of NPs that the vendor publishes, as the guide has them."""

import re
from pathlib import Path

import pytest
from architectures import POOL, Chain, kws

from akida_lite.hardware import AKD1000_2026, check, place
from akida_lite.layers import GlobalAveragePool

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide" / "hardware.rst"
ROW = re.compile(r"   \* - (.+)\n     - (.+)\n     - (\d+)\n     - (\d+)\n")


def mobilenet(size, alpha):
    """MobileNetV1 as the public tutorial lists it: max pooling in place of strides of 2."""
    chain = Chain((size, size, 3), 4).image(int(32 * alpha), 8, strides=(2, 2))
    for filters, pool in (
        *((64, None), (128, POOL), (128, None), (256, POOL), (256, None), (512, POOL)),
        *((512, None),) * 5,
        *((1024, POOL), (1024, GlobalAveragePool())),
    ):
        chain.sep(int(filters * alpha), 4, pool=pool)
    return tuple(chain.sep(1000, 4, last=True).layers)


def vgg_utkface():
    chain = Chain((32, 32, 3), 2).image(32, 8, padding="valid").conv(32, 2, pool=POOL)
    chain.conv(64, 2).conv(64, 2, pool=POOL).conv(84, 2).dense(64, 2)
    return tuple(chain.dense(1, 2, last=True).layers)


def network(name, size):
    if name == "VGG for UTKFace":
        return vgg_utkface()
    if name == "DS-CNN for keywords":
        return kws()
    return mobilenet(int(size), float(name.removeprefix("MobileNetV1") or 1))


PUBLISHED = ROW.findall(GUIDE.read_text("utf-8"))


def test_the_guide_lists_networks_of_three_kinds():
    assert len({name.split()[0] for name, *_ in PUBLISHED}) == 3
    assert len(PUBLISHED) == 8


@pytest.mark.parametrize(("name", "size", "published", "ours"), PUBLISHED)
def test_the_guide_says_what_is_placed(name, size, published, ours):
    assert place(network(name, size)).n_nps == int(ours)
    # What the guide concludes: a lower bound, one NP aside, and more than a third of the truth.
    assert int(ours) <= int(published) + 1
    assert int(published) < 3 * int(ours)


def test_the_mobilenets_keep_the_rules_of_2026():
    assert check(mobilenet(224, 1), AKD1000_2026) == []
