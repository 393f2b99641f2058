#include "libs/desensitize/address_cut.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/file.h"
#include "libs/base/status.h"

namespace sluice::desensitize {
namespace {

std::string Cut(const std::string& address, AddressLevel level) {
  return address.substr(0, AddressCut(level).BytesKept(address));
}

struct Division {
  std::string name;
  std::string level;
  std::string parent;
};

// Every division there is, by code.
const std::map<std::string, Division>& Divisions() {
  static const auto* const divisions = [] {
    auto* const by_code = new std::map<std::string, Division>;
    const auto text = ReadFile("deploy/examples/data/divisions.csv");
    REQUIRE(text.ok());
    const std::vector<std::string> lines =
        absl::StrSplit(*text, '\n', absl::SkipEmpty());
    for (const std::string& line : lines) {
      const std::vector<std::string> cells = absl::StrSplit(line, ',');
      REQUIRE(cells.size() == 4);
      if (cells[0] != "code")
        (*by_code)[cells[0]] = {cells[1], cells[2], cells[3]};
    }
    return by_code;
  }();
  return *divisions;
}

// A city-level entry that stands for "none" in the statistics.
bool IsPlaceholder(const std::string& name) {
  return name == "市辖区" || name == "县" ||
         absl::EndsWith(name, "县级行政区划");
}

// The address down to a district as a person writes it.
std::string DistrictAddress(const Division& district) {
  const Division& city = Divisions().at(district.parent);
  const std::string province = Divisions().at(city.parent).name;
  std::string address = province;
  if (!IsPlaceholder(city.name)) address += city.name;
  if (city.name != district.name) {
    // The statistics put the city before the names of some zones once more.
    address += absl::StartsWith(district.name, city.name)
                   ? district.name.substr(city.name.size())
                   : district.name;
  }
  return address;
}

TEST_CASE("every district of the country is cut exactly, whatever follows it") {
  const AddressCut cut(AddressLevel::kDistrict);
  size_t exact = 0;
  size_t untreatable = 0;
  size_t wrong = 0;
  for (const auto& [code, street] : Divisions()) {
    if (street.level != "street") continue;
    const std::string expected = DistrictAddress(Divisions().at(street.parent));
    const std::string address = expected + street.name + "1号";
    const size_t kept = cut.BytesKept(address);
    if (kept == expected.size()) {
      ++exact;
    } else if (kept == 0) {
      ++untreatable;
    } else {
      UNSCOPED_INFO(address << " cut to " << address.substr(0, kept));
      ++wrong;
    }
  }
  CAPTURE(exact, untreatable);
  CHECK(wrong == 0);
  CHECK(exact > 40'000);
  CHECK(untreatable * 1000 < exact);
}

TEST_CASE(
    "every city of the country is cut exactly, whatever district follows") {
  const AddressCut cut(AddressLevel::kCity);
  size_t checked = 0;
  for (const auto& [code, district] : Divisions()) {
    if (district.level != "district") continue;
    const Division& city = Divisions().at(district.parent);
    const std::string province = Divisions().at(city.parent).name;
    const std::string address = DistrictAddress(district) + "人民路1号";
    std::string expected = province;
    if (!IsPlaceholder(city.name)) expected += city.name;
    // A county right below its province has no city.
    if (absl::EndsWith(city.name, "县级行政区划")) expected.clear();
    CAPTURE(address);
    CHECK(Cut(address, AddressLevel::kCity) == expected);
    ++checked;
  }
  CHECK(checked > 2900);
}

TEST_CASE(
    "a street is cut exactly or not at all, for every street of the country") {
  const AddressCut cut(AddressLevel::kStreet);
  size_t exact = 0;
  size_t untreatable = 0;
  size_t longer = 0;
  size_t shorter = 0;
  for (const auto& [code, street] : Divisions()) {
    if (street.level != "street") continue;
    if (!absl::EndsWith(street.name, "街道") &&
        !absl::EndsWith(street.name, "镇") &&
        !absl::EndsWith(street.name, "乡") &&
        !absl::EndsWith(street.name, "苏木")) {
      continue;
    }
    const std::string expected =
        DistrictAddress(Divisions().at(street.parent)) + street.name;
    const std::string address = expected + "和平路1号";
    const size_t kept = cut.BytesKept(address);
    if (kept == expected.size()) {
      ++exact;
    } else if (kept == 0) {
      ++untreatable;
    } else if (kept < expected.size()) {
      UNSCOPED_INFO(address << " cut to " << address.substr(0, kept));
      ++shorter;
    } else {
      UNSCOPED_INFO(address << " cut to " << address.substr(0, kept));
      ++longer;
    }
  }
  CAPTURE(exact, untreatable, shorter);
  CHECK(longer == 0);
  CHECK(exact > 30'000);
  CHECK(shorter * 1000 < exact);
  CHECK(untreatable * 20 < exact);
}

TEST_CASE("addresses are cut behind the level asked") {
  const std::string address = "浙江省杭州市西湖区文新街道文二西路1号";
  CHECK(Cut(address, AddressLevel::kProvince) == "浙江省");
  CHECK(Cut(address, AddressLevel::kCity) == "浙江省杭州市");
  CHECK(Cut(address, AddressLevel::kDistrict) == "浙江省杭州市西湖区");
  CHECK(Cut(address, AddressLevel::kStreet) == "浙江省杭州市西湖区文新街道");
}

TEST_CASE("a municipality is its own city") {
  for (const std::string city : {"北京市", "北京市市辖区", "北京市北京市"}) {
    const std::string address = city + "东城区东华门街道1号";
    CHECK(Cut(address, AddressLevel::kProvince) == "北京市");
    CHECK(Cut(address, AddressLevel::kCity) == city);
    CHECK(Cut(address, AddressLevel::kDistrict) == city + "东城区");
  }
}

TEST_CASE(
    "leagues, prefectures, banners and short names of prefectures are known") {
  CHECK(Cut("内蒙古自治区锡林郭勒盟苏尼特左旗满都拉图镇",
            AddressLevel::kDistrict) == "内蒙古自治区锡林郭勒盟苏尼特左旗");
  CHECK(Cut("湖北省恩施土家族苗族自治州利川市东城街道", AddressLevel::kCity) ==
        "湖北省恩施土家族苗族自治州");
  CHECK(Cut("湖北省恩施州利川市东城街道", AddressLevel::kCity) ==
        "湖北省恩施州");
  CHECK(Cut("新疆维吾尔自治区喀什地区莎车县城关", AddressLevel::kDistrict) ==
        "新疆维吾尔自治区喀什地区莎车县");
}

TEST_CASE("names with a suffix inside are not cut short") {
  CHECK(Cut("湖北省荆州市沙市区中山路", AddressLevel::kDistrict) ==
        "湖北省荆州市沙市区");
  CHECK(Cut("湖南省常德市津市市新洲镇", AddressLevel::kDistrict) ==
        "湖南省常德市津市市");
  CHECK(Cut("江苏省镇江市京口区健康路街道", AddressLevel::kCity) ==
        "江苏省镇江市");
  CHECK(Cut("江苏省徐州市沛县沛城街道", AddressLevel::kDistrict) ==
        "江苏省徐州市沛县");
  CHECK(Cut("广东省中山市古镇镇", AddressLevel::kDistrict) == "广东省中山市");
}

TEST_CASE(
    "counties below the province and cities without districts are known") {
  CHECK(Cut("湖北省仙桃市沙嘴街道1号", AddressLevel::kDistrict) ==
        "湖北省仙桃市");
  CHECK(Cut("湖北省仙桃市沙嘴街道1号", AddressLevel::kCity).empty());
  CHECK(Cut("海南省白沙黎族自治县牙叉镇", AddressLevel::kDistrict) ==
        "海南省白沙黎族自治县");
  CHECK(Cut("广东省东莞市虎门镇1号", AddressLevel::kDistrict) ==
        "广东省东莞市");
  CHECK(Cut("广东省东莞市虎门镇1号", AddressLevel::kStreet) ==
        "广东省东莞市虎门镇");
}

TEST_CASE("a county-level city that stands without its prefecture is no city") {
  CHECK(Cut("江苏省昆山市玉山镇1号", AddressLevel::kDistrict) ==
        "江苏省昆山市");
  CHECK(Cut("江苏省昆山市玉山镇1号", AddressLevel::kCity).empty());
}

TEST_CASE("former names are known") {
  CHECK(Cut("北京市宣武区牛街1号", AddressLevel::kDistrict) == "北京市宣武区");
  CHECK(Cut("江苏省南京市江宁县东山镇", AddressLevel::kDistrict) ==
        "江苏省南京市江宁县");
  CHECK(Cut("湖北省襄樊市樊城区", AddressLevel::kCity) == "湖北省襄樊市");
}

TEST_CASE("where the level is missing, no building or road is taken for it") {
  for (const char* address :
       {"河北省石家庄市城市花园1号", "河北省石家庄市阳光小区3号楼",
        "河北省石家庄市人民路市场", "河北省石家庄市东方花园东区5栋",
        "河北省石家庄市", "河北省", "石家庄市长安区中山路", "长安区中山路1号",
        "幸福小区1号", "河北石家庄市长安区", " 河北省石家庄市长安区",
        "Hebei Province", "1", "省", "香港特别行政区中西区"}) {
    CAPTURE(address);
    CHECK(Cut(address, AddressLevel::kDistrict).empty());
  }
}

TEST_CASE("what is no street-level division for certain is none") {
  for (const char* text :
       {"和平路小镇花园", "中山路1号", "幸福小区古镇", "A座镇", "城关镇镇东路",
        "街道", "镇", "乡", "", "健康街12号街道", "李村口镇东"}) {
    CAPTURE(text);
    CHECK(StreetBytes(text) == 0);
  }
  for (const char* street : {"文新街道", "中山路街道", "李村镇", "新民乡",
                             "巴彦苏木", "积石山保安族东乡", "古镇"}) {
    CAPTURE(street);
    CHECK(StreetBytes(std::string(street) + "1号") ==
          std::string(street).size());
  }
}

TEST_CASE("nothing behind the known names survives a cut, whatever is there") {
  // The tail is built of pieces that resemble divisions; none is one.
  const std::vector<std::string> pieces = {
      "城市", "花园", "小区", "市场", "县道", "旗杆", "州", "盟", "村",   "号",
      "路",   "一区", "东区", "超市", "区",   "县",   "市", "旗", "地区", "省",
  };
  std::mt19937_64 random(7);
  const std::string head = "河北省石家庄市";
  for (int i = 0; i < 5000; ++i) {
    std::string tail = "暗";
    for (size_t n = random() % 6; n > 0; --n)
      tail += pieces[random() % pieces.size()];
    CHECK(Cut(head + tail, AddressLevel::kDistrict).empty());
    CHECK(Cut(head + "正定县" + tail, AddressLevel::kDistrict) ==
          head + "正定县");
    CHECK(Cut(head + tail, AddressLevel::kCity) == head);
  }
}

TEST_CASE("every start of an address is cut within itself") {
  const std::string address =
      "新疆维吾尔自治区巴音郭楞蒙古自治州若羌县铁干里克镇";
  for (size_t size = 0; size <= address.size(); size += 3) {
    for (const AddressLevel level :
         {AddressLevel::kProvince, AddressLevel::kCity, AddressLevel::kDistrict,
          AddressLevel::kStreet}) {
      const std::string start = address.substr(0, size);
      CHECK(AddressCut(level).BytesKept(start) <= size);
    }
  }
}

std::vector<std::string> NamesOf(absl::string_view list) {
  std::vector<std::string> names;
  for (const absl::string_view name : absl::StrSplit(list, ' ')) {
    names.emplace_back(absl::StripSuffix(name, "="));
  }
  return names;
}

TEST_CASE("what is said to hold for a beginning holds whatever follows") {
  std::mt19937_64 random(1);
  const auto any = [&random](const std::vector<std::string>& texts) {
    return texts[random() % texts.size()];
  };
  int held = 0;
  for (int round = 0; round < 20'000; ++round) {
    const ProvinceNames& province =
        kDivisionTable[random() % kDivisionTableSize];
    const ProvinceNames& former =
        kFormerDivisions[random() % kFormerDivisionsSize];
    const std::vector<std::string> below = {"",
                                            any(NamesOf(province.cities)),
                                            any(NamesOf(province.counties)),
                                            any(NamesOf(former.counties)),
                                            "街道",
                                            "市",
                                            "区",
                                            "开发区",
                                            "新"};
    // Whole names, beginnings of them and what joins them to others.
    const auto tail = [&] {
      std::string text;
      for (int n = 0; n < 3; ++n) {
        const std::string name = any(below);
        const size_t characters = name.size() / 3;
        text += random() % 2 == 0
                    ? name
                    : name.substr(0, random() % (characters + 1) * 3);
      }
      return text;
    };
    const std::string address = std::string(province.province) + tail();
    for (const AddressLevel level :
         {AddressLevel::kProvince, AddressLevel::kCity, AddressLevel::kDistrict,
          AddressLevel::kStreet}) {
      const AddressCut cut(level);
      bool holds = false;
      const size_t kept = cut.BytesKept(address, &holds);
      if (!holds || kept == 0) continue;
      ++held;
      for (int n = 0; n < 4; ++n) {
        const std::string other = address.substr(0, kept) + tail();
        CAPTURE(address, other);
        REQUIRE(cut.BytesKept(other) == kept);
      }
    }
  }
  CHECK(held > 10'000);
}

}  // namespace
}  // namespace sluice::desensitize
