"""Spellings that mean the same: widths, case, and the traditional characters that complaints are likely to hold."""

from __future__ import annotations

import re
import unicodedata

# Pairs, traditional first. No full conversion (that needs words, not characters): the frequent ones suffice to see
# that two reports speak of the same thing.
_PAIRS = (
    "燈灯紅红綠绿壞坏氣气電电話话門门開开關关車车樓楼層层區区號号線线臺台灣湾個个們们這这裡里裏里邊边過过還还沒没"
    "無无來来說说請请問问題题處处時时間间點点當当現现經经應应該该報报導导會会機机場场圖图園园國国學学醫医館馆"
    "廠厂廣广東东單单雙双條条塊块種种類类樣样體体頭头發发變变壓压電电熱热涼凉溫温氷冰濕湿煙烟燒烧災灾險险"
    "嚴严響响聲声噪噪鬧闹擾扰靜静亂乱髒脏臭臭聞闻見见覺觉聽听聯联繫系係系維维護护換换裝装設设備备損损斷断"
    "裂裂漏漏堵堵塞塞積积澇涝淹淹溝沟渠渠橋桥鐵铁軌轨閘闸梯梯鎖锁鑰钥鄰邻戶户廚厨廁厕衛卫澡澡盜盗賊贼"
    "貓猫貨货費费價价錢钱買买賣卖貸贷稅税證证簽签辦办務务員员幹干總总統统計计訊讯網网絡络紙纸筆笔書书"
    "飯饭飲饮館馆麵面雞鸡魚鱼豬猪藥药癥症療疗護护傷伤殘残齡龄嬰婴兒儿孫孙爺爷媽妈親亲歲岁長长幾几"
    "萬万億亿兩两從从後后復复後后圍围圓圆環环繞绕對对將将專专屬属層层屋屋牆墙窗窗簾帘鋪铺銹锈鏽锈鋼钢銀银"
    "陽阳陰阴霧雾雲云雪雪風风颱台颳刮樹树葉叶莖茎蟲虫鳥鸟龍龙馬马駕驾駛驶騎骑驗验罰罚則则剛刚劃划"
    "動动勞劳勢势勻匀匯汇滿满漲涨漬渍潔洁濁浊濃浓滅灭滯滞瀉泻灑洒澆浇淨净為为爲为與与於于麼么嗎吗"
    "給给讓让認认識识記记試试誤误課课調调談谈論论諮咨詢询訴诉評评訂订許许請请謝谢讀读轉转輪轮輛辆"
    "輕轻較较載载輸输連连進进運运達达違违遠远適适選选遲迟遺遗郵邮鄉乡醜丑鍋锅錯错鐘钟鈴铃銷销鏡镜"
    "頂顶項项順顺須须預预領领頻频顆颗顏颜願愿顧顾顯显飛飞餘余駐驻髮发鬆松鹽盐麗丽黃黄黨党齊齐齒齿"
    "亞亚產产僅仅倉仓偵侦優优傳传債债傾倾偽伪傘伞儘尽儲储內内冊册凍冻準准減减凱凯別别劇剧劉刘創创"
    "勝胜協协卻却參参員员啟启單单喪丧喚唤嗆呛嘆叹嘔呕噴喷嚇吓囑嘱團团圍围塵尘塗涂塔塔墜坠壘垒壩坝"
    "夠够夾夹奪夺奮奋婦妇實实寧宁審审寫写寬宽尋寻層层屆届崗岗島岛嶺岭巖岩巷巷帶带幫帮庫库廢废廳厅張张"
    "彈弹彎弯徑径恆恒悶闷慘惨慣惯慮虑懸悬懷怀戰战戲戏拋抛挾挟捲卷掃扫掛挂採采擇择擊击擋挡據据擠挤"
    "擴扩擺摆攔拦攝摄敗败敵敌數数斃毙旧旧晉晋曬晒曉晓暫暂會会朧胧東东桿杆極极構构標标櫃柜欄栏權权歡欢"
    "歷历歸归殼壳毀毁氫氢決决況况洩泄淚泪測测渾浑湧涌溝沟滾滚漁渔潛潜潤润澤泽濟济濾滤瀏浏灌灌點点煉炼"
)
_TABLE = {ord(_PAIRS[i]): _PAIRS[i + 1] for i in range(0, len(_PAIRS) - 1, 2) if _PAIRS[i] != _PAIRS[i + 1]}
_SPACE = re.compile(r"\s+")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"'})


def plain(text: str) -> str:
    """The text in one width, one case, simplified characters and single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_QUOTES).translate(_TABLE)
    return _SPACE.sub(" ", folded).strip()


# Scripts that a caller may write in, by the range of their letters. What is in none of them counts as Latin.
_SCRIPTS = (
    ("han", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("kana", re.compile(r"[\u3040-\u30ff]")),
    ("hangul", re.compile(r"[\uac00-\ud7af]")),
    ("arabic", re.compile(r"[\u0600-\u06ff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("latin", re.compile(r"[a-z\u00e0-\u024f]")),
)
_WEIGHT = {"han": 2.5, "kana": 6.0, "hangul": 2.0}  # letters of these say more each; kana makes Han Japanese


def script_of(text: str) -> str:
    """The script that says most of a plain text, "" when it has no letters."""
    said = {name: len(letters.findall(text)) * _WEIGHT.get(name, 1.0) for name, letters in _SCRIPTS}
    best = max(said, key=lambda name: said[name])
    return best if said[best] else ""
