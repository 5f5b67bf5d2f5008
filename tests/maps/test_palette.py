"""Colours that everybody can tell apart, and text that can be read on them."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from gridmap.maps.page import read_asset
from gridmap.maps.palette import INKS, KINDS, make_palette

SIGHTS = {
    "all": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""Machado, Oliveira and Fernandes (2009), severity 1.0, on linear light."""


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    matrix = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = matrix @ np.clip(light, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    a, b = (float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


@pytest.mark.parametrize("sight", sorted(SIGHTS))
def test_kinds_of_grids_differ_for_every_kind_of_sight(sight: str) -> None:
    general = [shade for tint in make_palette()["tints"] for shade in tint]
    groups = [general, [KINDS["dedicated"]["fill"]], [KINDS["exclave"]["fill"]]]
    for one, other in itertools.combinations(groups, 2):
        for a, b in itertools.product(one, other):
            seen = [lab(SIGHTS[sight] @ linear(c)) for c in (a, b)]
            assert np.linalg.norm(seen[0] - seen[1]) >= 25, (sight, a, b)


def test_labels_can_be_read_on_every_tint() -> None:
    general = [shade for tint in make_palette()["tints"] for shade in tint]
    for fill in general:
        for ink in ("text", "community_text", "above", "below"):
            assert contrast(fill, INKS[ink]) >= 4.5, (fill, ink)
        assert contrast(fill, INKS["township_text"]) >= 3.0, fill
    for kind in KINDS.values():
        assert contrast("#ffffff", kind["ink"]) >= 4.5


def test_words_of_the_page_can_be_read() -> None:
    style = read_asset("page.css")
    inks = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style))
    for ink in ("ink", "quiet", "accent", "stamp"):
        for paper in ("paper", "ground"):
            assert contrast(inks[ink], inks[paper]) >= 4.5, (ink, paper)
