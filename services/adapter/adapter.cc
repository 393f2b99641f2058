#include "services/adapter/adapter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/publish/topics.h"

namespace sluice::adapter {
namespace {

constexpr uint32_t kScanIntervalMsDefault = 5'000;
// How often the bus is asked whether it still holds a state that has not
// changed.
constexpr absl::Duration kBusLookInterval = absl::Seconds(10);
// More resource files than this in one folder are a mistake.
constexpr size_t kSourcesMax = 1'000;
// Fields and reasons in one line of the log; the metrics have all.
constexpr size_t kMisfitsLoggedMax = 10;

absl::Duration ScanInterval(const config::v1::AdapterConfig& config) {
  return absl::Milliseconds(config.scan_interval_ms() == 0
                                ? kScanIntervalMsDefault
                                : config.scan_interval_ms());
}

absl::Duration Retention(const config::v1::ResourceFile& file) {
  return file.retention_hours() == 0 ? absl::InfiniteDuration()
                                     : absl::Hours(file.retention_hours());
}

// Nothing where the file cannot be looked at.
std::optional<publish::FileStamp> TryStamp(const std::string& path) {
  const auto stamp = publish::StampOf(path);
  if (!stamp.ok()) return std::nullopt;
  return *stamp;
}

// Whether a failure may be gone at the next scan although no file has changed.
// A refusal by the registry's rules is not: asking again would fill the
// registry.
bool MayPass(const absl::Status& error) {
  const ReasonCode reason = ReasonOf(error);
  return IsRetriable(error) || reason == status::v1::REASON_CODE_UNKNOWN_KEY;
}

void LogMisfits(const std::string& department, const SourceStatus& source) {
  std::vector<publish::MisfitCount> misfits = source.progress.misfits;
  if (misfits.empty()) return;
  uint64_t values = 0;
  for (const publish::MisfitCount& misfit : misfits) values += misfit.count;
  std::stable_sort(
      misfits.begin(), misfits.end(),
      [](const auto& a, const auto& b) { return a.count > b.count; });
  misfits.resize(std::min(misfits.size(), kMisfitsLoggedMax));
  const auto write = [](std::string* out, const publish::MisfitCount& misfit) {
    absl::StrAppend(out, misfit.field, ".", publish::MisfitName(misfit.reason),
                    "=", misfit.count);
  };
  LogWarning("values are not what their semantic types say",
             {{"department", department},
              {"resource", source.resource},
              {"values", values},
              {"most", absl::StrJoin(misfits, " ", write)}});
}

}  // namespace

Adapter::Adapter(config::v1::AdapterConfig config,
                 AdapterDependencies dependencies)
    : config_(std::move(config)), dependencies_(std::move(dependencies)) {}

Adapter::~Adapter() { Stop(); }

void Adapter::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Adapter::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool Adapter::stopping() const {
  MutexLock lock(&mutex_);
  return stopping_ || fenced_;
}

void Adapter::Run() {
  while (!stopping()) {
    Scan();
    MutexLock lock(&mutex_);
    bool timed_out = false;
    while (!stopping_ && !fenced_ && !timed_out) {
      timed_out = wake_.WaitFor(&mutex_, ScanInterval(config_));
    }
  }
}

void Adapter::Scan() {
  {
    MutexLock lock(&mutex_);
    if (fenced_) return;
    ++counters_.scans;
  }
  absl::StatusOr<std::vector<std::string>> files =
      ListFiles(config_.resource_dir(), ".yaml");
  if (files.ok() && files->size() > kSourcesMax) {
    files =
        Error(status::v1::REASON_CODE_OUT_OF_BOUNDS,
              absl::StrCat(config_.resource_dir(), " holds ", files->size(),
                           " resource files; at most ", kSourcesMax,
                           " are read: give the department several adapters"));
  }
  if (!files.ok()) {
    SetHealth(files.status());
    return;
  }
  Forget(*files);
  const absl::Status opened = OpenPublisher();
  SetHealth(opened.ok() ? TopicsHealth() : opened);
  if (!opened.ok()) return;
  ScanFiles(*files);
  bool fenced;
  {
    MutexLock lock(&mutex_);
    fenced = fenced_;
  }
  if (!fenced) SetHealth(TopicsHealth());
}

absl::Status Adapter::TopicsHealth() const {
  for (const auto& [file, source] : sources_) {
    if (!source.topics.ok()) return source.topics;
  }
  return absl::OkStatus();
}

absl::Status Adapter::OpenPublisher() {
  if (publisher_ != nullptr && !publisher_->finished()) return absl::OkStatus();
  publisher_.reset();
  publish::PublisherOptions options;
  options.department = config_.department();
  options.log = dependencies_.log;
  options.key = &*dependencies_.key;
  options.registry_offset = dependencies_.catalog.applied_offset;
  options.clock = dependencies_.clock;
  ASSIGN_OR_RETURN(publisher_, publish::Publisher::Open(options));
  return absl::OkStatus();
}

void Adapter::SetHealth(const absl::Status& health) {
  bool changed = false;
  {
    MutexLock lock(&mutex_);
    changed = health_ != health;
    health_ = health;
  }
  if (changed && !health.ok()) {
    LogError("adapter cannot publish",
             {{"department", config_.department()}, {"error", health}});
  }
}

void Adapter::Forget(const std::vector<std::string>& files) {
  const std::set<std::string> present(files.begin(), files.end());
  const auto is_gone = [&](const auto& entry) {
    return present.count(entry.first) == 0;
  };
  std::erase_if(sources_, is_gone);
  MutexLock lock(&mutex_);
  std::erase_if(statuses_, is_gone);
  for (const std::string& file : files) statuses_[file].file = file;
}

void Adapter::ScanFiles(const std::vector<std::string>& files) {
  owners_.clear();
  for (const std::string& file : files) {
    if (stopping()) return;
    Source* source = &sources_[file];
    // A file that was new in this scan may have taken over the resource.
    const bool taken = owners_.count(source->content.resource().id()) != 0;
    if (taken || NeedsLook(file, source)) Look(file, source);
    const std::string& resource = source->content.resource().id();
    if (!resource.empty()) owners_.emplace(resource, file);
  }
}

bool Adapter::NeedsLook(const std::string& file, Source* source) {
  const std::optional<publish::FileStamp> file_stamp = TryStamp(file);
  const std::optional<publish::FileStamp> data_stamp =
      source->data_path.empty() ? std::nullopt : TryStamp(source->data_path);
  return source->retry || !file_stamp.has_value() ||
         source->file_stamp != file_stamp || source->data_stamp != data_stamp ||
         IsGoneFromBus(source);
}

bool Adapter::IsGoneFromBus(Source* source) {
  const catalog::v1::Resource& resource = source->content.resource();
  const absl::Time now = dependencies_.clock->Now();
  if (resource.kind() != catalog::v1::RESOURCE_KIND_STATE ||
      !source->is_published || now < source->next_bus_look) {
    return false;
  }
  source->next_bus_look = now + kBusLookInterval;
  // A baseline has a message on every partition.
  const auto range = dependencies_.log->Offsets(
      {publish::RecordsTopic(AsView(resource.id())), 0});
  if (!range.ok()) {
    return ReasonOf(range.status()) == status::v1::REASON_CODE_NOT_FOUND;
  }
  return range->begin == range->end;
}

void Adapter::Look(const std::string& file, Source* source) {
  // Taken before the files are read: a change while they are read is seen next
  // time.
  source->file_stamp = TryStamp(file);
  source->retry = false;
  absl::StatusOr<publish::PublishOutcome> outcome;
  const absl::Status read = ReadFile(file, source);
  if (read.ok()) {
    source->data_stamp = TryStamp(source->data_path);
    outcome = PublishSource(file, source);
  } else {
    outcome = read;
  }
  Finish(file, source, outcome);
}

absl::Status Adapter::ReadFile(const std::string& file, Source* source) {
  source->content.Clear();
  source->data_path.clear();
  source->data_stamp.reset();
  ASSIGN_OR_RETURN(config::v1::ResourceFile content,
                   config::ReadYamlConfig<config::v1::ResourceFile>(file));
  const std::string& resource = content.resource().id();
  const auto refuse = [&](ReasonCode reason, absl::string_view field,
                          absl::string_view message) {
    return Annotate(FieldError(reason, field, message), file);
  };
  if (!absl::StartsWith(resource, absl::StrCat(config_.department(), "."))) {
    return refuse(
        status::v1::REASON_CODE_WRONG_DEPARTMENT, "resource.id",
        absl::StrCat(
            resource,
            " is not a resource of this adapter's department; name it ",
            config_.department(), ".<slug>"));
  }
  const auto owner = owners_.find(resource);
  if (owner != owners_.end()) {
    source->retry = true;  // the other file may go away
    return refuse(status::v1::REASON_CODE_ALREADY_EXISTS, "resource.id",
                  absl::StrCat(resource, " is described in ", owner->second,
                               " too; keep one of the files"));
  }
  if (!content.source().has_csv()) {
    return refuse(status::v1::REASON_CODE_MALFORMED, "source",
                  "names no source; add csv with the path of a file");
  }
  source->data_path = ResolvePath(file, content.source().csv().path());
  {
    MutexLock lock(&mutex_);
    statuses_[file].resource = resource;
  }
  source->content = std::move(content);
  return absl::OkStatus();
}

absl::StatusOr<publish::PublishOutcome> Adapter::PublishSource(
    const std::string& file, Source* source) {
  absl::StatusOr<publish::CatalogAccess::ResourcePtr> entry =
      publish::PutCatalogEntry(source->content.resource(), *dependencies_.key,
                               dependencies_.catalog);
  if (!entry.ok()) return Annotate(entry.status(), file);
  // The source before this one may have met an error that ends a publisher.
  RETURN_IF_ERROR(OpenPublisher());
  RETURN_IF_ERROR(CreateTopics(file, source, **entry));
  {
    MutexLock lock(&mutex_);
    statuses_[file].state = SourceState::kPublishing;
  }
  publish::CsvPublication publication;
  publication.publisher = publisher_.get();
  publication.resource = entry->get();
  publication.source = &source->content.source().csv();
  publication.path = source->data_path;
  publication.retention = Retention(source->content);
  publication.on_misfit = source->content.on_misfit();
  publication.stop = [this] { return stopping(); };
  publication.progress = [this, &file](const publish::PublishProgress& done) {
    OnProgress(file, done);
  };
  return publish::PublishCsv(publication);
}

absl::Status Adapter::CreateTopics(const std::string& file, Source* source,
                                   const catalog::v1::Resource& resource) {
  const absl::Status created =
      Annotate(publisher_->CreateTopics(
                   resource.id(), std::max<uint32_t>(resource.partitions(), 1),
                   Retention(source->content)),
               file);
  const bool wrong = ReasonOf(created) == status::v1::REASON_CODE_WRONG_STATE;
  source->topics = wrong ? created : absl::OkStatus();
  // It is mended on the bus, where no file shows it.
  source->retry = source->retry || wrong;
  return created;
}

// Adds what has come since the report before, which is of the same run.
void Adapter::CountMisfits(const SourceStatus& before,
                           const publish::PublishProgress& progress) {
  for (const publish::MisfitCount& misfit : progress.misfits) {
    misfits_[{before.resource, misfit.field, misfit.reason}] += misfit.count;
  }
  for (const publish::MisfitCount& misfit : before.progress.misfits) {
    misfits_[{before.resource, misfit.field, misfit.reason}] -= misfit.count;
  }
}

void Adapter::OnProgress(const std::string& file,
                         const publish::PublishProgress& progress) {
  SourceStatus copy;
  {
    MutexLock lock(&mutex_);
    SourceStatus& status = statuses_[file];
    // The first report of a run says where it starts from; the difference to a
    // later one of the same run is what was appended in between.
    if (status.state == SourceState::kPublishing && status.reported) {
      counters_.records_published +=
          progress.records_published - status.progress.records_published;
      counters_.records_quarantined +=
          progress.records_quarantined - status.progress.records_quarantined;
      CountMisfits(status, progress);
    }
    status.reported = true;
    status.progress = progress;
    copy = status;
  }
  if (dependencies_.progress) dependencies_.progress(copy);
}

void Adapter::Finish(const std::string& file, Source* source,
                     const absl::StatusOr<publish::PublishOutcome>& outcome) {
  const absl::Status& error = outcome.status();
  const ReasonCode reason = ReasonOf(error);
  if (reason == status::v1::REASON_CODE_SHUTTING_DOWN && stopping()) return;
  const bool fenced = reason == status::v1::REASON_CODE_FENCED;
  if (!outcome.ok()) source->retry = source->retry || MayPass(error);
  source->is_published = outcome.ok();
  source->next_bus_look = dependencies_.clock->Now() + kBusLookInterval;
  SourceStatus copy;
  {
    MutexLock lock(&mutex_);
    SourceStatus& status = statuses_[file];
    status.state =
        outcome.ok() ? SourceState::kPublished : SourceState::kFailed;
    status.reported = false;
    status.last_error = error;
    if (!outcome.ok()) ++counters_.source_failures;
    fenced_ = fenced_ || fenced;
    copy = status;
  }
  if (dependencies_.progress) dependencies_.progress(copy);
  if (fenced) {
    SetHealth(Annotate(error,
                       absl::StrCat("another adapter of ", config_.department(),
                                    " took over, this one has stopped")));
    return;
  }
  const std::string text =
      outcome.ok() ? std::string() : std::string(error.message());
  if (!outcome.ok() && text != source->logged_error) {
    LogError("source not published", {{"department", config_.department()},
                                      {"file", file},
                                      {"resource", copy.resource},
                                      {"error", error}});
  }
  source->logged_error = text;
  if (outcome.ok() && outcome->published) {
    LogInfo("source published",
            {{"department", config_.department()},
             {"resource", copy.resource},
             {"records", copy.progress.records_published},
             {"quarantined", copy.progress.records_quarantined},
             {"generation", copy.progress.generation}});
    LogMisfits(config_.department(), copy);
  }
  if (outcome.ok()) LogWaiting(copy, source);
}

void Adapter::LogWaiting(const SourceStatus& status, Source* source) {
  const publish::PublishProgress& progress = status.progress;
  const uint64_t bytes = progress.bytes_total - progress.bytes_done;
  const uint64_t line = bytes == 0 ? 0 : progress.lines_done + 1;
  if (line == source->waiting_line) return;
  source->waiting_line = line;
  if (line == 0) return;
  LogInfo(
      "the file ends within an event: it is published once its line end is "
      "there and its quotes are closed",
      {{"department", config_.department()},
       {"resource", status.resource},
       {"line", line},
       {"bytes", bytes}});
}

std::vector<SourceStatus> Adapter::sources() const {
  MutexLock lock(&mutex_);
  std::vector<SourceStatus> sources;
  sources.reserve(statuses_.size());
  for (const auto& [file, status] : statuses_) sources.push_back(status);
  return sources;
}

AdapterCounters Adapter::counters() const {
  MutexLock lock(&mutex_);
  return counters_;
}

MisfitCounters Adapter::misfits() const {
  MutexLock lock(&mutex_);
  return misfits_;
}

absl::Status Adapter::health() const {
  MutexLock lock(&mutex_);
  return health_;
}

}  // namespace sluice::adapter
