"""What can be wrong with a plan file, in two languages: one table of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridmap.errors import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_DETAIL = 120
"""A detail may come out of the file itself: it is cut to this many characters."""


class Complaint(NamedTuple):
    """A kind of trouble with a plan file; ``{name}`` and ``{detail}`` are filled in."""

    en: str
    zh: str
    cure_en: str
    cure_zh: str


_AGAIN = (
    "Make the plan again: gridmap plan INPUT -o plan.gpkg",
    "请重新生成方案：gridmap plan 输入数据 -o plan.gpkg",
)
COMPLAINTS = {
    "missing": Complaint(
        "There is no file {name}.",
        "文件 {name} 不存在。",
        "Check the path, or make a plan first: gridmap plan INPUT -o plan.gpkg",
        "请核对路径，或先生成方案：gridmap plan 输入数据 -o plan.gpkg",
    ),
    "not_geopackage": Complaint(
        "{name} is not a GeoPackage.",
        "{name} 不是 GeoPackage 文件。",
        "Give the file that 'gridmap plan' wrote.",
        "请指定 gridmap plan 写出的文件。",
    ),
    "not_a_plan": Complaint(
        "{name} is a GeoPackage, but not a plan of gridmap.",
        "{name} 是 GeoPackage 文件，但不是 gridmap 方案。",
        "Give the file that 'gridmap plan' wrote.",
        "请指定 gridmap plan 写出的文件。",
    ),
    "version": Complaint(
        "{name} is a plan file of version {detail}, which this gridmap does not know.",
        "{name} 的方案文件版本为 {detail}，当前 gridmap 无法识别。",
        "Install the gridmap that wrote it, or make the plan again.",
        "请安装写出该文件的 gridmap 版本，或重新生成方案。",
    ),
    "active_content": Complaint(
        "{name} holds something that runs when it is read ({detail}); it is not opened.",
        "{name} 含有读取时会执行的内容（{detail}），拒绝打开。",
        *_AGAIN,
    ),
    "no_table": Complaint(
        "{name} lacks the table {detail}.",
        "{name} 缺少表 {detail}。",
        *_AGAIN,
    ),
    "no_column": Complaint(
        "{name} lacks the column {detail}.",
        "{name} 缺少列 {detail}。",
        *_AGAIN,
    ),
    "damaged": Complaint(
        "{name} is damaged: {detail}.",
        "{name} 已损坏：{detail}。",
        *_AGAIN,
    ),
    "bad_value": Complaint(
        "{name} holds a wrong value: {detail}.",
        "{name} 中有错误的值：{detail}。",
        *_AGAIN,
    ),
    "contradiction": Complaint(
        "{name} contradicts itself: {detail}.",
        "{name} 内容自相矛盾：{detail}。",
        *_AGAIN,
    ),
}


def unreadable(path: Path, kind: str, *, detail: str = "") -> UnreadableFile:
    """Return the error for one kind of trouble with a plan file.

    Parameters
    ----------
    path
        The file; only its name is shown.
    kind
        A key of `COMPLAINTS`.
    detail
        The table, column or value concerned, cut to `LONGEST_DETAIL` characters.
    """
    complaint = COMPLAINTS[kind]
    shown = detail if len(detail) <= LONGEST_DETAIL else detail[:LONGEST_DETAIL] + "…"
    values = {"name": path.name, "detail": shown}
    return UnreadableFile(
        complaint.en.format(**values),
        complaint.zh.format(**values),
        cure_en=complaint.cure_en,
        cure_zh=complaint.cure_zh,
    )
