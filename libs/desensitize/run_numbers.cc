#include "libs/desensitize/run_numbers.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "absl/container/fixed_array.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/division_code.h"
#include "libs/identifiers/resident_id.h"

namespace sluice::desensitize {
namespace {

using identifiers::kBankCardDigitsMin;
using identifiers::kMobileDigits;
using identifiers::kOldResidentIdLength;
using identifiers::kResidentIdLength;

// What of an id or a card is shown before and behind what is hidden.
constexpr size_t kHead = 6;
constexpr size_t kTail = 4;
// An id of 15 digits has no check digit.
constexpr size_t kOldIdTail = 3;

// ---- Where groups end, and Luhn's rule.

// A byte for each character of a run, so that all that digits from one on may
// be is looked up at once and nothing is added up twice.
class RunTables {
 public:
  explicit RunTables(const DigitRun& run)
      : sums_(run.size() + 1),
        ends_(run.size() + 1 + kGroupDigitsMax + kWordBytes) {
    std::memset(ends_.data(), kNoEnd, ends_.size());
    const char* const digits = run.characters.data();
    uint8_t* const sums = sums_.data();
    uint8_t* const ends = ends_.data();
    uint8_t once = 0;
    uint8_t twice = 0;
    size_t i = 0;
    for (const DigitRun::Group& group : run.groups) {
      for (; i < group.end; ++i) {
        sums[i] = static_cast<uint8_t>(once | twice << 4);
        const auto digit = static_cast<uint8_t>(digits[i] - '0');
        // What counts twice is the other way round for the next digit.
        const uint8_t next = Sum(twice, kTwice[digit]);
        twice = Sum(once, digit);
        once = next;
      }
      ends[i] = twice;
    }
  }

  // Whether a group ends before character `end`, which is no more than
  // kGroupDigitsMax behind the run's.
  bool IsEnd(size_t end) const { return ends_[end] != kNoEnd; }

  // Which groups from `begin` on are digits of which the last is right: the
  // highest bit of byte i if those to begin + kBankCardDigitsMin + i are.
  uint64_t CardsFrom(size_t begin) const {
    const uint64_t once = sums_[begin] & 0x0F;
    const uint64_t twice = sums_[begin] >> 4;
    // The last digit counts once, the one before it twice, and so on.
    const uint64_t wanted =
        once * 0x0001000100010001u | twice * 0x0100010001000100u;
    const uint64_t differences =
        LoadLittle<uint64_t>(ends_.data() + begin + kBankCardDigitsMin) ^
        wanted;
    // No byte has its highest bit, nor gets it from one that is added.
    return ~(differences + kLowBits) & ~kLowBits & kCardBytes;
  }

 private:
  static constexpr uint8_t kNoEnd = 0x7F;
  static constexpr size_t kWordBytes = sizeof(uint64_t);
  static constexpr uint64_t kLowBits = 0x7F7F7F7F7F7F7F7Fu;
  // Of the lengths that a card may have.
  static constexpr uint64_t kCardBytes =
      (uint64_t{1} << 8 * (kGroupDigitsMax - kBankCardDigitsMin + 1)) - 1;
  // Twice a digit counts with its own two digits added up.
  static constexpr std::array<uint8_t, 10> kTwice = {0, 2, 4, 6, 8,
                                                     1, 3, 5, 7, 9};

  static uint8_t Sum(uint8_t a, uint8_t b) {
    const auto sum = static_cast<uint8_t>(a + b);
    return sum >= 10 ? static_cast<uint8_t>(sum - 10) : sum;
  }

  // Of all digits before each, modulo 10: by Luhn's rule if the digit at it
  // counts once, and from bit 4 on if it counts twice.
  absl::FixedArray<uint8_t, 48> sums_;
  // Where a group ends the sum by Luhn's rule if the digit before counts once.
  absl::FixedArray<uint8_t, 80> ends_;
};

// ---- Mobile numbers and ids.

// Whether two digits may be a month and two more a day of it: most numbers are
// no id for this.
bool MayBeDay(const char* digits) {
  return digits[0] <= '1' && digits[2] <= '3';
}

// One in 3,000 other numbers of 18 digits has the form of an id, and one in 80
// of 15: too few to show an id with a slip of the pen for their sake.
bool IsId(absl::string_view text) {
  return MayBeDay(text.data() + 10) && identifiers::HasResidentIdForm(text) &&
         (identifiers::IsProvinceCode(text.substr(0, 2)) ||
          identifiers::IsValidResidentId(text));
}
bool IsOldId(absl::string_view text) {
  return MayBeDay(text.data() + 8) &&
         identifiers::IsProvinceCode(text.substr(0, 2)) &&
         identifiers::IsOldResidentId(text);
}

// What may stand before the eleven digits of a mobile number.
constexpr std::array<absl::string_view, 4> kDialledFirst = {"", "0", "86",
                                                            "0086"};

using PhonesAndIds = absl::InlinedVector<RunNumber, 4>;

RunNumber Phone(size_t begin, size_t end) {
  const size_t hidden = end - kMobileDigits + kMobileHead;
  return {SensitiveKind::kPhone, begin, end, hidden, hidden + kMobileHidden};
}

RunNumber Id(size_t begin, size_t end, size_t tail) {
  return {SensitiveKind::kResidentId, begin, end, begin + kHead, end - tail};
}

// Adds what the digits from `begin` on are, in ascending order of their ends.
void AddPhonesAndIdsAt(const DigitRun& run, const RunTables& tables,
                       size_t begin, PhonesAndIds* numbers) {
  const char* const digits = run.characters.data() + begin;
  for (const absl::string_view dialled_first : kDialledFirst) {
    const size_t end = begin + dialled_first.size() + kMobileDigits;
    if (tables.IsEnd(end) && AreMobileNumber(digits + dialled_first.size()) &&
        run.View(begin, begin + dialled_first.size()) == dialled_first) {
      numbers->push_back(Phone(begin, end));
    }
  }
  const size_t old_end = begin + kOldResidentIdLength;
  if (tables.IsEnd(old_end) && IsOldId(run.View(begin, old_end)) &&
      (numbers->empty() || numbers->back().begin != begin ||
       numbers->back().end != old_end)) {
    numbers->push_back(Id(begin, old_end, kOldIdTail));
  }
  const size_t end = begin + kResidentIdLength;
  const bool has_x = run.has_x && end == run.size();
  if ((has_x || tables.IsEnd(end)) && IsId(run.View(begin, end))) {
    numbers->push_back(Id(begin, end, kTail));
  }
}

// In ascending order of where they begin, and then of where they end.
PhonesAndIds PhonesAndIdsIn(const DigitRun& run, const RunTables& tables) {
  PhonesAndIds numbers;
  for (const DigitRun::Group& group : run.groups) {
    if (run.size() - group.begin < kMobileDigits) break;
    AddPhonesAndIdsAt(run, tables, group.begin, &numbers);
  }
  return numbers;
}

// ---- Cards.

// A card is known by its last digit alone, which one in ten other numbers has.
// So the likelier things are left out: what is not grouped as cards are, if it
// has a dot inside or groups of a mobile number or an id.
class Cards {
 public:
  Cards(const DigitRun& run, const PhonesAndIds& others)
      : groups_(run.groups.data()),
        count_(run.groups.size()),
        taken_(count_, false) {
    size_t first = 0;
    for (const RunNumber& other : others) {
      while (groups_[first].begin < other.begin) ++first;
      for (size_t i = first; i < count_ && groups_[i].end <= other.end; ++i) {
        taken_[i] = true;
      }
    }
  }

  // Where the last group ends with which those from `first` on may be a card.
  size_t EndMax(size_t first) const {
    const size_t begin = groups_[first].begin;
    const size_t first_size = groups_[first].end - begin;
    // But for the last, no group is of less than four digits, or all are of
    // one size.
    bool is_as_cards = true;
    bool is_doubtful = false;
    size_t end = begin;
    for (size_t i = first; i < count_; ++i) {
      const DigitRun::Group& group = groups_[i];
      is_doubtful |= taken_[i] || (i > first && group.after_dot);
      if (group.end - begin > kGroupDigitsMax) break;
      if (!is_as_cards && is_doubtful) break;
      end = group.end;
      const size_t size = end - group.begin;
      is_as_cards &= size == first_size || (size >= 4 && first_size >= 4);
    }
    return end;
  }

 private:
  const DigitRun::Group* const groups_;
  const size_t count_;
  // Of each group whether it is one of another number.
  absl::InlinedVector<bool, 12> taken_;
};

}  // namespace

// One in ten mobile numbers with 86 before it has a card's last digit, too:
// what may be two kinds of number is no card.
void FindRunNumbers(const DigitRun& run,
                    absl::FunctionRef<void(const RunNumber&)> found) {
  if (run.size() < kMobileDigits) return;
  const RunTables tables(run);
  const PhonesAndIds others = PhonesAndIdsIn(run, tables);
  const Cards cards(run, others);
  const auto* other = others.begin();
  for (size_t first = 0; first < run.groups.size(); ++first) {
    const size_t begin = run.groups[first].begin;
    if (run.size() - begin < kMobileDigits) break;
    uint64_t right = tables.CardsFrom(begin);
    const size_t end_max = right != 0 ? cards.EndMax(first) : 0;
    const auto find_cards = [&](size_t before) {
      for (; right != 0; right &= right - 1) {
        const size_t end = begin + kBankCardDigitsMin +
                           static_cast<size_t>(std::countr_zero(right)) / 8;
        if (end > end_max || end > before) break;
        if (end == before) continue;
        found(
            {SensitiveKind::kBankCard, begin, end, begin + kHead, end - kTail});
      }
    };
    for (; other != others.end() && other->begin == begin; ++other) {
      const bool ends_with_x = run.has_x && other->end == run.size();
      find_cards(other->end - (ends_with_x ? 1 : 0));
      found(*other);
    }
    find_cards(run.size() + 1);
  }
}

}  // namespace sluice::desensitize
