// The applied state on disk. Everything one message changes, and how far the
// log is applied, goes in with one write; the layout is in
// docs/formats/registry.md.
#ifndef SLUICE_LIBS_REGISTRY_STORE_H_
#define SLUICE_LIBS_REGISTRY_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/progress.h"
#include "libs/registry/state.h"
#include "libs/storage/database.h"

namespace sluice::registry {

// Where and when a command was accepted: kept for ever, so that a second one
// with its id is known. On disk only.
struct AcceptedCommand {
  std::string id;
  int64_t offset = 0;
  absl::Time log_time;
  // SHA-256 of the signed bytes.
  crypto::Digest digest = {};
};

// Rows of notices; their layout is NoticeBook's.
struct NoticeRows {
  std::vector<std::pair<std::string, std::string>> put;
  std::vector<std::string> erase;
};

// Thread-safe.
class Store {
 public:
  // Makes the folder if missing. CORRUPT, WRONG_STATE (another format) or
  // STORAGE_FAILED.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path,
                                                     rocksdb::Env* env);

  // Fills an empty `state` and `progress`; both stay as they are in a new
  // folder. CORRUPT or STORAGE_FAILED.
  absl::Status Load(State* state, Progress* progress) const;

  // Calls `visit` with each row of notices whose key begins with `prefix`, in
  // order of key, until it returns false. STORAGE_FAILED.
  using NoticeRowVisitor =
      std::function<bool(absl::string_view key, absl::string_view value)>;
  absl::Status VisitNoticeRows(absl::string_view prefix,
                               const NoticeRowVisitor& visit) const;
  absl::StatusOr<std::optional<std::string>> FindNoticeRow(
      absl::string_view key) const;

  // All or nothing. Survives the process, not the machine: what is lost is
  // applied again from the log. `accepted` may be null. STORAGE_FAILED.
  absl::Status Write(const Changes& changes, const Progress& progress,
                     const AcceptedCommand* accepted);
  absl::Status WriteNotice(const NoticeRows& rows, const Progress& progress);
  // Synced: what is acted on must not come back after a crash.
  absl::Status WriteNoticeRow(absl::string_view key, absl::string_view value);

  absl::StatusOr<std::optional<AcceptedCommand>> FindAccepted(
      absl::string_view id) const;

 private:
  explicit Store(std::unique_ptr<storage::Database> database)
      : database_(std::move(database)) {}

  absl::Status CheckFormat();

  const std::unique_ptr<storage::Database> database_;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_STORE_H_
