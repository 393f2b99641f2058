#include "libs/publish/start_point.h"

#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::publish {

absl::StatusOr<StartPoint> FindStartPoint(
    const catalog::v1::Resource& resource, const std::string& read_as,
    const records::v1::SourcePosition* before, uint64_t source_bytes,
    const InputFile::Digests& digests) {
  StartPoint point;
  records::v1::SourcePosition& position = point.position;
  if (before != nullptr) position = *before;
  position.set_resource(resource.id());
  position.set_source_digest(std::string(crypto::DigestView(digests.whole)));
  position.set_source_bytes(source_bytes);
  position.set_schema_version(resource.schema_version());
  position.set_read_as(read_as);

  const bool same = before != nullptr &&
                    before->source_digest() == position.source_digest() &&
                    before->source_bytes() == source_bytes;
  const bool is_state = resource.kind() == catalog::v1::RESOURCE_KIND_STATE;
  const bool read_the_same =
      same && before->schema_version() == resource.schema_version() &&
      before->read_as() == read_as;
  if (before == nullptr || (is_state && !read_the_same)) {
    position.set_records_done(0);
    position.set_records_bad(0);
    position.set_bytes_done(0);
    position.set_lines_done(0);
    position.set_complete(false);
    return point;
  }
  if (same) {
    point.start = before->complete() ? Start::kNothingToDo : Start::kResume;
    return point;
  }
  const bool grown =
      source_bytes > before->source_bytes() &&
      before->source_digest() == AsStdView(crypto::DigestView(digests.first));
  if (!grown) {
    return Error(
        status::v1::REASON_CODE_WRONG_STATE,
        "it was rewritten since it was published, and events cannot be "
        "taken back: restore what was published before and add new "
        "events at the end of the file");
  }
  position.set_complete(false);
  point.start = Start::kResume;
  return point;
}

}  // namespace sluice::publish
