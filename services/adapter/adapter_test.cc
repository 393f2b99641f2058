#include "services/adapter/adapter.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/captured_log.h"
#include "libs/base/clock.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/bus/embedded_log.h"
#include "libs/publish/memory_log.h"
#include "libs/publish/published_topic.h"
#include "libs/registry/command.h"
#include "libs/registry/registry.h"
#include "libs/storage/fault_env.h"
#include "libs/storage/test_folder.h"
#include "services/adapter/adapter_metrics.h"

namespace sluice::adapter {
namespace {

using Strings = std::vector<std::string>;

// The first block of this language in the README.
std::string FromReadme(const std::string& language) {
  const auto readme = ReadFile("services/adapter/README.md");
  REQUIRE(readme.ok());
  const std::string fence = absl::StrCat("```", language, "\n");
  const size_t begin = readme->find(fence);
  REQUIRE(begin != std::string::npos);
  const size_t end = readme->find("```", begin + fence.size());
  return readme->substr(begin + fence.size(), end - begin - fence.size());
}

// Takes every command unless told to refuse.
struct FakeCatalog {
  publish::CatalogAccess Access() {
    publish::CatalogAccess access;
    access.get = [this](absl::string_view id)
        -> absl::StatusOr<publish::CatalogAccess::ResourcePtr> {
      const auto found = entries.find(std::string(id));
      if (found == entries.end()) {
        return Error(status::v1::REASON_CODE_NOT_FOUND, "no such resource");
      }
      return std::make_shared<const catalog::v1::Resource>(found->second);
    };
    access.submit = [this](const registry::v1::SignedCommand& signed_command)
        -> absl::StatusOr<registry::Submitted> {
      ++submitted;
      registry::Submitted answer;
      const auto command = registry::ParseCommand(signed_command);
      REQUIRE(command.ok());
      catalog::v1::Resource resource = command->put_resource().resource();
      CHECK(resource.version() ==
            command->put_resource().expected_version() + 1);
      answer.verdict.set_accepted(!refuse);
      if (refuse) {
        answer.verdict.set_reason(status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE);
        answer.verdict.set_message("field id 1 has another type");
        return answer;
      }
      resource.set_schema_version(resource.version());
      entries[resource.id()] = resource;
      return answer;
    };
    access.applied_offset = [] { return 3; };
    return access;
  }

  std::map<std::string, catalog::v1::Resource> entries;
  bool refuse = false;
  int submitted = 0;
};

class Office {
 public:
  Office() { Restart(); }

  void Restart() {
    config::v1::AdapterConfig config;
    config.set_department("civil-affairs");
    config.set_resource_dir(folder.path());
    AdapterDependencies dependencies;
    dependencies.log = &log;
    dependencies.catalog = catalog.Access();
    dependencies.key = key;
    dependencies.clock = &clock;
    dependencies.progress = progress;
    adapter = std::make_unique<Adapter>(config, std::move(dependencies));
  }

  void Write(const std::string& name, const std::string& content) {
    const std::string path = folder.path() + "/" + name;
    std::ofstream(path + ".new", std::ios::binary) << content;
    std::filesystem::rename(path + ".new", path);
  }
  void WriteExample() {
    Write("divisions.yaml", FromReadme("yaml"));
    Write("divisions.csv", FromReadme("csv"));
  }
  SourceStatus Only() {
    const std::vector<SourceStatus> sources = adapter->sources();
    REQUIRE(sources.size() == 1);
    return sources[0];
  }
  Strings Records(uint64_t generation = 0) {
    return publish::ReadRecords(&log,
                                catalog.entries.at("civil-affairs.divisions"),
                                key.public_key(), generation);
  }

  storage::TestFolder folder;
  publish::MemoryLog log;
  ManualClock clock{absl::FromUnixSeconds(1'775'000'000)};
  FakeCatalog catalog;
  crypto::SigningKey key = crypto::SigningKey::Generate();
  std::function<void(const SourceStatus&)> progress;
  std::unique_ptr<Adapter> adapter;
};

TEST_CASE("The README's example is registered and published") {
  Office office;
  office.WriteExample();
  office.adapter->Scan();
  const SourceStatus status = office.Only();
  CAPTURE(status.last_error.ToString());
  CHECK(status.state == SourceState::kPublished);
  CHECK(status.resource == "civil-affairs.divisions");
  CHECK(status.progress.records_published == 3);
  CHECK(status.progress.bytes_done == status.progress.bytes_total);
  CHECK(office.Records() == Strings{"110101|东城区|708829",
                                    "110102|西城区|1106214",
                                    "110105|朝阳区, 北京|~"});
  CHECK(office.catalog.entries.at("civil-affairs.divisions").version() == 1);
  CHECK(office.adapter->counters().records_published == 3);
  CHECK(office.adapter->health().ok());
}

TEST_CASE("The log says once which event of a file is waited for") {
  Office office;
  std::string yaml = FromReadme("yaml");
  for (const auto& [from, to] : std::map<std::string, std::string>{
           {"kind: STATE ", "kind: EVENTS "}, {"key: [code]", "key: []"}}) {
    const size_t at = yaml.find(from);
    REQUIRE(at != std::string::npos);
    yaml.replace(at, from.size(), to);
  }
  office.Write("divisions.yaml", yaml);
  const std::string whole = "code,name,population\n110101,a,1\n";
  const auto line_waited_for = [&](const std::string& content) {
    office.Write("divisions.csv", content);
    const std::string log = CapturedLog([&] { office.adapter->Scan(); });
    const SourceStatus status = office.Only();
    CAPTURE(status.last_error.ToString());
    REQUIRE(status.state == SourceState::kPublished);
    const size_t event = log.find("ends within an event");
    if (event == std::string::npos) return std::string("none");
    const size_t at = log.find(" line=", event) + 6;
    return log.substr(at, log.find(' ', at) - at);
  };
  CHECK(line_waited_for(whole) == "none");
  // Nothing is published here, and all the same it is said.
  CHECK(line_waited_for(whole + "11") == "3");
  CHECK(line_waited_for(whole + "1101") == "none");
  CHECK(line_waited_for(whole + "110102,\"b\nc") == "none");
  CHECK(line_waited_for(whole + "110102,\"b\nc\",2\n110103") == "5");
  CHECK(line_waited_for(whole + "110102,\"b\nc\",2\n110103,d,3\n") == "none");
  CHECK(office.Records().size() == 3);
}

TEST_CASE("Only what changed is submitted and published again") {
  Office office;
  office.WriteExample();
  office.adapter->Scan();
  const int appends = office.log.append_count();
  office.adapter->Scan();
  office.Restart();
  office.adapter->Scan();
  CHECK(office.log.append_count() == appends);
  CHECK(office.catalog.submitted == 1);
  CHECK(office.Only().state == SourceState::kPublished);

  office.Write("divisions.csv", "code,name,population\n110101,东城区,1\n");
  office.adapter->Scan();
  CHECK(office.Records(2) == Strings{"110101|东城区|1"});
  CHECK(office.catalog.submitted == 1);

  std::string yaml = FromReadme("yaml");
  yaml.replace(yaml.find("title: 人口"), 6, "description:");
  office.Write("divisions.yaml", yaml);
  office.adapter->Scan();
  CHECK(office.catalog.submitted == 2);
  CHECK(office.Only().progress.generation == 3);
}

TEST_CASE("A state whose topic was deleted comes back, its file unchanged") {
  Office office;
  office.WriteExample();
  office.adapter->Scan();
  const Strings records = office.Records();
  office.log.DeleteTopic("records.civil-affairs.divisions");
  office.clock.Advance(absl::Seconds(10));
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kPublished);
  CHECK(office.Only().progress.generation == 2);
  CHECK(office.Records(2) == records);
  const int appends = office.log.append_count();
  for (int i = 0; i < 3; ++i) {
    office.clock.Advance(absl::Seconds(10));
    office.adapter->Scan();
  }
  office.Restart();
  office.adapter->Scan();
  CHECK(office.log.append_count() == appends);
}

TEST_CASE("One bad source does not stop the others, and says what is wrong") {
  Office office;
  office.WriteExample();
  std::string typo = FromReadme("yaml");
  typo.replace(typo.find("kind:"), 5, "knid:");
  office.Write("a-typo.yaml", typo);
  std::string foreign = FromReadme("yaml");
  foreign.replace(foreign.find("civil-affairs"), 13, "health");
  office.Write("b-foreign.yaml", foreign);
  std::string missing = FromReadme("yaml");
  missing.replace(missing.find("civil-affairs.divisions"), 23,
                  "civil-affairs.others");
  missing.replace(missing.find("divisions.csv"), 13, "others.csv");
  office.Write("c-missing.yaml", missing);
  office.Write("e-twice.yaml", FromReadme("yaml"));
  office.adapter->Scan();
  const std::vector<SourceStatus> sources = office.adapter->sources();
  REQUIRE(sources.size() == 5);
  const auto says = [&](size_t i, const std::string& what) {
    const std::string message(sources[i].last_error.message());
    CAPTURE(message);
    CHECK(sources[i].state == SourceState::kFailed);
    CHECK(message.find(what) != std::string::npos);
    // Which file.
    CHECK(message.find(office.folder.path()) != std::string::npos);
  };
  says(0, "knid");
  says(1, "is not a resource of this adapter's department");
  says(2, "others.csv");
  CHECK(sources[3].state == SourceState::kPublished);
  says(4, "divisions.yaml too; keep one of the files");
  CHECK(office.Records().size() == 3);

  // A missing file is published when it comes.
  office.Write("others.csv", "code,name,population\n1,a,1\n");
  office.adapter->Scan();
  CHECK(office.adapter->sources()[2].state == SourceState::kPublished);
}

TEST_CASE("A refused entry is asked for once, until its file changes") {
  Office office;
  office.catalog.refuse = true;
  office.WriteExample();
  office.adapter->Scan();
  office.adapter->Scan();
  CHECK(office.catalog.submitted == 1);
  const SourceStatus status = office.Only();
  CHECK(ReasonOf(status.last_error) ==
        status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE);
  CHECK(
      std::string(status.last_error.message()) ==
      absl::StrCat(office.folder.path(),
                   "/divisions.yaml: the registry refuses the catalog entry of "
                   "civil-affairs.divisions: field id 1 has another type"));
  office.catalog.refuse = false;
  office.WriteExample();
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kPublished);
}

TEST_CASE("A bus that fails is tried again at the next scan") {
  Office office;
  office.WriteExample();
  office.log.OnAppend([](int) {
    return Error(status::v1::REASON_CODE_STORAGE_FAILED, "the disk is full");
  });
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kFailed);
  office.log.OnAppend(nullptr);
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kPublished);
  CHECK(office.Records().size() == 3);
}

TEST_CASE("An answer that is lost costs a scan, and no record") {
  Office office;
  office.WriteExample();
  office.log.AfterAppend([](int) {
    return Error(status::v1::REASON_CODE_STORAGE_FAILED, "no answer");
  });
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kFailed);
  office.log.AfterAppend(nullptr);
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kPublished);
  CHECK(office.adapter->health().ok());
  CHECK(office.Records().size() == 3);
}

TEST_CASE("A topic with other settings is in the health until it is mended") {
  Office office;
  bus::TopicSpec topic;
  topic.name = "records.civil-affairs.divisions";
  topic.partitions = 2;
  REQUIRE(office.log.CreateTopic(topic).ok());
  office.WriteExample();
  for (int scan = 0; scan < 2; ++scan) {
    office.adapter->Scan();
    CHECK(office.Only().state == SourceState::kFailed);
    CHECK(ReasonOf(office.adapter->health()) ==
          status::v1::REASON_CODE_WRONG_STATE);
  }
  std::string resource = FromReadme("yaml");
  const size_t place = resource.find("  kind:");
  REQUIRE(place != std::string::npos);
  resource.insert(place, "  partitions: 2\n");
  office.Write("divisions.yaml", resource);
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kPublished);
  CHECK(office.adapter->health().ok());
}

TEST_CASE("A resource file says how long its records stay on the bus") {
  Office office;
  office.WriteExample();
  office.Write("divisions.yaml",
               absl::StrCat(FromReadme("yaml"), "retention_hours: 72\n"));
  office.adapter->Scan();
  CHECK(office.Only().state == SourceState::kPublished);
  const auto topic =
      office.log.DescribeTopic("records.civil-affairs.divisions");
  REQUIRE(topic.ok());
  CHECK(topic->retention == absl::Hours(72));
}

TEST_CASE("Values that are not what they should mean are counted, and told") {
  Office office;
  office.WriteExample();
  office.Write("divisions.csv",
               "code,name,population\n110101,a,1\n990101,b,2\n990102,c,3\n");
  office.adapter->Scan();
  office.adapter->Scan();
  CHECK(office.Records().size() == 3);
  const MisfitCounters expected = {
      {{"civil-affairs.divisions", "code", publish::Misfit::kForm}, 2}};
  CHECK(office.adapter->misfits() == expected);
  metrics::Metrics metrics;
  AddAdapterMetrics({office.adapter.get()}, &metrics);
  CHECK(metrics.Expose().find(
            "sluice_misfit_values_total{department=\"civil-affairs\","
            "resource=\"civil-affairs.divisions\",field=\"code\","
            "reason=\"form\"} 2") != std::string::npos);

  office.Write("divisions.yaml",
               absl::StrCat(FromReadme("yaml"), "on_misfit: QUARANTINE\n"));
  office.adapter->Scan();
  CHECK(office.Records(2) == Strings{"110101|a|1"});
  CHECK(office.adapter->counters().records_quarantined == 2);
  CHECK(office.adapter->misfits().begin()->second == 4);
}

TEST_CASE("An adapter that was replaced stops for good") {
  Office office;
  office.WriteExample();
  office.adapter->Scan();
  std::unique_ptr<Adapter> first = std::move(office.adapter);
  office.Restart();
  office.adapter->Scan();
  office.Write("divisions.csv", "code,name,population\n110101,东城区,1\n");
  first->Scan();
  CHECK(ReasonOf(first->health()) == status::v1::REASON_CODE_FENCED);
  first->Start();
  first->Stop();
  office.adapter->Scan();
  CHECK(office.Records(2) == Strings{"110101|东城区|1"});
}

TEST_CASE("A missing folder is reported") {
  Office office;
  std::filesystem::remove_all(office.folder.path());
  office.adapter->Scan();
  CHECK(ReasonOf(office.adapter->health()) ==
        status::v1::REASON_CODE_NOT_FOUND);
}

TEST_CASE("The thread publishes at once and stops promptly") {
  Mutex mutex;
  CondVar published;
  bool done = false;
  Office office;
  office.progress = [&](const SourceStatus& source) {
    MutexLock lock(&mutex);
    done = done || source.state == SourceState::kPublished;
    published.SignalAll();
  };
  office.Restart();
  office.WriteExample();
  office.adapter->Start();
  {
    MutexLock lock(&mutex);
    while (!done) published.Wait(&mutex);
  }
  // The next scan is seconds away: Stop does not wait for it.
  office.adapter->Stop();
  office.adapter->Stop();
  CHECK(office.Records().size() == 3);
}

TEST_CASE("On the real bus and registry a full disk loses nothing") {
  storage::TestFolder data;
  storage::FaultEnv disk;
  bus::EmbeddedLogOptions log_options;
  log_options.path = data.path() + "/bus";
  log_options.env = disk.env();
  auto log = bus::OpenEmbeddedLog(log_options);
  REQUIRE(log.ok());
  const crypto::SigningKey officer = crypto::SigningKey::Generate();
  const registry::v1::SignedCommand genesis =
      registry::MakeGenesis("county.example", "-----BEGIN CERTIFICATE-----\n",
                            "data-bureau", officer);
  registry::RegistryOptions registry_options;
  registry_options.path = data.path() + "/registry";
  registry_options.log = log->get();
  registry_options.genesis_digest = registry::CommandDigest(genesis);
  auto registry = registry::Registry::Open(registry_options, &genesis);
  CAPTURE(registry.status().ToString());
  REQUIRE(registry.ok());

  storage::TestFolder folder;
  const crypto::SigningKey key = crypto::SigningKey::Generate();
  const auto submit = [&](registry::v1::Command command) {
    command.set_genesis_digest(
        std::string(crypto::DigestView(registry_options.genesis_digest)));
    const auto submitted =
        (*registry)->Submit(registry::SignCommand(command, officer));
    REQUIRE(submitted.ok());
    CAPTURE(submitted->verdict.message());
    REQUIRE(submitted->verdict.accepted());
  };
  registry::v1::Command department;
  auto* enrolled = department.mutable_enrol_department()->mutable_department();
  enrolled->set_id("civil-affairs");
  enrolled->set_name("民政局");
  submit(department);

  AdapterDependencies dependencies;
  dependencies.log = log->get();
  dependencies.catalog = publish::AccessTo(registry->get());
  dependencies.key = key;
  config::v1::AdapterConfig config;
  config.set_department("civil-affairs");
  config.set_resource_dir(folder.path());
  std::ofstream(folder.path() + "/divisions.yaml") << FromReadme("yaml");
  std::ofstream(folder.path() + "/divisions.csv") << FromReadme("csv");
  Adapter adapter(config, std::move(dependencies));
  // The key is not enrolled yet: tried again at the next scan.
  adapter.Scan();
  CHECK(ReasonOf(adapter.sources()[0].last_error) ==
        status::v1::REASON_CODE_UNKNOWN_KEY);
  registry::v1::Command enrol;
  enrol.mutable_enrol_key()->set_department("civil-affairs");
  enrol.mutable_enrol_key()->set_role(registry::v1::ROLE_ADAPTER);
  enrol.mutable_enrol_key()->set_public_key(key.public_key().bytes());
  submit(enrol);

  adapter.Scan();
  CAPTURE(adapter.sources()[0].last_error.ToString());
  REQUIRE(adapter.sources()[0].state == SourceState::kPublished);
  const auto resource = (*registry)->GetResource("civil-affairs.divisions");
  REQUIRE(resource.ok());

  disk.FailWrites(storage::DiskFault::kFull);
  std::ofstream(folder.path() + "/divisions.csv", std::ios::app)
      << "110106,丰台区,2\n";
  adapter.Scan();
  const SourceStatus full = adapter.sources()[0];
  CHECK(full.state == SourceState::kFailed);
  CHECK(ReasonOf(full.last_error) == status::v1::REASON_CODE_STORAGE_FAILED);
  CHECK(std::string(full.last_error.message()).find("full") !=
        std::string::npos);
  disk.Heal();
  adapter.Scan();
  const SourceStatus healed = adapter.sources()[0];
  CAPTURE(healed.last_error.ToString());
  CHECK(healed.state == SourceState::kPublished);
  CHECK(publish::ReadRecords(log->get(), **resource, key.public_key(), 2)
            .size() == 4);
  (*registry)->Stop();
}

}  // namespace
}  // namespace sluice::adapter
