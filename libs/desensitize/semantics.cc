#include "libs/desensitize/semantics.h"

#include "absl/strings/strip.h"
#include "libs/base/string_view.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Mask;
using agreement::v1::MaskAddress;

Mask KeepEndsMask(uint32_t first, uint32_t last) {
  Mask mask;
  mask.mutable_keep_ends()->set_first(first);
  mask.mutable_keep_ends()->set_last(last);
  return mask;
}

}  // namespace

std::optional<Mask> DefaultMask(catalog::v1::SemanticType type) {
  Mask mask;
  switch (type) {
    case catalog::v1::SEMANTIC_TYPE_RESIDENT_ID:
      return KeepEndsMask(6, 4);
    case catalog::v1::SEMANTIC_TYPE_USCC:
      return KeepEndsMask(2, 4);
    case catalog::v1::SEMANTIC_TYPE_PERSON_NAME:
      mask.mutable_name();
      return mask;
    case catalog::v1::SEMANTIC_TYPE_PHONE:
      mask.mutable_phone();
      return mask;
    case catalog::v1::SEMANTIC_TYPE_ADDRESS:
      mask.mutable_address()->set_level(MaskAddress::DISTRICT);
      return mask;
    case catalog::v1::SEMANTIC_TYPE_BANK_CARD:
      mask.mutable_bank_card();
      return mask;
    case catalog::v1::SEMANTIC_TYPE_EMAIL:
      mask.mutable_email();
      return mask;
    case catalog::v1::SEMANTIC_TYPE_PLATE:
      mask.mutable_plate();
      return mask;
    case catalog::v1::SEMANTIC_TYPE_PASSPORT:
      return KeepEndsMask(1, 2);
    case catalog::v1::SEMANTIC_TYPE_ICD10:
      // The chapter's letter.
      return KeepEndsMask(1, 0);
    default:
      return std::nullopt;
  }
}

absl::string_view SemanticTypeName(catalog::v1::SemanticType type) {
  absl::string_view name = AsView(catalog::v1::SemanticType_Name(type));
  if (!absl::ConsumePrefix(&name, "SEMANTIC_TYPE_")) return "UNSPECIFIED";
  return name;
}

}  // namespace sluice::desensitize
