"""Headers that look like personal data: such columns are refused, and their values never read."""

from __future__ import annotations

from gridmap.schemas.words import fold_name


def _names(text: str) -> frozenset[str]:
    return frozenset(map(fold_name, text.split()))


PERSONAL_WORDS = _names(
    "姓名 户主 联系人 居民名 业主名 身份证 证件号 证件编号 证件号码 公民身份 电话 手机 联系方式 "
    "微信 "
    "邮箱 出生日期 出生年月 生日 民族 性别 护照 银行卡 社保号 车牌"
)
"""A header that holds one of these is personal data. Source: FIELD.md section 7 (PIPL Art. 4, 34,
51, 55, 73) for names, identity numbers and telephones; the rest is gridmap's own caution."""

PERSONAL_HEADERS = _names(
    "phone telephone tel mobile cellphone phone_number mobile_number telephone_number contact "
    "contact_name contact_phone id_card idcard id_number identity_number identity_card id_no "
    "passport person person_name full_name first_name last_name surname given_name "
    "head_of_household "
    "householder householder_name resident resident_name owner_name owner_phone tenant "
    "tenant_name "
    "birthday birth_date date_of_birth dob gender sex ethnicity email e_mail wechat xm sfz sfzh "
    "sjh "
    "lxdh lxfs hzxm contact:phone contact:mobile contact:email"
)
"""A header that is one of these, as a whole, is personal data."""

HOUSEHOLD_PERSONAL_HEADERS = _names("name 名字 人名 名称 resident people 居民 人员")
"""Headers that name a person when the rows are households, though not in other layers."""


def is_personal(header: str, role: str = "") -> bool:
    """Tell whether a header looks like a column of personal data.

    Examples
    --------
    >>> is_personal("户主姓名"), is_personal("Phone"), is_personal("name")
    (True, True, False)
    >>> is_personal("name", "households"), is_personal("联系电话", "sites")
    (True, True)
    """
    folded = fold_name(header)
    if any(word in folded for word in PERSONAL_WORDS) or folded in PERSONAL_HEADERS:
        return True
    return role == "households" and folded in HOUSEHOLD_PERSONAL_HEADERS
