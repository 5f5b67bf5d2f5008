"""Who is who: ids missing or used twice, rows that stand twice, names that can't be shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.checks.inspecting import Wording, describe, id_column, text_column
from gridmap.findings import FindingKind
from gridmap.schemas import ROLES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.checks.inspecting import Inspection

MAX_TEXT = {"id": 64, "text": 200}
"""Characters of an id and of a name or address; gridmap's own default."""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control characters, invisible characters, marks that turn the direction of writing, and halves
of characters (surrogates)."""
MERGED_ROLES = ("communities", "compounds")
"""Roles whose rows of one id and name are pieces of one thing and are put together."""

UNREADABLE_TEXT = FindingKind(
    "text_unreadable",
    "warning",
    en="{count} rows of {role:en} have control characters in {columns:en}, or a text above {limit} "
    "characters; cleaned and cut{listed:en}.",
    zh="{role:zh}中有 {count} 行的“{columns:zh}”含控制字符或超过 {limit} 字，"
    "已清除、截短{listed:zh}。",
    cure_en="Clean these cells in the source file.",
    cure_zh="请在源文件中清理这些单元格。",
)
DUPLICATE_ROW = FindingKind(
    "duplicate_row",
    "warning",
    en="{count} rows of {role:en} repeat another row in every column and are set aside{listed:en}.",
    zh="{role:zh}中有 {count} 行与另一行完全相同，已剔除（编号见 --json）{listed:zh}。",
    cure_en="Delete the repeated rows.",
    cure_zh="请删除重复行。",
)
DUPLICATE_HOUSEHOLD = FindingKind(
    "duplicate_household",
    "warning",
    en="{count} rows repeat a household of the same building; the first row counts, {households} "
    "households are set aside.",
    zh="{count} 行与同一楼栋的住户户号重复；以第一行为准，"
    "其余 {households} 户已剔除（编号见 --json）。",
    cure_en="Keep one row a household.",
    cure_zh="每户请只保留一行。",
)
REUSED_HOUSEHOLD = FindingKind(
    "household_id_reused",
    "warning",
    en="{count} rows have the id of a household elsewhere; all are counted, and a number is put "
    "behind the id of the later ones.",
    zh="{count} 行的户号与别处住户相同；全部计入，后出现的已在户号后加序号。",
    cure_en="Give every household its own id.",
    cure_zh="请为每户设置唯一户号。",
)
PIECES_MERGED = FindingKind(
    "pieces_merged",
    "warning",
    en="{count} ids of {role:en} stand in several rows of the same name; the rows were put "
    "together as pieces of one{listed:en}.",
    zh="{role:zh}中有 {count} 个编号出现在多行且名称相同，已合并为一个要素的多个部分{listed:zh}。",
    cure_en="Merge them in the source file if they belong together; else give each its own id.",
    cure_zh="如确为一体，请在源文件中合并；否则请分别编号。",
)
DUPLICATE_ID = FindingKind(
    "duplicate_id",
    "warning",
    en="{count} rows of {role:en} have the id of an earlier row; a number was put behind "
    "the id: {renamed:en}.",
    zh="{role:zh}中有 {count} 行的编号与前面的行重复，已在编号后加序号：{renamed:zh}。",
    cure_en="Give every row its own id.",
    cure_zh="请为每行设置唯一编号。",
)
DUPLICATE_COMMUNITY = FindingKind(
    "duplicate_community_id",
    "error",
    en="{count} communities have the id of a community of another name{listed:en}.",
    zh="有 {count} 个社区的代码与另一名称的社区相同{listed:zh}。",
    cure_en="Give every community its own code (12 digits).",
    cure_zh="请为每个社区设置唯一代码（12 位）。",
)
AMBIGUOUS_BUILDING = FindingKind(
    "duplicate_building_id",
    "error",
    en="{count} buildings share their id with another building while household rows name it"
    "{listed:en}.",
    zh="有 {count} 栋楼与其他楼栋编号相同，而住户数据引用了该编号{listed:zh}。",
    cure_en="Make the ids unique, for example compound_id + building_id, in both files.",
    cure_zh="请在两个文件中使楼栋编号唯一，例如“小区编号+楼栋号”。",
)
NO_ID = FindingKind(
    "id_missing",
    "info",
    en="{count} rows of {role:en} have no id; they are called by their row{listed:en}.",
    zh="{role:zh}中有 {count} 行没有编号，以行号代替{listed:zh}。",
    cure_en="Give every row its own id, so that it keeps it when rows are added.",
    cure_zh="请为每行设置唯一编号，以免增删行后编号变化。",
)
MISSING_ID = FindingKind(
    "community_without_id",
    "warning",
    en="{count} communities have no id; they are called by their name or row: {places}.",
    zh="有 {count} 个社区没有代码，以名称或行号代替：{places}。",
    cure_en="Give every community its code (12 digits) in the column community_id (社区代码).",
    cure_zh="请在“社区代码”列填写 12 位代码。",
)
MISSING_NAME = FindingKind(
    "community_without_name",
    "warning",
    en="{count} communities have no name; grids there are named by the id: {places}.",
    zh="有 {count} 个社区没有名称，网格以代码命名：{places}。",
    cure_en="Give every community its name in the column name (名称).",
    cure_zh="请在“名称”列填写社区名称。",
)
FINDING_KINDS = (
    UNREADABLE_TEXT, DUPLICATE_ROW, DUPLICATE_HOUSEHOLD, REUSED_HOUSEHOLD, PIECES_MERGED,
    DUPLICATE_ID, DUPLICATE_COMMUNITY, AMBIGUOUS_BUILDING, NO_ID, MISSING_ID, MISSING_NAME,
)  # fmt: skip


def inspect_texts(table: Inspection) -> None:
    """Clean ids, names and addresses of what can't be shown; an id is cleaned alike everywhere."""
    for role in table.layers:
        frame = table.frame(role)
        if frame is None or role not in ROLES:
            continue
        touched = np.zeros(len(frame), dtype=bool)
        columns = []
        for column in ROLES[role].columns:
            if column.kind == "number" or column.name not in frame.columns:
                continue
            texts = text_column(frame, column.name)
            limit = MAX_TEXT[column.kind]
            if max(map(len, texts)) <= limit and _UNSEEN.search("|".join(texts)) is None:
                continue
            clean = [clean_text(text, limit) for text in texts]
            frame = frame.assign(**{column.name: clean})
            columns.append(Wording(column.name, column.zh))
            touched |= np.array([a != b for a, b in zip(texts, clean, strict=True)])
        table.layers[role] = frame
        table.say_rows(
            UNREADABLE_TEXT, role, touched, columns=_joined(columns), limit=MAX_TEXT["text"]
        )


def _joined(columns: list[Wording]) -> Wording:
    return Wording(", ".join(c.en for c in columns), "、".join(c.zh for c in columns))


def clean_text(text: str, limit: int = MAX_TEXT["text"]) -> str:
    r"""Return a text without characters that can't be seen, and at most ``limit`` long.

    Examples
    --------
    >>> clean_text("建设路\n12号\u202e")
    '建设路 12号'
    """
    if len(text) <= limit and _UNSEEN.search(text) is None:
        return text
    return " ".join(_UNSEEN.sub(" ", text).split())[:limit]


def inspect_identity(table: Inspection) -> None:
    """Find rows that stand twice, ids used twice and communities without id or name."""
    for role in table.layers:
        frame = table.frame(role)
        if frame is None:
            continue
        _inspect_rows(table, role)
        if role == "communities":
            _inspect_communities(table)
        column = id_column(role)
        if column not in table.layers[role].columns:
            continue
        if role == "households":
            _inspect_household_ids(table)
        else:
            _inspect_ids(table, role)


def _inspect_rows(table: Inspection, role: str) -> None:
    """Set aside rows that are the same in every column; rows without an id are never the same."""
    frame = table.layers[role]
    column = id_column(role)
    if role == "households" and column not in frame.columns:
        return
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    suspect = np.ones(len(frame), dtype=bool)
    if column in frame.columns:
        suspect = np.array(frame[column].duplicated(keep=False))
        if role == "households":
            suspect &= np.array(frame[column] != "")
    if not suspect.any():
        return
    candidates = plain[suspect].astype(str)
    candidates["geometry"] = shapely.to_wkb(table.geometry(role)[suspect], hex=True)
    repeated = np.zeros(len(frame), dtype=bool)
    repeated[suspect] = np.asarray(candidates.duplicated())
    table.say_rows(DUPLICATE_ROW, role, repeated)
    table.set_aside(role, repeated, DUPLICATE_ROW.code)


def _inspect_communities(table: Inspection) -> None:
    frame = table.layers["communities"]
    names = text_column(frame, "name")
    ids = text_column(frame, "community_id")
    without = np.array([not text.strip() for text in ids], dtype=bool)
    if without.any():
        taken = set(ids)
        for position, row in enumerate(frame.index):
            if without[position]:
                name = names[position].strip()
                ids[position] = name if name and name not in taken else f"communities:{row + 1}"
                taken.add(ids[position])
        table.layers["communities"] = frame = frame.assign(community_id=ids)
        table.say_rows(MISSING_ID, "communities", without)
    nameless = np.array([not text.strip() for text in names], dtype=bool)
    if nameless.any():
        table.say_rows(MISSING_NAME, "communities", nameless)
        shown = [name if name.strip() else given for name, given in zip(names, ids, strict=True)]
        table.layers["communities"] = frame.assign(name=shown)


def _inspect_ids(table: Inspection, role: str) -> None:
    """Tell pieces of one thing from two things of one id."""
    column = id_column(role)
    frame = table.layers[role]
    nameless = np.array(frame[column] == "")
    if nameless.any():
        table.say_rows(NO_ID, role, nameless)
        frame = table.layers[role] = frame.assign(**{column: table.ids(role)})
    repeated = np.array(frame[column].duplicated())
    if not repeated.any():
        return
    if role in MERGED_ROLES:
        _merge_pieces(table, role, repeated)
        frame = table.layers[role]
        repeated = np.array(frame[column].duplicated())
        if role == "communities":
            table.say_rows(DUPLICATE_COMMUNITY, role, repeated)
    if role == "buildings":
        named = _referred(table, frame, repeated)
        table.say_rows(AMBIGUOUS_BUILDING, role, named)
        _say_renamed(table, role, repeated & ~named)
    elif role != "communities":
        _say_renamed(table, role, repeated)
    table.layers[role] = frame.assign(**{column: _numbered(frame[column])})


def _say_renamed(table: Inspection, role: str, rows: NDArray[np.bool_]) -> None:
    """Say which ids were used again and what the later rows are called now."""
    ids = table.layers[role][id_column(role)]
    pairs = zip(ids[rows], np.array(_numbered(ids), dtype=object)[rows], strict=True)
    renamed = [Wording(f"{old} -> {new}", f"{old} → {new}") for old, new in pairs]
    table.say_rows(DUPLICATE_ID, role, rows, renamed=describe(renamed))


def _referred(
    table: Inspection, frame: gpd.GeoDataFrame, rows: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which of these buildings are named by household rows."""
    households = table.frame("households")
    if households is None or "building_id" not in households.columns:
        return np.zeros(len(frame), dtype=bool)
    named: NDArray[np.bool_] = np.asarray(frame["building_id"].isin(households["building_id"]))
    return rows & named


def _merge_pieces(table: Inspection, role: str, repeated: NDArray[np.bool_]) -> None:
    """Put rows of one id and one name together as one geometry in the first row."""
    column = id_column(role)
    frame = table.layers[role]
    names = text_column(frame, "name")
    groups: dict[tuple[str, str], list[int]] = {}
    for position, key in enumerate(zip(frame[column], names, strict=True)):
        groups.setdefault(key, []).append(position)
    geometry = table.geometry(role).copy()
    first = np.zeros(len(frame), dtype=bool)
    later = np.zeros(len(frame), dtype=bool)
    doubled = set(frame[column][repeated])
    for (given, _), positions in groups.items():
        if given and given in doubled and len(positions) > 1:
            geometry[positions[0]] = shapely.union_all(geometry[positions])
            first[positions[0]] = True
            later[positions[1:]] = True
    if first.any():
        table.say_rows(PIECES_MERGED, role, first)
        table.set_geometry(role, first, geometry[first])
        table.layers[role] = table.layers[role][~later]


def _inspect_household_ids(table: Inspection) -> None:
    """Tell a household that stands twice in its building from an id used in two places."""
    frame = table.layers["households"]
    ids = frame["household_id"]
    doubled = np.asarray((ids != "") & ids.duplicated(keep=False))
    if not doubled.any():
        return
    some = frame[doubled]
    keys = pd.DataFrame(
        {
            "id": some["household_id"],
            "building": text_column(some, "building_id"),
            "place": shapely.to_wkb(table.geometry("households")[doubled], hex=True),
        }
    )
    keys.loc[keys["building"] != "", "place"] = ""
    again = np.zeros(len(frame), dtype=bool)
    again[doubled] = np.asarray(keys.duplicated())
    table.say_rows(
        DUPLICATE_HOUSEHOLD,
        "households",
        again,
        households=int(table.households_of("households", again).sum()),
    )
    table.set_aside("households", again, DUPLICATE_HOUSEHOLD.code)
    frame = table.layers["households"]
    reused = np.asarray((frame["household_id"] != "") & frame["household_id"].duplicated())
    table.say_rows(REUSED_HOUSEHOLD, "households", reused)
    if reused.any():
        table.layers["households"] = frame.assign(household_id=_numbered(frame["household_id"]))


def _numbered(ids: pd.Series) -> list[str]:
    """Return ids with #2, #3 behind the second and third use; empty ids stay empty."""
    taken = set(ids)
    seen: dict[str, int] = {}
    result = []
    for text in ids:
        number = seen.get(text, 0) + 1
        if number == 1 or not text:
            seen[text] = number
            result.append(text)
            continue
        while f"{text}#{number}" in taken:
            number += 1
        seen[text] = number
        taken.add(f"{text}#{number}")
        result.append(f"{text}#{number}")
    return result
