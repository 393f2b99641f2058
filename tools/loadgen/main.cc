// sluice-loadgen: makes synthetic departments' data of any size, the same on
// every machine for the same seed.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/base/status.h"
#include "tools/loadgen/csv_writer.h"
#include "tools/loadgen/divisions.h"
#include "tools/loadgen/population.h"
#include "tools/loadgen/visits.h"

namespace sluice::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kRowsBetweenClockReads = 1 << 16;
constexpr auto kProgressInterval = std::chrono::seconds(2);

struct Options {
  uint64_t rows = 0;
  uint64_t seed = 1;
  std::string input;
  std::string output;
};

// Writes the header and all rows; progress goes to standard error.
template <typename Generator>
absl::Status WriteRows(absl::string_view header, const Options& options,
                       Generator generator) {
  ASSIGN_OR_RETURN(const std::unique_ptr<CsvWriter> writer,
                   CsvWriter::Open(options.output));
  const Clock::time_point start = Clock::now();
  Clock::time_point next_progress = start + kProgressInterval;
  writer->Append(header);
  RETURN_IF_ERROR(writer->EndRow());
  for (uint64_t row = 0; row < options.rows; ++row) {
    RETURN_IF_ERROR(generator.WriteRow(writer.get()));
    if (row % kRowsBetweenClockReads == 0 && Clock::now() >= next_progress) {
      next_progress += kProgressInterval;
      std::cerr << row << " of " << options.rows << " rows\n";
    }
  }
  RETURN_IF_ERROR(writer->Finish());
  const std::chrono::duration<double> seconds = Clock::now() - start;
  std::cerr << options.rows << " rows, " << writer->bytes() << " bytes in "
            << seconds.count() << " s\n";
  return absl::OkStatus();
}

absl::Status MakePopulation(const Options& options) {
  ASSIGN_OR_RETURN(const std::vector<Community> communities,
                   ReadCommunities(options.input));
  return WriteRows(kPopulationHeader, options,
                   Population(options.seed, &communities));
}

absl::Status MakeVisits(const Options& options) {
  ASSIGN_OR_RETURN(const std::vector<uint64_t> residents,
                   ReadResidents(options.input));
  return WriteRows(kVisitsHeader, options,
                   Visits(options.seed, options.rows, &residents));
}

CLI::App* AddCommand(CLI::App* app, const std::string& name,
                     const std::string& description, uint64_t rows_max,
                     Options* options) {
  CLI::App* const command = app->add_subcommand(name, description);
  command->add_option("--rows", options->rows, "How many rows to make")
      ->required()
      ->check(CLI::Range(uint64_t{1}, rows_max));
  command
      ->add_option("--seed", options->seed, "The same seed makes the same data")
      ->capture_default_str();
  command
      ->add_option("--out", options->output,
                   "The CSV file to write, or - for standard output")
      ->required();
  return command;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Makes synthetic departments' data: people and events that do not exist, "
      "in "
      "the shape and size of real registers.",
      "sluice-loadgen");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  sluice-loadgen population --rows 1000000 --seed 7 \\\n"
      "      --divisions deploy/examples/data/divisions.csv --out people.csv\n"
      "  sluice-loadgen visits --rows 5000000 --seed 8 \\\n"
      "      --population people.csv --out visits.csv\n");

  Options options;
  CLI::App* const population =
      AddCommand(&app, "population",
                 "A register of residents: 12 columns, about 170 bytes a row",
                 kPopulationRowsMax, &options);
  population
      ->add_option("--divisions", options.input,
                   "Where they live: code,name,level,parent_code "
                   "(deploy/examples/data/divisions.csv)")
      ->required();
  CLI::App* const visits = AddCommand(
      &app, "visits", "Visits to clinics by the people of a population file",
      kVisitRowsMax, &options);
  visits
      ->add_option("--population", options.input,
                   "The people, as `sluice-loadgen population` wrote them")
      ->required();
  CLI11_PARSE(app, argc, argv);

  const absl::Status status =
      population->parsed() ? MakePopulation(options) : MakeVisits(options);
  if (!status.ok()) {
    std::cerr << "sluice-loadgen: " << status.message() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace sluice::loadgen

int main(int argc, char** argv) { return sluice::loadgen::Main(argc, argv); }
