// Cities that were renamed, merged or are written short (恩施州), and districts
// and cities that were merged since 2000. A county that became a district of
// the same name needs no line (division_names.cc).
#include "libs/desensitize/division_names.h"

namespace sluice::desensitize {

// clang-format off
constexpr ProvinceNames kFormerDivisions[] = {
    {"北京市", "北京市", "崇文区 宣武区"},
    {"天津市", "天津市", "塘沽区 汉沽区 大港区"},
    {"上海市", "上海市", "南市区 卢湾区 闸北区 南汇区"},
    {"重庆市", "重庆市", "万盛区 双桥区"},
    {"河北省", "", "桥东区 北市区 南市区"},
    {"辽宁省", "", "东陵区"},
    {"吉林省", "延边州", ""},
    {"黑龙江省", "", "动力区 太平区"},
    {"江苏省", "", "白下区 下关区 崇安区 南长区 北塘区 沧浪区 平江区 金阊区 戚墅堰区 "
     "武进市 金坛市 溧阳市 吴江市 吴县市 锡山市 通州市 海门市 江都市 姜堰市 大丰市"},
    {"浙江省", "", "下城区 江干区 江东区 余杭市 萧山市 富阳市 临安市 奉化市 上虞市"},
    {"安徽省", "巢湖市", "居巢区"},
    {"山东省", "莱芜市", "四方区 章丘市 即墨市 胶南市 兖州市 文登市 蓬莱市"},
    {"湖北省", "襄樊市 恩施州", "襄阳区"},
    {"湖南省", "湘西州", ""},
    {"广东省", "", "东山区 芳村区 萝岗区 番禺市 花都市 增城市 从化市 顺德市 南海市 三水市 "
     "高明市 新会市 潮阳市 澄海市 高要市"},
    {"四川省", "阿坝州 甘孜州 凉山州", ""},
    {"贵州省", "毕节地区 铜仁地区 黔西南州 黔东南州 黔南州", ""},
    {"云南省", "思茅市 思茅地区 楚雄州 红河州 文山州 西双版纳州 大理州 德宏州 怒江州 "
     "迪庆州", ""},
    {"西藏自治区", "日喀则地区 昌都地区 林芝地区 山南地区 那曲地区", ""},
    {"甘肃省", "临夏州 甘南州", ""},
    {"青海省", "海东地区 海北州 黄南州 海南州 果洛州 玉树州 海西州", ""},
    {"新疆维吾尔自治区", "吐鲁番地区 哈密地区 昌吉州 博州 巴州 克州 伊犁州", ""},
};
// clang-format on

const size_t kFormerDivisionsSize =
    sizeof(kFormerDivisions) / sizeof(kFormerDivisions[0]);

}  // namespace sluice::desensitize
