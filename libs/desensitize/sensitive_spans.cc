#include "libs/desensitize/sensitive_spans.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "absl/strings/ascii.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/prose_blocks.h"
#include "libs/desensitize/run_numbers.h"
#include "libs/desensitize/sensitive_places.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/identifiers/contact.h"

namespace sluice::desensitize {
namespace {

// ---- What is written.

// An address has all that shares bytes with it; of numbers the one counts that
// is least likely by chance.
SensitiveKind KindOfBoth(SensitiveKind a, SensitiveKind b) {
  const bool has_email =
      a == SensitiveKind::kEmail || b == SensitiveKind::kEmail;
  return has_email ? SensitiveKind::kEmail : std::min(a, b);
}

// What is written over the bytes of a text that are to be hidden, or who is
// told of them.
struct Marks {
  // Of a character its first byte, and the others.
  char first;
  char rest;
  char* at;
  // Set if a character of several bytes is hidden.
  bool* is_wide;
  // Not null: what is found goes here instead, and nothing is written.
  std::vector<SensitiveItem>* items = nullptr;

  // Whether `kind` stood from `begin` to `end` and is told as a whole.
  bool Tell(SensitiveKind kind, size_t begin, size_t end) const {
    if (items == nullptr) return false;
    while (!items->empty() && items->back().end > begin) {
      const SensitiveItem& other = items->back();
      begin = std::min(begin, other.begin);
      end = std::max(end, other.end);
      kind = KindOfBoth(kind, other.kind);
      items->pop_back();
    }
    items->push_back({begin, end, kind});
    return true;
  }

  // Characters of one byte.
  void Put(size_t begin, size_t end) const {
    for (size_t i = begin; i < end; ++i) at[i] = first;
  }
  void PutOne(size_t begin, size_t bytes) const {
    at[begin] = first;
    for (size_t i = 1; i < bytes; ++i) at[begin + i] = rest;
    if (bytes > 1) *is_wide = true;
  }
};

// ---- Numbers.

void HideRun(absl::string_view text, const DigitRun& run, const Marks& marks) {
  const auto bytes = [text, &run](size_t i) {
    return GlyphAt(text, run.at[i]).bytes;
  };
  // What is hidden and need not be once more, where many numbers overlap.
  size_t hidden_begin = 0;
  size_t hidden_end = 0;
  FindRunNumbers(run, [&](const RunNumber& number) {
    const size_t last = number.end - 1;
    if (marks.Tell(number.kind, run.at[number.begin],
                   run.at[last] + bytes(last))) {
      return;
    }
    if (number.hidden_begin < hidden_begin ||
        number.hidden_begin > hidden_end) {
      hidden_begin = hidden_end = number.hidden_begin;
    }
    for (; hidden_end < number.hidden_end; ++hidden_end) {
      marks.PutOne(run.at[hidden_end], bytes(hidden_end));
    }
  });
}

// How many digits of half width stand in a row from `begin` on.
size_t DigitsFrom(absl::string_view text, size_t begin) {
  size_t at = begin;
  while (at < text.size() && IsDigit(Glyph{text[at], 1})) ++at;
  return at - begin;
}

// Whether digits that stand before `end` go on there, or behind a gap.
bool GoesOnAt(absl::string_view text, size_t end) {
  return IsDigit(GlyphAt(text, end + GapAt(text, end).bytes));
}

// Hides what the digits from `begin` on are; returns behind them.
size_t HideDigitsFrom(absl::string_view text, size_t begin,
                      const Marks& marks) {
  // Most numbers in prose are short, or plain mobile numbers.
  const size_t digits = DigitsFrom(text, begin);
  if (digits > 0 && digits <= identifiers::kMobileDigits &&
      !GoesOnAt(text, begin + digits)) {
    if (digits == identifiers::kMobileDigits &&
        AreMobileNumber(text.data() + begin) &&
        !marks.Tell(SensitiveKind::kPhone, begin, begin + digits)) {
      marks.Put(begin + kMobileHead, begin + kMobileHead + kMobileHidden);
    }
    return begin + digits;
  }
  DigitRun run;
  const size_t end = ReadDigitRun(text, begin, &run);
  HideRun(text, run, marks);
  return end;
}

// ---- E-mail addresses.

// Full-width punctuation is the sentence's, not the address's.
bool IsOfAddress(const Glyph& glyph) {
  return glyph.bytes == 1 || glyph.c == '.' || glyph.c == '-' ||
         glyph.c == '_' ||
         absl::ascii_isalnum(static_cast<unsigned char>(glyph.c));
}

// Where the domain that begins at `at` ends: before two dots, and not with a
// dot. `at` if it has less than two labels. Dots before them are passed over.
size_t DomainEnd(absl::string_view text, size_t at) {
  int labels = 0;
  size_t next = at;
  size_t end = at;
  char before = '.';
  for (Glyph glyph = GlyphAt(text, at);
       IsOfAddress(glyph) && identifiers::IsEmailDomainCharacter(glyph.c);
       glyph = GlyphAt(text, next)) {
    next += glyph.bytes;
    if (glyph.c != '.') {
      labels += before == '.' ? 1 : 0;
      end = next;
    } else if (before == '.' && labels > 0) {
      break;
    }
    before = glyph.c;
  }
  return labels > 1 ? end : at;
}

// Where the part before an @ begins that ends before `end`: behind two dots,
// and not with a dot.
size_t LocalPartBegin(absl::string_view text, size_t end) {
  size_t begin = end;
  char behind = 0;
  for (Glyph glyph = GlyphBefore(text, begin);
       IsOfAddress(glyph) && identifiers::IsEmailLocalCharacter(glyph.c) &&
       !(glyph.c == '.' && behind == '.');
       glyph = GlyphBefore(text, begin)) {
    behind = glyph.c;
    begin -= glyph.bytes;
  }
  return behind == '.' ? begin + GlyphAt(text, begin).bytes : begin;
}

// Hides what stands before the @ at `at` if it is an address's, but its first
// character.
void HideEmail(absl::string_view text, size_t at, const Marks& marks) {
  const size_t domain = at + GlyphAt(text, at).bytes;
  const size_t domain_end = DomainEnd(text, domain);
  if (domain_end == domain) return;
  // No address has a dot before the @; people mistype.
  size_t end = at;
  while (GlyphBefore(text, end).c == '.') end -= GlyphBefore(text, end).bytes;
  const size_t begin = LocalPartBegin(text, end);
  if (begin == end) return;
  if (marks.Tell(SensitiveKind::kEmail, begin, domain_end)) return;
  const size_t second = begin + GlyphAt(text, begin).bytes;
  size_t i = second < end ? second : begin;
  while (i < at) {
    const size_t bytes = GlyphAt(text, i).bytes;
    marks.PutOne(i, bytes);
    i += bytes;
  }
}

// ---- The text.

// Marks what begins in `place`; returns behind what was read.
size_t MarkPlace(absl::string_view text, const SensitivePlace& place,
                 const Marks& marks) {
  size_t i = place.begin;
  while (i < place.end) {
    const Glyph glyph = GlyphAt(text, i);
    if (IsDigit(glyph)) {
      i = HideDigitsFrom(text, i, marks);
      continue;
    }
    if (glyph.c == '@') HideEmail(text, i, marks);
    i += std::max<size_t>(glyph.bytes, 1);
  }
  return i;
}

// Marks what begins at or behind `from`.
void MarkAll(absl::string_view text, size_t from, const Marks& marks) {
  while (from < text.size()) {
    from = MarkPlace(text, NextSensitivePlace(text, from), marks);
  }
}

// Rows `begin` to `end` of `column`, whose texts stand one behind the other.
void MarkRows(const records::Column& column, uint32_t begin, uint32_t end,
              const Marks& marks) {
  constexpr uint32_t kRowsEach = 256;
  std::array<SensitiveRow, kRowsEach> rows;
  const char* const texts = column.data.data();
  const char mark = marks.first;
  char* const at = marks.at;
  for (uint32_t first = begin; first < end; first += kRowsEach) {
    const uint32_t behind = std::min(end, first + kRowsEach);
    const size_t count = FindSensitiveRows(column, first, behind, rows.data());
    for (size_t i = 0; i < count; ++i) {
      const SensitiveRow& row = rows[i];
      if (row.elevens == 0) {
        const auto text = static_cast<size_t>(column.Offset(row.row));
        MarkAll(column.Text(row.row), row.at - text,
                {mark, mark, at + text, marks.is_wide});
      }
      for (uint64_t left = row.elevens; left != 0; left &= left - 1) {
        const size_t number =
            row.at + static_cast<size_t>(std::countr_zero(left));
        if (AreMobileNumber(texts + number)) {
          std::memset(at + number + kMobileHead, mark, kMobileHidden);
        }
      }
    }
  }
}

}  // namespace

void FindSensitiveItems(absl::string_view text,
                        std::vector<SensitiveItem>* items) {
  items->clear();
  MarkAll(text, 0, {0, 0, nullptr, nullptr, items});
}

bool CopyMarked(const records::Column& column, char mark, char* out) {
  bool is_wide = false;
  const Marks marks = {mark, mark, out, &is_wide};
  const auto mark_rows = [&column, &marks](uint32_t begin, uint32_t end) {
    MarkRows(column, begin, end, marks);
  };
  if (!CopyProse(column, mark, out, mark_rows)) {
    const absl::string_view texts = column.data.view();
    if (!texts.empty()) std::memcpy(out, texts.data(), texts.size());
    mark_rows(0, column.row_count);
  }
  return !is_wide;
}

void FindSensitiveSpans(absl::string_view text, std::vector<Shown>* hidden) {
  hidden->assign(text.size(), Shown::kShown);
  bool is_wide = false;
  MarkAll(
      text, 0,
      {static_cast<char>(Shown::kHidden), static_cast<char>(Shown::kHiddenRest),
       reinterpret_cast<char*>(hidden->data()), &is_wide});
}

}  // namespace sluice::desensitize
