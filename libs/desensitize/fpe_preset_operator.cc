#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/crypto/ff1.h"
#include "libs/crypto/rank_permutation.h"
#include "libs/desensitize/fpe_lanes.h"
#include "libs/desensitize/fpe_resident_id.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/uscc.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Fpe;
using agreement::v1::FpeResidentId;
using crypto::Ff1;
using crypto::Ff1Shape;

constexpr absl::string_view kDigits = "0123456789";

// A number with a head that stays, and is the tweak, a part that is encrypted,
// and check characters that follow from both.
struct Uscc {
  static constexpr absl::string_view kAlphabet = identifiers::kUsccAlphabet;
  static constexpr size_t kLengthMax = identifiers::kUsccLength;
  static constexpr size_t kChecks = 2;
  static bool Accepts(absl::string_view text) {
    return identifiers::IsValidUscc(text) &&
           text[16] ==
               identifiers::OrganizationCheckCharacter(text.substr(8, 8));
  }
  static int NumeralOf(char c) { return identifiers::UsccValueOf(c); }
  static void Complete(absl::string_view text, char* checks) {
    checks[0] = identifiers::OrganizationCheckCharacter(text.substr(8));
    checks[1] = identifiers::UsccCheckCharacter(
        absl::string_view(text.data(), text.size() + 1));
  }
};

struct Phone {
  static constexpr absl::string_view kAlphabet = kDigits;
  static constexpr size_t kLengthMax = identifiers::kMobileDigits;
  static constexpr size_t kChecks = 0;
  static bool Accepts(absl::string_view text) {
    return identifiers::IsMobileNumber(text);
  }
  static int NumeralOf(char c) { return c - '0'; }
  static void Complete(absl::string_view /*text*/, char* /*checks*/) {}
};

struct BankCard {
  static constexpr absl::string_view kAlphabet = kDigits;
  static constexpr size_t kLengthMax = identifiers::kBankCardDigitsMax;
  static constexpr size_t kChecks = 1;
  static bool Accepts(absl::string_view text) {
    return identifiers::IsValidBankCard(text);
  }
  static int NumeralOf(char c) { return c - '0'; }
  static void Complete(absl::string_view text, char* checks) {
    checks[0] = identifiers::LuhnDigit(text);
  }
};

template <typename Code>
class CodeFpe : public Operator {
 public:
  CodeFpe(size_t head, std::unique_ptr<const crypto::BlockCipher> cipher)
      : head_(head), ff1_(std::move(cipher), kRadix) {
    for (size_t length = 0; length <= Code::kLengthMax; ++length) {
      shapes_.push_back(ff1_.IsLongEnough(length) ? ff1_.ShapeOf(length, head)
                                                  : Ff1Shape());
    }
  }

  Treated Apply(const records::Column& column) const override {
    FpeLanes lanes(ff1_, [this](const Ff1::Value& value, char* out) {
      char* const body = out + head_;
      WriteNumber(value.left, value.shape->u, body);
      WriteNumber(value.right, value.shape->v, body + value.shape->u);
      const size_t size = head_ + value.shape->length;
      Code::Complete(absl::string_view(out, size), out + size);
    });
    return TreatTexts(
        column, column.data.size(),
        [this, &lanes](const char* begin, const char* end, char* out) -> char* {
          const absl::string_view text(begin, static_cast<size_t>(end - begin));
          if (!Code::Accepts(text)) return nullptr;
          std::memcpy(out, begin, head_);
          const Ff1Shape& shape = shapes_[text.size() - head_ - Code::kChecks];
          const char* const body = begin + head_;
          lanes.Add({&shape, text.substr(0, head_), NumberOf(body, shape.u),
                     NumberOf(body + shape.u, shape.v)},
                    out);
          return out + text.size();
        },
        [&lanes] { lanes.Flush(); });
  }

 private:
  static constexpr uint32_t kRadix =
      static_cast<uint32_t>(Code::kAlphabet.size());

  static uint64_t NumberOf(const char* text, size_t count) {
    uint64_t number = 0;
    for (size_t i = 0; i < count; ++i) {
      number =
          number * kRadix + static_cast<uint64_t>(Code::NumeralOf(text[i]));
    }
    return number;
  }

  static void WriteNumber(uint64_t number, size_t count, char* out) {
    for (size_t i = count; i-- > 0; number /= kRadix) {
      out[i] = Code::kAlphabet[number % kRadix];
    }
  }

  const size_t head_;
  const Ff1 ff1_;
  // By the length of what is encrypted.
  std::vector<Ff1Shape> shapes_;
};

class ResidentIdFpe : public Operator {
 public:
  ResidentIdFpe(ResidentIdPart kept,
                std::unique_ptr<const crypto::BlockCipher> cipher)
      : ids_(kept),
        permutation_(std::move(cipher), ids_.count(), ids_.tweak_bytes()) {}

  Treated Apply(const records::Column& column) const override {
    std::array<crypto::RankPermutation::Rank, kLanes> ranks;
    std::array<char*, kLanes> outs;
    size_t size = 0;
    const auto flush = [&] {
      permutation_.Permute(ranks.data(), size);
      for (size_t i = 0; i < size; ++i) ids_.Write(ranks[i].rank, outs[i]);
      size = 0;
    };
    return TreatTexts(
        column, column.data.size(),
        [&](const char* begin, const char* end, char* out) -> char* {
          const absl::string_view id(begin, static_cast<size_t>(end - begin));
          const auto rank = ids_.RankOf(id);
          if (!rank) return nullptr;
          // What stays is in place already when the rest is written.
          std::memcpy(out, begin, id.size());
          ranks[size] = {ids_.TweakOf(id), *rank};
          outs[size] = out;
          if (++size == kLanes) flush();
          return out + id.size();
        },
        flush);
  }

 private:
  static constexpr size_t kLanes = 8;

  const ResidentIdRanks ids_;
  const crypto::RankPermutation permutation_;
};

ResidentIdPart KeptPart(const FpeResidentId& resident_id) {
  switch (resident_id.keep()) {
    case FpeResidentId::REGION:
      return ResidentIdPart::kRegion;
    case FpeResidentId::BIRTH_DATE:
      return ResidentIdPart::kBirthDate;
    default:
      return ResidentIdPart::kNone;
  }
}

}  // namespace

std::unique_ptr<const Operator> NewPresetFpe(
    const Fpe& resolved, std::unique_ptr<const crypto::BlockCipher> cipher) {
  constexpr size_t kUsccHead = 8;
  constexpr size_t kPhoneHead = 3;
  switch (resolved.format_case()) {
    case Fpe::kUscc:
      return std::make_unique<CodeFpe<Uscc>>(kUsccHead, std::move(cipher));
    case Fpe::kPhone:
      return std::make_unique<CodeFpe<Phone>>(kPhoneHead, std::move(cipher));
    case Fpe::kBankCard:
      return std::make_unique<CodeFpe<BankCard>>(
          resolved.bank_card().keep_issuer() ? identifiers::kIssuerDigits : 0,
          std::move(cipher));
    default:
      return std::make_unique<ResidentIdFpe>(KeptPart(resolved.resident_id()),
                                             std::move(cipher));
  }
}

}  // namespace sluice::desensitize
