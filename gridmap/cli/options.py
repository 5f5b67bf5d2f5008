"""The options that several commands share, and how their texts are understood."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli.usage import BadUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.flow import ReachWish, ReadOptions
    from gridmap.rules import Band


class ReachKind(StrEnum):
    """What ``--reach`` of ``gridmap plan`` makes of the walk to a station."""

    PREFER = "prefer"
    REQUIRE = "require"


class DrawnLevel(StrEnum):
    """What ``gridmap plan`` draws."""

    GRID = "grid"
    COMMUNITY = "community"


READING = "输入说明 About the input"
WALKING = "步行可达 Walking reach"
MOST_LOCK_BYTES = 10_000_000
"""A file of locks above this size is refused (gridmap's own default)."""

Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT...",
        help="文件或文件夹：shp, gpkg, geojson, csv, xlsx, parquet, osm.pbf ... "
        "Files or a folder of them.",
        show_default=False,
    ),
]
PlanFile = Annotated[
    Path, typer.Argument(metavar="PLAN.gpkg", help="方案文件。A plan file.", show_default=False)
]
Out = Annotated[
    Path,
    typer.Option("-o", "--out", help="写到何处。Where to write.", show_default=False),
]
Seed = Annotated[
    int,
    typer.Option("--seed", help="随机种子：同样输入，同样结果。Same input and seed, same bytes."),
]
Prove = Annotated[
    bool,
    typer.Option(
        "--prove",
        help="逐片证明没有更优的划分，或给出差距；更优者即采用。"
        "Prove piece by piece that no division is better, or tell the gap; a better one is taken.",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        min=0.1,
        help="划分用时上限（秒），到时取已得的最优方案；Ctrl-C 同理。"
        "Seconds for drawing the grids: then the best plan so far is written, as on Ctrl-C.",
        show_default=False,
    ),
]
RulesName = Annotated[
    str,
    typer.Option(
        "--rules",
        help="预设规则或 TOML 文件。"
        "A preset (default, bozhou, qibin, dadukou, zhejiang) or a file.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="在标准输出打印 JSON。Print JSON on stdout.")]
Layers = Annotated[
    list[str] | None,
    typer.Option(
        "--layer",
        metavar="ROLE=FILE:LAYER",
        help="指定图层的角色。communities=town.gpkg:社区",
        rich_help_panel=READING,
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="ROLE.NAME=HEADER",
        help="指定列。buildings.households=ZHS",
        rich_help_panel=READING,
    ),
]
Crs = Annotated[
    list[str] | None,
    typer.Option(
        "--crs",
        metavar="FILE=CRS",
        help="文件未注明坐标系时指定。town.shp=EPSG:4547",
        rich_help_panel=READING,
    ),
]
Datums = Annotated[
    list[str] | None,
    typer.Option(
        "--datum",
        metavar="ROLE=DATUM",
        help="坐标基准：cgcs2000, wgs84, gcj02, bd09, EPSG:n。households=gcj02",
        rich_help_panel=READING,
    ),
]
AdminLevel = Annotated[
    int | None,
    typer.Option(
        "--admin-level",
        min=1,
        max=12,
        help="OSM 数据中社区的行政级别。Level of the communities in an OSM extract.",
        rich_help_panel=READING,
    ),
]
HouseholdsTotal = Annotated[
    int | None,
    typer.Option(
        "--households-total",
        min=1,
        help="估算户数时的已知总户数。Known total that estimates are scaled to.",
        rich_help_panel=READING,
    ),
]
MicroGrids = Annotated[
    bool,
    typer.Option(
        "--micro-grids",
        help="在网格内划分微网格（不超过100户）。输入也可以是已有方案文件，此时网格不变。"
        "Draw micro-grids inside the grids; of a plan file as input, the grids stay.",
    ),
]
LinkUnits = Annotated[
    bool,
    typer.Option(
        "--link-units",
        help="划分联户单元（约30户）。Draw link units of about 30 households.",
    ),
]
Level = Annotated[
    DrawnLevel,
    typer.Option(
        "--level",
        help="划分哪一级：grid 网格；community 社区（按人口，见规则 [communities]）。"
        "What to draw: grids, or communities by persons.",
    ),
]
FromToday = Annotated[
    bool,
    typer.Option(
        "--from-today",
        help="以现状社区为基础、以最小变动调整到人口规模区间（与 --level community 同用）。"
        "Bring today's communities into the band with the least change (with --level community).",
    ),
]
Number = Annotated[
    int | None,
    typer.Option(
        "--number",
        min=0,
        help="与 --from-today 同用：社区个数；缺省按目标人口推算，0 表示只做必要调整。"
        "With --from-today: how many communities; by the target size unless given, "
        "0 for what the least change leaves.",
        show_default=False,
    ),
]
Stations = Annotated[
    Path | None,
    typer.Option(
        "--stations",
        metavar="FILE",
        help="服务站点（点）文件；缺省用输入中的“服务站”图层。"
        "A file of stations (points); the input's own layer of stations unless given.",
        show_default=False,
        rich_help_panel=WALKING,
    ),
]
Speed = Annotated[
    float,
    typer.Option(
        "--speed",
        metavar="M/S",
        min=0.01,
        help="步行速度（米/秒），一般 1.0—1.4。Walking speed in metres a second.",
        rich_help_panel=WALKING,
    ),
]
Reach = Annotated[
    ReachKind | None,
    typer.Option(
        "--reach",
        help="与 --from-today 同用：prefer 尽量与最近站点同属一个社区；"
        "require 另要求限时内可步行到达本社区站点（凡能做到的）。给出 --stations 时默认 prefer。"
        "With --from-today: people want to be with the station they reach soonest (prefer), or "
        "have to be near a station of their community as far as that can be had (require).",
        show_default=False,
        rich_help_panel=WALKING,
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes",
        min=0,
        help="到站点的步行时限（分钟），缺省 15。Limit of the walk to a station, 15 unless given.",
        show_default=False,
        rich_help_panel=WALKING,
    ),
]
Lock = Annotated[
    list[str] | None,
    typer.Option(
        "--lock",
        metavar="ID[,ID...]",
        help="保持不变的社区、网格或单元，可重复。"
        "A community, grid or unit that must stay as it is; may be repeated.",
    ),
]
LockFile = Annotated[
    Path | None,
    typer.Option(
        "--locks",
        metavar="FILE",
        help="锁定清单，每行一个编号。A file of locks, one id a line.",
        show_default=False,
    ),
]
Communities = Annotated[
    Path | None,
    typer.Option(
        "--communities",
        metavar="COMMUNITIES.gpkg",
        help="在此社区方案（--level community 的结果，须由同一输入划出）内划分网格，代替现状社区。"
        "Draw the grids in these communities, drawn from the same input, not in today's.",
        show_default=False,
    ),
]


def choose_levels(
    *, micro_grids: bool, link_units: bool, level: DrawnLevel = DrawnLevel.GRID
) -> tuple[str, ...]:
    """Return the levels below a grid that are asked for, from above.

    Raises
    ------
    typer.BadParameter
        When they are asked for below communities, which hold no grids yet.
    """
    if level is DrawnLevel.COMMUNITY and (micro_grids or link_units):
        raise BadUse(
            "--level community 不能与 --micro-grids、--link-units 同用：请先在社区内划分网格。",
            "Not with --micro-grids or --link-units: draw grids in the communities first.",
        )
    asked = (("micro_grid", micro_grids), ("link_unit", link_units))
    return tuple(level for level, wanted in asked if wanted)


def understand_band(text: str) -> Band | None:
    """Return the band of a text ``LOWER-UPPER``.

    Raises
    ------
    typer.BadParameter
        When it is no two whole numbers, the lower first.
    """
    if not text:
        return None
    from gridmap.rules import Band

    lower, dash, upper = text.partition("-")
    numbers = (lower.strip(), upper.strip())
    is_plain = all(n.isascii() and n.isdigit() and len(n) < 10 for n in numbers)
    if not (dash and is_plain and 0 < int(numbers[0]) <= int(numbers[1])):
        raise BadUse(
            f"--band {text!r} 须形如 300-500。", f"--band {text!r} is not of the form LOWER-UPPER."
        )
    return Band(int(numbers[0]), int(numbers[1]))


def understand_reading(
    layers: Sequence[str] | None,
    columns: Sequence[str] | None,
    crs: Sequence[str] | None,
    datums: Sequence[str] | None,
    admin_level: int | None,
    households_total: int | None,
) -> ReadOptions:
    """Turn the texts of the reading options into one value.

    Raises
    ------
    typer.BadParameter
        When a text is not of the form ``KEY=VALUE``, or a key comes twice.
    """
    from gridmap.flow import ReadOptions

    return ReadOptions(
        layers=_split_pairs(layers, "--layer ROLE=FILE:LAYER"),
        columns=_split_pairs(columns, "--column ROLE.NAME=HEADER"),
        crs=_split_pairs(crs, "--crs FILE=CRS"),
        datums=_split_pairs(datums, "--datum ROLE=DATUM"),
        admin_level=admin_level,
        households_total=households_total,
    )


def _split_pairs(texts: Sequence[str] | None, form: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not (equals and key.strip() and value.strip()):
            raise BadUse(f"{text!r} 须形如 {form}。", f"{text!r} is not of the form {form}.")
        if key.strip() in pairs:
            raise BadUse(
                f"{key.strip()} 重复给出：{form}。", f"{key.strip()} is given twice: {form}."
            )
        pairs[key.strip()] = value.strip()
    return pairs


def refuse_overwriting_input(inputs: Sequence[Path], out: Path) -> None:
    """Refuse an output path that is an input file.

    Raises
    ------
    typer.BadParameter
        When ``out`` is one of ``inputs`` or lies where one of them is a file.
    """
    if any(path.is_file() and out.exists() and path.samefile(out) for path in inputs):
        raise BadUse(
            f"-o {out.name} 会覆盖输入文件。", f"-o {out.name} would overwrite an input file."
        )


def refuse_unused_communities(communities: Path | None, *, level: DrawnLevel, drawn: bool) -> None:
    """Refuse a plan of communities where no grids are drawn in it.

    Raises
    ------
    typer.BadParameter
        When communities are to be drawn, or the grids are those of a plan file (``drawn``).
    """
    if communities is None:
        return
    if level is DrawnLevel.COMMUNITY:
        raise BadUse(
            "--communities 用于划分网格，不能与 --level community 同用。",
            "--communities is for grids, not with --level community.",
        )
    if drawn:
        raise BadUse(
            "输入为方案文件时网格不变，--communities 不起作用。",
            "The grids of a plan file stay: --communities would not be used.",
        )


def choose_reach(
    stations: Path | None, reach: ReachKind | None, minutes: float | None, speed: float
) -> ReachWish | None:
    """Return what is asked about the walk to stations, None where nothing is.

    Raises
    ------
    typer.BadParameter
        When a limit is given without stations.
    """
    from gridmap.flow import ReachWish

    if stations is None and reach is None:
        if minutes is not None:
            raise BadUse(
                "--minutes 须与 --stations 或 --reach 同用。",
                "--minutes needs --stations or --reach.",
            )
        return None
    asked = ReachWish(stations=stations, speed_m_s=speed)
    asked = asked if reach is None else replace(asked, wish=reach.value)
    return asked if minutes is None else replace(asked, minutes=minutes)


def list_locks(texts: Sequence[str] | None, path: Path | None) -> list[str]:
    """Return the ids of the options ``--lock`` and ``--locks``; empty ones are left out.

    An id that holds a comma goes into the file.

    Raises
    ------
    InvalidOption
        When the file can't be read as text.

    Examples
    --------
    >>> list_locks(["C1, C2", "C3"], None)
    ['C1', 'C2', 'C3']
    """
    given = [part for text in texts or () for part in text.split(",")]
    if path is not None:
        given += _read_lock_file(path).splitlines()
    return [lock.strip() for lock in given if lock.strip()]


def _read_lock_file(path: Path) -> str:
    from gridmap.errors import InvalidOption

    try:
        if path.stat().st_size > MOST_LOCK_BYTES:
            raise ValueError("too large")
        return path.read_text("utf-8-sig")
    except (OSError, ValueError) as problem:
        raise InvalidOption(
            f"The file of locks {path.name} can't be read as UTF-8 text.",
            f"锁定清单 {path.name} 无法按 UTF-8 文本读取。",
            cure_en="write one community, grid or unit id a line",
            cure_zh="请每行写一个社区、网格或单元编号",
        ) from problem


def refuse_unused_rebalancing(
    *, from_today: bool, level: DrawnLevel, prove: bool, **given: object
) -> None:
    """Refuse options of rebalancing where nothing is rebalanced.

    Parameters
    ----------
    from_today, level, prove
        The options of these names.
    given
        The options that are for ``--from-today`` alone, None where one is not given.

    Raises
    ------
    typer.BadParameter
        When grids are drawn, one of ``given`` comes without ``--from-today``, or a proof is asked
        for.
    """
    lone = [name for name, value in given.items() if value not in (None, [])]
    if lone and not from_today:
        name = f"--{lone[0]}"
        raise BadUse(f"{name} 须与 --from-today 同用。", f"{name} needs --from-today.")
    if from_today and level is not DrawnLevel.COMMUNITY:
        raise BadUse(
            "--from-today 须与 --level community 同用；调整网格请用 gridmap replan。",
            "--from-today needs --level community; for grids there is gridmap replan.",
        )
    if from_today and prove:
        raise BadUse("--from-today 不能与 --prove 同用。", "--from-today can't be proved.")
