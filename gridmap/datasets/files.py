"""Write a district as the files that a planner would have, and find the sample's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio

from gridmap.datasets.district import District, make_district
from gridmap.datasets.origin import describe_origin
from gridmap.errors import UnreadableFile

if TYPE_CHECKING:
    import geopandas as gpd

MADE_AT = "2026-01-01T00:00:00Z"
"""Time stamp inside the files: fixed, so that the same district gives the same bytes."""
LAYERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "boundaries.gpkg": (
        ("社区", "communities", ""),
        ("小区", "compounds", ""),
        ("场所", "sites", ""),
        ("道路", "roads", ""),
        ("河流", "barriers", "river"),
        ("铁路", "barriers", "railway"),
    ),
    "buildings.gpkg": (("楼栋", "buildings", ""),),
    "households.gpkg": (("住户", "households", ""),),
}
"""File -> layers: name, role, and of barriers the kind."""
HEADERS = {
    "communities": {
        "community_id": "社区代码",
        "name": "名称",
        "township": "街道",
        "district": "区县",
        "area_type": "城乡",
    },
    "compounds": {
        "compound_id": "小区编号",
        "name": "小区名称",
        "age_class": "成熟度",
        "address": "地址",
        "kind": "类别",
    },
    "sites": {
        "site_id": "场所编号",
        "name": "名称",
        "category": "类别",
        "owner": "权属单位",
        "address": "地址",
    },
    "roads": {"road_id": "道路编号", "name": "路名", "class": "等级", "bridge": "桥梁"},
    "barriers": {"barrier_id": "编号", "name": "名称", "kind": "类别"},
    "buildings": {
        "building_id": "楼栋号",
        "compound_id": "小区编号",
        "name": "楼栋名",
        "floors": "层数",
        "entrances": "单元数",
        "households": "户数",
        "address": "地址",
        "use": "用途",
    },
    "households": {
        "household_id": "户号",
        "address": "地址",
        "building_id": "楼栋号",
        "households": "户数",
    },
}
"""Role -> canonical column -> header in the files."""
WORDS = {
    "area_type": {"urban": "城镇", "rural": "乡村"},
    "age_class": {"mature": "成熟", "new": "新建", "old": "老旧"},
    "kind": {
        "compound": "小区",
        "natural_village": "自然村",
        "villager_group": "村民小组",
        "river": "河流",
        "railway": "铁路",
    },
    "category": {
        "school": "学校",
        "hospital": "医院",
        "government": "机关",
        "mall": "商圈",
        "office": "楼宇",
        "industrial": "园区",
        "park": "公园景区",
    },
    "class": {"arterial": "主干路", "secondary": "次干路", "local": "支路"},
    "bridge": {"yes": "是", "no": "否"},
    "use": {"residential": "住宅", "other": "非住宅"},
}
"""Column -> canonical word -> word in the files."""


def write_district(district: District, folder: str | Path) -> tuple[Path, ...]:
    """Write a district as GeoPackages with Chinese layers and headers, and a README.

    Existing files of the same names are replaced. The same district gives the same bytes.

    Parameters
    ----------
    district
        As made by `make_district`; household points are written only when it has them.
    folder
        Where to write; made when it is not there.

    Returns
    -------
    tuple of Path
        The files written, sorted.

    Raises
    ------
    UnreadableFile
        When the folder can't be written.

    Examples
    --------
    >>> import tempfile
    >>> district = make_district(households=30_000, points=False)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in write_district(district, folder)]
    ['README.md', 'boundaries.gpkg', 'buildings.gpkg']
    """
    target = Path(folder)
    written: list[Path] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, layers in LAYERS.items():
            if layers[0][1] in district.layers:
                written.append(_write_package(district, target / name, layers))
        readme = target / "README.md"
        sizes = {path.name: path.stat().st_size for path in written}
        readme.write_text(describe_origin(district, sizes), encoding="utf-8", newline="\n")
    except OSError as problem:
        raise UnreadableFile(
            f"The folder {target.name} can't be written: {problem.strerror}.",
            f"文件夹 {target.name} 无法写入：{problem.strerror}。",
        ) from problem
    return tuple(sorted([*written, readme]))


def _write_package(
    district: District, path: Path, layers: tuple[tuple[str, str, str], ...]
) -> Path:
    """Write one GeoPackage beside its place and move it there when it is whole."""
    unfinished = path.with_name(f".{path.stem}.part.gpkg")
    unfinished.unlink(missing_ok=True)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": MADE_AT})
    try:
        for name, role, kind in layers:
            frame = district.layers[role]
            chosen = frame[frame["kind"] == kind] if kind else frame
            options: dict[str, Any] = {} if unfinished.exists() else {"VERSION": "1.3"}
            pyogrio.write_dataframe(
                _in_chinese(chosen, role),
                unfinished,
                layer=name,
                driver="GPKG",
                append=unfinished.exists(),
                dataset_options=options,
                layer_options={"GEOMETRY_NAME": "geom"},
            )
        unfinished.replace(path)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
        unfinished.unlink(missing_ok=True)
    return path


def _in_chinese(frame: gpd.GeoDataFrame, role: str) -> gpd.GeoDataFrame:
    """Return a frame with Chinese headers and words, and NULL where a text is empty."""
    shown = frame.copy()
    for column in HEADERS[role]:
        values = shown[column]
        if column in WORDS:
            values = values.map(lambda word, table=WORDS[column]: table.get(word, word))
        if column == "entrances":
            values = values.astype("Int64")
        elif not pd.api.types.is_numeric_dtype(values):
            values = values.astype(object).where(values != "", None)
        shown[column] = values
    return shown.rename(columns=HEADERS[role])


def sample_folder() -> Path:
    """Return the folder of the sample district, ``data/boundaries`` of the project.

    Raises
    ------
    UnreadableFile
        When gridmap was installed without the project's folder around it.

    Examples
    --------
    >>> sample_folder().name
    'boundaries'
    """
    folder = Path(__file__).resolve().parents[2] / "data" / "boundaries"
    if not (folder / "boundaries.gpkg").is_file():
        raise UnreadableFile(
            "The sample district is not beside this installation of gridmap.",
            "当前安装的 gridmap 旁边没有示例数据。",
            cure_en='write_district(make_district(points=False), "data/boundaries")',
            cure_zh='write_district(make_district(points=False), "data/boundaries")',
        )
    return folder


def load_sample(*, points: bool = True) -> District:
    """Return the sample district of `sample_folder` with its truth, made anew.

    Parameters
    ----------
    points
        Whether to add the household points, which the folder does not hold.

    Examples
    --------
    >>> load_sample(points=False).truth.counts["households"]
    60000
    """
    return make_district(points=points)
