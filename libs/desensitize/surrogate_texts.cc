#include "libs/desensitize/surrogate_texts.h"

#include <charconv>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kHanBytes = 3;

// One character each, the commonest.
constexpr absl::string_view kFamilyNames =
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董"
    "袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊"
    "秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";
constexpr absl::string_view kFemaleGiven =
    "芳娜敏静丽艳娟霞秀英玲桂兰洁红梅琳素云莲雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍"
    "贞莉晶妍茜秋珊莎锦黛青倩婷姣婉娴瑾颖露瑶怡婵雁蓓仪荷丹蓉眉君琴蕊薇菁梦岚"
    "苑筠柔竹霭凝晓欢霄枫芸菲寒欣滢伊亚宜可姬舒影荔枝思飘育馥琦晴";
constexpr absl::string_view kMaleGiven =
    "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢建峰"
    "毅亮志海东文新利清永富学义兴良仁才发武顺信子江昌成康星光天达安岩中茂进有"
    "坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲泰";
constexpr absl::string_view kRoadNames =
    "长江黄河中山人民解放建设和平文化胜利光明朝阳东风新华友谊团结幸福青年"
    "民主科技工业迎宾滨河环城站前府前学院体育公园花园湖滨江滨振兴兴业富强"
    "永安永宁长安长兴太平安康北京南京上海广州杭州武汉";
// Two characters each.
constexpr absl::string_view kCities =
    "北京上海天津重庆广州深圳杭州南京苏州武汉成都西安长沙郑州青岛济南"
    "大连沈阳宁波厦门福州合肥昆明贵阳南宁太原南昌长春兰州银川";
constexpr absl::string_view kCompanyNames =
    "华信瑞达恒泰金鑫宏嘉盛和永兴康源天成中联东海新远博安志诚利丰祥正大明德"
    "通宝隆汇";
constexpr absl::string_view kTrades =
    "科技贸易建材食品物流机械服装电子纺织印刷家具农业环保装饰医药化工"
    "运输餐饮文化能源";
constexpr absl::string_view kCompanyEnd = "有限公司";
constexpr uint32_t kHouseNumberMax = 399;

// The one that two bytes of `digest` pick. 65,536 over a hundred: some are
// more likely by a sixth of a percent.
uint32_t Pick(const crypto::Digest& digest, size_t at, size_t count) {
  return static_cast<uint32_t>((digest[at] << 8 | digest[at + 1]) % count);
}

char* WritePiece(absl::string_view pieces, size_t piece_bytes, uint32_t which,
                 char* out) {
  std::memcpy(out, pieces.data() + which * piece_bytes, piece_bytes);
  return out + piece_bytes;
}

char* WritePicked(absl::string_view pieces, size_t piece_bytes,
                  const crypto::Digest& digest, size_t at, char* out) {
  return WritePiece(pieces, piece_bytes,
                    Pick(digest, at, pieces.size() / piece_bytes), out);
}

}  // namespace

char* WriteSurrogateName(const crypto::Digest& digest, SurrogateSex sex,
                         char* out) {
  const bool female = sex == SurrogateSex::kFemale ||
                      (sex == SurrogateSex::kEither && digest[0] % 2 == 0);
  const absl::string_view given = female ? kFemaleGiven : kMaleGiven;
  out = WritePicked(kFamilyNames, kHanBytes, digest, 2, out);
  out = WritePicked(given, kHanBytes, digest, 4, out);
  // Two of three given names have two characters.
  if (digest[1] % 3 == 0) return out;
  return WritePicked(given, kHanBytes, digest, 6, out);
}

char* WriteSurrogateStreet(const crypto::Digest& digest, char* out) {
  out = WritePicked(kRoadNames, 2 * kHanBytes, digest, 0, out);
  out = WritePicked("路街", kHanBytes, digest, 2, out);
  out = std::to_chars(out, out + 3, 1 + Pick(digest, 4, kHouseNumberMax)).ptr;
  return WritePiece("号", kHanBytes, 0, out);
}

char* WriteSurrogateCompany(const crypto::Digest& digest, char* out) {
  out = WritePicked(kCities, 2 * kHanBytes, digest, 0, out);
  out = WritePicked(kCompanyNames, kHanBytes, digest, 2, out);
  out = WritePicked(kCompanyNames, kHanBytes, digest, 4, out);
  out = WritePicked(kTrades, 2 * kHanBytes, digest, 6, out);
  return WritePiece(kCompanyEnd, kCompanyEnd.size(), 0, out);
}

}  // namespace sluice::desensitize
