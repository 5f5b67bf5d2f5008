"""The README beside a written district: origin, licence, datum, contents, planted defects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.datasets.parcels import COMPOUND_DECILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.datasets.district import District

CONTENTS = {
    "boundaries.gpkg": (
        "layers 社区 (communities), 小区 (compounds, natural villages and villager groups), "
        "场所 (sites), 道路 (roads), 河流 (river), 铁路 (railway)"
    ),
    "buildings.gpkg": "layer 楼栋 (buildings), with households, floors and entrances of each",
    "households.gpkg": "layer 住户 (household points), one a household, with its address",
}
ORIGIN = (
    "Made by code, not surveyed: no line, name, code or count in it is of a real place. The "
    "county code begins with 99, which no county has. It is written by"
)
LICENCE = (
    "and the same call gives the same bytes. Licence: that of gridmap (Apache-2.0). Datum of every "
    "layer: CGCS2000, longitude and latitude (EPSG:4490), rounded to 1e-9 degree; text in UTF-8; "
    "GeoPackage 1.3. It shows no real territory, so it has no review number (审图号)."
)
COUNTED = (
    "{townships} townships, {communities} communities, {compounds} compounds and villages, "
    "{buildings} buildings, {sites} sites, {households:,} households. Households are counted by "
    "building; points of single households, which are personal information where they are real, "
    "are made at run time when they are wanted (`make_district(points=True)`)."
)
FINDABLE = (
    "A check has to find all of these, and nothing else of their kinds. `owner` and `host` are "
    "community codes; a gap lies between them and in neither, an overlap in both."
)
KIND_NAMES = {
    "exclave": "exclave 飞地",
    "enclosed": "enclosed part 被围地",
    "interlock": "interlock 插花地",
    "gap": "gap 缝隙",
    "overlap": "overlap 重叠",
}


def describe_origin(district: District, sizes: Mapping[str, int]) -> str:
    """Return the README of a written district as Markdown text.

    Parameters
    ----------
    district
        What was written.
    sizes
        File name -> bytes.
    """
    counts = district.truth.counts
    call = f"households={district.households}, seed={district.seed}"
    call += f", points={'households' in district.layers}"
    return "\n".join(
        [
            "# An invented district",
            "",
            ORIGIN,
            "",
            "```python",
            "from gridmap.datasets import make_district, write_district",
            f'write_district(make_district({call}), "data/boundaries")',
            "```",
            "",
            LICENCE,
            "",
            "本数据由程序生成，不对应任何真实行政区；坐标系为 CGCS2000 经纬度（EPSG:4490）。",
            "",
            "| file | bytes | what |",
            "|---|---:|---|",
            *(f"| {name} | {size:,} | {CONTENTS[name]} |" for name, size in sorted(sizes.items())),
            "",
            COUNTED.format(**counts),
            "",
            *_calibration(district),
            "",
            *_defects(district),
            "",
            *_waters(district),
            "",
        ]
    )


def _calibration(district: District) -> list[str]:
    deciles = district.truth.deciles
    aims = {round(100 * share): level for share, level in COMPOUND_DECILES}
    return [
        "## Calibration",
        "",
        "Households of urban compounds; aim: 948 real compounds of one district (FIELD.md).",
        "",
        "| share of compounds | " + " | ".join(f"{p} %" for p in deciles) + " |",
        "|---|" + "---:|" * len(deciles),
        "| aim | " + " | ".join(str(aims[p]) for p in deciles) + " |",
        "| here | " + " | ".join(f"{value:.0f}" for value in deciles.values()) + " |",
    ]


def _defects(district: District) -> list[str]:
    rows = [
        "## Planted defects",
        "",
        FINDABLE,
        "",
        "| kind | owner | host | households | area m2 | from owner m | neck m | lon | lat |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for defect in district.truth.defects:
        distance = f"{defect.distance_m:.0f}" if defect.distance_m else ""
        width = f"{defect.width_m:.0f}" if defect.width_m else ""
        rows.append(
            f"| {KIND_NAMES[defect.kind]} | {defect.owner} | {defect.host} | {defect.households} "
            f"| {defect.area_m2:.0f} | {distance} | {width} | {defect.lon:.6f} "
            f"| {defect.lat:.6f} |"
        )
    return rows


def _waters(district: District) -> list[str]:
    truth = district.truth
    rows = [
        "## River and towers",
        "",
        "Bridges: "
        + "; ".join(f"{b.road} ({b.road_id}, {b.lon:.6f} {b.lat:.6f})" for b in truth.bridges)
        + ". No other road crosses the river.",
    ]
    if truth.split_communities:
        rows.append(
            "Communities on both banks: with a bridge of their own "
            + ", ".join(truth.split_communities)
            + "; without one "
            + (", ".join(truth.unbridged_communities) or "none")
            + "."
        )
    if truth.towers:
        unknown = ", ".join(truth.towers_unknown) or "none"
        rows.append(
            f"Buildings above 500 households: {', '.join(truth.towers)}; entrances not known: "
            f"{unknown}."
        )
    return rows
