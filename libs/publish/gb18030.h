// GB 18030 text as UTF-8, through the C library's iconv.
//
// glibc follows GB 18030-2005 with the mappings of later editions for the
// vertical forms and the few radicals (A6D9-A6DF, A6EC, A6ED, A6F3, FE59 and
// others): these become the standard Unicode characters, no longer private-use
// ones. What is still different from a table of the 2000 edition:
// - codes in the user-defined areas (AAA1 to AFFE, F8A1 to FEFE, A2AB and some
// more)
//   become private-use characters, U+E000 and up;
// - 24 four-byte codes that stood for those same characters before (82359037
// for
//   U+9FB4, 84318236 for U+FE10 and so on) are refused as broken.
#ifndef SLUICE_LIBS_PUBLISH_GB18030_H_
#define SLUICE_LIBS_PUBLISH_GB18030_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::publish {

// Not thread-safe.
class Gb18030Decoder {
 public:
  // WRONG_STATE if the C library has no such converter.
  static absl::StatusOr<std::unique_ptr<Gb18030Decoder>> Open();

  ~Gb18030Decoder();
  Gb18030Decoder(const Gb18030Decoder&) = delete;
  Gb18030Decoder& operator=(const Gb18030Decoder&) = delete;

  // Appends `text` as UTF-8 to `utf8`. Returns text.size(), or the offset of
  // the first broken sequence; what was before it is appended then.
  size_t Decode(absl::string_view text, std::string* utf8);

 private:
  // iconv_t, which is a pointer by the standard's own definition.
  explicit Gb18030Decoder(void* converter) : converter_(converter) {}

  void* const converter_;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_GB18030_H_
