#include "libs/crypto/ff1.h"

#include <openssl/bn.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"

namespace sluice::crypto {
namespace {

using Random = std::mt19937_64;
using Numerals = std::vector<uint16_t>;

struct BigNumber {
  BigNumber() : number(BN_new()) {}
  ~BigNumber() { BN_free(number); }
  BIGNUM* number;
};

// The standard's steps as they are written, on OpenSSL's big numbers.
class Ff1Slowly {
 public:
  Ff1Slowly(const BlockCipher& cipher, uint32_t radix)
      : cipher_(cipher), radix_(radix) {}

  Numerals Encrypt(const std::string& tweak, const Numerals& text) const {
    const size_t n = text.size();
    const size_t u = n / 2;
    const size_t v = n - u;
    Numerals a(text.begin(), text.begin() + static_cast<ptrdiff_t>(u));
    Numerals b(text.begin() + static_cast<ptrdiff_t>(u), text.end());
    // ceil(v log2 radix) bits, found with whole numbers: radix^v - 1.
    BigNumber highest;
    BN_one(highest.number);
    for (size_t i = 0; i < v; ++i) BN_mul_word(highest.number, radix_);
    BN_sub_word(highest.number, 1);
    const auto bytes = static_cast<size_t>(BN_num_bytes(highest.number));
    const size_t d = 4 * ((bytes + 3) / 4) + 4;
    std::string p("\x01\x02\x01", 3);
    p += Big(radix_, 3) + Big(10, 1) + Big(u % 256, 1) + Big(n, 4) +
         Big(tweak.size(), 4);
    for (uint64_t round = 0; round < 10; ++round) {
      std::string q = tweak;
      while ((q.size() + bytes + 1) % 16 != 0) q += '\0';
      q += Big(round, 1) + NumberOf(b, bytes);
      const std::string r = Prf(p + q);
      std::string s = r;
      for (uint64_t j = 1; s.size() < d; ++j) {
        s += Prf(XorText(r, std::string(8, '\0') + Big(j, 8)));
      }
      a = Sum(a, s.substr(0, d), round % 2 == 0 ? u : v);
      std::swap(a, b);
    }
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

 private:
  static std::string Big(uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) {
      out += static_cast<char>(value >> (8 * i));
    }
    return out;
  }

  static std::string XorText(std::string a, const std::string& b) {
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
    return a;
  }

  std::string Prf(const std::string& text) const {
    std::string state(16, '\0');
    for (size_t at = 0; at < text.size(); at += 16) {
      state = XorText(state, text.substr(at, 16));
      CipherBlock block;
      std::copy(state.begin(), state.end(), block.begin());
      cipher_.Encrypt(&block, 1);
      state.assign(block.begin(), block.end());
    }
    return state;
  }

  std::string NumberOf(const Numerals& numerals, size_t bytes) const {
    BigNumber sum;
    BN_zero(sum.number);
    for (const uint16_t numeral : numerals) {
      BN_mul_word(sum.number, radix_);
      BN_add_word(sum.number, numeral);
    }
    std::string out(bytes, '\0');
    BN_bn2binpad(sum.number, reinterpret_cast<unsigned char*>(out.data()),
                 static_cast<int>(bytes));
    return out;
  }

  Numerals Sum(const Numerals& a, const std::string& y, size_t m) const {
    BigNumber sum;
    BigNumber added;
    BN_zero(sum.number);
    for (const uint16_t numeral : a) {
      BN_mul_word(sum.number, radix_);
      BN_add_word(sum.number, numeral);
    }
    BN_bin2bn(reinterpret_cast<const unsigned char*>(y.data()),
              static_cast<int>(y.size()), added.number);
    BN_add(sum.number, sum.number, added.number);
    Numerals out(m);
    // The lowest m numerals are the sum modulo radix^m.
    for (size_t i = m; i-- > 0;) {
      out[i] = static_cast<uint16_t>(BN_div_word(sum.number, radix_));
    }
    return out;
  }

  const BlockCipher& cipher_;
  const uint32_t radix_;
};

std::string RandomBytes(size_t size, Random* random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>((*random)());
  return bytes;
}

uint64_t NumberOf(const Numerals& numerals, size_t begin, size_t end,
                  uint32_t radix) {
  uint64_t number = 0;
  for (size_t i = begin; i < end; ++i) number = number * radix + numerals[i];
  return number;
}

uint16_t NumeralOf(char c) {
  return static_cast<uint16_t>(c <= '9' ? c - '0' : c - 'a' + 10);
}

TEST_CASE("FF1 makes the ciphertexts of NIST's samples") {
  const auto file = ReadFile("libs/crypto/testdata/ff1_nist_sp800_38g.csv");
  REQUIRE(file.ok());
  int samples = 0;
  for (const absl::string_view line :
       absl::StrSplit(absl::string_view(*file), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> columns = absl::StrSplit(line, ',');
    if (columns[0] == "key") continue;
    const std::string tweak = HexDecode(columns[1]).value();
    const Ff1 ff1(NewAes(HexDecode(columns[0]).value()),
                  static_cast<uint32_t>(std::stoul(columns[2])));
    Numerals numerals;
    Numerals expected;
    for (const char c : columns[3]) numerals.push_back(NumeralOf(c));
    for (const char c : columns[4]) expected.push_back(NumeralOf(c));
    ff1.Encrypt(ff1.ShapeOf(numerals.size(), tweak.size()), tweak,
                numerals.data());
    CHECK(numerals == expected);
    ++samples;
  }
  CHECK(samples == 9);
}

TEST_CASE("FF1 agrees with the standard's steps on every radix and length") {
  Random random(1);
  for (const uint32_t radix :
       {2U, 10U, 26U, 31U, 36U, 256U, 20'992U, 65'536U}) {
    for (size_t length = 2; length <= kFf1NumeralsMax;
         length += length < 80 ? 1 : 44) {
      const std::string key = RandomBytes(16 + 8 * (random() % 3), &random);
      const std::string tweak =
          RandomBytes(random() % (length % 2 == 0 ? 9 : 65), &random);
      Numerals numerals(length);
      // Now and then all numerals at an end, where carries go through.
      const uint64_t kind = random() % 4;
      for (uint16_t& numeral : numerals) {
        numeral = static_cast<uint16_t>(kind == 0   ? radix - 1
                                        : kind == 1 ? 0
                                                    : random() % radix);
      }
      CAPTURE(radix, length, tweak.size());
      const auto cipher = NewAes(key);
      const Numerals expected =
          Ff1Slowly(*cipher, radix).Encrypt(tweak, numerals);
      const Ff1 ff1(NewAes(key), radix);
      const Ff1Shape shape = ff1.ShapeOf(length, tweak.size());
      if (shape.is_short) {
        Ff1::Value value = {&shape, tweak,
                            NumberOf(numerals, 0, shape.u, radix),
                            NumberOf(numerals, shape.u, length, radix)};
        ff1.EncryptMany(&value, 1);
        REQUIRE(value.left == NumberOf(expected, 0, shape.u, radix));
        REQUIRE(value.right == NumberOf(expected, shape.u, length, radix));
      }
      ff1.Encrypt(shape, tweak, numerals.data());
      REQUIRE(numerals == expected);
    }
  }
}

TEST_CASE("values of several shapes are encrypted side by side as alone") {
  Random random(2);
  const Ff1 ff1(NewAes(RandomBytes(32, &random)), 10);
  std::vector<Ff1Shape> shapes;
  for (size_t length = 6; length <= 30; ++length) {
    shapes.push_back(ff1.ShapeOf(length, length % 4));
    REQUIRE(shapes.back().is_short);
  }
  for (size_t count = 1; count < 40; ++count) {
    std::vector<Ff1::Value> values;
    for (size_t i = 0; i < count; ++i) {
      const Ff1Shape& shape = shapes[random() % shapes.size()];
      values.push_back({&shape, absl::string_view("tweak", shape.tweak_bytes),
                        random() % shape.left_modulus,
                        random() % shape.right_modulus});
    }
    std::vector<Ff1::Value> alone = values;
    for (Ff1::Value& value : alone) ff1.EncryptMany(&value, 1);
    ff1.EncryptMany(values.data(), count);
    for (size_t i = 0; i < count; ++i) {
      REQUIRE(values[i].left == alone[i].left);
      REQUIRE(values[i].right == alone[i].right);
    }
  }
}

TEST_CASE("FF1 takes SM4 for its cipher") {
  Random random(3);
  const std::string key = RandomBytes(16, &random);
  Numerals numerals = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0};
  const Numerals expected = Ff1Slowly(*NewSm4(key), 10).Encrypt("t", numerals);
  const Ff1 ff1(NewSm4(key), 10);
  ff1.Encrypt(ff1.ShapeOf(10, 1), "t", numerals.data());
  CHECK(numerals == expected);
}

TEST_CASE("a domain is large enough from a million values on") {
  const auto long_enough = [](uint32_t radix, size_t length) {
    return Ff1(NewAes(std::string(16, 'k')), radix).IsLongEnough(length);
  };
  CHECK(long_enough(10, 6));
  CHECK_FALSE(long_enough(10, 5));
  CHECK(long_enough(36, 4));
  CHECK_FALSE(long_enough(36, 3));
  CHECK(long_enough(2, 20));
  CHECK_FALSE(long_enough(2, 19));
  CHECK(long_enough(65'536, 2));
  CHECK(long_enough(10, 256));
}

}  // namespace
}  // namespace sluice::crypto
