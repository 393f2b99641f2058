#include "libs/registry/registry.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/applied_notices.h"
#include "libs/registry/command.h"
#include "libs/registry/listeners.h"
#include "libs/registry/log_message.h"
#include "libs/registry/missing_topic.h"
#include "libs/registry/notice.h"
#include "libs/registry/progress.h"
#include "libs/registry/rules.h"
#include "libs/registry/state.h"
#include "libs/registry/store.h"
#include "libs/registry/submit_waiters.h"

namespace sluice::registry {
namespace {

constexpr size_t kReadCountMax = 256;
constexpr size_t kReadBytesMax = size_t{4} << 20;
// How long one read of the log waits, and so about how long Stop takes.
constexpr absl::Duration kReadWait = absl::Milliseconds(100);
// Agreements shown to a filter at a time.
constexpr size_t kListChunk = 256;

const bus::TopicPartition& RegistryPartition() {
  static const auto* const partition =
      new bus::TopicPartition{kRegistryTopic, 0};
  return *partition;
}

absl::Status UnknownRules(uint32_t version) {
  return Error(status::v1::REASON_CODE_RULES_VERSION,
               absl::StrCat("the registry has gone over to rules version ",
                            version, " and this program knows version ",
                            kRulesVersionMax, " at most: update it"));
}

absl::Status ShuttingDown() {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
               "the broker is shutting down: submit the same bytes again, here "
               "later or at another broker");
}

absl::Status OtherGenesis(absl::string_view what) {
  return Error(
      status::v1::REASON_CODE_WRONG_TRUST_DOMAIN,
      absl::StrCat(what,
                   " is not of the trust domain that the configuration "
                   "pins: check genesis digest and bus"));
}

absl::Status NotInLog(const std::string& path) {
  return Error(
      status::v1::REASON_CODE_CORRUPT,
      absl::StrCat(
          "the state in ", path,
          " has applied a command that the bus does not hold: the bus "
          "was replaced or restored from a backup. Find out which, for "
          "revocations may be lost; then delete that folder, and it is "
          "rebuilt from the bus"));
}

bool IsLasting(const absl::Status& status) {
  const ReasonCode reason = ReasonOf(status);
  return reason == status::v1::REASON_CODE_CORRUPT ||
         reason == status::v1::REASON_CODE_RULES_VERSION ||
         reason == status::v1::REASON_CODE_POSITION_EXPIRED;
}

RegistryStatus StatusOf(const Progress& progress, uint32_t rules_version) {
  RegistryStatus status;
  status.applied_offset = static_cast<uint64_t>(progress.offset);
  status.state_digest = progress.state_digest;
  status.command_offset = static_cast<uint64_t>(progress.command_offset);
  status.rules_version = rules_version;
  status.log_time = progress.log_time;
  status.accepted_commands = progress.accepted_count;
  status.refused_commands = progress.refused_count;
  status.foreign_messages = progress.foreign_count;
  return status;
}

// The only thread that changes state_ and progress_ is, during Open, the one
// that opens, and afterwards apply_thread_.
class LogRegistry : public Registry {
 public:
  LogRegistry(const RegistryOptions& options, std::unique_ptr<Store> store)
      : options_(options),
        missing_(options.log, kRegistryTopic),
        store_(std::move(store)),
        notices_(
            store_.get(),
            [this](absl::string_view agreement) { return LimitsOf(agreement); },
            [this] { return LogTime(); }) {}

  ~LogRegistry() override { Stop(); }

  absl::Status Start(const v1::SignedCommand* genesis);

  absl::StatusOr<Submitted> Submit(const v1::SignedCommand& command) override;
  absl::StatusOr<ResourcePtr> GetResource(absl::string_view id) const override;
  absl::StatusOr<ResourcePtr> GetResourceWithSchema(
      absl::string_view id, uint32_t schema_version) const override;
  std::vector<ResourcePtr> ListResources(absl::string_view department,
                                         absl::string_view after,
                                         size_t count_max) const override;
  absl::StatusOr<AgreementPtr> GetAgreement(absl::string_view id,
                                            uint32_t version) const override;
  absl::StatusOr<AgreementPtr> GetEffectiveAgreement(
      absl::string_view id) const override;
  std::vector<AgreementPtr> ListAgreements(
      absl::string_view after_id, uint32_t after_version, size_t count_max,
      const std::function<bool(const agreement::v1::AgreementRecord&)>& visible)
      const override;
  absl::StatusOr<KeyPtr> GetKey(absl::string_view id) const override;
  std::vector<KeyPtr> ListKeys(absl::string_view department,
                               absl::string_view after,
                               size_t count_max) const override;
  absl::StatusOr<v1::Department> GetDepartment(
      absl::string_view id) const override;
  std::vector<v1::Department> ListDepartments(absl::string_view after,
                                              size_t count_max) const override;
  v1::SignedCommand genesis() const override { return genesis_; }
  const v1::Genesis& genesis_content() const override {
    return genesis_content_;
  }
  RegistryStatus status() const override;
  RegistryStatus status_in_force() const override;
  absl::Time Now() const override;
  absl::Time LogTime() const override;
  bool WaitForOffset(uint64_t offset, absl::Duration timeout) const override;
  uint64_t AddListener(Listener listener) override {
    return listeners_.Add(std::move(listener));
  }
  void RemoveListener(uint64_t id) override { listeners_.Remove(id); }
  Notices* notices() override { return &notices_; }
  absl::Status health() const override;
  void Stop() override;

 private:
  // Start, in this order.
  absl::Status EnsureGenesis(const v1::SignedCommand* genesis);
  absl::Status CheckLogHoldsWhatIsApplied();
  absl::Status ApplyToEnd();
  absl::Status TakeGenesis();

  // The first message with an offset of at least `from`; nothing if there is
  // none.
  absl::StatusOr<std::optional<bus::Message>> ReadOne(int64_t from);
  absl::Status AppendGenesis(const v1::SignedCommand* genesis);

  // The applying thread.
  void Run();
  absl::Status Follow();
  int64_t NextOffset() const;
  absl::Status ReadAndApply(absl::Duration wait, bool* has_applied);
  absl::Status Apply(const bus::Message& message);
  absl::Status ApplyForeign(const bus::Message& message);
  absl::Status ApplyNotice(const bus::Message& message);
  absl::Status ApplyRemoval(const bus::Message& message);
  absl::Status ApplyCommand(const bus::Message& message,
                            const CommandMessage& parsed);
  void Publish(const Changes& changes, const Progress& progress,
               absl::Time message_time);
  void FinishApplying();
  void SetHealth(const absl::Status& health);
  // False when it is time to stop.
  bool WaitToRetry();

  // Of the version of `agreement` that is in force, if it has any.
  std::optional<agreement::v1::Limits> LimitsOf(
      absl::string_view agreement) const;

  absl::Status CheckMaySubmit(const v1::SignedCommand& command,
                              const v1::Command& parsed) const;
  // The first acceptance of these bytes; nothing if there was none.
  absl::StatusOr<std::optional<Submitted>> FindAcceptance(
      absl::string_view command_id, const crypto::Digest& digest) const;

  // Constant after construction.
  const RegistryOptions options_;

  // Constant after Start.
  std::unique_ptr<bus::Appender> appender_;
  v1::SignedCommand genesis_;
  v1::Genesis genesis_content_;

  // The applying thread's own.
  MissingTopic missing_;

  // Synchronize themselves.
  const std::unique_ptr<Store> store_;
  Listeners<uint64_t, const v1::Command&> listeners_;
  SubmitWaiters waiters_;
  AppliedNotices notices_;

  mutable Mutex mutex_;
  // Signalled when anything below but state_ changes.
  mutable CondVar changed_;
  State state_ ABSL_GUARDED_BY(mutex_);
  Progress progress_ ABSL_GUARDED_BY(mutex_);
  // Of the last message of which the listeners were told.
  Progress announced_ ABSL_GUARDED_BY(mutex_);
  // The latest time of any message since the start, notices and foreign ones
  // too.
  absl::Time latest_time_ ABSL_GUARDED_BY(mutex_) = absl::UnixEpoch();
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Whether apply_thread_ has ended, or never began.
  bool has_ended_ ABSL_GUARDED_BY(mutex_) = true;

  Mutex stop_mutex_;
  std::thread apply_thread_ ABSL_GUARDED_BY(stop_mutex_);
};

absl::Status LogRegistry::Start(const v1::SignedCommand* genesis) {
  bus::TopicSpec spec;
  spec.name = kRegistryTopic;
  spec.partitions = 1;
  spec.cleanup = bus::Cleanup::kCompact;
  RETURN_IF_ERROR(options_.log->CreateTopic(spec));
  {
    const MutexLock lock(&mutex_);
    RETURN_IF_ERROR(store_->Load(&state_, &progress_));
    announced_ = progress_;
    if (progress_.command_offset >= 0) {
      notices_.AddDigest(progress_.command_offset, progress_.state_digest);
    }
    if (state_.genesis().has_value() &&
        state_.genesis_digest() != options_.genesis_digest) {
      return OtherGenesis(absl::StrCat("the state in ", options_.path));
    }
  }
  RETURN_IF_ERROR(notices_.Load());
  ASSIGN_OR_RETURN(appender_, options_.log->OpenAppender());
  RETURN_IF_ERROR(EnsureGenesis(genesis));
  RETURN_IF_ERROR(CheckLogHoldsWhatIsApplied());
  RETURN_IF_ERROR(ApplyToEnd());
  RETURN_IF_ERROR(TakeGenesis());
  {
    const MutexLock lock(&mutex_);
    has_ended_ = false;
  }
  const MutexLock lock(&stop_mutex_);
  apply_thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::StatusOr<std::optional<bus::Message>> LogRegistry::ReadOne(int64_t from) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range,
                   options_.log->Offsets(RegistryPartition()));
  if (range.end <= std::max(from, range.begin)) return std::nullopt;
  ASSIGN_OR_RETURN(
      auto messages,
      options_.log->Read(RegistryPartition(), std::max(from, range.begin), 1,
                         kReadBytesMax, absl::ZeroDuration()));
  if (messages.empty()) return std::nullopt;
  return std::move(messages.front());
}

absl::Status LogRegistry::EnsureGenesis(const v1::SignedCommand* genesis) {
  ASSIGN_OR_RETURN(auto first, ReadOne(0));
  if (!first.has_value()) {
    RETURN_IF_ERROR(AppendGenesis(genesis));
    ASSIGN_OR_RETURN(first, ReadOne(0));
  }
  const auto command = first.has_value() ? ParseMessage(*first) : std::nullopt;
  if (!command.has_value() || command->digest != options_.genesis_digest) {
    return OtherGenesis("the first message of the registry topic");
  }
  return absl::OkStatus();
}

absl::Status LogRegistry::AppendGenesis(const v1::SignedCommand* genesis) {
  {
    const MutexLock lock(&mutex_);
    if (progress_.offset >= 0) return NotInLog(options_.path);
  }
  if (genesis == nullptr) {
    return Error(
        status::v1::REASON_CODE_NOT_FOUND,
        "the registry topic is empty: create the trust domain first, or "
        "check that this is the right bus");
  }
  if (CommandDigest(*genesis) != options_.genesis_digest) {
    return OtherGenesis("the genesis given");
  }
  ASSIGN_OR_RETURN(const v1::Command command, ParseCommand(*genesis));
  LoggedCommand logged;
  logged.signed_command = genesis;
  logged.command = &command;
  const v1::Verdict verdict = Judge(State(), logged).verdict;
  if (!verdict.accepted()) {
    return Error(verdict.reason(),
                 absl::StrCat("genesis: ", verdict.message()));
  }
  return appender_->Append(MakeMessage(NewMessageKey(command.id()), *genesis))
      .status();
}

absl::Status LogRegistry::CheckLogHoldsWhatIsApplied() {
  Progress progress;
  {
    const MutexLock lock(&mutex_);
    progress = progress_;
  }
  if (progress.offset < 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto message, ReadOne(progress.command_offset));
  const auto command =
      message.has_value() ? ParseMessage(*message) : std::nullopt;
  if (!command.has_value() || message->offset != progress.command_offset ||
      command->digest != progress.command_digest) {
    return NotInLog(options_.path);
  }
  return absl::OkStatus();
}

absl::Status LogRegistry::ApplyToEnd() {
  {
    const MutexLock lock(&mutex_);
    if (state_.rules_version() > kRulesVersionMax) {
      return UnknownRules(state_.rules_version());
    }
  }
  ASSIGN_OR_RETURN(const bus::OffsetRange range,
                   options_.log->Offsets(RegistryPartition()));
  bool has_applied = true;
  while (has_applied && NextOffset() < range.end) {
    // Offsets below the end may hold no message; and who does not wait is only
    // told that there is none when there is none, however slow the bus is.
    RETURN_IF_ERROR(ReadAndApply(absl::ZeroDuration(), &has_applied));
  }
  return absl::OkStatus();
}

absl::Status LogRegistry::TakeGenesis() {
  const MutexLock lock(&mutex_);
  // The first message has the pinned digest; it is refused only if whoever made
  // it broke the rules.
  if (!state_.genesis().has_value()) {
    return OtherGenesis(
        "the genesis in the registry topic breaks the rules, "
        "and so");
  }
  genesis_ = *state_.genesis();
  ASSIGN_OR_RETURN(const v1::Command command, ParseCommand(genesis_));
  genesis_content_ = command.genesis();
  return absl::OkStatus();
}

void LogRegistry::Run() {
  absl::Status failure;
  while (true) {
    {
      const MutexLock lock(&mutex_);
      if (stopping_) break;
    }
    const absl::Status before = failure;
    failure = Follow();
    SetHealth(failure);
    // Once for as long as it lasts.
    if (ReasonOf(failure) != ReasonOf(before)) {
      if (failure.ok()) {
        LogInfo("registry log is applied again");
      } else {
        LogError("registry log not applied", {{"error", failure}});
      }
    }
    if (failure.ok()) continue;
    if (IsLasting(failure) || !WaitToRetry()) break;
  }
  {
    const MutexLock lock(&mutex_);
    has_ended_ = true;
    changed_.SignalAll();
  }
  waiters_.FailAll(IsLasting(failure) ? failure : ShuttingDown());
}

absl::Status LogRegistry::Follow() {
  // What came back may be another topic of the same name.
  absl::Status read =
      missing_.suspected() ? CheckLogHoldsWhatIsApplied() : absl::OkStatus();
  if (read.ok()) {
    bool has_applied = false;
    read = ReadAndApply(kReadWait, &has_applied);
  }
  return missing_.Judge(read);
}

void LogRegistry::SetHealth(const absl::Status& health) {
  const MutexLock lock(&mutex_);
  health_ = health;
}

int64_t LogRegistry::NextOffset() const {
  const MutexLock lock(&mutex_);
  return progress_.offset + 1;
}

bool LogRegistry::WaitToRetry() {
  const absl::Time deadline = absl::Now() + options_.retry_wait;
  const MutexLock lock(&mutex_);
  while (!stopping_ && absl::Now() < deadline) {
    changed_.WaitFor(&mutex_, deadline - absl::Now());
  }
  return !stopping_;
}

absl::Status LogRegistry::ReadAndApply(absl::Duration wait, bool* has_applied) {
  ASSIGN_OR_RETURN(const auto messages,
                   options_.log->Read(RegistryPartition(), NextOffset(),
                                      kReadCountMax, kReadBytesMax, wait));
  *has_applied = !messages.empty();
  for (const bus::Message& message : messages) {
    RETURN_IF_ERROR(Apply(message));
  }
  return absl::OkStatus();
}

absl::Status LogRegistry::Apply(const bus::Message& message) {
  if (IsNoticeKey(AsView(message.key))) {
    return message.value.empty() ? ApplyRemoval(message) : ApplyNotice(message);
  }
  const auto parsed = ParseMessage(message);
  if (!parsed.has_value()) return ApplyForeign(message);
  return ApplyCommand(message, *parsed);
}

absl::Status LogRegistry::ApplyNotice(const bus::Message& message) {
  const auto parsed = ParseNotice(message);
  if (!parsed.has_value()) return ApplyForeign(message);
  KeyPtr key;
  {
    const MutexLock lock(&mutex_);
    key = state_.FindKey(AsView(parsed->signed_notice.key_id()));
  }
  if (!IsGenuine(*parsed, options_.genesis_digest, key.get())) {
    return ApplyForeign(message);
  }
  std::optional<NoticeBook::Change> change;
  Progress progress;
  {
    const MutexLock lock(&mutex_);
    progress = AfterNotice(progress_, message.offset);
    change = notices_.Judge(message, *parsed, state_, progress_.log_time);
  }
  if (!change.has_value()) return ApplyForeign(message);
  RETURN_IF_ERROR(store_->WriteNotice(change->rows, progress));
  notices_.Commit(*change);
  Publish({}, progress, message.time);
  notices_.CallListeners(change->logged);
  FinishApplying();
  return absl::OkStatus();
}

absl::Status LogRegistry::ApplyRemoval(const bus::Message& message) {
  ASSIGN_OR_RETURN(const NoticeRows rows, notices_.RemovalOf(message.key));
  Progress progress;
  {
    const MutexLock lock(&mutex_);
    progress = AfterNotice(progress_, message.offset);
  }
  RETURN_IF_ERROR(store_->WriteNotice(rows, progress));
  Publish({}, progress, message.time);
  FinishApplying();
  return absl::OkStatus();
}

std::optional<agreement::v1::Limits> LogRegistry::LimitsOf(
    absl::string_view agreement) const {
  const MutexLock lock(&mutex_);
  const agreement::v1::Limits* limits = LimitsInForce(state_, agreement);
  return limits == nullptr ? std::nullopt : std::make_optional(*limits);
}

absl::Status LogRegistry::ApplyForeign(const bus::Message& message) {
  Progress progress;
  {
    const MutexLock lock(&mutex_);
    progress = AfterForeignMessage(progress_, message.offset);
  }
  RETURN_IF_ERROR(store_->Write({}, progress, nullptr));
  // At 1, 2, 4, 8 ... so that a flood of them does not flood the log as well.
  if ((progress.foreign_count & (progress.foreign_count - 1)) == 0) {
    LogWarning("registry topic holds a message that is not Sluice's",
               {{"offset", message.offset}, {"count", progress.foreign_count}});
  }
  Publish({}, progress, message.time);
  FinishApplying();
  return absl::OkStatus();
}

absl::Status LogRegistry::ApplyCommand(const bus::Message& message,
                                       const CommandMessage& parsed) {
  const std::string& id = parsed.command.id();
  ASSIGN_OR_RETURN(const auto accepted_before,
                   store_->FindAccepted(AsView(id)));
  LoggedCommand logged;
  logged.offset = static_cast<uint64_t>(message.offset);
  logged.signed_command = &parsed.signed_command;
  logged.command = &parsed.command;
  logged.digest = parsed.digest;
  logged.id_was_accepted = accepted_before.has_value();
  Outcome outcome;
  Progress progress;
  {
    const MutexLock lock(&mutex_);
    logged.log_time = std::max(progress_.log_time, message.time);
    outcome = Judge(state_, logged);
    progress = AfterCommand(progress_, message.offset, message.time,
                            parsed.digest, outcome.verdict);
  }
  const bool is_accepted = outcome.verdict.accepted();
  const AcceptedCommand accepted{id, message.offset, logged.log_time,
                                 parsed.digest};
  RETURN_IF_ERROR(store_->Write(outcome.changes, progress,
                                is_accepted ? &accepted : nullptr));
  const uint32_t rules = outcome.changes.rules_version.value_or(0);
  const absl::Status halt =
      rules > kRulesVersionMax ? UnknownRules(rules) : absl::OkStatus();
  // Before anyone hears of the command: nothing is delivered behind it.
  if (!halt.ok()) SetHealth(halt);
  notices_.AddDigest(message.offset, progress.state_digest);
  Publish(outcome.changes, progress, message.time);
  if (is_accepted) listeners_.Call(logged.offset, parsed.command);
  FinishApplying();
  waiters_.Resolve(message.key,
                   {outcome.verdict, logged.offset, logged.log_time});
  return halt;
}

void LogRegistry::Publish(const Changes& changes, const Progress& progress,
                          absl::Time message_time) {
  const MutexLock lock(&mutex_);
  state_.Commit(changes);
  progress_ = progress;
  latest_time_ = std::max(latest_time_, message_time);
  changed_.SignalAll();
}

void LogRegistry::FinishApplying() {
  const MutexLock lock(&mutex_);
  announced_ = progress_;
  changed_.SignalAll();
}

absl::StatusOr<std::optional<Submitted>> LogRegistry::FindAcceptance(
    absl::string_view command_id, const crypto::Digest& digest) const {
  ASSIGN_OR_RETURN(const auto found, store_->FindAccepted(command_id));
  if (!found.has_value() || found->digest != digest) return std::nullopt;
  Submitted submitted;
  submitted.verdict.set_accepted(true);
  submitted.offset = static_cast<uint64_t>(found->offset);
  submitted.log_time = found->log_time;
  return submitted;
}

absl::Status LogRegistry::CheckMaySubmit(const v1::SignedCommand& command,
                                         const v1::Command& parsed) const {
  if (!parsed.has_genesis() &&
      AsView(parsed.genesis_digest()) !=
          crypto::DigestView(options_.genesis_digest)) {
    return FieldError(status::v1::REASON_CODE_WRONG_TRUST_DOMAIN,
                      "genesis_digest",
                      "the command was signed for another trust domain: pin "
                      "the digest of this "
                      "one's genesis and sign again");
  }
  KeyPtr key;
  {
    const MutexLock lock(&mutex_);
    key = state_.FindKey(AsView(command.key_id()));
  }
  RETURN_IF_ERROR(CheckSignature(key.get(), command));
  return CheckKeyIsActive(key->info);
}

absl::StatusOr<Submitted> LogRegistry::Submit(
    const v1::SignedCommand& command) {
  {
    const MutexLock lock(&mutex_);
    if (stopping_) return ShuttingDown();
    RETURN_IF_ERROR(health_);
  }
  ASSIGN_OR_RETURN(const v1::Command parsed, ParseCommand(command));
  const crypto::Digest digest = CommandDigest(command);
  ASSIGN_OR_RETURN(const auto earlier,
                   FindAcceptance(AsView(parsed.id()), digest));
  if (earlier.has_value()) return *earlier;
  RETURN_IF_ERROR(CheckMaySubmit(command, parsed));

  const std::string key = NewMessageKey(parsed.id());
  waiters_.Add(key);
  const auto appended = appender_->Append(MakeMessage(key, command));
  if (!appended.ok()) {
    waiters_.Remove(key);
    return appended.status();
  }
  ASSIGN_OR_RETURN(Submitted submitted, waiters_.Wait(key, kSubmitWaitMax));
  if (submitted.verdict.reason() != status::v1::REASON_CODE_DUPLICATE_COMMAND) {
    return submitted;
  }
  // The same bytes came in another way while these were being appended.
  ASSIGN_OR_RETURN(const auto first,
                   FindAcceptance(AsView(parsed.id()), digest));
  return first.value_or(submitted);
}

absl::StatusOr<Registry::ResourcePtr> LogRegistry::GetResource(
    absl::string_view id) const {
  const MutexLock lock(&mutex_);
  const ResourceHistory* history = state_.FindResource(id);
  if (history != nullptr) return history->newest();
  return Error(status::v1::REASON_CODE_NOT_FOUND,
               absl::StrCat("the catalog has no ", id,
                            ": see `sluicectl resource list`"));
}

absl::StatusOr<Registry::ResourcePtr> LogRegistry::GetResourceWithSchema(
    absl::string_view id, uint32_t schema_version) const {
  const MutexLock lock(&mutex_);
  if (const ResourceHistory* history = state_.FindResource(id);
      history != nullptr) {
    const auto found = history->by_schema.find(schema_version);
    if (found != history->by_schema.end()) return found->second;
  }
  return Error(status::v1::REASON_CODE_NOT_FOUND,
               absl::StrCat("the catalog has no ", id, " with schema version ",
                            schema_version, ": see `sluicectl resource list`"));
}

std::vector<Registry::ResourcePtr> LogRegistry::ListResources(
    absl::string_view department, absl::string_view after,
    size_t count_max) const {
  const MutexLock lock(&mutex_);
  return state_.ListResources(department, after, count_max);
}

absl::StatusOr<Registry::AgreementPtr> LogRegistry::GetAgreement(
    absl::string_view id, uint32_t version) const {
  const MutexLock lock(&mutex_);
  const AgreementHistory* history = state_.FindAgreement(id);
  if (history != nullptr && version <= history->versions.size()) {
    return version == 0 ? history->newest() : history->versions[version - 1];
  }
  return Error(
      status::v1::REASON_CODE_NOT_FOUND,
      absl::StrCat("there is no agreement ", id,
                   version == 0 ? "" : absl::StrCat(" version ", version),
                   ": see `sluicectl agreement list`"));
}

absl::StatusOr<Registry::AgreementPtr> LogRegistry::GetEffectiveAgreement(
    absl::string_view id) const {
  const MutexLock lock(&mutex_);
  const AgreementHistory* history = state_.FindAgreement(id);
  if (history == nullptr) {
    return Error(status::v1::REASON_CODE_NO_AGREEMENT,
                 absl::StrCat("there is no agreement ", id,
                              ": request one with `sluicectl agreement "
                              "request`"));
  }
  return history->approved == 0 ? history->newest()
                                : history->versions[history->approved - 1];
}

std::vector<Registry::AgreementPtr> LogRegistry::ListAgreements(
    absl::string_view after_id, uint32_t after_version, size_t count_max,
    const std::function<bool(const agreement::v1::AgreementRecord&)>& visible)
    const {
  std::string cursor_id(after_id);
  uint32_t cursor_version = after_version;
  std::vector<AgreementPtr> listed;
  while (listed.size() < count_max) {
    std::vector<AgreementPtr> chunk;
    {
      const MutexLock lock(&mutex_);
      chunk =
          state_.ListAgreements(AsView(cursor_id), cursor_version, kListChunk);
    }
    if (chunk.empty()) break;
    cursor_id = chunk.back()->agreement().id();
    cursor_version = chunk.back()->agreement().version();
    for (AgreementPtr& record : chunk) {
      if (listed.size() == count_max) break;
      if (visible(*record)) listed.push_back(std::move(record));
    }
  }
  return listed;
}

absl::StatusOr<KeyPtr> LogRegistry::GetKey(absl::string_view id) const {
  const MutexLock lock(&mutex_);
  KeyPtr key = state_.FindKey(id);
  if (key != nullptr) return key;
  return Error(
      status::v1::REASON_CODE_NOT_FOUND,
      absl::StrCat("no key ", id, " is enrolled: see `sluicectl key list`"));
}

std::vector<KeyPtr> LogRegistry::ListKeys(absl::string_view department,
                                          absl::string_view after,
                                          size_t count_max) const {
  const MutexLock lock(&mutex_);
  return state_.ListKeys(department, after, count_max);
}

absl::StatusOr<v1::Department> LogRegistry::GetDepartment(
    absl::string_view id) const {
  const MutexLock lock(&mutex_);
  const v1::Department* department = state_.FindDepartment(id);
  if (department != nullptr) return *department;
  return Error(status::v1::REASON_CODE_NOT_FOUND,
               absl::StrCat("no department ", id,
                            " is enrolled: see `sluicectl "
                            "department list`"));
}

std::vector<v1::Department> LogRegistry::ListDepartments(
    absl::string_view after, size_t count_max) const {
  const MutexLock lock(&mutex_);
  return state_.ListDepartments(after, count_max);
}

RegistryStatus LogRegistry::status() const {
  const MutexLock lock(&mutex_);
  return StatusOf(progress_, state_.rules_version());
}

RegistryStatus LogRegistry::status_in_force() const {
  const MutexLock lock(&mutex_);
  return StatusOf(announced_, state_.rules_version());
}

absl::Time LogRegistry::Now() const {
  return std::max(options_.clock->Now(), LogTime());
}

absl::Time LogRegistry::LogTime() const {
  const MutexLock lock(&mutex_);
  return std::max(progress_.log_time, latest_time_);
}

bool LogRegistry::WaitForOffset(uint64_t offset, absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  const MutexLock lock(&mutex_);
  const auto is_applied = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return announced_.offset >= 0 &&
           static_cast<uint64_t>(announced_.offset) >= offset;
  };
  while (!is_applied() && !has_ended_ && absl::Now() < deadline) {
    changed_.WaitFor(&mutex_, deadline - absl::Now());
  }
  return is_applied();
}

absl::Status LogRegistry::health() const {
  const MutexLock lock(&mutex_);
  return health_;
}

void LogRegistry::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  const MutexLock lock(&stop_mutex_);
  if (apply_thread_.joinable()) apply_thread_.join();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> Registry::Open(
    const RegistryOptions& options, const v1::SignedCommand* genesis) {
  ASSIGN_OR_RETURN(auto store, Store::Open(options.path, options.env));
  auto registry = std::make_unique<LogRegistry>(options, std::move(store));
  RETURN_IF_ERROR(registry->Start(genesis));
  return std::unique_ptr<Registry>(std::move(registry));
}

}  // namespace sluice::registry
