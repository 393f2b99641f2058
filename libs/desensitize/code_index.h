// Short texts that each stand for another one, as codes do for what is above
// them: row after row without a branch that a CPU could guess wrong.
#ifndef SLUICE_LIBS_DESENSITIZE_CODE_INDEX_H_
#define SLUICE_LIBS_DESENSITIZE_CODE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "libs/desensitize/code_place.h"
#include "libs/desensitize/dense_codes.h"

namespace sluice::desensitize {

// A perfect hash table: no two codes share a slot, so that a code is in the one
// slot where it can be or nowhere. Immutable and thread-safe.
class CodeIndex {
 public:
  // As many bytes are read from where a text begins on, and written from where
  // one does, however long it is.
  static constexpr size_t kBytesRead = 16;
  static constexpr size_t kBytesWritten = DenseCodes::kBytesWritten;

  // Of codes and the text of each, no code twice and none empty. Those of more
  // than 15 bytes are left out, and those whose texts have more than 32. Holds
  // nothing at all if no two ways to hash would do, which is not to be
  // expected.
  explicit CodeIndex(
      const std::vector<std::pair<std::string, std::string>>& texts_of_codes);

  // Translates the texts of a column from `from` on to `out`, and sets in
  // `out_offsets` where each row ends. An empty text stays one. Calls `unknown`
  // with some of the rows whose texts are none of the codes it was made of,
  // which become empty. Stops at `last`, or at the first other row whose text
  // is no code it holds; returns where.
  CodePlace Translate(const char* offsets, absl::string_view texts,
                      CodePlace from, uint32_t last, char* out,
                      char* out_offsets,
                      absl::FunctionRef<void(uint32_t row)> unknown) const;

 private:
  // The bytes of a code and in the highest one its length, which tells "A" from
  // "A\0". Of a short one the high half is 0, and the length in the low one.
  struct Key {
    uint64_t low = 0;
    uint64_t high = 0;
  };
  struct Entry {
    Key key;
    uint64_t text = 0;
    uint64_t hash = 0;
  };

  std::vector<Entry> EntriesOf(
      const std::vector<std::pair<std::string, std::string>>& texts_of_codes);
  void FreeSlots();
  // False if an entry finds no slot.
  bool PlaceEntries(const std::vector<Entry>& entries);
  bool PlaceTogether(const std::vector<const Entry*>& entries,
                     uint64_t displacement);

  CodePlace TranslateSparse(const char* offsets, const char* texts,
                            CodePlace from, uint32_t last, char* out,
                            char* out_offsets) const;
  template <bool kShort>
  CodePlace TranslateAs(const char* offsets, const char* texts, CodePlace from,
                        uint32_t last, char* out, char* out_offsets) const;

  // Whether no code and no text is longer than seven bytes: a slot is a key's
  // low half and the text, its length in the highest byte. Else it is both
  // halves, and where the text begins in `pool_`, its length in the high half.
  bool is_short_ = true;
  int bucket_shift_ = 0;
  int slot_shift_ = 0;
  // Of each bucket, which is a few codes, what moves these to free slots.
  std::vector<uint64_t> displacements_;
  std::vector<uint64_t> slots_;
  std::string pool_;
  // Of codes that are regular, all once more.
  std::optional<DenseCodes> dense_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CODE_INDEX_H_
