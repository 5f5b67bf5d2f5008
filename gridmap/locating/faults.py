"""What an answer could not use, or found contradictory: codes with their words.

A fault is about a question, a `gridmap.findings.Finding` about an input. No fault repeats what
was asked.
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """A fault of an answer.

    Attributes
    ----------
    code
        Stable name.
    en, zh
        One sentence each.
    review
        Whether a person should look before the answer is used.
    """

    code: str
    en: str
    zh: str
    review: bool

    def as_dict(self) -> dict[str, str]:
        """Return the fault as plain data, as the service answers it."""
        return {"code": self.code, "en": self.en, "zh": self.zh}


FAULTS: dict[str, Fault] = {
    fault.code: fault
    for fault in (
        Fault(
            "address_not_read",
            "No address was recognised in the text.",
            "文本中未识别出地址。",
            review=False,
        ),
        Fault(
            "address_unknown",
            "The address is not in the gazetteer of this plan.",
            "该地址不在本方案的地址库中。",
            review=False,
        ),
        Fault(
            "building_unknown",
            "The named building is not known; the answer is for its compound or door.",
            "未找到所写楼栋；结果按所在小区或门牌给出。",
            review=True,
        ),
        Fault(
            "building_missing",
            "No building is named, and the compound lies in several grids.",
            "未写明楼栋，而该小区分属多个网格。",
            review=True,
        ),
        Fault(
            "number_missing",
            "No door number is named, and the road runs through several grids.",
            "未写明门牌号，而该道路经过多个网格。",
            review=True,
        ),
        Fault(
            "number_unknown",
            "The door number is not known; the answer is from its neighbours on the same side.",
            "未找到该门牌号；结果由道路同侧相邻门牌推得。",
            review=True,
        ),
        Fault(
            "sub_number_unknown",
            "The sub-number is not known; the answer is for the main door number.",
            "未找到该附号；结果按主门牌号给出。",
            review=False,
        ),
        Fault(
            "group_missing",
            "No villager group is named, and the village lies in several grids.",
            "未写明村民小组，而该村分属多个网格。",
            review=True,
        ),
        Fault(
            "homestead_unknown",
            "The house number is not known; the answer is for the village or group.",
            "未找到该户号；结果按所在村或村民小组给出。",
            review=False,
        ),
        Fault(
            "several_places",
            "Several places have this address.",
            "有多处地点使用该地址。",
            review=True,
        ),
        Fault(
            "building_divided",
            "The building stands in several grids, divided by entrance.",
            "该楼按单元分属多个网格。",
            review=True,
        ),
        Fault(
            "entrance_used",
            "The building is divided by entrance; the named entrance decides.",
            "该楼按单元划分，结果由所写单元确定。",
            review=False,
        ),
        Fault(
            "loose_name",
            "A name agrees only without its ending (小区, 东段).",
            "名称仅在省略后缀（如“小区”“东段”）后一致。",
            review=False,
        ),
        Fault(
            "community_contradicts",
            "The named community is not the one of the place.",
            "所写社区与该地点所在社区不符。",
            review=True,
        ),
        Fault(
            "township_contradicts",
            "The named township is not the one of the place.",
            "所写街道（乡镇）与该地点所在街道（乡镇）不符。",
            review=True,
        ),
        Fault(
            "district_contradicts",
            "The named district or county is not the one of the place.",
            "所写区（县）与该地点所在区（县）不符。",
            review=True,
        ),
        Fault(
            "city_contradicts",
            "The named city is not the one of the place.",
            "所写城市与该地点所在城市不符。",
            review=True,
        ),
        Fault(
            "province_contradicts",
            "The named province is not the one of the place.",
            "所写省份与该地点所在省份不符。",
            review=True,
        ),
        Fault(
            "division_unchecked",
            "A named division could not be compared: the plan names none of that level.",
            "所写行政区划无法核对：方案中没有该级区划的名称。",
            review=False,
        ),
        Fault(
            "parts_contradict",
            "Two parts of the address lie in different grids.",
            "地址中的两部分位于不同网格。",
            review=True,
        ),
        Fault(
            "text_ignored",
            "Some text that is no address was left out.",
            "已略去与地址无关的文字。",
            review=False,
        ),
        Fault(
            "near_border",
            "The point is nearer to a grid border than the datum is exact.",
            "该点距网格边界小于坐标精度。",
            review=True,
        ),
        Fault(
            "on_border",
            "The point lies exactly on the border of the candidates.",
            "该点恰在各候选网格的公共边界上。",
            review=True,
        ),
        Fault(
            "outside",
            "The point is in no grid.",
            "该点不在任何网格内。",
            review=False,
        ),
        Fault(
            "far_outside",
            "The point is more than 10 km from every grid: check the order and the datum.",
            "该点距所有网格均超过 10 千米，请核对经纬度顺序与坐标系。",
            review=False,
        ),
        Fault(
            "point_contradicts",
            "The point of the row lies in another grid than its address.",
            "该行坐标与地址不在同一网格。",
            review=True,
        ),
        Fault(
            "datum_missing",
            "The point of the row was not used: no datum is declared (--datum).",
            "该行坐标未使用：未声明坐标系（--datum）。",
            review=False,
        ),
        Fault(
            "candidates_cut",
            "More grids fit than are listed.",
            "候选网格过多，仅列出一部分。",
            review=True,
        ),
    )
}
"""Every fault by its code."""
