#include "services/broker/paging.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::broker {

absl::StatusOr<size_t> PageSize(uint32_t asked) {
  if (asked == 0) return size_t{kPageSizeDefault};
  if (asked <= kPageSizeMax) return size_t{asked};
  return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, "page_size",
                    absl::StrCat(asked, " items asked for, a page has at most ",
                                 kPageSizeMax));
}

absl::Status CheckPageToken(const std::string& token) {
  if (token.size() <= kPageTokenBytesMax) return absl::OkStatus();
  return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, "page_token",
                    "not a next_page_token of this list");
}

}  // namespace sluice::broker
