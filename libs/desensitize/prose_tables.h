// What bytes of prose are, as far as numbers in it go: looked up by six bits of
// a byte, 64 bytes by one instruction. For prose_avx512.h alone.
#ifndef SLUICE_LIBS_DESENSITIZE_PROSE_TABLES_H_
#define SLUICE_LIBS_DESENSITIZE_PROSE_TABLES_H_

#if defined(__x86_64__)

#include <array>
#include <cstddef>
#include <cstdint>

#include "libs/base/x86_vectors.h"
#include "libs/desensitize/prose_bits.h"
#include "libs/desensitize/text_glyph.h"

namespace sluice::desensitize::prose {

// By six bits of a byte.
struct alignas(kWindowBytes) Table {
  std::array<char, kWindowBytes> of = {};

  constexpr void Add(size_t i, int bits) {
    of[i] = static_cast<char>(of[i] | bits);
  }
  constexpr void AddToAll(int bits) {
    for (size_t i = 0; i < kWindowBytes; ++i) Add(i, bits);
  }
  SLUICE_AVX512 __m512i Load() const { return _mm512_load_si512(of.data()); }
};

// What does not part numbers, by all bytes of a character. Each kind has a bit
// in four tables: for the upper and the lower six bits of the first byte, and
// for the lower ones of the two behind it. What has the bit in all of them is
// taken for one of that kind.
struct JoiningTables {
  Table upper;
  Table first;
  Table second;
  Table third;

  constexpr void AddFirst(size_t byte, int kind) {
    upper.Add(byte / 4, kind);
    first.Add(byte % kWindowBytes, kind);
  }
  constexpr void Add(char32_t from, char32_t to, int kind) {
    for (size_t c = from; c <= to; ++c) {
      if (c < 0x80) {
        AddFirst(c, kind);
        second.AddToAll(kind);
        third.AddToAll(kind);
      } else if (c < 0x800) {
        AddFirst(0xC0 | c >> 6, kind);
        second.Add(c % kWindowBytes, kind);
        third.AddToAll(kind);
      } else {
        AddFirst(0xE0 | c >> 12, kind);
        second.Add((c >> 6) % kWindowBytes, kind);
        third.Add(c % kWindowBytes, kind);
      }
    }
  }
};

inline constexpr int kAscii = 1;
inline constexpr int kOfTwoBytes = 1 << 1;
inline constexpr int kSpaceOrDash = 1 << 2;
inline constexpr int kSpaceOrSign = 1 << 3;
inline constexpr int kWideSpace = 1 << 4;
// These have one bit together, by which six rare others are taken for them.
inline constexpr int kMinusOrNoWidth = 1 << 5;
inline constexpr int kFullWidth = 1 << 6;
// A byte that is no first one: that of a separator is in a gap.
inline constexpr int kFurther = 1 << 7;

// Separators (digit_run.h), digits, and an @ of full width .
inline constexpr JoiningTables kJoining = [] {
  JoiningTables tables;
  tables.Add('\t', '\t', kAscii);
  tables.Add(' ', ' ', kAscii);
  tables.Add('-', '.', kAscii);
  tables.Add('0', '9', kAscii);
  tables.Add(0x00A0, 0x00A0, kOfTwoBytes);
  tables.Add(0x00AD, 0x00AD, kOfTwoBytes);
  tables.Add(0x00B7, 0x00B7, kOfTwoBytes);
  tables.Add(0x2000, 0x2015, kSpaceOrDash);
  tables.Add(0x202A, 0x202F, kSpaceOrDash);
  tables.Add(0x205F, 0x206F, kSpaceOrSign);
  tables.Add(0x3000, 0x3000, kWideSpace);
  tables.Add(0x2212, 0x2212, kMinusOrNoWidth);
  tables.Add(0xFEFF, 0xFEFF, kMinusOrNoWidth);
  tables.Add(0xFF0D, 0xFF0E, kFullWidth);
  tables.Add(0xFF10, 0xFF19, kFullWidth);
  tables.Add(0xFF20, 0xFF20, kFullWidth);
  for (size_t byte = 0x80; byte < 0xC0; ++byte) {
    tables.AddFirst(byte, kFurther);
  }
  tables.second.AddToAll(kFurther);
  tables.third.AddToAll(kFurther);
  return tables;
}();

// For a first look: what a byte is, by its upper six bits, and the byte two
// behind it, by its lower six.
//
// A byte parts if both have the same of these two: nothing that joins has those
// upper bits, or nothing of them ends like that. It may be a digit otherwise,
// or a second look tells (JoiningTables).
inline constexpr char kParts = '\x40';
inline constexpr char kPartsByEnd = '\x20';
// A byte may be odd if the upper bits have what the lower ones have not: this,
// which those never have, or kPartsByEnd.
inline constexpr char kMayBeAt = '\x10';
inline constexpr char kIsFromThree = '\x80';
inline constexpr char kIsWideEnd = '\x08';

inline constexpr Table kUpperBits = [] {
  Table table;
  for (size_t i = 0; i < kWindowBytes; ++i) {
    if (kJoining.upper.of[i] == 0) table.Add(i, kParts);
  }
  table.Add('@' / 4, kMayBeAt);
  table.Add(static_cast<uint8_t>(kFullWidthLead) / 4, kPartsByEnd);
  return table;
}();

// kIsWideEnd for the last bytes of digits and of an @ of full width,
// kIsFromThree for the digits from 3 on.
inline constexpr Table kLowerBits = [] {
  constexpr size_t kWideDigit = 0x10;
  constexpr size_t kWideAt = 0x20;
  // The kinds that begin with kFullWidthLead.
  constexpr int kKinds = kMinusOrNoWidth | kFullWidth;
  Table table;
  table.AddToAll(kParts);
  for (size_t i = 0; i < kWindowBytes; ++i) {
    if ((kJoining.third.of[i] & kKinds) == 0) table.Add(i, kPartsByEnd);
    if (i >= '3' && i <= '9') table.Add(i, kIsFromThree);
  }
  for (size_t i = 0; i < 10; ++i) table.Add(kWideDigit + i, kIsWideEnd);
  table.Add(kWideAt, kIsWideEnd);
  return table;
}();

}  // namespace sluice::desensitize::prose

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_PROSE_TABLES_H_
