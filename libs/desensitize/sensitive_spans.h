// Numbers and addresses of persons inside prose.
#ifndef SLUICE_LIBS_DESENSITIZE_SENSITIVE_SPANS_H_
#define SLUICE_LIBS_DESENSITIZE_SENSITIVE_SPANS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/desensitize/sensitive_kind.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Of a byte of a text.
enum class Shown : uint8_t {
  kShown = 0,
  // The first byte of a character that is hidden.
  kHidden = 1,
  // A further byte of one.
  kHiddenRest = 2,
};

// Sets hidden[i] for each byte of `text`, valid UTF-8: hidden is of a resident
// id all but the first 6 and last 4 characters, of a mobile number the four in
// the middle, of a bank card all but the first 6 and last 4, of an e-mail
// address what stands before the @ but its first character. `hidden` is as long
// as the text afterwards.
//
// What people write is looked for, not only what is right: a resident id may
// have a wrong check character, a small x, or the 15 digits of before 1999 (of
// which the last 3 are shown, so that the birth date is not). A mobile number
// may have 86, 0086 or 0 before it. All characters may be of full width. An
// address may have dots where none belong; of "a..b@c.cn" it is b@c.cn.
//
// Numbers may stand in groups (digit_run.h) and beside other groups. So any
// groups in a row that together are a number are hidden as that number, as if
// they stood alone, whatever stands before and behind them; a number inside
// longer digits without a gap is not found. Where two such overlap, both are
// hidden: the longer or the first one need not be the true one, and would else
// show the other's middle. Of "2024-01-02 138-1234-5678" that hides the phone.
//
// One in ten numbers ends with a card's digit. So a card is told from others by
// its groups: but for the last, all of four digits or more, or all of one size.
// In other groups it is hidden unless a dot is in it (coordinates, amounts) or
// a mobile number or an id has groups of it: [02 138-1234-5678] may be no card.
//
// Takes time that grows with the text's length, whatever stands in it.
void FindSensitiveSpans(absl::string_view text, std::vector<Shown>* hidden);

// Bytes of a text, from its first character to its last, those between the
// groups of a number too.
struct SensitiveItem {
  size_t begin = 0;
  size_t end = 0;
  SensitiveKind kind = SensitiveKind::kEmail;
};

// Sets `items` to what FindSensitiveSpans hides a part of, each as a whole: 86
// before a mobile number and the domain of an address belong to them. They
// ascend and have nothing in common: what shares bytes with an address is part
// of it, and numbers that overlap are told as one, of the kind that is least
// likely by chance.
void FindSensitiveItems(absl::string_view text,
                        std::vector<SensitiveItem>* items);

// The most bytes that texts of `bytes` in all have once each item is a label as
// docs/treatments.md names them: <EMAIL> is longer than a@b.c.
constexpr size_t LabelledBytesMax(size_t bytes) {
  return bytes + bytes / 5 * 2;
}

// Copies the data of `column`, which is STRING, to `out`, with `mark` for each
// byte that is to be hidden by the same rule. False if a character of several
// bytes is among them, which one mark cannot stand for: what is in `out` then
// says nothing. `out` is no part of the column.
bool CopyMarked(const records::Column& column, char mark, char* out);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SENSITIVE_SPANS_H_
