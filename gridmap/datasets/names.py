"""Invented names that sound real: roads, communities, compounds, villages and sites.

All words are everyday ones that hundreds of Chinese towns use (建设路, 锦绣花园), put together by
a seeded generator; no list of a real district's names was used, and the townships' names are made
up. A `NameBook` never gives the same name twice, so that an address means one place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

ROAD_WORDS = (
    "建设 解放 人民 和平 文化 新华 胜利 光明 友谊 育才 工农 团结 劳动 青年 "
    "幸福 健康 朝阳 迎宾 振兴 兴业 创业 科技 园林 广场 学府 师范 体育 繁荣 "
    "永安 长安 太平 民主 民生 东风 红旗 前进 跃进 工业 商业 车站 水厂 粮库 "
    "纺织 机械 农机 供销 邮电 银杏 梧桐 香樟 丹桂 海棠 玉兰 石榴 柳荫 荷花 "
    "翠竹 松柏 杨柳 桃园 梅园 泉水 古井 石桥 南塘 北塘 西湖 东湖 月湖 白鹭 "
    "青山 碧水 云台 望江 "
)
FIRST = "锦金瑞祥福康安宁泰和华盛兴隆嘉美丽雅清明云天星月春秋景龙凤鸿翠玉银紫丹碧绿文博书香德仁义善"
SECOND = "绣都园林江河湖海山岭泉溪源洲岛湾城庭苑府邸台阁轩居馨怡悦欣荣茂景祥瑞泰康宁和顺达通远望"
NEW_SUFFIXES = ("花园", "华庭", "名城", "雅苑", "国际", "壹号院", "府", "公馆", "御景", "新城")
MATURE_SUFFIXES = ("花园", "家园", "小区", "苑", "新苑", "佳苑", "豪庭", "公寓", "嘉园", "山庄")
OLD_SUFFIXES = ("小区", "新村", "宿舍", "家属院", "大院", "里", "坊", "一村", "二村", "东院")
SURNAMES = (
    "崔李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹"
    "袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭"
    "廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
VILLAGE_SUFFIXES = ("庄", "家湾", "家岗", "家台", "家塘", "家洼", "家楼", "家集", "家墩", "家畈")
HAMLET_SUFFIXES = (
    "家湾",
    "家大湾",
    "家小湾",
    "家台",
    "家岭",
    "家冲",
    "家咀",
    "家塆",
    "家墩",
    "家铺",
)
TOWNSHIP_WORDS = ("望禾", "清渠", "云梓", "锦汀", "松坞", "白荻", "禾溪", "青砚", "临漪", "栖霞岭")
ROAD_ENDS = {"arterial": ("大道", "路"), "secondary": ("路",), "local": ("街", "路", "巷")}
DISTRICT = "禾清区"
RIVER = "禾清河"
RAILWAY = "清望铁路"


@dataclass
class NameBook:
    """Give each asker a name that nobody has yet.

    Parameters
    ----------
    rng
        The generator that draws the names.
    """

    rng: np.random.Generator
    taken: set[str] = field(default_factory=set)

    def pick(self, heads: Sequence[str], ends: Sequence[str]) -> str:
        """Draw ``head + end`` until it is new; after many misses add a third syllable.

        Examples
        --------
        >>> import numpy as np
        >>> book = NameBook(np.random.default_rng(7))
        >>> book.pick(["建设"], ["路"])
        '建设路'
        >>> len(book.pick(["建设"], ["路"]))
        4
        """
        for attempt in range(1_000):
            head = heads[int(self.rng.integers(len(heads)))]
            end = ends[int(self.rng.integers(len(ends)))]
            middle = "" if attempt < 24 else SECOND[int(self.rng.integers(len(SECOND)))]
            middle += "" if attempt < 200 else FIRST[int(self.rng.integers(len(FIRST)))]
            name = head + middle + end
            if name not in self.taken:
                break
        else:
            name = f"{head}{end}{len(self.taken)}"
        self.taken.add(name)
        return name

    def word(self) -> str:
        """Draw a two-syllable word such as 锦泉; words repeat."""
        first = FIRST[int(self.rng.integers(len(FIRST)))]
        return first + SECOND[int(self.rng.integers(len(SECOND)))]

    def road(self, road_class: str, *, common: bool) -> str:
        """Name a road of a class; the first roads of a district take the common words."""
        heads = ROAD_WORDS.split() if common else [self.word() for _ in range(6)]
        return self.pick(heads, ROAD_ENDS[road_class])

    def community(self) -> str:
        """Name an urban community, without the ending 社区."""
        return self.pick([self.word() for _ in range(6)], ["社区"]).removesuffix("社区")

    def village(self) -> str:
        """Name a village as a division, such as 崔庄村."""
        return self.pick(SURNAMES, [end + "村" for end in VILLAGE_SUFFIXES])

    def hamlet(self) -> str:
        """Name a natural village, such as 李家湾."""
        return self.pick(SURNAMES, HAMLET_SUFFIXES)

    def compound(self, age_class: str) -> str:
        """Name a compound in the fashion of its time."""
        ends = {"new": NEW_SUFFIXES, "mature": MATURE_SUFFIXES, "old": OLD_SUFFIXES}[age_class]
        return self.pick([self.word() for _ in range(6)], ends)

    def township(self, number: int, kind: str) -> str:
        """Name a township; ``kind`` is 街道 or 镇."""
        if number < len(TOWNSHIP_WORDS):
            return self.pick([TOWNSHIP_WORDS[number]], [kind])
        return self.pick([self.word() for _ in range(6)], [kind])
