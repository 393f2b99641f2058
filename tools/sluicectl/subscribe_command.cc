// sluicectl subscribe.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/progress_bar.h"
#include "libs/client/connect.h"
#include "libs/client/resuming_subscription.h"
#include "tools/sluicectl/record_rows.h"
#include "tools/sluicectl/stop_signals.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using client::ResumingSubscription;

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
constexpr int kPositionFileMode = 0600;

struct Options {
  exchange::v1::Start start;
  // "committed", "beginning", "end", "position"; empty: the position file's
  // position if there is one, else committed.
  std::string from;
  std::string position_file;
  uint64_t max_records = kUnlimited;
  uint64_t show = kUnlimited;
  bool count_only = false;
  bool until_caught_up = false;
  bool no_retry = false;
};

// Base64 in one line. NOT_FOUND if there is no such file.
absl::StatusOr<std::string> ReadPosition(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  auto position = Base64Decode(absl::StripSuffix(AsView(text), "\n"));
  if (!position.ok()) {
    return Error(status::v1::REASON_CODE_POSITION_INVALID,
                 absl::StrCat(path,
                              " is no position that sluicectl wrote: "
                              "remove it and start from committed"));
  }
  return position;
}

absl::Status ChooseStart(const Options& options, exchange::v1::Start* start) {
  if (options.from == "beginning") {
    start->set_from(exchange::v1::START_FROM_BEGINNING);
  } else if (options.from == "end") {
    start->set_from(exchange::v1::START_FROM_END);
  } else if (options.from == "committed" || options.position_file.empty()) {
    start->set_from(exchange::v1::START_FROM_COMMITTED);
  } else {
    auto position = ReadPosition(options.position_file);
    if (position.ok()) {
      start->set_from(exchange::v1::START_FROM_POSITION);
      start->set_position(*std::move(position));
    } else if (options.from.empty() && absl::IsNotFound(position.status())) {
      start->set_from(exchange::v1::START_FROM_COMMITTED);
    } else {
      return position.status();
    }
  }
  return absl::OkStatus();
}

// The stream as another thread may stop it.
class Stopper {
 public:
  void Attach(ResumingSubscription* subscription) {
    MutexLock lock(&mutex_);
    subscription_ = subscription;
    if (stopped_ && subscription != nullptr) subscription->HalfClose();
  }

  // The first time, lets the broker take what was acknowledged; the second time
  // waits for nothing.
  void Stop(int count) {
    MutexLock lock(&mutex_);
    stopped_ = true;
    if (subscription_ == nullptr) return;
    if (count == 1) {
      subscription_->HalfClose();
    } else {
      subscription_->Cancel();
    }
  }

  bool stopped() {
    MutexLock lock(&mutex_);
    return stopped_;
  }

 private:
  Mutex mutex_;
  ResumingSubscription* subscription_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// One run of the command, from the first event to the last.
class Consumer {
 public:
  Consumer(const cli::Invocation& invocation, const Options& options,
           ResumingSubscription* subscription, Stopper* stopper,
           cli::ProgressBar* progress)
      : invocation_(invocation),
        options_(options),
        subscription_(subscription),
        stopper_(stopper),
        progress_(progress) {}

  absl::Status Run() {
    absl::Status status;
    while (true) {
      client::SubscriptionEvent event = subscription_->Next();
      if (auto* end = std::get_if<client::StreamEnd>(&event)) {
        if (status.ok()) status = end->status;
        break;
      }
      if (!status.ok() || stopper_->stopped()) continue;
      status = Handle(event);
      if (!status.ok()) subscription_->Cancel();
    }
    progress_->Clear();
    if (writer_ != nullptr && status.ok()) status = writer_->Flush();
    if (started_) PrintSummary();
    // Whoever asked twice to stop is not told that it was stopped.
    return stopper_->stopped() && absl::IsCancelled(status) ? absl::OkStatus()
                                                            : status;
  }

 private:
  absl::Status Handle(const client::SubscriptionEvent& event) {
    if (const auto* started = std::get_if<exchange::v1::Started>(&event)) {
      if (!started_) since_ = absl::Now();
      started_ = true;
      TellKeyVersions(*started);
      if (!options_.count_only) {
        if (writer_ != nullptr) RETURN_IF_ERROR(writer_->Flush());
        writer_ = cli::MakeOutput(invocation_, RecordColumns(*started));
        rows_ = std::make_unique<RecordRows>(*started, writer_.get());
      }
      return absl::OkStatus();
    }
    if (const auto* received = std::get_if<client::ReceivedDelivery>(&event)) {
      return Deliver(*received);
    }
    // CaughtUp: what was held back may be all for a while.
    if (writer_ != nullptr) RETURN_IF_ERROR(writer_->Flush());
    RETURN_IF_ERROR(SettleDeferred());
    RETURN_IF_ERROR(
        Remember(std::get<exchange::v1::CaughtUp>(event).position()));
    if (options_.until_caught_up) stopper_->Stop(1);
    return absl::OkStatus();
  }

  // Each time they are others: values of two versions do not compare.
  void TellKeyVersions(const exchange::v1::Started& started) {
    std::map<uint32_t, std::string> fields;
    for (const exchange::v1::FieldTreatment& treated : started.treatments()) {
      if (treated.key_version() == 0) continue;
      for (const catalog::v1::Field& field : started.fields()) {
        if (field.id() != treated.field_id()) continue;
        std::string* const names = &fields[treated.key_version()];
        absl::StrAppend(names, names->empty() ? "" : ", ", field.name());
      }
    }
    if (fields == key_versions_) return;
    key_versions_ = std::move(fields);
    progress_->Clear();
    for (const auto& [version, names] : key_versions_) {
      std::cerr << "key version " << version << ": " << names << '\n';
    }
  }

  absl::Status Deliver(const client::ReceivedDelivery& received) {
    const exchange::v1::Delivery& delivery = received.delivery;
    const bool show = writer_ != nullptr && records_ < options_.show;
    if (show) rows_->WriteMarker(delivery.marker());
    if (!received.batch.has_value() &&
        delivery.marker() == exchange::v1::MARKER_BASELINE_BEGIN) {
      // Flushed with the records that follow, by whose widths a table's columns
      // are set. At most one a partition is held before a batch or an end.
      deferred_.push_back(delivery);
      return absl::OkStatus();
    }
    const uint64_t in_batch =
        received.batch.has_value() ? received.batch->row_count : 0;
    const uint64_t wanted = std::min(in_batch, options_.max_records - records_);
    if (show) {
      progress_->Clear();
      if (received.batch.has_value()) {
        rows_->Write(*received.batch, static_cast<uint32_t>(std::min(
                                          wanted, options_.show - records_)));
      }
      RETURN_IF_ERROR(writer_->Flush());
    }
    records_ += wanted;
    progress_->Update(records_);
    RETURN_IF_ERROR(SettleDeferred());
    // A batch that was cut short is not taken care of: it comes again.
    if (wanted == in_batch) {
      if (received.batch.has_value()) ++batches_;
      untreatable_ += delivery.untreatable_values();
      if (!delivery.audit_id().empty()) audit_id_ = delivery.audit_id();
      RETURN_IF_ERROR(Settle(delivery));
    }
    if (records_ == options_.max_records) stopper_->Stop(1);
    return absl::OkStatus();
  }

  absl::Status SettleDeferred() {
    for (const exchange::v1::Delivery& delivery : deferred_) {
      RETURN_IF_ERROR(Settle(delivery));
    }
    deferred_.clear();
    return absl::OkStatus();
  }

  // The records have left this process; now, in this order, this client
  // remembers them and the broker may forget them.
  absl::Status Settle(const exchange::v1::Delivery& delivery) {
    RETURN_IF_ERROR(Remember(delivery.position()));
    subscription_->Ack(delivery.delivery_id());
    return absl::OkStatus();
  }

  absl::Status Remember(const std::string& position) const {
    if (options_.position_file.empty()) return absl::OkStatus();
    return WriteFileAtomically(options_.position_file,
                               AsView(Base64Encode(AsView(position)) + "\n"),
                               kPositionFileMode);
  }

  void PrintSummary() const {
    const absl::Duration took = absl::Now() - since_;
    const double seconds = std::max(absl::ToDoubleSeconds(took), 1e-3);
    std::cerr << cli::Counted(records_, "record", "records") << " in "
              << cli::Counted(batches_, "batch", "batches") << ", "
              << cli::ShortDuration(took) << ", "
              << cli::WithSeparators(static_cast<uint64_t>(
                     static_cast<double>(records_) / seconds))
              << " records/s";
    if (untreatable_ > 0) {
      std::cerr << ", " << cli::Counted(untreatable_, "value", "values")
                << " that their treatment could not take are null";
    }
    if (!audit_id_.empty()) std::cerr << ", last audit entry " << audit_id_;
    std::cerr << '\n';
  }

  const cli::Invocation& invocation_;
  const Options& options_;
  ResumingSubscription* const subscription_;
  Stopper* const stopper_;
  cli::ProgressBar* const progress_;
  std::unique_ptr<cli::RowWriter> writer_;
  std::unique_ptr<RecordRows> rows_;
  bool started_ = false;
  // Names of the fields made under each version of a key.
  std::map<uint32_t, std::string> key_versions_;
  absl::Time since_;
  // Markers that were written and not flushed yet.
  std::vector<exchange::v1::Delivery> deferred_;
  uint64_t records_ = 0;
  uint64_t batches_ = 0;
  uint64_t untreatable_ = 0;
  std::string audit_id_;
};

void PrintFailover(const client::Failover& failover) {
  const ReasonCode reason = ReasonOf(failover.why);
  std::cerr << "the broker at " << failover.from << " failed ("
            << (reason == status::v1::REASON_CODE_UNSPECIFIED
                    ? AsView(absl::StatusCodeToString(failover.why.code()))
                    : ReasonName(reason))
            << "); "
            << (failover.to == failover.from ? "trying it again"
                                             : "going on at " + failover.to);
  if (failover.wait > absl::ZeroDuration()) {
    std::cerr << " in " << cli::ShortDuration(failover.wait);
  }
  std::cerr << '\n';
}

absl::Status Subscribe(const cli::Invocation& invocation,
                       const Options& options) {
  exchange::v1::Start start = options.start;
  if (options.from == "position" && options.position_file.empty()) {
    return cli::UsageError("--from position needs --position-file");
  }
  RETURN_IF_ERROR(ChooseStart(options, &start));
  Stopper stopper;
  // Before gRPC's threads, so that they leave the signals alone.
  StopSignals signals([&stopper](int count) { stopper.Stop(count); });
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  cli::ProgressBar progress("records", 0, cli::DetectTerminal(STDERR_FILENO),
                            &std::cerr);
  client::ResumeOptions resume;
  if (options.no_retry) {
    resume.first_outage_max = absl::ZeroDuration();
    resume.outage_max = absl::ZeroDuration();
  }
  resume.on_failover = [&progress](const client::Failover& failover) {
    progress.Clear();
    PrintFailover(failover);
  };
  const std::unique_ptr<ResumingSubscription> subscription =
      ResumingSubscription::Open(connection.get(), std::move(start),
                                 std::move(resume));
  stopper.Attach(subscription.get());
  const absl::Status status =
      Consumer(invocation, options, subscription.get(), &stopper, &progress)
          .Run();
  stopper.Attach(nullptr);
  return status;
}

void AddAsserted(CLI::App* command, const std::shared_ptr<Options>& options) {
  const auto add = [&](const std::string& name, std::string* value,
                       const std::string& description) {
    command->add_option(name, *value, description)
        ->group("Recorded in the audit trail, not checked");
  };
  add("--acting-official", options->start.mutable_acting_official(),
      "Who asks");
  add("--case-number", options->start.mutable_case_number(), "In which matter");
  add("--legal-basis", options->start.mutable_legal_basis(), "On which ground");
}

}  // namespace

void AddSubscribeCommand(CLI::App* app, cli::Invocation* invocation) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = cli::AddCommand(
      app, "subscribe",
      "Receive the records of an agreement, and acknowledge them",
      "  sluicectl subscribe grid-people --purpose \"grid service\"\n"
      "  sluicectl subscribe grid-people --purpose \"grid service\" \\\n"
      "      --from beginning --until-caught-up --output csv > people.csv\n"
      "  sluicectl subscribe grid-people --purpose \"grid service\" \\\n"
      "      --position-file people.position --output jsonl >> people.jsonl\n"
      "\n"
      "Ctrl-C ends it in order; a second one at once. Rows whose _operation "
      "is\n"
      "baseline_begin or baseline_end frame a full copy of the resource: keys\n"
      "that are not between them are gone. INT64 and DOUBLE are JSON numbers;\n"
      "DECIMAL128 is text, BYTES base64, times are UTC.",
      invocation, [invocation, options] {
        if (options->count_only) options->show = 0;
        return Subscribe(*invocation, *options);
      });
  command
      ->add_option("AGREEMENT", *options->start.mutable_agreement(),
                   "The agreement's id")
      ->required();
  command
      ->add_option("--purpose", *options->start.mutable_purpose(),
                   "What the records are for; as in the agreement")
      ->required();
  command->add_option("--group", *options->start.mutable_group(),
                      "Streams of one group share records and a committed "
                      "position (default: default)");
  command
      ->add_option("--from", options->from,
                   "committed, beginning, end or position (default: the "
                   "position file's position if there is one, else committed)")
      ->check(CLI::IsMember({"committed", "beginning", "end", "position"}))
      ->type_name("WHERE");
  command
      ->add_option("--position-file", options->position_file,
                   "Where to keep the position: after the records are written "
                   "and before they are acknowledged")
      ->type_name("FILE");
  command
      ->add_option("--max-records", options->max_records,
                   "Stop after so many; a batch that is cut short is not "
                   "acknowledged and comes again")
      ->check(CLI::PositiveNumber);
  command->add_flag("--until-caught-up", options->until_caught_up,
                    "Stop when everything published so far has come");
  command->add_flag("--no-retry", options->no_retry,
                    "End when the broker fails, instead of going on at another "
                    "from the last position");
  auto* const show = command->add_option(
      "--show", options->show, "Print the first so many, count the others");
  command->add_flag("--count-only", options->count_only, "Print no record")
      ->excludes(show);
  AddAsserted(command, options);
}

}  // namespace sluice::sluicectl
