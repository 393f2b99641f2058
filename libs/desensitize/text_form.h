// Masks of columns whose texts all have one length and are ASCII, as numbers of
// all kinds are: what is said of one text holds for each, so that the column is
// one long run of bytes under a pattern that repeats.
#ifndef SLUICE_LIBS_DESENSITIZE_TEXT_FORM_H_
#define SLUICE_LIBS_DESENSITIZE_TEXT_FORM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Longer texts have no form.
inline constexpr size_t kFormBytesMax = 64;

// The length that all texts of `column` have that are not empty; 0 if they have
// several, or none, or one above kFormBytesMax.
size_t CommonTextBytes(const records::Column& column);

// What the bytes of a text may be, and which of them are hidden.
class TextForm {
 public:
  // ASCII of any kind, nothing hidden. `length`: 1 to kFormBytesMax.
  explicit TextForm(size_t length);

  size_t length() const { return length_; }

  // Byte `at` must be `least` to `most`.
  void Require(size_t at, char least, char most);
  void RequireDigits();
  // The bytes from `begin` on and before `end`.
  void Hide(size_t begin, size_t end);

 private:
  friend class FormPatterns;

  size_t length_;
  std::array<uint8_t, kFormBytesMax> least_;
  // How many values above `least` are allowed.
  std::array<uint8_t, kFormBytesMax> span_;
  // 0xFF where a byte stays, 0 where it is hidden.
  std::array<uint8_t, kFormBytesMax> kept_;
};

// `column`, whose CommonTextBytes is the form's length, with `symbol` over what
// is hidden; nothing if a text is not of the form. Shares validity and offsets.
std::optional<Treated> MaskInForm(const records::Column& column,
                                  const TextForm& form, char symbol);

// The same with the first `kept` bytes of each text, 1 to kCutBytesMax and to
// its length, and nothing of the rest.
inline constexpr size_t kCutBytesMax = 16;
std::optional<Treated> CutInForm(const records::Column& column,
                                 const TextForm& form, size_t kept);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TEXT_FORM_H_
