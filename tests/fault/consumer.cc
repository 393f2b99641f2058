// A careful consumer: stores each delivery's records with its position in one
// step, then acknowledges it; goes on from there whenever it is started, and at
// another broker when one fails. Prints `started BROKER-NAMES` when the stream
// has begun; on standard error what happens to the stream.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libs/base/reason.h"
#include "libs/base/status.h"
#include "libs/client/connection.h"
#include "libs/client/resuming_subscription.h"
#include "tests/fault/journal.h"
#include "tests/fault/kept.h"

namespace sluice::fault {
namespace {

struct Options {
  std::string config;
  std::string agreement;
  std::string purpose;
  std::string group;
  std::string journal;
  uint32_t batches = 16;
  uint32_t pause_ms = 0;
};

exchange::v1::Start StartOf(const Options& options,
                            const std::string& position) {
  exchange::v1::Start start;
  start.set_agreement(options.agreement);
  start.set_purpose(options.purpose);
  start.set_group(options.group);
  if (position.empty()) {
    start.set_from(exchange::v1::START_FROM_BEGINNING);
  } else {
    start.set_from(exchange::v1::START_FROM_POSITION);
    start.set_position(position);
  }
  return start;
}

void Say(const std::string& what, const absl::Status& status) {
  std::cerr << what << ": " << ReasonName(ReasonOf(status)) << ": "
            << status.message() << std::endl;
}

absl::Status Consume(const Options& options) {
  ASSIGN_OR_RETURN(const auto journal, JournalWriter::Open(options.journal));
  ASSIGN_OR_RETURN(config::v1::ClientConfig config,
                   client::ReadClientConfig(options.config));
  ASSIGN_OR_RETURN(const auto connection,
                   client::Connection::Open(std::move(config)));
  client::ResumeOptions resume;
  resume.window.batches = options.batches;
  // Tests start it while brokers are down.
  resume.first_outage_max = resume.outage_max;
  resume.on_failover = [](const client::Failover& failover) {
    Say(absl::StrCat("failover from ", failover.from, " to ", failover.to),
        failover.why);
  };
  const auto subscription = client::ResumingSubscription::Open(
      connection.get(), StartOf(options, journal->position()),
      std::move(resume));
  while (true) {
    const client::SubscriptionEvent event = subscription->Next();
    if (const auto* received = std::get_if<client::ReceivedDelivery>(&event)) {
      RETURN_IF_ERROR(journal->Append(Kept(*received)));
      subscription->Ack(received->delivery.delivery_id());
      // How slow it is, and nothing that it waits for.
      std::this_thread::sleep_for(std::chrono::milliseconds(options.pause_ms));
    } else if (std::holds_alternative<exchange::v1::Started>(event)) {
      std::cout << "started " << connection->endpoint()->address() << std::endl;
    } else if (const auto* end = std::get_if<client::StreamEnd>(&event)) {
      return end->status;
    }
  }
}

int Main(int argc, char** argv) {
  CLI::App app("Keeps what a stream delivers in a journal.");
  Options options;
  app.add_option("--config", options.config, "client.yaml")->required();
  app.add_option("--agreement", options.agreement, "Agreement id")->required();
  app.add_option("--purpose", options.purpose, "The agreement's")->required();
  app.add_option("--group", options.group, "Consumer group");
  app.add_option("--journal", options.journal, "Where it keeps it")->required();
  app.add_option("--batches", options.batches, "Credit: batches on their way");
  app.add_option("--pause-ms", options.pause_ms, "Time taken by a delivery");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Consume(options);
  if (status.ok()) return 0;
  Say("ended", status);
  return 1;
}

}  // namespace
}  // namespace sluice::fault

int main(int argc, char** argv) { return sluice::fault::Main(argc, argv); }
