// Where the publication of a source starts, given what was published before.
#ifndef SLUICE_LIBS_PUBLISH_START_POINT_H_
#define SLUICE_LIBS_PUBLISH_START_POINT_H_

#include <string>

#include "absl/status/statusor.h"
#include "libs/publish/input_file.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/records/v1/envelope.pb.h"

namespace sluice::publish {

enum class Start {
  kNothingToDo,  // all of the source is published
  kFresh,        // from the first record, in a new generation if STATE
  kResume,       // behind `bytes_done` of the position
};

struct StartPoint {
  Start start = Start::kFresh;
  // To go on from: digest and size are those of the source as it is now.
  records::v1::SourcePosition position;
};

// `before` is null where nothing was published. `digests.first` covers
// `before->source_bytes()` bytes, or as many as the source has. WRONG_STATE for
// an EVENTS source that was not only appended to.
absl::StatusOr<StartPoint> FindStartPoint(
    const catalog::v1::Resource& resource, const std::string& read_as,
    const records::v1::SourcePosition* before, uint64_t source_bytes,
    const InputFile::Digests& digests);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_START_POINT_H_
