// Names of the topics an adapter writes to.
#ifndef SLUICE_LIBS_PUBLISH_TOPICS_H_
#define SLUICE_LIBS_PUBLISH_TOPICS_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::publish {

// `<department>.<slug>`.
inline std::string RecordsTopic(absl::string_view resource) {
  return absl::StrCat("records.", resource);
}

inline std::string QuarantineTopic(absl::string_view resource) {
  return absl::StrCat("quarantine.", resource);
}

inline std::string PositionsTopic(absl::string_view department) {
  return absl::StrCat("positions.", department);
}

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_TOPICS_H_
