#include "tools/sluicectl/names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "libs/base/string_view.h"
#include "libs/registry/timestamp.h"

namespace sluice::sluicectl {
namespace {

template <typename Enum>
std::string ShortName(Enum value, absl::string_view prefix) {
  if (static_cast<int>(value) == 0) return "";
  const auto* const described =
      google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(
          static_cast<int>(value));
  if (described == nullptr) return absl::StrCat(static_cast<int>(value));
  return absl::AsciiStrToLower(
      absl::StripPrefix(AsView(described->name()), prefix));
}

}  // namespace

std::string NameOf(agreement::v1::AgreementState state) {
  return ShortName(state, "AGREEMENT_STATE_");
}

std::string NameOf(agreement::v1::DeliveryMode mode) {
  return ShortName(mode, "DELIVERY_MODE_");
}

std::string NameOf(agreement::v1::OnUntreatable what) {
  return ShortName(what, "ON_UNTREATABLE_");
}

std::string NameOf(catalog::v1::Openness openness) {
  return ShortName(openness, "OPENNESS_");
}

std::string NameOf(catalog::v1::ResourceKind kind) {
  return ShortName(kind, "RESOURCE_KIND_");
}

std::string NameOf(catalog::v1::SemanticType type) {
  return ShortName(type, "SEMANTIC_TYPE_");
}

std::string NameOf(catalog::v1::Sensitivity sensitivity) {
  return ShortName(sensitivity, "SENSITIVITY_");
}

std::string NameOf(catalog::v1::SharingType type) {
  return ShortName(type, "SHARING_TYPE_");
}

std::string NameOf(catalog::v1::UpdateCycle cycle) {
  return ShortName(cycle, "UPDATE_CYCLE_");
}

std::string NameOf(records::v1::DataType type) {
  return ShortName(type, "DATA_TYPE_");
}

std::string NameOf(registry::v1::Confirmation::How how) {
  return ShortName(how, "");
}

std::string NameOf(registry::v1::KeyState state) {
  return ShortName(state, "KEY_STATE_");
}

std::string TimeText(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.seconds() == 0 && timestamp.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                          registry::FromTimestamp(timestamp),
                          absl::UTCTimeZone());
}

}  // namespace sluice::sluicectl
