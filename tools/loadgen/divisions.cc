#include "tools/loadgen/divisions.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "libs/base/file.h"
#include "libs/base/status.h"

namespace sluice::loadgen {
namespace {

using status::v1::REASON_CODE_MALFORMED;
using status::v1::REASON_CODE_TOO_MANY;

constexpr absl::string_view kHeader = "code,name,level,parent_code";
constexpr std::array<absl::string_view, 5> kLevels = {
    "province", "city", "district", "street", "village"};
constexpr size_t kStreet = 3;
constexpr size_t kVillage = 4;

// Names that stand in the table because every code needs a parent, and that
// nobody writes in an address.
constexpr std::array<absl::string_view, 4> kNotInAddresses = {
    "市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"};

bool InAddresses(absl::string_view name) {
  for (const absl::string_view left_out : kNotInAddresses) {
    if (name == left_out) return false;
  }
  return true;
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::Status Read() {
    std::ifstream file(path_);
    if (!file) return ErrnoError(errno, "read", path_);
    std::string line;
    if (!std::getline(file, line) || line != kHeader) {
      return Malformed(absl::StrCat("the header is not '", kHeader, "'"));
    }
    while (std::getline(file, line)) {
      ++line_number_;
      if (line_number_ > kDivisionsMax) {
        return Error(REASON_CODE_TOO_MANY,
                     absl::StrCat(path_, " has more than ", kDivisionsMax,
                                  " lines: leave some provinces out"));
      }
      RETURN_IF_ERROR(ReadLine(line));
    }
    if (file.bad()) return ErrnoError(errno, "read", path_);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Community>> TakeCommunities() && {
    std::vector<Community> communities =
        std::move(villages_.empty() ? streets_ : villages_);
    if (communities.empty()) {
      return Malformed("there is neither a village nor a street in it");
    }
    return communities;
  }

 private:
  absl::Status Malformed(absl::string_view why) const {
    return Error(REASON_CODE_MALFORMED,
                 absl::StrCat(path_, ":", line_number_, ": ", why,
                              "; tools/divisions makes this file"));
  }

  absl::Status ReadLine(absl::string_view line) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ',');
    if (fields.size() != 4 || fields[0].empty() || fields[1].empty()) {
      return Malformed("it has not the four fields of the header");
    }
    const absl::string_view code = fields[0];
    const absl::string_view name = fields[1];
    size_t level = 0;
    while (level < kLevels.size() && fields[2] != kLevels[level]) ++level;
    if (level == kLevels.size()) {
      return Malformed(absl::StrCat("unknown level '", fields[2], "'"));
    }
    std::string address;
    if (level > 0) {
      const auto parent = addresses_.find(fields[3]);
      if (parent == addresses_.end()) {
        return Malformed(absl::StrCat(
            "no line above it has its parent's code '", fields[3], "'"));
      }
      address = parent->second;
    }
    // An address names the street and then house and room, not the village.
    if (level == kVillage) {
      villages_.push_back({std::string(code), std::move(address)});
      return absl::OkStatus();
    }
    if (InAddresses(name)) absl::StrAppend(&address, name);
    if (level == kStreet) streets_.push_back({std::string(code), address});
    addresses_.insert_or_assign(std::string(code), std::move(address));
    return absl::OkStatus();
  }

  const std::string path_;
  size_t line_number_ = 1;
  absl::flat_hash_map<std::string, std::string> addresses_;
  std::vector<Community> streets_;
  std::vector<Community> villages_;
};

}  // namespace

absl::StatusOr<std::vector<Community>> ReadCommunities(
    const std::string& path) {
  Reader reader(path);
  RETURN_IF_ERROR(reader.Read());
  return std::move(reader).TakeCommunities();
}

}  // namespace sluice::loadgen
