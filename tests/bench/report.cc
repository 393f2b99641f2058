#include "tests/bench/report.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "libs/base/string_view.h"
#include "libs/cli/progress_bar.h"
#include "libs/cli/table.h"

namespace sluice::bench {
namespace {

using Figure = std::function<double(const RunPair&)>;

std::vector<double> Collect(const std::vector<RunPair>& pairs,
                            const Figure& figure) {
  std::vector<double> values;
  values.reserve(pairs.size());
  for (const RunPair& pair : pairs) values.push_back(figure(pair));
  return values;
}

double RelayRate(const RunPair& pair) {
  return pair.relay.records_per_second();
}
double PolicyRate(const RunPair& pair) {
  return pair.policy.records_per_second();
}
double Ratio(const RunPair& pair) { return pair.ratio(); }

double MicrosOfServer(const ConsumerRun& run) {
  return run.server_cpu_seconds * 1e6 / static_cast<double>(run.records);
}
double MicrosOfConsumer(const ConsumerRun& run) {
  return run.consumer_cpu_seconds * 1e6 / static_cast<double>(run.records);
}

cli::Cell Text(const std::string& text) {
  return cli::Cell::Text(AsView(text));
}

cli::Cell Whole(double number) {
  return Text(cli::WithSeparators(static_cast<uint64_t>(number)));
}

cli::Row RowOf(const std::string& name, double relay, double policy,
               double ratio) {
  return {Text(name), Whole(relay), Whole(policy),
          Text(absl::StrFormat("%.3f", ratio))};
}

std::string JsonSide(const std::vector<RunPair>& pairs,
                     ConsumerRun RunPair::* side) {
  const std::vector<double> rates = Collect(pairs, [&](const RunPair& pair) {
    return (pair.*side).records_per_second();
  });
  const Spread spread = SpreadOf(rates);
  const Spread server = SpreadOf(Collect(
      pairs, [&](const RunPair& pair) { return MicrosOfServer(pair.*side); }));
  const Spread consumer = SpreadOf(Collect(pairs, [&](const RunPair& pair) {
    return MicrosOfConsumer(pair.*side);
  }));
  const std::string listed =
      absl::StrJoin(rates, ", ", [](std::string* out, double rate) {
        absl::StrAppendFormat(out, "%.0f", rate);
      });
  return absl::StrFormat(
      "{\"records_per_second\": {\"median\": %.0f, \"min\": %.0f, "
      "\"max\": %.0f, \"runs\": [%s]}, \"bytes\": %d, "
      "\"server_cpu_us_per_record\": %.3f, "
      "\"consumer_cpu_us_per_record\": %.3f}",
      spread.median, spread.min, spread.max, listed,
      (pairs.front().*side).bytes, server.median, consumer.median);
}

}  // namespace

Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1
                            ? values[middle]
                            : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

void PrintReport(const std::vector<RunPair>& pairs,
                 const cli::Terminal& terminal, std::ostream* out) {
  const Spread relay = SpreadOf(Collect(pairs, RelayRate));
  const Spread policy = SpreadOf(Collect(pairs, PolicyRate));
  const Spread ratio = SpreadOf(Collect(pairs, Ratio));
  const auto table = cli::MakeRowWriter(cli::OutputFormat::kTable,
                                        {{"run", false},
                                         {"relay, records/s", true},
                                         {"policy, records/s", true},
                                         {"policy / relay", true}},
                                        terminal, out);
  int run = 0;
  for (const RunPair& pair : pairs) {
    table->Write(RowOf(absl::StrCat(++run), RelayRate(pair), PolicyRate(pair),
                       pair.ratio()));
  }
  table->Write(RowOf("median", relay.median, policy.median, ratio.median));
  table->Write(RowOf("min", relay.min, policy.min, ratio.min));
  table->Write(RowOf("max", relay.max, policy.max, ratio.max));
  // What fails to be printed here is missed by who reads it.
  table->Flush().IgnoreError();
  const RunPair& last = pairs.back();
  *out << absl::StrFormat(
      "\nPolicy delivers %.2f of the relay's records per second (%.2f to "
      "%.2f).\nProcessor time of the last run, in us a record: relay %.2f + "
      "consumer %.2f, broker %.2f + consumer %.2f.\n",
      ratio.median, ratio.min, ratio.max, MicrosOfServer(last.relay),
      MicrosOfConsumer(last.relay), MicrosOfServer(last.policy),
      MicrosOfConsumer(last.policy));
}

std::string JsonReport(const std::vector<RunPair>& pairs, double load_before) {
  const Spread ratio = SpreadOf(Collect(pairs, Ratio));
  return absl::StrFormat(
      "{\"benchmark\": \"stream\", \"records\": %d, \"runs\": %d, "
      "\"processors\": %d, \"load_average_before\": %.2f,\n"
      " \"relay\": %s,\n \"policy\": %s,\n"
      " \"ratio\": {\"median\": %.4f, \"min\": %.4f, \"max\": %.4f}}\n",
      pairs.front().relay.records, pairs.size(),
      std::thread::hardware_concurrency(), load_before,
      JsonSide(pairs, &RunPair::relay), JsonSide(pairs, &RunPair::policy),
      ratio.median, ratio.min, ratio.max);
}

}  // namespace sluice::bench
