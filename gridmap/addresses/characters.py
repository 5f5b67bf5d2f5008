"""One way to write a character: width, traditional forms, dashes, spaces.

The table of traditional characters is compact on purpose: it holds the words of addresses and the
characters that are frequent in place names, not the whole language. A character outside it stays
as it is, and then only matches a gazetteer that writes it in the same way.
"""

from __future__ import annotations

import re
import unicodedata

_TRADITIONAL_PAIRS = (
    "號号樓楼棟栋單单門门層层戶户組组隊队鄉乡鎮镇縣县區区莊庄園园場场廠厂學学醫医館馆灣湾龍龙鳳凤寶宝興兴業业來来豐丰榮荣陽阳陰阴長长開开發发關关際际國国圓圆團团圖图書书報报"
    "電电車车東东風风雲云飛飞馬马魚鱼鳥鸟廣广華华島岛濱滨濟济澤泽淺浅渦涡溝沟澗涧滄沧漢汉瀾澜灘滩瀋沈潔洁潤润濤涛濕湿溫温湯汤淵渊漁渔滿满漸渐點点燈灯煙烟燒烧爐炉營营獅狮獨独"
    "環环瑪玛瑤瑶瓊琼畫画異异當当療疗盧卢盤盘監监眾众礦矿礎础禮礼祿禄禎祯種种稱称穩稳積积穀谷窩窝競竞築筑簡简籃篮糧粮紅红紀纪約约級级紡纺純纯紙纸線线結结給给絲丝統统經经綠绿"
    "維维綿绵網网緣缘緯纬縱纵總总績绩織织繡绣繼继續续纖纤羅罗習习聖圣聯联聲声職职肅肃腳脚腦脑膠胶臺台臨临舉举舊旧艦舰藝艺節节範范莖茎葉叶葦苇蒼苍蓋盖蓮莲蔣蒋蕭萧薈荟藍蓝藥药"
    "蘆芦蘇苏蘋苹蘭兰蘿萝處处虛虚蝦虾蠶蚕衛卫術术裝装裡里複复見见規规視视覽览觀观訊讯記记許许設设訪访証证評评詞词試试詩诗話话該该語语誠诚說说課课調调談谈論论諸诸謝谢證证識识"
    "議议護护讀读變变讓让豬猪貝贝負负財财貢贡貨货販贩貫贯責责貴贵買买費费賀贺資资賓宾賢贤賣卖質质賴赖購购賽赛贊赞贛赣趙赵軌轨軍军軒轩軟软軸轴輕轻載载輔辅輛辆輝辉輪轮輸输轄辖"
    "轉转轎轿辦办農农連连進进運运過过達达違违遠远適适遷迁選选還还邊边鄧邓鄭郑鄰邻釀酿釘钉針针釣钓鈎钩鈴铃鉄铁鉛铅銀银銅铜銘铭鋁铝鋒锋鋼钢錄录錢钱錦锦錫锡鍋锅鍛锻鎖锁鏡镜鐘钟"
    "鐵铁鑄铸閃闪閉闭間间閘闸閣阁閩闽閱阅闊阔陳陈階阶隨随險险隱隐雖虽雙双雜杂雞鸡離离難难霧雾靈灵靜静韋韦韓韩響响頁页頂顶項项順顺須须預预領领頤颐頭头頻频題题額额顏颜願愿類类"
    "顧顾飯饭飲饮飼饲養养餘余駐驻駝驼駿骏騎骑騰腾驗验驛驿髮发鬆松鬧闹魯鲁鮮鲜鯉鲤鴻鸿鴨鸭鵝鹅鵬鹏鶴鹤鷹鹰鷺鹭鹽盐麗丽麥麦黃黄黨党齊齐齋斋齡龄龜龟亞亚並并倉仓個个倫伦偉伟側侧"
    "備备傑杰傳传傷伤債债億亿優优兒儿兩两內内冊册凍冻凱凯別别劃划劇剧劉刘劍剑劑剂動动務务勝胜勞劳勢势勵励勻匀匯汇協协卻却厲厉參参叢丛吳吴呂吕員员問问啟启喬乔嘆叹嚴严囑嘱圍围"
    "執执堅坚塊块塗涂塢坞塵尘墊垫墳坟墻墙壇坛壓压壩坝壯壮壽寿夠够夢梦夾夹奧奥奪夺奮奋婦妇媽妈嬌娇孫孙寧宁審审寫写寬宽實实對对專专尋寻導导將将屆届屬属岡冈峽峡崗岗嵐岚嶄崭嶺岭"
    "嶽岳峯峰巖岩幣币師师帥帅帳帐帶带幫帮幹干庫库廁厕廂厢廈厦廟庙廢废廳厅張张強强彈弹彎弯後后從从復复徑径徵征恆恒悅悦惡恶愛爱態态慶庆憂忧懷怀戰战戲戏採采掃扫擁拥擇择擊击擋挡"
    "據据擠挤擴扩攔拦敗败敵敌數数斷断時时晉晋曉晓暉晖曆历會会朧胧條条楊杨極极楓枫槍枪樁桩樂乐樣样樸朴樹树橋桥機机橫横檔档檢检櫻樱權权歐欧歡欢歲岁歷历歸归殘残毀毁氣气決决沒没"
    "沖冲況况灑洒災灾為为無无爾尔牆墙狀状獎奖現现琺珐瑩莹畢毕疊叠癢痒皺皱盜盗睏困確确碼码磚砖礫砾棧栈樞枢欄栏櫃柜濰潍灤滦滬沪湊凑澱淀漲涨瀘泸瀏浏衚胡衕同弔吊牠它麵面隻只裏里"
    "閻阎鄔邬鄒邹鄺邝駱骆龐庞龔龚穎颖蕪芜薊蓟蘄蕲觸触訓训譚谭贏赢遼辽邁迈釋释鎢钨鑼锣闢辟隴陇雋隽霽霁飄飘駛驶驪骊鬱郁鯨鲸鳴鸣鵲鹊鷗鸥鸚鹦齒齿陸陆貳贰弍二爺爷萬万鋪铺鍾钟勳勋"
    "勛勋彌弥禪禅鄲郸瀝沥涇泾滎荥鄖郧嶗崂嶧峄潁颍澠渑欒栾鄆郓鄴邺"
)
"""Traditional character and simplified character, in turn."""


def _table() -> dict[int, str]:
    pairs = _TRADITIONAL_PAIRS
    table = {ord(old): new for old, new in zip(pairs[::2], pairs[1::2], strict=True)}
    table |= dict.fromkeys(map(ord, "—–‐‑‒―−﹣~～"), "-")
    table |= dict.fromkeys(map(ord, "○◯"), "〇")
    table |= dict.fromkeys(map(ord, "[{【〔〖「『《<"), "(")
    table |= dict.fromkeys(map(ord, "]}】〕〗」』》>"), ")")
    table |= dict.fromkeys(map(ord, ",，、。；;:：|/\\·•.'\"`*_!?！？“”‘’"), " ")
    return table


_TABLE = _table()
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_SPACES = re.compile(r"\s+")
_SPACE_BESIDE_CHINESE = re.compile(r"(?<=[^\x00-\u024f]) | (?=[^\x00-\u024f])")


def clean_text(text: str) -> str:
    """Return the text in one way of writing: half-width, simplified, without stray characters.

    Parameters
    ----------
    text
        Whatever a person typed, of any length.

    Returns
    -------
    str
        The same words: half-width forms (Unicode NFKC), simplified characters for the traditional
        ones in gridmap's table, one kind of dash and bracket, control and invisible characters
        dropped, punctuation and spaces as one space between Latin words and as nothing beside
        Chinese characters.

    Notes
    -----
    Source: FIELD.md section 6: full-width digits, traditional characters.

    Examples
    --------
    >>> clean_text(" 建設路１２號 ，錦繡花園３棟 ")
    '建设路12号锦绣花园3栋'
    >>> clean_text("Aeulestrasse   12")
    'Aeulestrasse 12'
    """
    text = _INVISIBLE.sub(" ", text.translate(_TABLE))
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text).translate(_TABLE)
    text = _SPACE_BESIDE_CHINESE.sub("", _SPACES.sub(" ", text).strip())
    return unicodedata.normalize("NFKC", text)  # marks that a dropped space had held apart join


def has_chinese(text: str) -> bool:
    """Tell whether any character is a Chinese one.

    Examples
    --------
    >>> has_chinese("建设路"), has_chinese("Landstrasse 5")
    (True, False)
    """
    return any("\u3400" <= c <= "\u9fff" or c == "〇" for c in text)
