"""An address in any spelling has one reading."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.addresses import Address, parse_address, standard_text
from gridmap.addresses import parsing as parsing_module
from gridmap.addresses.characters import clean_text
from gridmap.addresses.numerals import read_numeral
from gridmap.errors import InvalidOption

FORMS = [
    # road and number
    ("建设路12号", "建设路12号", "door"),
    ("建设路１２号", "建设路12号", "door"),
    ("建设路十二号", "建设路12号", "door"),
    ("建設路12號", "建设路12号", "door"),
    ("建设路 12 号", "建设路12号", "door"),
    ("建设路12", "建设路12号", "door"),
    ("建设路12-1号", "建设路12-1号", "door"),
    ("建设路12号之一", "建设路12-1号", "door"),
    ("建设路12号附5号", "建设路12-5号", "door"),
    ("建设路甲12号", "建设路甲12号", "door"),
    ("汾江中路187号", "汾江中路187号", "door"),
    ("人民南路二段12号", "人民南路二段12号", "door"),
    ("建设三巷5号", "建设三巷5号", "door"),
    ("建设路123弄4号501室", "建设路123弄4号", "door"),
    ("五四路十二号", "五四路12号", "door"),
    ("三门峡路12号", "三门峡路12号", "door"),
    ("七号路12号", "七号路12号", "door"),
    ("一号大街12号", "一号大街12号", "door"),
    ("北京路12号", "北京路12号", "door"),
    ("县前街5号", "县前街5号", "door"),
    ("市场路12号", "市场路12号", "door"),
    ("无锡路5号", "无锡路5号", "door"),
    ("永安路", "永安路", "road"),
    # compound, building, entrance, room
    ("锦绣花园3栋2单元501室", "锦绣花园3栋", "building"),
    ("锦绣花园3幢2门", "锦绣花园3栋", "building"),
    ("锦绣花园3座", "锦绣花园3栋", "building"),
    ("锦绣花园3号楼2梯501", "锦绣花园3栋", "building"),
    ("锦绣花园3#", "锦绣花园3栋", "building"),
    ("锦绣花园3#楼2-501", "锦绣花园3栋", "building"),
    ("锦绣花园3-2-501", "锦绣花园3栋", "building"),
    ("锦绣花园3-501", "锦绣花园3栋", "building"),
    ("锦绣花园3栋501", "锦绣花园3栋", "building"),
    ("锦绣花园03栋", "锦绣花园3栋", "building"),
    ("锦绣花园十二栋", "锦绣花园12栋", "building"),
    ("锦绣花园第十二栋", "锦绣花园12栋", "building"),
    ("錦繡花園３棟２單元５０１室", "锦绣花园3栋", "building"),
    ("锦绣花园a座1203", "锦绣花园A栋", "building"),
    ("锦绣花园三期12栋", "锦绣花园三期12栋", "building"),
    ("锦绣花园（三期）12栋", "锦绣花园三期12栋", "building"),
    ("锦绣花园A区3栋", "锦绣花园A区3栋", "building"),
    ("锦绣花园小区3栋", "锦绣花园小区3栋", "building"),
    ("九号公馆12栋", "九号公馆12栋", "building"),
    ("建设路12号锦绣花园3栋", "建设路12号锦绣花园3栋", "building"),
    ("建设路12号院3号楼2单元501", "建设路12号3栋", "building"),
    ("建设路锦绣花园3栋", "建设路锦绣花园3栋", "building"),
    ("锦绣花园", "锦绣花园", "compound"),
    # place
    ("东华里小学", "东华里小学", "place"),
    ("富力广场", "富力广场", "place"),
    ("解放路小学", "解放路小学", "place"),
    # village, group, number
    ("崔庄村3组12号", "崔庄村3组12号", "door"),
    ("崔庄村三组", "崔庄村3组", "group"),
    ("崔庄村第三村民小组12号", "崔庄村3组12号", "door"),
    ("清水镇崔庄村大王庄3组12号", "大王庄3组12号", "door"),
    ("临江村12号", "临江村12号", "door"),
    # absent parts
    ("建设路12号无3栋无单元501室", "建设路12号3栋", "building"),
    ("建设路，无，锦绣花园，3栋，无，501", "建设路锦绣花园3栋", "building"),
    # another script
    ("Landstrasse 12", "Landstrasse 12", "door"),
    ("12a Main Street", "Main Street 12A", "door"),
    ("", "", "none"),
]


@pytest.mark.parametrize(("text", "standard", "level"), FORMS)
def test_every_form_and_variant_has_one_standard_text(text: str, standard: str, level: str) -> None:
    address = parse_address(text)
    assert (standard_text(address), address.level) == (standard, level)


def test_the_divisions_in_front_change_nothing_behind_them() -> None:
    tail = "建设路12号锦绣花园3栋2单元501室"
    bare = parse_address(tail)
    for head in (
        "广东省佛山市禅城区祖庙街道东华社区",
        "佛山市禅城区祖庙街道",
        "禅城区祖庙街道办事处东华社区居委会",
        "广东省 佛山市 禅城区 ",
        "祖庙街道",
        "东华社区",
    ):
        found = parse_address(head + tail)
        assert standard_text(found) == standard_text(bare), head
    full = parse_address("广东省佛山市禅城区祖庙街道东华社区" + tail)
    assert (full.province, full.city, full.district) == ("广东省", "佛山市", "禅城区")
    assert (full.township, full.community) == ("祖庙街道", "东华社区")


def test_a_division_is_taken_only_where_it_is_one() -> None:
    for text in ("锦绣花园小区3栋", "锦绣花园东区3栋", "恋湖小镇3栋", "梦里水乡3栋"):
        address = parse_address(text)
        assert address.district + address.township == "", text
        assert address.building == "3"


DIVIDED = [
    # 旗 is a division only where it is certain
    ("红旗花园2期3栋", {"compound": "红旗花园2期", "building": "3"}),
    ("红旗小区5栋", {"compound": "红旗小区", "building": "5"}),
    ("红旗社区", {"community": "红旗社区"}),
    ("红旗大街12号", {"road": "红旗大街", "number": "12"}),
    ("红旗渠路5号", {"road": "红旗渠路", "number": "5"}),
    ("红旗镇红旗村3组", {"township": "红旗镇", "village": "红旗村", "group": "3"}),
    ("红旗区红旗花园3栋", {"district": "红旗区", "compound": "红旗花园", "building": "3"}),
    ("呼和浩特市红旗小区3栋", {"city": "呼和浩特市", "compound": "红旗小区", "building": "3"}),
    ("蓝旗营小区3栋", {"compound": "蓝旗营小区", "building": "3"}),
    ("正蓝旗小区3栋", {"compound": "正蓝旗小区", "building": "3"}),
    ("厢红旗路1号", {"road": "厢红旗路", "number": "1"}),
    ("旗胜家园1栋", {"compound": "旗胜家园", "building": "1"}),
    (
        "锡林郭勒盟正蓝旗上都镇1号",
        {"city": "锡林郭勒盟", "district": "正蓝旗", "township": "上都镇", "number": "1"},
    ),
    (
        "内蒙古自治区鄂尔多斯市达拉特旗树林召镇",
        {
            "province": "内蒙古自治区",
            "city": "鄂尔多斯市",
            "district": "达拉特旗",
            "township": "树林召镇",
        },
    ),
    ("科尔沁右翼中旗", {"district": "科尔沁右翼中旗"}),
    ("阿拉善左旗巴彦浩特镇", {"district": "阿拉善左旗", "township": "巴彦浩特镇"}),
    # each level is split off by itself
    (
        "广州市越秀区城关街道建设花园2期3栋",
        {
            "city": "广州市",
            "district": "越秀区",
            "township": "城关街道",
            "compound": "建设花园2期",
            "building": "3",
        },
    ),
    ("路桥区路北街道1号", {"district": "路桥区", "township": "路北街道", "number": "1"}),
    ("固始县城关镇1号", {"district": "固始县", "township": "城关镇", "number": "1"}),
    ("禅城区祖庙街道1号", {"district": "禅城区", "township": "祖庙街道", "number": "1"}),
    ("吴江区县前街5号", {"district": "吴江区", "road": "县前街", "number": "5"}),
    ("荆州市沙市区北京路", {"city": "荆州市", "district": "沙市区", "road": "北京路"}),
    ("常德市津市市", {"city": "常德市", "district": "津市市"}),
    (
        "济南市市中区经二路1号",
        {"city": "济南市", "district": "市中区", "road": "经二路", "number": "1"},
    ),
    ("攀枝花市东区炳草岗街道", {"city": "攀枝花市", "district": "东区", "township": "炳草岗街道"}),
    ("苏州市昆山市玉山镇", {"city": "苏州市", "district": "昆山市", "township": "玉山镇"}),
    ("古镇镇1号", {"township": "古镇镇", "number": "1"}),
    ("新市镇建设路3号", {"township": "新市镇", "road": "建设路", "number": "3"}),
    # 区 of many kinds
    ("阳光新区3栋", {"compound": "阳光新区", "building": "3"}),
    ("浦东新区世纪大道100号", {"district": "浦东新区", "road": "世纪大道", "number": "100"}),
    ("锦绣园区3栋", {"compound": "锦绣园区", "building": "3"}),
    ("苏州市工业园区星湖街", {"city": "苏州市", "district": "工业园区", "road": "星湖街"}),
    ("阳泉市城区上站街道", {"city": "阳泉市", "district": "城区", "township": "上站街道"}),
    ("城区居委会", {"community": "城区居委会"}),
    ("大学西校区3栋", {"compound": "大学西校区", "building": "3"}),
    ("宿舍区3栋", {"compound": "宿舍区", "building": "3"}),
    ("恒大名都南区3栋", {"compound": "恒大名都南区", "building": "3"}),
    # named after a city, a league, a province
    ("城市花园3栋", {"compound": "城市花园", "building": "3"}),
    ("都市阳光3栋", {"compound": "都市阳光", "building": "3"}),
    ("联盟新城3栋", {"compound": "联盟新城", "building": "3"}),
    ("湖南新城3栋", {"compound": "湖南新城", "building": "3"}),
    ("北京阳光小区3栋", {"compound": "北京阳光小区", "building": "3"}),
]


@pytest.mark.parametrize(("text", "elements"), DIVIDED)
def test_divisions_and_names_like_divisions_are_told_apart(
    text: str, elements: dict[str, str]
) -> None:
    assert parse_address(text).public_elements() == elements


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["", "红", "新", "蓝", "军", "彩", "城", "东", "长安", "正黄", "阳光"]),
    st.sampled_from(["旗", "市", "盟", "区", "县", "乡"]),
    st.sampled_from(["花园", "小区", "家园", "新村", "苑", "公寓", "广场"]),
    st.integers(1, 99),
)
def test_a_compound_keeps_its_building_whatever_its_name_is_like(
    head: str, word: str, tail: str, building: int
) -> None:
    address = parse_address(f"{head}{word}{tail}{building}栋")
    assert address.building == str(building)
    assert address.compound.endswith(tail)
    if word in "旗盟":
        assert address.compound == head + word + tail


def test_a_known_community_is_recognised_whatever_its_characters() -> None:
    assert parse_address("五四路社区").community == ""
    assert parse_address("五四路社区", communities={"五四路"}).community == "五四路社区"
    known = parse_address("越秀区五四路社区建设路1号", communities={"五四路"})
    assert (known.district, known.community) == ("越秀区", "五四路社区")
    assert (known.road, known.number) == ("建设路", "1")
    clinic = parse_address("五四路社区卫生服务中心", communities={"五四路"})
    assert clinic.community == ""


def test_odd_and_even_numbers_have_a_side() -> None:
    assert parse_address("建设路13号").parity == "odd"
    assert parse_address("建设路12-1号").parity == "even"
    assert parse_address("建设路甲12号").parity == "even"
    assert parse_address("建设路").parity == ""


def test_rooms_and_entrances_are_read_and_never_public() -> None:
    address = parse_address("锦绣花园3栋2单元501室")
    assert (address.entrance, address.room) == ("2", "501")
    assert "501" not in standard_text(address)
    assert set(address.public_elements()) == {"compound", "building"}


def test_what_follows_the_room_is_left_out_and_said() -> None:
    address = parse_address("锦绣花园3栋2单元501室张三13800000000")
    assert address.ignored
    assert "张三" not in repr(address)
    assert "138" not in repr(address)


def test_a_text_too_long_for_an_address_is_refused() -> None:
    with pytest.raises(InvalidOption, match="too long"):
        parse_address("路" * 201)


@pytest.mark.parametrize(
    "piece",
    ["1", "一", "号一", "栋一", "建设路", "无", "(", "-1", "#", "社区", "村庄", "甲之", " ", "区"],
)
def test_reading_takes_time_in_proportion_to_the_length(
    monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    monkeypatch.setattr(parsing_module, "MAX_ADDRESS_CHARACTERS", 1_000_000)
    text = (piece * 100_000)[:100_000]
    start = time.process_time()
    parse_address(text)
    assert time.process_time() - start < 10  # about 1 s here; a square law would take an hour


PIECES = st.sampled_from(
    [
        *("建设路", "12号", "１２號", "锦绣花园", "3栋", "十二幢", "#楼", "A座", "2单元", "501室"),
        *(
            "崔庄村",
            "3组",
            "东华里小学",
            "祖庙街道",
            "东华社区",
            "无",
            "-",
            "之一",
            "附5号",
            "（三期）",
        ),
        *("大道", "巷", "弄", "\u200b", "\x00", "=cmd", "<script>", "广东省", "佛山市", "禅城区"),
        *("一", "1", "号", "栋"),
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60))
def test_any_text_is_read_and_its_standard_text_means_the_same(text: str) -> None:
    address = parse_address(text)
    standard = standard_text(address)
    assert "\x00" not in standard
    assert address.level in (
        *("building", "door", "place", "compound", "group", "village"),
        *("road", "community", "township", "none"),
    )
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.integers(1, 400), st.integers(1, 99))
def test_a_standard_text_is_read_back_to_itself(number: int, building: int) -> None:
    for address in (
        Address(road="建设路", number=str(number)),
        Address(compound="锦绣花园", building=str(building)),
        Address(road="建设路", number=str(number), compound="锦绣花园", building=str(building)),
        Address(village="崔庄村", group=str(building), number=str(number)),
    ):
        assert parse_address(standard_text(address)) == address


@given(st.integers(1, 999))
def test_chinese_numerals_are_read(number: int) -> None:
    digits = "〇一二三四五六七八九"
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    text += digits[ones] if ones else ""
    assert read_numeral(text) == number
    assert read_numeral("".join(digits[int(d)] for d in str(number))) == number
