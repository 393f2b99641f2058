// One department's adapter: looks after its resource files, keeps the catalog's
// entries as they say, and publishes their sources whenever they change.
#ifndef SLUICE_SERVICES_ADAPTER_ADAPTER_H_
#define SLUICE_SERVICES_ADAPTER_ADAPTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/publish/catalog_entry.h"
#include "libs/publish/csv_publication.h"
#include "libs/publish/input_file.h"
#include "libs/publish/misfit.h"
#include "libs/publish/publisher.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::adapter {

enum class SourceState {
  kWaiting,     // not looked at yet
  kPublishing,  // being read
  kPublished,   // all of it is on the bus
  kFailed,  // see the error; tried again when its files change, or at each scan
            // where that may help
};

struct SourceStatus {
  // Path of the resource file.
  std::string file;
  // Empty until the file could be read.
  std::string resource;
  SourceState state = SourceState::kWaiting;
  publish::PublishProgress progress;
  // Whether `progress` is of the run that is going on.
  bool reported = false;
  // OK unless state is kFailed.
  absl::Status last_error;
};

// Since the adapter was made.
struct AdapterCounters {
  uint64_t scans = 0;
  uint64_t records_published = 0;
  uint64_t records_quarantined = 0;
  uint64_t source_failures = 0;
};

// Values that are not what their field's semantic type says, by resource, field
// and reason; how many since the adapter was made.
using MisfitCounters =
    std::map<std::tuple<std::string, std::string, publish::Misfit>, uint64_t>;

struct AdapterDependencies {
  // Must outlive the adapter, as must what `catalog` refers to.
  bus::EventLog* log = nullptr;
  publish::CatalogAccess catalog;
  // Enrolled for the department with the role adapter.
  std::optional<crypto::SigningKey> key;
  Clock* clock = Clock::System();
  // Called from the adapter's thread after each append, with no lock held.
  std::function<void(const SourceStatus& source)> progress;
};

// All work is done in one thread of its own. Start and Stop are for the owner;
// what is known of the sources can be read from any thread.
class Adapter {
 public:
  // `config` as ReadYamlConfig gives it, `resource_dir` resolved.
  Adapter(config::v1::AdapterConfig config, AdapterDependencies dependencies);

  // As Stop.
  ~Adapter();

  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;

  // Starts the thread, which scans now and every scan_interval_ms. Once.
  void Start();

  // Ends the thread: an append that runs is finished, what was not appended is
  // read again at the next start. Waits for no more than that append.
  void Stop();

  // Looks at every resource file and publishes what changed. For tests and for
  // a single pass; not beside Start.
  void Scan();

  // In the order of the files' names.
  std::vector<SourceStatus> sources() const;
  AdapterCounters counters() const;
  MisfitCounters misfits() const;

  // OK, or what an operator must see to: the folder cannot be read; the bus
  // cannot be reached; FENCED: another adapter of the department took over, and
  // this one has stopped for good; WRONG_STATE: a topic has other settings than
  // its resource file asks for, and that resource is not published until the
  // command that the message names was run.
  absl::Status health() const;

  const std::string& department() const { return config_.department(); }

 private:
  // What is known of one resource file. Used by the scanning thread alone.
  struct Source {
    // The states that were tried last; nothing is tried twice on the same ones.
    std::optional<publish::FileStamp> file_stamp;
    std::optional<publish::FileStamp> data_stamp;
    config::v1::ResourceFile content;
    std::string data_path;
    bool retry = false;
    // What is wrong with its topics.
    absl::Status topics;
    // Whether all of it is on the bus, as far as is known, and when to look
    // again.
    bool is_published = false;
    absl::Time next_bus_look = absl::InfinitePast();
    std::string logged_error;
    // Of the event that is waited for, as logged last; 0: none.
    uint64_t waiting_line = 0;
  };

  void Run();
  bool stopping() const;
  // Also in place of one that is finished.
  absl::Status OpenPublisher();
  absl::Status CreateTopics(const std::string& file, Source* source,
                            const catalog::v1::Resource& resource);
  // Of the first source whose topics are wrong.
  absl::Status TopicsHealth() const;
  void ScanFiles(const std::vector<std::string>& files);
  bool NeedsLook(const std::string& file, Source* source);
  // Whether the bus holds nothing of a STATE resource that was published; asks
  // now and then.
  bool IsGoneFromBus(Source* source);
  void Look(const std::string& file, Source* source);
  absl::Status ReadFile(const std::string& file, Source* source);
  absl::StatusOr<publish::PublishOutcome> PublishSource(const std::string& file,
                                                        Source* source);
  void Finish(const std::string& file, Source* source,
              const absl::StatusOr<publish::PublishOutcome>& outcome);
  // Says once of each event that it is waited for.
  void LogWaiting(const SourceStatus& status, Source* source);
  void CountMisfits(const SourceStatus& before,
                    const publish::PublishProgress& progress)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnProgress(const std::string& file,
                  const publish::PublishProgress& progress);
  void SetHealth(const absl::Status& health);
  void Forget(const std::vector<std::string>& files);

  // Constant after construction.
  const config::v1::AdapterConfig config_;
  const AdapterDependencies dependencies_;

  // The scanning thread's own.
  std::unique_ptr<publish::Publisher> publisher_;
  std::map<std::string, Source> sources_;
  // Resource id to the file that has it in this scan.
  std::map<std::string, std::string> owners_;

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool fenced_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, SourceStatus> statuses_ ABSL_GUARDED_BY(mutex_);
  AdapterCounters counters_ ABSL_GUARDED_BY(mutex_);
  MisfitCounters misfits_ ABSL_GUARDED_BY(mutex_);
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::adapter

#endif  // SLUICE_SERVICES_ADAPTER_ADAPTER_H_
