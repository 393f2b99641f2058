// An embedded bus and registries on it, for tests.
#ifndef SLUICE_LIBS_REGISTRY_TEST_BUS_H_
#define SLUICE_LIBS_REGISTRY_TEST_BUS_H_

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/bus/embedded_log.h"
#include "libs/registry/log_message.h"
#include "libs/registry/registry.h"
#include "libs/registry/test_domain.h"
#include "libs/storage/test_folder.h"

namespace sluice::registry {

struct TestBus {
  TestBus() {
    bus::EmbeddedLogOptions options;
    options.path = folder.path() + "/bus";
    options.clock = &clock;
    options.maintenance_interval = absl::InfiniteDuration();
    auto opened = bus::OpenEmbeddedLog(options);
    REQUIRE(opened.ok());
    log = *std::move(opened);
  }

  // The options of a registry whose state lies in `name`.
  RegistryOptions OptionsFor(const std::string& name) {
    RegistryOptions options;
    options.path = folder.path() + "/" + name;
    options.log = log.get();
    options.genesis_digest = domain.genesis_digest;
    options.clock = &clock;
    return options;
  }

  // Opens it, making the trust domain if there is none.
  std::unique_ptr<Registry> Open(const std::string& name) {
    auto opened = Registry::Open(OptionsFor(name), &domain.genesis);
    INFO(opened.status().message());
    REQUIRE(opened.ok());
    return *std::move(opened);
  }

  // Opens it and enrols everyone.
  std::unique_ptr<Registry> OpenWithAll(const std::string& name) {
    auto registry = Open(name);
    for (const auto& command : domain.Enrolments()) {
      MustSubmit(*registry, command);
    }
    return registry;
  }

  static Submitted MustSubmit(Registry& registry,
                              const v1::SignedCommand& command) {
    const auto submitted = registry.Submit(command);
    INFO(submitted.status().message());
    REQUIRE(submitted.ok());
    INFO(submitted->verdict.message());
    REQUIRE(submitted->verdict.accepted());
    return *submitted;
  }

  // Past the registry, as another process would.
  int64_t Append(const std::string& key, const std::string& value) {
    auto producer = log->OpenProducer("test");
    REQUIRE(producer.ok());
    const auto offsets = (*producer)->Append(
        {{{kRegistryTopic, 0}, key, SharedBytes::Own(value)}});
    REQUIRE(offsets.ok());
    return offsets->front();
  }
  int64_t Append(const v1::SignedCommand& command) {
    v1::Command parsed;
    REQUIRE(parsed.ParseFromString(command.command()));
    return Append(NewMessageKey(parsed.id()), command.SerializeAsString());
  }

  int64_t End() const {
    const auto range = log->Offsets({kRegistryTopic, 0});
    REQUIRE(range.ok());
    return range->end;
  }

  storage::TestFolder folder;
  ManualClock clock{TestTime()};
  TestDomain domain;
  std::unique_ptr<bus::EmbeddedLog> log;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_TEST_BUS_H_
