#include "libs/delivery/exchange.h"

#include <pthread.h>

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/crypto/random.h"
#include "libs/delivery/policy_processor.h"
#include "libs/desensitize/pseudonym.h"

namespace sluice::delivery {
namespace {

constexpr size_t kPlansMax = 4096;
constexpr absl::Duration kTick = absl::Seconds(1);

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
  }
  for (const std::string& name : plan.key()) started.add_key(name);
  return started;
}

absl::Status ShuttingDown() {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
               "this broker is shutting down: call again in a moment");
}

// What must hold at the start of every write of a stream. Used by one thread at
// a time for writes, and by the ticker beside it.
class WriteGate {
 public:
  WriteGate(std::shared_ptr<Gate> gate, const registry::Registry* registry,
            registry::Registry::AgreementPtr agreement, Caller caller,
            uint32_t entry_version)
      : gate_(std::move(gate)),
        registry_(registry),
        agreement_(std::move(agreement)),
        caller_(std::move(caller)),
        entry_version_(entry_version) {}

  absl::StatusOr<std::unique_ptr<Gate::Pass>> Enter() {
    std::unique_ptr<Gate::Pass> pass = gate_->Enter();
    if (pass == nullptr) return gate_->reason();
    RETURN_IF_ERROR(registry_->health());
    const absl::Time now = registry_->Now();
    RETURN_IF_ERROR(CheckLive(*agreement_, now));
    RETURN_IF_ERROR(CheckCertificate(caller_, now));
    const agreement::v1::Agreement& agreement = agreement_->agreement();
    ASSIGN_OR_RETURN(const auto entry,
                     registry_->GetResource(AsView(agreement.resource())));
    if (entry->version() != entry_version_.load()) {
      RETURN_IF_ERROR(CheckEntry(agreement, *entry));
      entry_version_ = entry->version();
    }
    return pass;
  }

 private:
  const std::shared_ptr<Gate> gate_;
  const registry::Registry* const registry_;
  const registry::Registry::AgreementPtr agreement_;
  const Caller caller_;
  // Version of the catalog entry that was looked at last.
  std::atomic<uint32_t> entry_version_;
};

}  // namespace

Exchange::Exchange(const ExchangeOptions& options)
    : options_(options),
      run_id_(HexEncode(crypto::RandomBytes(4))),
      refusals_(options.audit, options.clock),
      pool_("deliver", options.worker_threads) {
  listener_id_ = options_.registry->AddListener(
      [this](uint64_t, const registry::v1::Command& command) {
        OnCommand(command);
      });
  ticker_ = std::thread([this] { RunTicker(); });
}

Exchange::~Exchange() {
  Stop(absl::InfiniteDuration());
  options_.registry->RemoveListener(listener_id_);
  {
    MutexLock lock(&mutex_);
    ticker_stopping_ = true;
    changed_.SignalAll();
  }
  ticker_.join();
  pool_.Stop();
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
  RETURN_IF_ERROR(options_.registry->health());
  ASSIGN_OR_RETURN(const Grant grant, Admit(*options_.registry, caller, start));
  const agreement::v1::Agreement& agreement = grant.agreement->agreement();
  ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                   PlanFor(agreement, grant.resource->schema_version()));
  StreamOptions stream_options;
  stream_options.sink = sink;
  ASSIGN_OR_RETURN(stream_options.start,
                   ParseStart(start, AsView(agreement.resource())));
  stream_options.group = GroupOf(start);
  // Before joining, which takes partitions from other streams.
  uint64_t number = 0;
  RETURN_IF_ERROR(ReserveStream(&number));
  auto member = options_.log->JoinGroup(
      stream_options.group, absl::StrCat("records.", agreement.resource()));
  if (!member.ok()) {
    OnStreamEnd(number);
    return member.status();
  }
  stream_options.member = *std::move(member);
  Opened opened;
  opened.started = StartedBy(agreement, *plan);
  opened.stream =
      MakeStream(number, caller, start, grant, std::move(stream_options));
  LogInfo("stream opened", {{"stream", StreamId(number)},
                            {"agreement", agreement.id()},
                            {"version", agreement.version()},
                            {"department", caller.department}});
  MutexLock lock(&mutex_);
  streams_[number] = opened.stream;
  if (stopping_) opened.stream->End(ShuttingDown());
  return opened;
}

std::shared_ptr<Stream> Exchange::MakeStream(uint64_t number,
                                             const Caller& caller,
                                             const exchange::v1::Start& start,
                                             const Grant& grant,
                                             StreamOptions options) {
  const agreement::v1::Agreement& agreement = grant.agreement->agreement();
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
  context.plan_for = [this, record = grant.agreement](uint32_t version) {
    return PlanFor(record->agreement(), version);
  };
  options.processor = std::make_unique<PolicyProcessor>(std::move(context));
  options.enter_gate = [gate = std::make_shared<WriteGate>(
                            gates_.Get(agreement.id(), agreement.version()),
                            options_.registry, grant.agreement, caller,
                            grant.resource->version())] {
    return gate->Enter();
  };
  options.on_end = [this, number, caller, start](const absl::Status& status) {
    // A stream that may not go on is refused like a request.
    if (!status.ok() && !IsRetriable(status)) {
      RefuseSubscription(caller, start, status);
    }
    LogInfo("stream ended", {{"stream", StreamId(number)}, {"why", status}});
    OnStreamEnd(number);
  };
  options.log = options_.log;
  options.pool = &pool_;
  options.audit = options_.audit;
  options.counters = &counters_;
  return Stream::Create(std::move(options));
}

std::string Exchange::StreamId(uint64_t number) const {
  return absl::StrCat(run_id_, "-", number);
}

absl::StatusOr<std::shared_ptr<const Plan>> Exchange::PlanFor(
    const agreement::v1::Agreement& agreement, uint32_t schema_version) {
  const PlanKey key(agreement.id(), agreement.version(), schema_version);
  {
    MutexLock lock(&mutex_);
    const auto found = plans_.find(key);
    if (found != plans_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(const auto resource,
                   options_.registry->GetResourceWithSchema(
                       AsView(agreement.resource()), schema_version));
  ASSIGN_OR_RETURN(const crypto::VersionedKey root,
                   options_.keys->GetOrCreate("pseudonym", "root"));
  desensitize::OperatorKeys keys;
  keys.pseudonym_secret = desensitize::DerivePseudonymSecret(
      AsView(root.secret), AsView(agreement.id()), root.version);
  ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan,
                   Plan::Compile(agreement, *resource, keys));
  MutexLock lock(&mutex_);
  if (plans_.size() >= kPlansMax) plans_.clear();
  plans_[key] = plan;
  return plan;
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

void Exchange::OnCommand(const registry::v1::Command& command) {
  // A stream's record of its agreement stays as it was; its gate does not.
  if (command.has_revoke_agreement()) {
    const auto& revoke = command.revoke_agreement();
    gates_.Close(revoke.id(), revoke.version(),
                 Error(status::v1::REASON_CODE_AGREEMENT_REVOKED,
                       absl::StrCat("agreement ", revoke.id(), " version ",
                                    revoke.version(),
                                    " was revoked: ", revoke.reason())));
  } else if (command.has_approve_agreement()) {
    const auto& approve = command.approve_agreement();
    for (uint32_t older = 1; older < approve.version(); ++older) {
      gates_.Close(approve.id(), older,
                   Error(status::v1::REASON_CODE_AGREEMENT_NOT_ACTIVE,
                         absl::StrCat("agreement ", approve.id(), " version ",
                                      older, " was replaced by version ",
                                      approve.version(), ": subscribe again")));
    }
  } else {
    return;
  }
  // Streams that have nothing to write must hear of it too.
  MutexLock lock(&mutex_);
  changed_.SignalAll();
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
