// What the buckets of numbers are called where they are told as texts.
#ifndef SLUICE_LIBS_DESENSITIZE_BUCKET_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_BUCKET_TEXTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/agreement/v1/treatment.pb.h"
#include "sluice/records/v1/batch.pb.h"

namespace sluice::desensitize {

// Whether a bucket becomes a text, not its lower end.
bool IsBucketText(const agreement::v1::NumberBucket& bucket);

// The texts of the buckets between given bounds, one for each bound: its label,
// or "[30,40)" with both bounds as they are written, the last one "[90,)".
std::vector<std::string> BoundedBucketTexts(
    const agreement::v1::NumberBucket& bucket);

// The longest text that a bucket of a field of `type` has, in bytes.
uint32_t BucketTextBytesMax(const agreement::v1::NumberBucket& bucket,
                            records::v1::DataType type);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_BUCKET_TEXTS_H_
