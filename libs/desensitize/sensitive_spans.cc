#include "libs/desensitize/sensitive_spans.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/sensitive_places.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/division_code.h"
#include "libs/identifiers/resident_id.h"

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

// ---- What digits are.

// Of the eleven digits of a mobile number the first ones are shown, then some
// are hidden.
constexpr size_t kMobileHead = 3;
constexpr size_t kMobileHidden = 4;

// Of eleven digits.
bool IsMobile(const char* digits) {
  return digits[0] == '1' && digits[1] >= '3';
}

struct Number {
  SensitiveKind kind = SensitiveKind::kBankCard;
  // How many characters it has, and which of them are hidden. It is none if it
  // has no characters.
  size_t size = 0;
  size_t hidden_begin = 0;
  size_t hidden_end = 0;
};

// What may stand before the eleven digits of a mobile number.
bool IsDialledFirst(absl::string_view digits) {
  return digits.empty() || digits == "86" || digits == "0" || digits == "0086";
}

// One in 3,000 other numbers of 18 digits has the form of an id, and one in 80
// of 15: too few to show an id with a slip of the pen for their sake.
bool HasIdForm(absl::string_view text) {
  return identifiers::IsProvinceCode(text.substr(0, 2)) &&
         identifiers::HasResidentIdForm(text);
}
bool HasOldIdForm(absl::string_view text) {
  return identifiers::IsProvinceCode(text.substr(0, 2)) &&
         identifiers::IsOldResidentId(text);
}

// One in ten mobile numbers with 86 before it has a card's last digit, too.
Number NumberOf(absl::string_view text) {
  const size_t size = text.size();
  if (size < identifiers::kMobileDigits) return {};
  const size_t dialled_first = size - identifiers::kMobileDigits;
  if (IsDialledFirst(text.substr(0, dialled_first)) &&
      identifiers::IsMobileNumber(text.substr(dialled_first))) {
    const size_t hidden = dialled_first + kMobileHead;
    return {SensitiveKind::kPhone, size, hidden, hidden + kMobileHidden};
  }
  if (HasOldIdForm(text))
    return {SensitiveKind::kResidentId, size, 6, size - 3};
  if (identifiers::IsValidResidentId(text) || HasIdForm(text)) {
    return {SensitiveKind::kResidentId, size, 6, size - 4};
  }
  if (identifiers::IsValidBankCard(text)) {
    return {SensitiveKind::kBankCard, size, 6, size - 4};
  }
  return {};
}

// ---- Which groups of a run are numbers.

// Groups first to last of a run, which together are a number.
struct Candidate {
  size_t first;
  size_t last;
  Number number;
};
using Candidates = absl::InlinedVector<Candidate, 8>;

Number NumberOfGroups(const DigitRun& run, size_t first, size_t last) {
  const size_t begin = run.groups[first].begin;
  const size_t end = run.groups[last].end;
  if (run.has_x && last + 1 == run.groups.size() &&
      end - begin + 1 == identifiers::kResidentIdLength) {
    const Number with_x = NumberOf(run.View(begin, end + 1));
    if (with_x.size > 0) return with_x;
  }
  return NumberOf(run.View(begin, end));
}

// In ascending order of their first groups. A number has at most
// kGroupDigitsMax groups, so time grows with the run's length alone.
Candidates CandidatesIn(const DigitRun& run) {
  Candidates candidates;
  for (size_t first = 0; first < run.groups.size(); ++first) {
    for (size_t last = first; last < run.groups.size(); ++last) {
      if (run.groups[last].end - run.groups[first].begin > kGroupDigitsMax) {
        break;
      }
      const Number number = NumberOfGroups(run, first, last);
      if (number.size > 0) {
        candidates.push_back({first, last, number});
      }
    }
  }
  return candidates;
}

// How cards are written: but for the last, no group is of less than four
// digits, or all are of one size.
bool IsGroupedAsCards(const DigitRun& run, const Candidate& candidate) {
  const auto begin = run.groups.begin() + candidate.first;
  const auto end = run.groups.begin() + candidate.last;
  const size_t size = begin->end - begin->begin;
  return std::all_of(begin, end, [size](const DigitRun::Group& group) {
    const size_t digits = group.end - group.begin;
    return digits == size || (digits >= 4 && size >= 4);
  });
}

bool HasDotInside(const DigitRun& run, const Candidate& candidate) {
  return std::any_of(
      run.groups.begin() + candidate.first + 1,
      run.groups.begin() + candidate.last + 1,
      [](const DigitRun::Group& group) { return group.after_dot; });
}

// Takes away what are more likely dates, coordinates or amounts: cards that
// are not grouped as cards, if a dot is in them or a mobile number or an id
// has groups of them.
void DropUnlikely(const DigitRun& run, Candidates* candidates) {
  absl::InlinedVector<bool, 12> taken(run.groups.size(), false);
  for (const Candidate& candidate : *candidates) {
    if (candidate.number.kind == SensitiveKind::kBankCard) continue;
    std::fill(taken.begin() + candidate.first,
              taken.begin() + candidate.last + 1, true);
  }
  const auto is_unlikely = [&](const Candidate& candidate) {
    return candidate.number.kind == SensitiveKind::kBankCard &&
           !IsGroupedAsCards(run, candidate) &&
           (HasDotInside(run, candidate) ||
            std::any_of(taken.begin() + candidate.first,
                        taken.begin() + candidate.last + 1,
                        [](bool is_taken) { return is_taken; }));
  };
  candidates->erase(
      std::remove_if(candidates->begin(), candidates->end(), is_unlikely),
      candidates->end());
}

void HideRun(absl::string_view text, const DigitRun& run, const Marks& marks) {
  if (run.size() < identifiers::kMobileDigits) return;
  Candidates candidates = CandidatesIn(run);
  if (candidates.empty()) return;
  DropUnlikely(run, &candidates);
  const auto bytes = [text, &run](size_t i) {
    return GlyphAt(text, run.at[i]).bytes;
  };
  for (const auto& [first, last, number] : candidates) {
    const size_t begin = run.groups[first].begin;
    const size_t end = begin + number.size - 1;
    if (marks.Tell(number.kind, run.at[begin], run.at[end] + bytes(end))) {
      continue;
    }
    for (size_t i = number.hidden_begin; i < number.hidden_end; ++i) {
      marks.PutOne(run.at[begin + i], bytes(begin + i));
    }
  }
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
    if (digits == identifiers::kMobileDigits && IsMobile(text.data() + begin) &&
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

// The texts of `column`, which stand one behind the other.
void MarkColumn(const records::Column& column, const Marks& marks) {
  constexpr uint32_t kRowsEach = 256;
  std::array<SensitiveRow, kRowsEach> rows;
  const char* const texts = column.data.data();
  const char mark = marks.first;
  char* const at = marks.at;
  for (uint32_t first = 0; first < column.row_count; first += kRowsEach) {
    const uint32_t behind = std::min(column.row_count, first + kRowsEach);
    const size_t count = FindSensitiveRows(column, first, behind, rows.data());
    for (size_t i = 0; i < count; ++i) {
      const SensitiveRow& row = rows[i];
      if (!row.has_eleven_alone) {
        const auto begin = static_cast<size_t>(column.Offset(row.row));
        MarkAll(column.Text(row.row), row.at - begin,
                {mark, mark, at + begin, marks.is_wide});
      } else if (IsMobile(texts + row.at)) {
        std::memset(at + row.at + kMobileHead, mark, kMobileHidden);
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

bool MarkSensitive(const records::Column& column, char mark, char* at) {
  bool is_wide = false;
  MarkColumn(column, {mark, mark, at, &is_wide});
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
