#include "libs/desensitize/bucket_texts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::NumberBucket;

// Two brackets and a comma around two numbers: of INT64 20 characters each,
// else 39 digits, a sign, a point and a zero before it.
constexpr uint32_t kIntegerRangeBytesMax = 2 * 20 + 3;
constexpr uint32_t kDecimalRangeBytesMax = 2 * 42 + 3;

}  // namespace

bool IsBucketText(const NumberBucket& bucket) {
  return bucket.form() == NumberBucket::RANGE || !bucket.labels().empty();
}

std::vector<std::string> BoundedBucketTexts(const NumberBucket& bucket) {
  if (!bucket.labels().empty()) {
    return {bucket.labels().begin(), bucket.labels().end()};
  }
  std::vector<std::string> texts;
  texts.reserve(static_cast<size_t>(bucket.bounds_size()));
  for (int i = 0; i < bucket.bounds_size(); ++i) {
    const bool is_last = i + 1 == bucket.bounds_size();
    texts.push_back(absl::StrCat("[", bucket.bounds(i), ",",
                                 is_last ? "" : bucket.bounds(i + 1), ")"));
  }
  return texts;
}

uint32_t BucketTextBytesMax(const NumberBucket& bucket,
                            records::v1::DataType type) {
  if (bucket.bounds().empty()) {
    return type == records::v1::DATA_TYPE_INT64 ? kIntegerRangeBytesMax
                                                : kDecimalRangeBytesMax;
  }
  size_t most = 0;
  for (const std::string& text : BoundedBucketTexts(bucket)) {
    most = std::max(most, text.size());
  }
  return static_cast<uint32_t>(most);
}

}  // namespace sluice::desensitize
