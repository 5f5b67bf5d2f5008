"""Headers, roles and values as rosters write them, in Chinese and English."""

from __future__ import annotations

import re
from datetime import date

from gridmap.schemas import fold_name

ROLES = ("grid_head", "grid_worker", "grid_instructor", "micro_grid_worker")
"""The roles of grids, in the order in which tables list them; `gridmap.terms` words them."""

_ROLE_WORDS = {
    "grid_head": "网格长 网格负责人 网格主管 格长 grid_head head grid_leader",
    "grid_worker": "网格员 网格管理员 基础网格员 综合网格员 专属网格员 grid_worker worker",
    "grid_instructor": "网格指导员 指导员 网格指导 grid_instructor instructor",
    "micro_grid_worker": "微网格员 微网格长 微格员 微网格管理员 micro_grid_worker micro_worker",
}
ROLE_OF = {fold_name(word): role for role, text in _ROLE_WORDS.items() for word in text.split()}

_FULL, _PART = "专职 全职 full_time full fulltime", "兼职 part_time part parttime"
EMPLOYMENT_OF = {
    **{fold_name(word): "full_time" for word in f"{_FULL} 是 yes y true 1".split()},
    **{fold_name(word): "part_time" for word in f"{_PART} 否 no n false 0".split()},
}
_EMPLOYMENT_PREFIXES = tuple(
    (fold_name(word), value)
    for value, text in (("full_time", _FULL), ("part_time", _PART))
    for word in text.split()
)

_HEADERS = {
    "code": "网格编码 网格编号 网格代码 网格标识 网格号 网格/微网格编码 编码 "
    "grid_code grid_id grid code",
    "name": "网格名称 网格名 网格 所属网格 责任网格 负责网格 包联网格 网格/微网格名称 名称 "
    "grid_name",
    "community": "社区/村 社区 村 社区名称 所属社区 村社区 community community_name",
    "micro": "微网格编码 微网格编号 微网格代码 微网格名称 微网格 micro_grid micro_grid_code "
    "micro_grid_id micro_grid_name",
    "role": "职务 岗位 角色 人员类别 人员类型 职责 岗位类型 role position post duty",
    "person": "姓名 人员姓名 责任人 责任人姓名 负责人 网格人员 人员 person person_name name "
    "full_name",
    "phone": "电话 联系电话 手机 手机号 手机号码 电话号码 联系方式 phone telephone tel mobile "
    "phone_number",
    "employment": "专兼职 专职兼职 专/兼职 用工性质 人员性质 任职形式 是否专职 employment "
    "full_time",
    "starts": "任职起 任职日期 起始日期 开始日期 上岗日期 到岗日期 起 开始时间 起始时间 from start "
    "start_date valid_from starts",
    "ends": "任职止 离任日期 截止日期 结束日期 离岗日期 到期日期 止 结束时间 截止时间 to end "
    "end_date valid_to ends",
}
"""What each column of a roster is called; the first header that is found is used."""
HEADER_OF = {fold_name(word): key for key, text in _HEADERS.items() for word in text.split()}
PHONE_ENDINGS = tuple(fold_name(word) for word in _HEADERS["phone"].split())
OPEN_ENDS = frozenset(map(fold_name, ("", "长期", "至今", "无", "-", "—", "now", "none", "null")))
_DATE = re.compile(r"(\d{4})(?:[-/.年]?(\d{2})[-/.月]?(\d{2})|[-/.年](\d{1,2})[-/.月](\d{1,2}))日?")


def understand_header(header: str) -> tuple[str, str]:
    r"""Return what a column of a roster holds.

    Parameters
    ----------
    header
        As it stands in the file; of one in two lines, as gridmap writes them, the first that is
        known counts.

    Returns
    -------
    tuple of str
        ``(key, role)``: a key of the columns and ``""``; ``("person", role)`` for a column of the
        people in one role, ``("phone", role)`` for their telephones; ``("", "")`` for any other.

    Examples
    --------
    >>> understand_header("网格编码\nCode"), understand_header("网格长")
    (('code', ''), ('person', 'grid_head'))
    >>> understand_header("网格员电话"), understand_header("备注")
    (('phone', 'grid_worker'), ('', ''))
    """
    for line in header.splitlines() or [header]:
        folded = fold_name(line)
        if folded in HEADER_OF:
            return HEADER_OF[folded], ""
        if folded in ROLE_OF:
            return "person", ROLE_OF[folded]
        for ending in PHONE_ENDINGS:
            role = ROLE_OF.get(folded.removesuffix(ending), "")
            if role and folded.endswith(ending):
                return "phone", role
    return "", ""


def understand_role(text: str) -> tuple[str, str]:
    """Return the role that a word names, and the employment that it tells with it.

    Examples
    --------
    >>> understand_role("专职网格员"), understand_role("网格 长"), understand_role("厨师")
    (('grid_worker', 'full_time'), ('grid_head', ''), ('', ''))
    """
    folded = fold_name(text)
    if folded in ROLE_OF:
        return ROLE_OF[folded], ""
    for prefix, employment in _EMPLOYMENT_PREFIXES:
        rest = folded.removeprefix(prefix)
        if rest != folded and rest in ROLE_OF:
            return ROLE_OF[rest], employment
    return "", ""


def understand_date(text: str) -> date | None:
    """Return the day that a text names; None where it names none.

    Raises
    ------
    ValueError
        When there is a text that is no day.

    Examples
    --------
    >>> understand_date("2026年7月1日"), understand_date("20260701"), understand_date("至今")
    (datetime.date(2026, 7, 1), datetime.date(2026, 7, 1), None)
    """
    # a spreadsheet's day comes with the time of midnight
    plain = re.sub(r"[ T]00:00(:00)?$", "", text.strip())
    if fold_name(plain) in OPEN_ENDS:
        return None
    found = _DATE.fullmatch(re.sub(r"\s", "", plain))
    if found is None:
        raise ValueError("no day")
    year, *rest = (int(part) for part in found.groups() if part)
    return date(year, rest[0], rest[1])
