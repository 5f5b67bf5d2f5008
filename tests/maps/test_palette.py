"""Colours that everybody can tell apart, and text that can be read on them."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from gridmap.maps.page import read_asset
from gridmap.maps.palette import INKS, KINDS, NOTHING, blend, make_palette
from gridmap.maps.themes import DIVERGING, SEQUENCE

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


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return CIEDE2000 of two colours in CIELAB (Sharma, Wu and Dalal 2005)."""
    light, chroma = (one[0] + other[0]) / 2, (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    gain = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    (a1, b1), (a2, b2) = (one[1] * gain, one[2]), (other[1] * gain, other[2])
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    mean = (c1 + c2) / 2
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    shape = 1 + sum(k * np.cos(np.radians(n * hue + at)) for k, n, at in waves)
    by_light = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    by_chroma, by_hue = 1 + 0.045 * mean, 1 + 0.015 * mean * shape
    blue = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    twist = -blue * 2 * np.sqrt(mean**7 / (mean**7 + 25**7))
    dl = (other[0] - one[0]) / by_light
    dc = (c2 - c1) / by_chroma
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / by_hue
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + twist * dc * dh))


def contrast(one: str, other: str) -> float:
    a, b = (float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "published"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.0, 2.0), (50, 0, 0), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_its_published_examples(
    one: tuple[float, ...], other: tuple[float, ...], published: float
) -> None:
    assert difference(np.array(one), np.array(other)) == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize("sight", sorted(SIGHTS))
def test_kinds_of_grids_differ_for_every_kind_of_sight(sight: str) -> None:
    least = 25 if sight != "all" else 26
    general = [shade for tint in make_palette()["tints"] for shade in tint]
    groups = [general, [KINDS["dedicated"]["fill"]], [KINDS["exclave"]["fill"]]]
    for one, other in itertools.combinations(groups, 2):
        for a, b in itertools.product(one, other):
            seen = [lab(SIGHTS[sight] @ linear(c)) for c in (a, b)]
            assert difference(*seen) >= least, (sight, a, b)


@pytest.mark.parametrize("sight", sorted(SIGHTS))
@pytest.mark.parametrize("classes", [SEQUENCE, DIVERGING])
def test_classes_of_a_theme_differ_for_every_kind_of_sight(
    classes: tuple[str, ...], sight: str
) -> None:
    seen = [lab(SIGHTS[sight] @ linear(c)) for c in (*classes, NOTHING)]
    for a, b in itertools.combinations(seen[:-1], 2):
        assert difference(a, b) >= 10, "neighbours on the map, five classes at most"
    for a in seen[:-1]:
        assert difference(a, seen[-1]) >= 3, "land that the theme says nothing about"


FILLS = (
    *(shade for tint in make_palette()["tints"] for shade in tint),  # type: ignore[attr-defined]
    *(kind[part] for kind in KINDS.values() for part in ("fill", "ink")),
    *(SEQUENCE + DIVERGING),
    *(INKS[ink] for ink in ("paper", "river", "road_edge", "railway", "building", "township")),
    NOTHING,
)
"""Whatever a label may lie over."""


def test_labels_can_be_read_on_everything_that_is_drawn() -> None:
    script = read_asset("labels.js")
    assert 'halo || "rgba(255,255,255,0.88)"' in script
    ways = re.findall(r'spot.kind === "river" \? "(#\w{6})" : "(#\w{6})"', script)[0]
    for fill in FILLS:
        ground = blend(fill, "#ffffff", 0.88)
        for ink in (*(INKS[k] for k in ("text", "community_text", "township_text")), *ways):
            assert contrast(ground, ink) >= 4.5, (fill, ink)
    for kind in KINDS.values():
        assert contrast("#ffffff", kind["ink"]) >= 4.5, "letters on plates"
    for mark in ("above", "below", "empty"):
        assert contrast("#ffffff", INKS[mark]) >= 4.5, "marks have a white rim"


def test_words_of_the_page_can_be_read() -> None:
    style = read_asset("page.css")
    inks = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style))
    for ink in ("ink", "quiet", "accent", "stamp"):
        for paper in ("paper", "ground"):
            assert contrast(inks[ink], inks[paper]) >= 4.5, (ink, paper)
