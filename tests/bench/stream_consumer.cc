// The consumer of a measured stream: reads every value of every record that was
// published, acknowledges each delivery, and prints one line of JSON.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/connection.h"
#include "libs/client/subscription.h"

namespace sluice::bench {
namespace {

using records::Column;

constexpr absl::Duration kConnectWait = absl::Seconds(10);

struct Options {
  std::string config;
  std::string agreement;
  std::string purpose;
  std::string group;
};

struct Totals {
  uint64_t records = 0;
  uint64_t values = 0;
  uint64_t bytes = 0;
  // Of everything that was read, so that reading cannot be left out.
  uint64_t checksum = 0;
};

uint64_t SumTexts(const Column& column) {
  uint64_t sum = 0;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const absl::string_view text = column.Text(row);
    sum += text.size();
    if (!text.empty()) sum += static_cast<unsigned char>(text.back());
  }
  return sum;
}

template <typename T>
uint64_t SumNumbers(const Column& column) {
  uint64_t sum = 0;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    sum += static_cast<uint64_t>(column.Value<T>(row));
  }
  return sum;
}

uint64_t SumColumn(const Column& column) {
  switch (column.type) {
    case records::v1::DATA_TYPE_STRING:
    case records::v1::DATA_TYPE_BYTES:
      return SumTexts(column);
    case records::v1::DATA_TYPE_DATE:
      return SumNumbers<int32_t>(column);
    case records::v1::DATA_TYPE_INT64:
    case records::v1::DATA_TYPE_TIMESTAMP:
      return SumNumbers<int64_t>(column);
    default:
      return 0;  // the population has no other
  }
}

void ReadRecords(const records::Batch& batch, Totals* totals) {
  totals->records += batch.row_count;
  for (const Column& column : batch.columns) {
    totals->values += column.row_count;
    totals->bytes +=
        column.data.size() + column.offsets.size() + column.validity.size();
    totals->checksum += SumColumn(column);
  }
}

double CpuSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

absl::Status Consume(const Options& options) {
  ASSIGN_OR_RETURN(config::v1::ClientConfig config,
                   client::ReadClientConfig(options.config));
  ASSIGN_OR_RETURN(const std::unique_ptr<client::Connection> connection,
                   client::Connection::Open(std::move(config)));
  // The handshake is not what is measured.
  if (!connection->endpoint()->channel()->WaitForConnected(
          absl::ToChronoTime(absl::Now() + kConnectWait))) {
    return Error(status::v1::REASON_CODE_WRONG_STATE,
                 "no connection to the server within ten seconds");
  }
  exchange::v1::Start start;
  start.set_agreement(options.agreement);
  start.set_purpose(options.purpose);
  start.set_group(options.group);
  start.set_from(exchange::v1::START_FROM_BEGINNING);

  Totals totals;
  double seconds = 0;
  double cpu_seconds = 0;
  const double cpu_before = CpuSeconds();
  const absl::Time begin = absl::Now();
  const auto subscription = client::Subscription::Open(
      connection.get(), std::move(start), client::Window());
  while (true) {
    const client::SubscriptionEvent event = subscription->Next();
    if (const auto* received = std::get_if<client::ReceivedDelivery>(&event)) {
      if (received->batch.has_value()) ReadRecords(*received->batch, &totals);
      subscription->Ack(received->delivery.delivery_id());
      seconds = absl::ToDoubleSeconds(absl::Now() - begin);
      cpu_seconds = CpuSeconds() - cpu_before;
    } else if (std::holds_alternative<exchange::v1::CaughtUp>(event)) {
      subscription->HalfClose();
    } else if (const auto* end = std::get_if<client::StreamEnd>(&event)) {
      RETURN_IF_ERROR(end->status);
      break;
    }
  }
  std::cout << absl::StrFormat(
      "{\"records\":%d,\"values\":%d,\"bytes\":%d,\"checksum\":%d,"
      "\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n",
      totals.records, totals.values, totals.bytes, totals.checksum, seconds,
      cpu_seconds);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("Reads a stream to its present end and says how fast it came.");
  Options options;
  app.add_option("--config", options.config, "client.yaml")->required();
  app.add_option("--agreement", options.agreement, "Agreement id")->required();
  app.add_option("--purpose", options.purpose, "The agreement's")->required();
  app.add_option("--group", options.group, "One that is new")->required();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Consume(options);
  if (status.ok()) return 0;
  std::cerr << "stream_consumer: " << status.message() << '\n';
  return 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
