#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/string_view.h"
#include "libs/crypto/ff1.h"
#include "libs/desensitize/fpe_alphabet.h"
#include "libs/desensitize/fpe_lanes.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Fpe;
using crypto::Ff1;
using crypto::Ff1Shape;
using crypto::kFf1NumeralsMax;

// Shapes made beforehand; longer texts make their own.
constexpr size_t kReadyLengthMax = 64;

using Numerals = std::array<uint16_t, kFf1NumeralsMax>;

uint64_t NumberOf(const uint16_t* numerals, size_t count, uint32_t radix) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number * radix + numerals[i];
  return number;
}

// The last `count` numerals of a number, where every character has one byte.
template <typename Radix>
void WriteNumber(uint64_t number, size_t count, const FpeAlphabet& alphabet,
                 Radix radix, char* out) {
  for (size_t i = count; i-- > 0; number /= radix) {
    alphabet.Write(static_cast<uint32_t>(number % radix), out + i);
  }
}

class AlphabetFpe : public Operator {
 public:
  AlphabetFpe(FpeAlphabet alphabet,
              std::unique_ptr<const crypto::BlockCipher> cipher,
              std::string tweak)
      : alphabet_(std::move(alphabet)),
        tweak_(std::move(tweak)),
        ff1_(std::move(cipher), alphabet_.radix()) {
    for (size_t length = 0; length <= kReadyLengthMax; ++length) {
      shapes_.push_back(ff1_.IsLongEnough(length)
                            ? ff1_.ShapeOf(length, tweak_.size())
                            : Ff1Shape());
    }
  }

  Treated Apply(const records::Column& column) const override {
    // A character may take another of another length for its place.
    const size_t bytes_max =
        column.data.size() / alphabet_.bytes_min() * alphabet_.bytes_max();
    FpeLanes lanes(ff1_, [this](const Ff1::Value& value, char* out) {
      WriteHalf(value.left, value.shape->u, out);
      WriteHalf(value.right, value.shape->v, out + value.shape->u);
    });
    return TreatTexts(
        column, bytes_max,
        [this, &lanes](const char* begin, const char* end, char* out) -> char* {
          Numerals numerals;
          const size_t length = ReadNumerals(begin, end, &numerals);
          if (length == 0 || !ff1_.IsLongEnough(length)) return nullptr;
          if (length <= kReadyLengthMax && shapes_[length].is_short &&
              alphabet_.bytes_max() == 1) {
            const Ff1Shape& shape = shapes_[length];
            const uint32_t radix = alphabet_.radix();
            lanes.Add({&shape, AsView(tweak_),
                       NumberOf(numerals.data(), shape.u, radix),
                       NumberOf(numerals.data() + shape.u, shape.v, radix)},
                      out);
            return out + length;
          }
          return EncryptAlone(length, &numerals, out);
        },
        [&lanes] { lanes.Flush(); });
  }

 private:
  void WriteHalf(uint64_t number, size_t count, char* out) const {
    constexpr uint64_t kDecimal = 10;
    if (alphabet_.radix() == kDecimal) {
      WriteNumber(number, count, alphabet_,
                  std::integral_constant<uint64_t, kDecimal>(), out);
    } else {
      WriteNumber(number, count, alphabet_, uint64_t{alphabet_.radix()}, out);
    }
  }

  // How many numerals the text is; 0 if it is too long or none.
  size_t ReadNumerals(const char* begin, const char* end,
                      Numerals* numerals) const {
    size_t length = 0;
    while (begin < end) {
      const size_t size = CharacterBytes(*begin);
      const int32_t numeral = alphabet_.NumeralOf(begin, size);
      if (numeral < 0 || length == numerals->size()) return 0;
      (*numerals)[length++] = static_cast<uint16_t>(numeral);
      begin += size;
    }
    return length;
  }

  char* EncryptAlone(size_t length, Numerals* numerals, char* out) const {
    const Ff1Shape shape = length <= kReadyLengthMax
                               ? shapes_[length]
                               : ff1_.ShapeOf(length, tweak_.size());
    ff1_.Encrypt(shape, AsView(tweak_), numerals->data());
    for (size_t i = 0; i < length; ++i) {
      out = alphabet_.Write((*numerals)[i], out);
    }
    return out;
  }

  const FpeAlphabet alphabet_;
  const std::string tweak_;
  const Ff1 ff1_;
  // By length.
  std::vector<Ff1Shape> shapes_;
};

}  // namespace

std::unique_ptr<const Operator> NewAlphabetFpe(
    const Fpe& resolved, std::unique_ptr<const crypto::BlockCipher> cipher,
    std::string tweak) {
  return std::make_unique<AlphabetFpe>(*FpeAlphabet::Of(resolved),
                                       std::move(cipher), std::move(tweak));
}

}  // namespace sluice::desensitize
