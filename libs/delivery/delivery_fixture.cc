#include "libs/delivery/delivery_fixture.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace sluice::delivery {
namespace {

constexpr char kGroup[] = "test";

// Also from threads where Catch2 must not be used.
void Must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

std::string Join(const Frame& frame) {
  std::string joined;
  for (const SharedBytes& piece : frame) {
    joined.append(piece.data(), piece.size());
  }
  return joined;
}

}  // namespace

records::Batch PeopleBatch(const catalog::v1::Resource& resource,
                           uint64_t first, uint32_t rows) {
  records::BatchBuilder builder(resource);
  for (uint64_t person = first; person < first + rows; ++person) {
    builder.column(0)->AppendText(
        AsView(absl::StrFormat("11010519490101%04d", person % 10'000)));
    builder.column(1)->AppendText("张三丰");
    builder.column(2)->AppendText("110105");
    builder.column(3)->AppendDate(static_cast<int32_t>(person));
    builder.column(4)->AppendText("withheld");
    builder.FinishRow();
  }
  return builder.Finish();
}

ChainWriter::ChainWriter(catalog::v1::Resource resource, uint32_t partition,
                         const crypto::SigningKey* key, records::ChainHead head)
    : resource_(std::move(resource)),
      signer_(resource_.id(), partition, key, head),
      next_person_(head.sequence * 100 + 1) {}

SharedBytes ChainWriter::Batch(uint32_t rows) {
  const records::Batch batch = PeopleBatch(resource_, next_person_, rows);
  next_person_ += rows;
  return Seal(batch);
}

SharedBytes ChainWriter::Seal(const records::Batch& batch) {
  const auto encoded = records::EncodeBatch(batch);
  Must(encoded.ok(), "the test's batch can be encoded");
  records::v1::EnvelopeHeader header;
  header.set_kind(records::v1::MESSAGE_KIND_BATCH);
  header.set_schema_version(batch.schema_version);
  header.set_row_count(batch.row_count);
  header.set_registry_offset(registry_offset);
  return SharedBytes::Own(signer_.Seal(header, *encoded));
}

SharedBytes ChainWriter::Baseline(records::v1::MessageKind kind) {
  if (kind == records::v1::MESSAGE_KIND_BASELINE_BEGIN) {
    signer_.StartGeneration();
  }
  records::v1::EnvelopeHeader header;
  header.set_kind(kind);
  header.set_registry_offset(registry_offset);
  return SharedBytes::Own(signer_.Seal(header, {}));
}

// ------------------------------------------------------------------ the sink

void ScriptedSink::Attach(const std::shared_ptr<Stream>& stream) {
  MutexLock lock(&mutex_);
  stream_ = stream;
}

void ScriptedSink::Hold(bool hold) {
  {
    MutexLock lock(&mutex_);
    hold_ = hold;
    if (hold || !held_) return;
  }
  Answer(true);
}

void ScriptedSink::Answer(bool ok) {
  std::shared_ptr<Stream> stream;
  {
    MutexLock lock(&mutex_);
    Must(writing_, "there is a write to answer");
    writing_ = false;
    held_ = false;
    if (finished_) return;
    stream = stream_.lock();
  }
  if (stream != nullptr) stream->OnWritten(ok);
}

void ScriptedSink::Write(Frame frame) {
  auto received = Unframe(SharedBytes::Own(Join(frame)));
  Must(received.ok(), "a frame is a response");
  if (received->response.has_delivery() && on_delivery) on_delivery(*received);
  bool answer = false;
  {
    MutexLock lock(&mutex_);
    Must(!writing_, "one write at a time");
    Must(!finished_, "no write after Finish");
    writing_ = true;
    received_.push_back(*std::move(received));
    held_ = hold_;
    answer = !hold_;
    changed_.SignalAll();
  }
  if (answer) Answer(true);
}

void ScriptedSink::Finish(const absl::Status& status) {
  MutexLock lock(&mutex_);
  Must(!finished_, "Finish is called once");
  finished_ = true;
  status_ = status;
  changed_.SignalAll();
}

bool ScriptedSink::WaitUntil(const std::function<bool()>& done) {
  const absl::Time deadline = absl::Now() + kTestWait;
  MutexLock lock(&mutex_);
  while (!done()) {
    if (absl::Now() >= deadline) return false;
    changed_.WaitFor(&mutex_, deadline - absl::Now());
  }
  return true;
}

std::vector<ReceivedResponse> ScriptedSink::WaitForDeliveries(size_t count) {
  REQUIRE(WaitUntil([&] {
    mutex_.AssertHeld();
    size_t deliveries = 0;
    for (const auto& each : received_) {
      if (each.response.has_delivery()) ++deliveries;
    }
    return deliveries >= count;
  }));
  return deliveries();
}

void ScriptedSink::WaitForCaughtUp(size_t count) {
  REQUIRE(WaitUntil([&] {
    mutex_.AssertHeld();
    size_t caught_up = 0;
    for (const auto& each : received_) {
      if (each.response.has_caught_up()) ++caught_up;
    }
    return caught_up >= count;
  }));
}

void ScriptedSink::WaitForWrites(size_t count) {
  REQUIRE(WaitUntil([&] {
    mutex_.AssertHeld();
    return received_.size() >= count;
  }));
}

absl::Status ScriptedSink::WaitForFinish() {
  REQUIRE(WaitUntil([&] {
    mutex_.AssertHeld();
    return finished_;
  }));
  MutexLock lock(&mutex_);
  return status_;
}

std::vector<ReceivedResponse> ScriptedSink::deliveries() const {
  MutexLock lock(&mutex_);
  std::vector<ReceivedResponse> found;
  for (const auto& each : received_) {
    if (each.response.has_delivery()) found.push_back(each);
  }
  return found;
}

std::vector<exchange::v1::CaughtUp> ScriptedSink::caught_up() const {
  MutexLock lock(&mutex_);
  std::vector<exchange::v1::CaughtUp> found;
  for (const auto& each : received_) {
    if (each.response.has_caught_up()) {
      found.push_back(each.response.caught_up());
    }
  }
  return found;
}

std::vector<std::string> ScriptedSink::kinds() const {
  MutexLock lock(&mutex_);
  std::vector<std::string> found;
  for (const auto& each : received_) {
    found.emplace_back(each.response.has_started()    ? "started"
                       : each.response.has_delivery() ? "delivery"
                                                      : "caught_up");
  }
  return found;
}

size_t ScriptedSink::writes() const {
  MutexLock lock(&mutex_);
  return received_.size();
}

bool ScriptedSink::finished() const {
  MutexLock lock(&mutex_);
  return finished_;
}

// --------------------------------------------------------------- the domain

DeliveryFixture::DeliveryFixture(uint32_t partitions) {
  registry = bus.OpenWithAll("registry");
  catalog::v1::Resource people = registry::PeopleResource();
  people.set_partitions(partitions);
  Submit(registry::PutCommand(people), bus.domain.provider);
  resource = **registry->GetResource("civil-affairs.people");
  ApproveVersion(1);

  bus::TopicSpec topic;
  topic.name = "records.civil-affairs.people";
  topic.partitions = static_cast<int>(partitions);
  REQUIRE(bus.log->CreateTopic(topic).ok());
  producer = *bus.log->OpenProducer("adapter.civil-affairs");
  for (uint32_t i = 0; i < partitions; ++i) {
    chains.push_back(
        std::make_unique<ChainWriter>(resource, i, &bus.domain.adapter));
  }

  audit::AuditLogOptions trail;
  trail.path = bus.folder.path() + "/audit";
  trail.origin = "county.example/data-bureau/broker";
  trail.key = &audit_key;
  trail.env = disk.env();
  auto opened = audit::AuditLog::Open(trail);
  INFO(opened.status().message());
  REQUIRE(opened.ok());
  audit = *std::move(opened);
  auto provider = crypto::OpenFileKeyProvider(bus.folder.path() + "/keys");
  REQUIRE(provider.ok());
  keys = *std::move(provider);
}

DeliveryFixture::~DeliveryFixture() {
  // The trail's answers are for streams that use the pool.
  disk.Heal();
  audit->Stop();
  pool.Stop();
}

registry::Submitted DeliveryFixture::Submit(
    const registry::v1::Command& command, const crypto::SigningKey& key) {
  return registry::TestBus::MustSubmit(*registry,
                                       bus.domain.Sign(command, key));
}

void DeliveryFixture::ApproveVersion(uint32_t version,
                                     const agreement::v1::Limits* limits) {
  agreement::v1::Agreement agreement = registry::PeopleAgreement();
  if (limits != nullptr) *agreement.mutable_limits() = *limits;
  agreement.set_version(version);
  Approve(agreement);
}

void DeliveryFixture::ApproveFilter(uint32_t version,
                                    const std::string& row_filter) {
  agreement::v1::Agreement agreement = registry::PeopleAgreement();
  agreement.set_version(version);
  REQUIRE(google::protobuf::TextFormat::ParseFromString(
      row_filter, agreement.mutable_row_filter()));
  Approve(agreement);
}

void DeliveryFixture::Approve(const agreement::v1::Agreement& agreement) {
  Submit(registry::RequestCommand(agreement), bus.domain.consumer);
  Submit(registry::ApproveCommand(*Agreement(agreement.version())),
         bus.domain.approver);
}

bus::TopicPartition DeliveryFixture::Partition(uint32_t partition) const {
  return {"records.civil-affairs.people", static_cast<int>(partition)};
}

registry::Registry::AgreementPtr DeliveryFixture::Agreement(
    uint32_t version) const {
  auto found = registry->GetAgreement("health-people", version);
  REQUIRE(found.ok());
  return *found;
}

void DeliveryFixture::Publish(uint32_t partition, const SharedBytes& message) {
  REQUIRE(
      producer
          ->Append({{Partition(partition), absl::StrCat(partition), message}})
          .ok());
}

void DeliveryFixture::PublishBatches(uint32_t partition, int count) {
  std::vector<bus::Outgoing> messages;
  for (int i = 0; i < count; ++i) {
    messages.push_back({Partition(partition), absl::StrCat(partition),
                        chains[partition]->Batch()});
  }
  REQUIRE(producer->Append(messages).ok());
}

Caller DeliveryFixture::HealthConsumer() const {
  Caller caller;
  caller.spiffe_id = "spiffe://county.example/health/consumer";
  caller.department = "health";
  caller.role = registry::v1::ROLE_CONSUMER;
  caller.certificate_digest.fill(7);
  caller.certificate_not_after = registry::TestTime() + absl::Hours(24);
  return caller;
}

exchange::v1::Start DeliveryFixture::StartRequest() const {
  exchange::v1::Start start;
  start.set_agreement("health-people");
  start.set_purpose("vaccination");
  start.set_acting_official("official 12");
  start.set_case_number("case 7");
  start.set_legal_basis("a decree");
  start.mutable_credit()->set_batches(kCreditBatchesMax);
  start.mutable_credit()->set_bytes(kCreditBytesMax);
  return start;
}

PolicyContext DeliveryFixture::Context(uint32_t version) {
  PolicyContext context;
  context.caller = HealthConsumer();
  context.asserted.set_case_number("case 7");
  context.agreement = Agreement(version);
  context.registry = registry.get();
  context.counters = &counters;
  context.plan_for = [this, terms = context.agreement](uint32_t schema_version)
      -> absl::StatusOr<std::shared_ptr<const Plan>> {
    ASSIGN_OR_RETURN(const auto schema,
                     registry->GetResourceWithSchema("civil-affairs.people",
                                                     schema_version));
    desensitize::OperatorKeys operator_keys;
    operator_keys.pseudonym_secret = std::string(32, 'k');
    return Plan::Compile(terms->agreement(), *schema, operator_keys);
  };
  return context;
}

StreamOptions DeliveryFixture::Options(ScriptedSink* sink, uint32_t version) {
  StreamOptions options;
  options.id = "run-1";
  options.resource = "civil-affairs.people";
  options.agreement = "health-people";
  options.peer = PeerOf(HealthConsumer());
  options.group = kGroup;
  auto member = bus.log->JoinGroup(kGroup, "records.civil-affairs.people");
  REQUIRE(member.ok());
  options.member = *std::move(member);
  options.processor = std::make_unique<PolicyProcessor>(Context(version));
  options.enter_gate =
      [this](
          const std::string&) -> absl::StatusOr<std::unique_ptr<Gate::Pass>> {
    auto pass = gate.Enter();
    if (pass == nullptr) return gate.reason();
    return pass;
  };
  options.on_end = [](const absl::Status&) {};
  options.log = bus.log.get();
  options.pool = &pool;
  options.bus_threads = &bus_threads;
  options.audit = audit.get();
  options.counters = &counters;
  options.sink = sink;
  return options;
}

std::shared_ptr<Stream> DeliveryFixture::Open(StreamOptions options,
                                              ScriptedSink* sink,
                                              uint32_t batches) {
  auto stream = Stream::Create(std::move(options));
  sink->Attach(stream);
  exchange::v1::Credit credit;
  credit.set_batches(batches);
  credit.set_bytes(kCreditBytesMax);
  stream->AddCredit(credit);
  stream->Run(exchange::v1::Started());
  return stream;
}

void DeliveryFixture::Drain() {
  // A step may schedule the next one behind this.
  for (int i = 0; i < 100; ++i) {
    Mutex mutex;
    CondVar ran;
    bool done = false;
    pool.Schedule([&] {
      MutexLock lock(&mutex);
      done = true;
      ran.Signal();
    });
    MutexLock lock(&mutex);
    while (!done) ran.Wait(&mutex);
  }
}

void DeliveryFixture::WaitForCommit(uint32_t partition, int64_t offset) {
  const absl::Time deadline = absl::Now() + kTestWait;
  while (absl::Now() < deadline) {
    const auto committed =
        bus.log->CommittedOffset(kGroup, Partition(partition));
    if (committed.ok() && *committed >= offset) return;
    // The receipt is durable once one more entry is.
    REQUIRE(audit->AppendAndWait(audit::v1::Entry()).ok());
    Drain();
  }
  FAIL("nothing was committed");
}

std::vector<audit::v1::Entry> DeliveryFixture::Entries() const {
  const auto bytes = audit->Read(0, audit->size());
  REQUIRE(bytes.ok());
  std::vector<audit::v1::Entry> entries;
  for (const std::string& each : *bytes) {
    audit::v1::Entry entry;
    REQUIRE(entry.ParseFromString(each));
    if (entry.body_case() != audit::v1::Entry::BODY_NOT_SET) {
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace sluice::delivery
