#include "libs/delivery/exchange.h"

#include <pthread.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/crypto/random.h"
#include "libs/delivery/policy_processor.h"
#include "libs/delivery/write_gate.h"
#include "libs/registry/command.h"

namespace sluice::delivery {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
// Longest wait for a place among the streams of an agreement.
constexpr absl::Duration kPlaceWait = absl::Seconds(10);

std::string GroupOf(const exchange::v1::Start& start) {
  return absl::StrCat("sluice.", start.agreement(), ".",
                      start.group().empty() ? "default" : start.group());
}

audit::v1::Asserted AssertedIn(const exchange::v1::Start& start) {
  audit::v1::Asserted asserted;
  asserted.set_acting_official(start.acting_official());
  asserted.set_case_number(start.case_number());
  asserted.set_legal_basis(start.legal_basis());
  return asserted;
}

exchange::v1::Started StartedBy(const agreement::v1::Agreement& agreement,
                                const Plan& plan) {
  exchange::v1::Started started;
  started.set_agreement(agreement.id());
  started.set_agreement_version(agreement.version());
  started.set_resource(agreement.resource());
  started.set_schema_version(plan.schema_version());
  for (const PlannedField& field : plan.fields()) {
    *started.add_fields() = field.after;
    exchange::v1::FieldTreatment* treatment = started.add_treatments();
    treatment->set_field_id(field.field_id);
    treatment->set_treatment(field.treatment);
    treatment->set_key_version(field.key_version);
  }
  for (const std::string& name : plan.key()) started.add_key(name);
  return started;
}

absl::Status ShuttingDown() {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
               "this broker is shutting down: call again in a moment");
}

bool LimitsRecords(const agreement::v1::Agreement& agreement) {
  return agreement.limits().records_per_second() > 0 ||
         agreement.limits().records_per_day() > 0;
}

bool HasLimits(const agreement::v1::Agreement& agreement) {
  return LimitsRecords(agreement) ||
         agreement.limits().concurrent_streams() > 0;
}

std::string SuspensionReason(const agreement::v1::Agreement& agreement) {
  return absl::StrCat("its limit of ", agreement.limits().records_per_day(),
                      " records a day was reached");
}

absl::Status DayUsedUp(const agreement::v1::Agreement& agreement) {
  return Error(
      status::v1::REASON_CODE_LIMIT_REACHED,
      absl::StrCat("agreement ", agreement.id(), " allows ",
                   agreement.limits().records_per_day(),
                   " records a day and they are used up: subscribe again "
                   "tomorrow with the last position, or ask for a new version "
                   "of the agreement with another limit"));
}

}  // namespace

Exchange::Exchange(const ExchangeOptions& options)
    : options_(options),
      run_id_(HexEncode(crypto::RandomBytes(4))),
      standing_{options.registry, options.lease},
      refusals_(options.audit, options.clock),
      cache_(options.batch_cache_bytes_max == 0
                 ? nullptr
                 : std::make_unique<BatchCache>(options.batch_cache_bytes_max,
                                                &counters_.cache_hits,
                                                &counters_.cache_misses)),
      plans_(options.registry, options.keys),
      held_keys_(options.held_keys_bytes_max),
      leaving_("deliver/leave", options.streams_max),
      pool_("deliver", options.worker_threads),
      slow_pool_("deliver/slow", 1),
      // Of each stream one, one that nobody waits for any more, and one for its
      // topic.
      asking_("deliver/start", 3 * options.streams_max) {
  {
    MutexLock lock(&listening_->mutex);
    listening_->exchange = this;
  }
  if (options_.quota != nullptr) {
    options_.quota->SetListener(
        [listening = listening_](const std::string& agreement) {
          MutexLock lock(&listening->mutex);
          if (listening->exchange != nullptr) {
            listening->exchange->OnQuota(agreement);
          }
        });
  }
  listener_id_ = options_.registry->AddListener(
      [this](uint64_t offset, const registry::v1::Command& command) {
        OnCommand(offset, command);
      });
  ticker_ = std::thread([this] { RunTicker(); });
}

Exchange::~Exchange() {
  Stop(absl::InfiniteDuration());
  options_.registry->RemoveListener(listener_id_);
  {
    MutexLock lock(&listening_->mutex);
    listening_->exchange = nullptr;
  }
  {
    MutexLock lock(&mutex_);
    ticker_stopping_ = true;
    changed_.SignalAll();
  }
  ticker_.join();
  pool_.Stop();
  slow_pool_.Stop();
}

absl::StatusOr<Exchange::Opened> Exchange::Subscribe(
    const Caller& caller, const exchange::v1::Start& start, Sink* sink) {
  auto opened = Open(caller, start, sink);
  if (!opened.ok()) RefuseSubscription(caller, start, opened.status());
  return opened;
}

void Exchange::RefuseSubscription(const Caller& caller,
                                  const exchange::v1::Start& start,
                                  const absl::Status& why) {
  audit::v1::Refusal refusal;
  *refusal.mutable_peer() = PeerOf(caller);
  *refusal.mutable_asserted() = AssertedIn(start);
  refusal.set_method("Subscribe");
  refusal.set_agreement(start.agreement());
  refusal.set_purpose(start.purpose());
  refusal.set_reason(ReasonOf(why));
  refusal.set_message(std::string(why.message()));
  refusals_.Record(std::move(refusal),
                   options_.registry->status().applied_offset);
}

void Exchange::RecordRefusal(const Caller& caller, const std::string& method,
                             const absl::Status& why) {
  audit::v1::Refusal refusal;
  *refusal.mutable_peer() = PeerOf(caller);
  refusal.set_method(method);
  refusal.set_reason(ReasonOf(why));
  refusal.set_message(std::string(why.message()));
  refusals_.Record(std::move(refusal),
                   options_.registry->status().applied_offset);
}

absl::StatusOr<Exchange::Opened> Exchange::Open(
    const Caller& caller, const exchange::v1::Start& start, Sink* sink) {
  RETURN_IF_ERROR(standing_.Check());
  // Before Admit: what it finds is of then or later.
  const uint64_t applied = options_.registry->status().applied_offset;
  ASSIGN_OR_RETURN(const Grant grant, Admit(*options_.registry, caller, start));
  const agreement::v1::Agreement& agreement = grant.agreement->agreement();
  RETURN_IF_ERROR(CheckLimits(agreement));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                   plans_.Get(agreement, grant.resource->schema_version()));
  StreamOptions stream_options;
  stream_options.sink = sink;
  ASSIGN_OR_RETURN(stream_options.start,
                   ParseStart(start, AsView(agreement.resource())));
  stream_options.group = GroupOf(start);
  uint64_t number = 0;
  RETURN_IF_ERROR(ReserveStream(&number));
  auto stream =
      Join(number, caller, start, grant, applied, std::move(stream_options));
  if (!stream.ok()) {
    OnStreamEnd(number);
    return stream.status();
  }
  Opened opened{*std::move(stream), StartedBy(agreement, *plan)};
  LogInfo("stream opened", {{"stream", StreamId(number)},
                            {"agreement", agreement.id()},
                            {"version", agreement.version()},
                            {"department", caller.department}});
  MutexLock lock(&mutex_);
  streams_[number] = opened.stream;
  if (stopping_) opened.stream->End(ShuttingDown());
  return opened;
}

absl::Status Exchange::CheckLimits(
    const agreement::v1::Agreement& agreement) const {
  const bool suspends =
      agreement.limits().records_per_day() > 0 &&
      agreement.limits().on_limit() == agreement::v1::ON_LIMIT_SUSPEND;
  if ((!HasLimits(agreement) || options_.quota != nullptr) &&
      (!suspends || options_.suspend != nullptr)) {
    return absl::OkStatus();
  }
  return Error(status::v1::REASON_CODE_LIMIT_REACHED,
               absl::StrCat("agreement ", agreement.id(),
                            " has limits that this broker is not set up to "
                            "keep: use another broker"));
}

absl::StatusOr<std::shared_ptr<Stream>> Exchange::Join(
    uint64_t number, const Caller& caller, const exchange::v1::Start& start,
    const Grant& grant, uint64_t applied, StreamOptions options) {
  const agreement::v1::Agreement& agreement = grant.agreement->agreement();
  auto gate = std::make_shared<WriteGate>(
      &standing_, gates_.Get(agreement.id(), agreement.version(), applied),
      grant, caller);
  // Before joining, which takes partitions from other streams.
  if (agreement.limits().concurrent_streams() > 0) {
    ASSIGN_OR_RETURN(auto place,
                     options_.quota->TakeStream(agreement, kPlaceWait));
    gate->Hold(std::move(place));
  }
  ASSIGN_OR_RETURN(
      options.member,
      options_.log->JoinGroup(options.group,
                              absl::StrCat("records.", agreement.resource())));
  SetLimits(grant.agreement, &options);
  options.id = StreamId(number);
  options.resource = agreement.resource();
  options.agreement = agreement.id();
  options.peer = PeerOf(caller);
  PolicyContext context;
  context.caller = caller;
  context.asserted = AssertedIn(start);
  context.agreement = grant.agreement;
  context.registry = options_.registry;
  context.counters = &counters_;
  context.cache = cache_.get();
  context.held_keys = &held_keys_;
  context.plan_for = [this, record = grant.agreement](uint32_t version) {
    return plans_.Get(record->agreement(), version);
  };
  options.processor = std::make_unique<PolicyProcessor>(std::move(context));
  options.retire = [this](std::unique_ptr<bus::GroupMember> member) {
    // What is run must be copyable. Where it is refused, the member leaves
    // here.
    leaving_.Run([leaving = std::shared_ptr<bus::GroupMember>(
                      std::move(member))]() mutable { leaving.reset(); });
  };
  options.enter_gate = [gate](const std::string& publisher_key) {
    return gate->Enter(publisher_key);
  };
  options.on_end = [this, number, caller, start,
                    gate](const absl::Status& status) {
    // A stream that may not go on is refused like a request.
    if (!status.ok() &&
        (!IsRetriable(status) ||
         ReasonOf(status) == status::v1::REASON_CODE_LIMIT_REACHED)) {
      RefuseSubscription(caller, start, status);
    }
    gate->Release();
    LogInfo("stream ended", {{"stream", StreamId(number)}, {"why", status}});
    OnStreamEnd(number);
  };
  options.log = options_.log;
  options.clock = options_.clock;
  options.pause_max = options_.pause_max;
  options.pool = &pool_;
  options.bus_threads = &asking_;
  options.audit = options_.audit;
  options.counters = &counters_;
  return Stream::Create(std::move(options));
}

void Exchange::SetLimits(const registry::Registry::AgreementPtr& agreement,
                         StreamOptions* options) {
  if (!LimitsRecords(agreement->agreement())) return;
  options->take_records = [quota = options_.quota,
                           agreement](uint64_t records) {
    return quota->TakeRecords(agreement->agreement(), records);
  };
  options->day_lasts = [quota = options_.quota](absl::Time day_end) {
    return quota->DayLasts(day_end);
  };
  const auto on_limit = agreement->agreement().limits().on_limit();
  if (on_limit == agreement::v1::ON_LIMIT_REFUSE ||
      on_limit == agreement::v1::ON_LIMIT_SUSPEND) {
    options->on_day_used_up = [this, agreement](StreamOptions::EndWith end) {
      OnDayUsedUp(agreement->agreement(), std::move(end));
    };
  }
}

void Exchange::OnDayUsedUp(const agreement::v1::Agreement& agreement,
                           StreamOptions::EndWith end) {
  if (agreement.limits().on_limit() != agreement::v1::ON_LIMIT_SUSPEND) {
    end(DayUsedUp(agreement));
    return;
  }
  bool is_new;
  {
    MutexLock lock(&mutex_);
    auto& waiting = suspending_[{agreement.id(), agreement.version()}];
    is_new = waiting.empty();
    waiting.push_back(std::move(end));
  }
  if (is_new) {
    slow_pool_.Schedule([this, agreement] { Suspend(agreement); });
  }
}

void Exchange::Suspend(const agreement::v1::Agreement& agreement) {
  const absl::Status suspended =
      options_.suspend(agreement, SuspensionReason(agreement));
  absl::Status why = SuspendedError(agreement.id(), agreement.version(),
                                    SuspensionReason(agreement));
  if (!suspended.ok()) {
    LogError("an agreement whose limit is reached could not be suspended",
             {{"agreement", agreement.id()},
              {"version", agreement.version()},
              {"error", suspended}});
    why = NotSuspended(agreement, suspended);
  }
  std::vector<StreamOptions::EndWith> waiting;
  {
    MutexLock lock(&mutex_);
    const auto found = suspending_.find({agreement.id(), agreement.version()});
    waiting.swap(found->second);
    suspending_.erase(found);
  }
  for (const auto& end : waiting) end(why);
}

absl::Status Exchange::NotSuspended(const agreement::v1::Agreement& agreement,
                                    const absl::Status& error) const {
  // Another broker, or an approver, was faster.
  const auto record = options_.registry->GetAgreement(AsView(agreement.id()),
                                                      agreement.version());
  if (record.ok()) {
    RETURN_IF_ERROR(CheckLive(**record, options_.registry->Now()));
  }
  return Error(
      status::v1::REASON_CODE_LIMIT_REACHED,
      absl::StrCat("agreement ", agreement.id(), " allows ",
                   agreement.limits().records_per_day(),
                   " records a day and they are used up; it is to be suspended "
                   "then, which failed for now (",
                   error.message(),
                   "): subscribe again with the last position"));
}

void Exchange::OnQuota(const std::string& agreement) {
  for (const auto& stream : StreamsOf(agreement)) stream->Tick();
}

std::vector<std::shared_ptr<Stream>> Exchange::StreamsOf(
    const std::string& agreement) const {
  std::vector<std::shared_ptr<Stream>> streams;
  MutexLock lock(&mutex_);
  for (const auto& [number, stream] : streams_) {
    if (stream != nullptr && stream->agreement() == agreement) {
      streams.push_back(stream);
    }
  }
  return streams;
}

std::string Exchange::StreamId(uint64_t number) const {
  return absl::StrCat(run_id_, "-", number);
}

absl::Status Exchange::ReserveStream(uint64_t* number) {
  MutexLock lock(&mutex_);
  if (stopping_) return ShuttingDown();
  if (streams_.size() >= options_.streams_max) {
    return Error(status::v1::REASON_CODE_TOO_MANY,
                 absl::StrCat("this broker serves ", streams_.size(),
                              " streams, which is its bound: close one, or "
                              "raise broker.streams_max"));
  }
  *number = ++last_number_;
  streams_[*number] = nullptr;
  return absl::OkStatus();
}

void Exchange::OnStreamEnd(uint64_t number) {
  MutexLock lock(&mutex_);
  streams_.erase(number);
  changed_.SignalAll();
}

void Exchange::OnCommand(uint64_t offset,
                         const registry::v1::Command& command) {
  // A stream's record of its agreement stays as it was; its gate does not.
  if (command.has_resume_agreement()) {
    gates_.Renew(command.resume_agreement().id(),
                 command.resume_agreement().version());
    return;
  }
  if (!CloseGates(offset, command)) {
    // Who looked before the command was applied has written when this returns.
    if (registry::TakesSomethingAway(command)) gates_.DrainAll();
    return;
  }
  // Streams that have nothing to write must hear of it too.
  MutexLock lock(&mutex_);
  changed_.SignalAll();
}

bool Exchange::CloseGates(uint64_t offset,
                          const registry::v1::Command& command) {
  if (command.has_revoke_agreement()) {
    const auto& revoke = command.revoke_agreement();
    gates_.Close(revoke.id(), revoke.version(), offset,
                 Error(status::v1::REASON_CODE_AGREEMENT_REVOKED,
                       absl::StrCat("agreement ", revoke.id(), " version ",
                                    revoke.version(),
                                    " was revoked: ", revoke.reason())));
  } else if (command.has_suspend_agreement()) {
    const auto& suspend = command.suspend_agreement();
    gates_.Close(
        suspend.id(), suspend.version(), offset,
        SuspendedError(suspend.id(), suspend.version(), suspend.reason()));
  } else if (command.has_approve_agreement()) {
    const auto& approve = command.approve_agreement();
    for (uint32_t older = 1; older < approve.version(); ++older) {
      gates_.Close(approve.id(), older, offset,
                   Error(status::v1::REASON_CODE_AGREEMENT_NOT_ACTIVE,
                         absl::StrCat("agreement ", approve.id(), " version ",
                                      older, " was replaced by version ",
                                      approve.version(), ": subscribe again")));
    }
  } else {
    return false;
  }
  return true;
}

void Exchange::RunTicker() {
  pthread_setname_np(pthread_self(), "deliver/tick");
  while (true) {
    std::vector<std::shared_ptr<Stream>> streams;
    {
      MutexLock lock(&mutex_);
      if (!ticker_stopping_) changed_.WaitFor(&mutex_, kTick);
      if (ticker_stopping_) return;
      for (const auto& [number, stream] : streams_) {
        if (stream != nullptr) streams.push_back(stream);
      }
    }
    for (const auto& stream : streams) stream->Tick();
    refusals_.Tick();
    leaving_.Reap();
    asking_.Reap();
  }
}

bool Exchange::Stop(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mutex_);
  stopping_ = true;
  for (const auto& [number, stream] : streams_) {
    if (stream != nullptr) stream->End(ShuttingDown());
  }
  while (!streams_.empty()) {
    if (changed_.WaitFor(&mutex_, deadline - absl::Now()) &&
        absl::Now() >= deadline) {
      break;
    }
  }
  return streams_.empty();
}

size_t Exchange::open_streams() const {
  MutexLock lock(&mutex_);
  return streams_.size();
}

}  // namespace sluice::delivery
