// Checks a trail that someone else keeps, from its raw entries and its
// checkpoint.
#ifndef SLUICE_LIBS_AUDIT_TRAIL_VERIFIER_H_
#define SLUICE_LIBS_AUDIT_TRAIL_VERIFIER_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/audit/checkpoint.h"
#include "libs/audit/merkle.h"

namespace sluice::audit {

// Feed every entry from 0 on, then ask. Constant memory. Not thread-safe.
class TrailVerifier {
 public:
  // `earlier`: a checkpoint seen before, if any; the trail must extend it.
  explicit TrailVerifier(std::optional<Checkpoint> earlier);

  // MALFORMED if the entry does not parse as a v1::Entry: it is named by its
  // index.
  absl::Status Add(absl::string_view entry);

  // Whether what was added is what `checkpoint` covers and extends `earlier`:
  // CORRUPT saying which of the two does not hold.
  absl::Status Check(const Checkpoint& checkpoint) const;

  uint64_t entries() const { return frontier_.size(); }

 private:
  const std::optional<Checkpoint> earlier_;
  std::optional<Digest> root_at_earlier_;
  Frontier frontier_;
};

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_TRAIL_VERIFIER_H_
