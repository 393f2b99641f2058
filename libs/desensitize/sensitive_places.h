// Where in prose numbers and addresses of persons may be: found 64 bytes at a
// time, so that what is none of it costs next to nothing.
//
// Numbers may be where eleven digits, the fewest that any has, are near one
// another: each at most kGapBytesMax behind the one before, with no Han
// character between them. Addresses may be where an @ is. All may be of full
// width. Texts are valid UTF-8.
#ifndef SLUICE_LIBS_DESENSITIZE_SENSITIVE_PLACES_H_
#define SLUICE_LIBS_DESENSITIZE_SENSITIVE_PLACES_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Bytes of a text that are worth a look, from a digit or an @ on. A number or
// an address may reach beyond `end` and an address before `begin`.
struct SensitivePlace {
  size_t begin = 0;
  size_t end = 0;
};

// The first that begins at or behind `from`, where digits before `from` count
// for nothing; begins at the text's end if there is none.
SensitivePlace NextSensitivePlace(absl::string_view text, size_t from);

// A text in which something may have to be hidden.
struct SensitiveRow {
  uint32_t row;
  // Where in the column's data its first place begins; where the text does if
  // `elevens` tells all.
  uint32_t at;
  // Not 0: nothing in the text may have to be hidden but numbers of just eleven
  // ASCII digits, each alone, that begin as many bytes behind `at` as there are
  // bits below one of these.
  uint64_t elevens;
};

// Writes those of rows `begin` to `end` of `column` to `out`, ascending, which
// has room for all; returns how many there are. Leaves out texts with a place
// of which it sees that it is none.
size_t FindSensitiveRows(const records::Column& column, uint32_t begin,
                         uint32_t end, SensitiveRow* out);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SENSITIVE_PLACES_H_
