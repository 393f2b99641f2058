// A small trust domain for tests: who is there, what they send, and a
// registry's rules without log or disk.
#ifndef SLUICE_LIBS_REGISTRY_TEST_DOMAIN_H_
#define SLUICE_LIBS_REGISTRY_TEST_DOMAIN_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/rules.h"
#include "libs/registry/state.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

// Departments data-bureau (officer), civil-affairs (provides), health
// (receives) and grid (a third one).
struct TestDomain {
  TestDomain();

  // With the domain's genesis digest and an id of its own.
  v1::SignedCommand Sign(v1::Command command,
                         const crypto::SigningKey& key) const;

  // Enrols all departments and keys but the officer's.
  std::vector<v1::SignedCommand> Enrolments() const;

  crypto::SigningKey officer;
  crypto::SigningKey provider;
  crypto::SigningKey adapter;
  crypto::SigningKey approver;
  crypto::SigningKey consumer;
  crypto::SigningKey health_approver;
  crypto::SigningKey grid_consumer;
  crypto::SigningKey grid_approver;
  crypto::SigningKey grid_provider;
  v1::SignedCommand genesis;
  crypto::Digest genesis_digest;
};

v1::Command EnrolDepartmentCommand(const std::string& id);
v1::Command EnrolKeyCommand(const std::string& department, v1::Role role,
                            const crypto::SigningKey& key,
                            const std::string& holder = "");
v1::Command RotateKeyCommand(const std::string& old_key_id,
                             const crypto::SigningKey& new_key);
v1::Command RevokeKeyCommand(const std::string& key_id);
v1::Command PutCommand(const catalog::v1::Resource& resource);
v1::Command RequestCommand(const agreement::v1::Agreement& agreement);
v1::Command ApproveCommand(const agreement::v1::AgreementRecord& record);
v1::Command RevokeCommand(const std::string& id, uint32_t version);
v1::Command SuspendCommand(const std::string& id, uint32_t version);
v1::Command ResumeCommand(const std::string& id, uint32_t version);
v1::Command SetRulesCommand(uint32_t version);

// civil-affairs.people, version 1: 1 id_number (key, L4), 2 name (L3),
// 3 district (L1), 4 birth_date (L2), 5 note (core).
catalog::v1::Resource PeopleResource();

// health-people, version 1, for a year from 2026: id_number as a pseudonym,
// name masked, district kept.
agreement::v1::Agreement PeopleAgreement();

// 2026-03-01, when the tests take place.
absl::Time TestTime();

// The rules alone, with accepted ids in memory.
class RulesHarness {
 public:
  // Behind genesis and enrolments.
  explicit RulesHarness(const Limits& limits = {});

  v1::Verdict Apply(const v1::SignedCommand& command);
  v1::Verdict Apply(const v1::Command& command, const crypto::SigningKey& key);

  // Fails the test unless they are accepted.
  void MustApply(const v1::Command& command, const crypto::SigningKey& key);

  // People and its agreement, requested but not approved.
  void MustRequest();

  const agreement::v1::AgreementRecord& Record(const std::string& id,
                                               uint32_t version) const;

  TestDomain domain;
  State state;
  uint64_t offset = 0;
  absl::Time now = TestTime();
  // Of the last command.
  Changes changes;

 private:
  std::set<std::string> accepted_ids_;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_TEST_DOMAIN_H_
