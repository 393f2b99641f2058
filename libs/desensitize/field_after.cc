#include <algorithm>

#include "libs/desensitize/bucket_texts.h"
#include "libs/desensitize/constant_value.h"
#include "libs/desensitize/division_code.h"
#include "libs/desensitize/fpe_alphabet.h"
#include "libs/desensitize/hierarchy_table.h"
#include "libs/desensitize/sensitive_spans.h"
#include "libs/desensitize/surrogate_texts.h"
#include "libs/desensitize/treatment.h"
#include "libs/desensitize/treatment_site.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Fpe;
using agreement::v1::Generalize;
using agreement::v1::Mask;
using agreement::v1::MaskFreeText;
using agreement::v1::Surrogate;
using agreement::v1::Withhold;

// The longest point after its treatment: -180.000000,-180.000000.
constexpr uint32_t kPointBytesMax = 23;
// A version, a point, and base64url of 16 bytes and the value.
constexpr uint64_t kTokenHeadBytes = 11;
constexpr uint64_t kTokenSealBytes = 16;

bool CanFail(const Mask& mask) {
  switch (mask.rule_case()) {
    case Mask::kPhone:
    case Mask::kAddress:
    case Mask::kHideRange:
    case Mask::kClasses:
    case Mask::kPattern:
    case Mask::kEmail:
    case Mask::kBankCard:
    case Mask::kPlate:
      return true;
    default:
      return false;
  }
}

// Bytes that a masked value may have.
uint32_t MaskedLengthMax(const Mask& mask, const Field& field) {
  if (mask.has_free_text()) {
    switch (mask.free_text().form()) {
      case MaskFreeText::LABEL:
        return static_cast<uint32_t>(LabelledBytesMax(LengthMaxOf(field)));
      case MaskFreeText::REMOVE:
        return field.length_max();
      default:
        break;
    }
  }
  const auto symbol_bytes = static_cast<uint32_t>(mask.symbol().size());
  if (mask.has_phone()) return 7 + 4 * symbol_bytes;
  if (mask.has_address() || symbol_bytes <= 1) return field.length_max();
  return LengthMaxOf(field) * symbol_bytes;
}

void AfterMask(const Mask& mask, Field* after) {
  after->set_length_max(MaskedLengthMax(mask, *after));
  if (CanFail(mask)) after->set_required(false);
  // A cut address is an address; the rest are no valid values any more.
  if (!mask.has_address()) after->clear_semantic_type();
}

void BecomeText(uint64_t length_max, Field* after) {
  after->set_type(records::v1::DATA_TYPE_STRING);
  after->set_length_max(static_cast<uint32_t>(length_max));
  after->clear_scale();
  after->clear_semantic_type();
}

// Every day has a weekday, a month and a number; nothing else takes all values.
bool CanFail(const Generalize& generalize) {
  return !generalize.has_weekday() && !generalize.has_time_part();
}

void AfterGeneralize(const Generalize& generalize, Field* after) {
  if (CanFail(generalize)) after->set_required(false);
  switch (generalize.rule_case()) {
    case Generalize::kDivision:
      after->set_length_max(
          static_cast<uint32_t>(DivisionDigits(generalize.division().level())));
      break;
    case Generalize::kBucket:
      if (IsBucketText(generalize.bucket())) {
        BecomeText(BucketTextBytesMax(generalize.bucket(), after->type()),
                   after);
      }
      break;
    case Generalize::kTimePart:
    case Generalize::kWeekday:
    case Generalize::kAge:
      after->set_type(records::v1::DATA_TYPE_INT64);
      after->clear_semantic_type();
      break;
    case Generalize::kHierarchy: {
      const auto table = HierarchyTable::Parse(generalize.hierarchy());
      if (table.ok()) {
        after->set_length_max(static_cast<uint32_t>(table->bytes_max()));
      }
      after->clear_semantic_type();
      break;
    }
    case Generalize::kGrid:
      after->set_length_max(kPointBytesMax);
      break;
    default:
      break;
  }
}

void AfterFpe(const Fpe& fpe, Field* after) {
  after->set_required(false);
  if (!fpe.has_alphabet() && !fpe.has_characters()) return;
  // Of the right characters, but no valid number of its kind any more.
  after->clear_semantic_type();
  const auto alphabet = FpeAlphabet::Of(fpe);
  if (alphabet && alphabet->bytes_max() > alphabet->bytes_min()) {
    after->set_length_max(static_cast<uint32_t>(
        LengthMaxOf(*after) / alphabet->bytes_min() * alphabet->bytes_max()));
  }
}

void AfterSurrogate(const Surrogate& surrogate, Field* after) {
  switch (surrogate.kind_case()) {
    case Surrogate::kInRange:
      break;
    case Surrogate::kSameForm:
      after->set_required(false);
      // Its check character is made up like the rest.
      after->clear_semantic_type();
      break;
    case Surrogate::kOneOf: {
      size_t most = 0;
      for (const std::string& value : surrogate.one_of().values()) {
        most = std::max(most, value.size());
      }
      after->set_length_max(static_cast<uint32_t>(most));
      after->clear_semantic_type();
      break;
    }
    default:
      after->set_length_max(static_cast<uint32_t>(kSurrogateBytesMax));
      break;
  }
}

// What both treatments of a conditional one allow, which make the same type.
Field AfterEither(const Field& then, const Field& otherwise) {
  Field after = then;
  // Where the condition is unknown there is no value.
  after.set_required(false);
  if (otherwise.semantic_type() != then.semantic_type()) {
    after.clear_semantic_type();
  }
  if (otherwise.length_max() != then.length_max()) {
    after.set_length_max(std::max(LengthMaxOf(then), LengthMaxOf(otherwise)));
  }
  return after;
}

}  // namespace

uint64_t TokenLengthMax(const Field& field) {
  const bool is_text = field.type() == records::v1::DATA_TYPE_STRING ||
                       field.type() == records::v1::DATA_TYPE_BYTES;
  const uint64_t value =
      is_text ? LengthMaxOf(field) : uint64_t{sizeof(int64_t)};
  return kTokenHeadBytes + (kTokenSealBytes + value) * 4 / 3 + 1;
}

Field FieldAfter(const Treatment& resolved, const Field& field) {
  Field after = field;
  switch (resolved.kind_case()) {
    case Treatment::kMask:
      AfterMask(resolved.mask(), &after);
      break;
    case Treatment::kPseudonym:
      BecomeText(resolved.pseudonym().length(), &after);
      break;
    case Treatment::kGeneralize:
      AfterGeneralize(resolved.generalize(), &after);
      break;
    case Treatment::kFpe:
      AfterFpe(resolved.fpe(), &after);
      break;
    case Treatment::kToken:
      BecomeText(TokenLengthMax(field), &after);
      break;
    case Treatment::kPerturb:
      after.set_required(false);
      break;
    case Treatment::kSurrogate:
      AfterSurrogate(resolved.surrogate(), &after);
      break;
    case Treatment::kChain:
      for (const Treatment& step : resolved.chain().steps()) {
        after = FieldAfter(step, after);
      }
      break;
    case Treatment::kConditional:
      after =
          AfterEither(FieldAfter(resolved.conditional().then(), field),
                      FieldAfter(resolved.conditional().otherwise(), field));
      break;
    case Treatment::kWithhold:
      if (resolved.withhold().replacement_case() ==
          Withhold::REPLACEMENT_NOT_SET) {
        after.set_required(false);
      } else {
        after.clear_semantic_type();
      }
      break;
    case Treatment::kKeep:
    case Treatment::KIND_NOT_SET:
      break;
  }
  return after;
}

}  // namespace sluice::desensitize
