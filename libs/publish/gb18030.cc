#include "libs/publish/gb18030.h"

#include <iconv.h>

#include "libs/base/status.h"

namespace sluice::publish {

absl::StatusOr<std::unique_ptr<Gb18030Decoder>> Gb18030Decoder::Open() {
  iconv_t converter = ::iconv_open("UTF-8", "GB18030");
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the standard's own error value.
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    return Error(status::v1::REASON_CODE_WRONG_STATE,
                 "this system cannot convert GB18030: install the C library's "
                 "conversion modules (its gconv folder), or convert "
                 "the file to UTF-8");
  }
  return std::unique_ptr<Gb18030Decoder>(new Gb18030Decoder(converter));
}

Gb18030Decoder::~Gb18030Decoder() { ::iconv_close(converter_); }

size_t Gb18030Decoder::Decode(absl::string_view text, std::string* utf8) {
  ::iconv(converter_, nullptr, nullptr, nullptr, nullptr);
  const size_t begin = utf8->size();
  // One byte becomes one, two become at most three, four at most four.
  utf8->resize(begin + text.size() * 2);
  char* in = const_cast<char*>(text.data());  // iconv does not write to it
  size_t in_left = text.size();
  char* out = utf8->data() + begin;
  size_t out_left = utf8->size() - begin;
  ::iconv(converter_, &in, &in_left, &out, &out_left);
  utf8->resize(utf8->size() - out_left);
  return text.size() - in_left;
}

}  // namespace sluice::publish
