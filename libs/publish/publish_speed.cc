// How fast one core turns a CSV file into signed batches:
//
//   bazel run //libs/publish:publish_speed -- [records] [folder for the bus]
//
// Prints, for five runs each, the reader alone and the whole way into the
// embedded bus, syncs included.
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/bus/embedded_log.h"
#include "libs/publish/csv_publication.h"
#include "libs/publish/csv_reader.h"
#include "libs/publish/input_file.h"

namespace sluice::publish {
namespace {

constexpr int kRuns = 5;

// Twelve columns, about 170 bytes a record.
catalog::v1::Resource People() {
  catalog::v1::Resource resource;
  resource.set_id("civil-affairs.people");
  resource.set_schema_version(1);
  resource.set_kind(catalog::v1::RESOURCE_KIND_STATE);
  resource.add_key("id_number");
  uint32_t id = 0;
  const auto add = [&](const char* name, records::v1::DataType type) {
    catalog::v1::Field* field = resource.add_fields();
    field->set_id(++id);
    field->set_name(name);
    field->set_type(type);
    field->set_scale(2);
    field->set_required(id == 1);
  };
  add("id_number", records::v1::DATA_TYPE_STRING);
  add("name", records::v1::DATA_TYPE_STRING);
  add("sex", records::v1::DATA_TYPE_STRING);
  add("birth", records::v1::DATA_TYPE_DATE);
  add("address", records::v1::DATA_TYPE_STRING);
  add("phone", records::v1::DATA_TYPE_STRING);
  add("grid", records::v1::DATA_TYPE_STRING);
  add("household", records::v1::DATA_TYPE_INT64);
  add("income", records::v1::DATA_TYPE_DECIMAL128);
  add("insured", records::v1::DATA_TYPE_BOOL);
  add("status", records::v1::DATA_TYPE_STRING);
  add("updated", records::v1::DATA_TYPE_TIMESTAMP);
  return resource;
}

void WriteFile(const std::string& path, int records) {
  std::ofstream file(path, std::ios::binary);
  file
      << "id_number,name,sex,birth,address,phone,grid,household,income,insured,"
         "status,updated\n";
  for (int i = 0; i < records; ++i) {
    file << absl::StrCat(110101199001010000 + i, ",欧阳", i % 977,
                         ",女,1990-01-01,北京市东城区某某街道幸福里小区",
                         i % 89, "号楼,139", 10'000'000 + i, ",110101001-",
                         i % 997, ",", i / 3, ",", i % 20'000,
                         ".50,true,active,2026-03-31T08:00:00+08:00\n");
  }
}

void MeasureReader(const std::string& path) {
  auto file = InputFile::Open(path).value();
  const absl::Time begin = absl::Now();
  CsvReader reader(file.get(), {});
  CsvRow row;
  uint64_t fields = 0;
  while (reader.Next(&row).value()) fields += row.fields.size();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  std::printf("reader: %.0f MB/s (%llu values)\n", file->size() / seconds / 1e6,
              static_cast<unsigned long long>(fields));
}

void MeasurePublish(const std::string& path, const std::string& folder,
                    int records) {
  bus::EmbeddedLogOptions log_options;
  log_options.path = folder;
  auto log = bus::OpenEmbeddedLog(log_options).value();
  const crypto::SigningKey key = crypto::SigningKey::Generate();
  PublisherOptions options;
  options.department = "civil-affairs";
  options.log = log.get();
  options.key = &key;
  options.registry_offset = [] { return 1; };
  auto publisher = Publisher::Open(options).value();
  const catalog::v1::Resource resource = People();
  const config::v1::CsvSource source;
  CsvPublication publication;
  publication.publisher = publisher.get();
  publication.resource = &resource;
  publication.source = &source;
  publication.path = path;
  const absl::Time begin = absl::Now();
  const std::clock_t cpu = std::clock();
  const auto outcome = PublishCsv(publication);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  const double cpu_seconds =
      static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  if (!outcome.ok()) {
    std::printf("%s\n", outcome.status().ToString().c_str());
    return;
  }
  std::printf(
      "publish: %.0f records/s, %.2f us of processor each (%llu bad)\n",
      records / seconds, cpu_seconds / records * 1e6,
      static_cast<unsigned long long>(outcome->progress.records_quarantined));
}

int Main(int argc, char** argv) {
  int records = 1'000'000;
  if (argc > 1 && (!absl::SimpleAtoi(argv[1], &records) || records < 1)) {
    std::fprintf(stderr, "Usage: publish_speed [RECORDS [FOLDER]]\n");
    return 2;
  }
  const std::string folder =
      absl::StrCat(argc > 2 ? argv[2] : "/tmp", "/publish_speed.", ::getpid());
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/people.csv";
  WriteFile(path, records);
  for (int i = 0; i < kRuns; ++i) MeasureReader(path);
  for (int i = 0; i < kRuns; ++i) {
    const std::string bus = absl::StrCat(folder, "/bus");
    MeasurePublish(path, bus, records);
    std::filesystem::remove_all(bus);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace sluice::publish

int main(int argc, char** argv) { return sluice::publish::Main(argc, argv); }
