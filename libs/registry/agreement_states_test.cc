// Random commands on a few agreements against an oracle that knows nothing but
// the list of what happened: it finds each state by going over that list from
// the start.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

using agreement::v1::AgreementState;

enum class Act { kRequest, kApprove, kRevoke, kSuspend, kResume };

struct Event {
  Act act;
  std::string id;
  uint32_t version;
};

using States = std::map<uint32_t, AgreementState>;

States StatesOf(const std::string& id, const std::vector<Event>& history) {
  States states;
  for (const Event& event : history) {
    if (event.id != id) continue;
    if (event.act == Act::kRequest) {
      states[event.version] = agreement::v1::AGREEMENT_STATE_REQUESTED;
    } else if (event.act == Act::kRevoke) {
      states[event.version] = agreement::v1::AGREEMENT_STATE_REVOKED;
    } else if (event.act == Act::kSuspend) {
      states[event.version] = agreement::v1::AGREEMENT_STATE_SUSPENDED;
    } else if (event.act == Act::kResume) {
      states[event.version] = agreement::v1::AGREEMENT_STATE_APPROVED;
    } else {
      for (auto& [version, state] : states) {
        if (state == agreement::v1::AGREEMENT_STATE_APPROVED ||
            state == agreement::v1::AGREEMENT_STATE_SUSPENDED) {
          state = agreement::v1::AGREEMENT_STATE_SUPERSEDED;
        }
      }
      states[event.version] = agreement::v1::AGREEMENT_STATE_APPROVED;
    }
  }
  return states;
}

bool IsAllowed(const Event& event, const std::vector<Event>& history) {
  const States states = StatesOf(event.id, history);
  const auto at = states.find(event.version);
  if (event.act == Act::kRequest) return event.version == states.size() + 1;
  if (at == states.end()) return false;
  if (event.act == Act::kRevoke) {
    return at->second == agreement::v1::AGREEMENT_STATE_REQUESTED ||
           at->second == agreement::v1::AGREEMENT_STATE_APPROVED ||
           at->second == agreement::v1::AGREEMENT_STATE_SUSPENDED;
  }
  if (event.act == Act::kSuspend) {
    return at->second == agreement::v1::AGREEMENT_STATE_APPROVED;
  }
  if (event.act == Act::kResume) {
    return at->second == agreement::v1::AGREEMENT_STATE_SUSPENDED;
  }
  if (at->second != agreement::v1::AGREEMENT_STATE_REQUESTED) return false;
  for (const auto& [version, state] : states) {
    if (version > event.version &&
        (state == agreement::v1::AGREEMENT_STATE_APPROVED ||
         state == agreement::v1::AGREEMENT_STATE_SUSPENDED)) {
      return false;
    }
  }
  return true;
}

v1::Verdict Send(RulesHarness& rules, const Event& event) {
  if (event.act == Act::kRequest) {
    agreement::v1::Agreement agreement = PeopleAgreement();
    agreement.set_id(event.id);
    agreement.set_version(event.version);
    return rules.Apply(RequestCommand(agreement), rules.domain.consumer);
  }
  if (event.act == Act::kRevoke) {
    return rules.Apply(RevokeCommand(event.id, event.version),
                       rules.domain.health_approver);
  }
  if (event.act == Act::kSuspend) {
    return rules.Apply(SuspendCommand(event.id, event.version),
                       rules.domain.approver);
  }
  if (event.act == Act::kResume) {
    return rules.Apply(ResumeCommand(event.id, event.version),
                       rules.domain.approver);
  }
  agreement::v1::AgreementRecord record;
  record.mutable_agreement()->set_id(event.id);
  record.mutable_agreement()->set_version(event.version);
  const AgreementHistory* history = rules.state.FindAgreement(event.id);
  record.set_request_digest(std::string(32, 'x'));
  if (history != nullptr && event.version <= history->versions.size()) {
    record = *history->versions[event.version - 1];
  }
  return rules.Apply(ApproveCommand(record), rules.domain.approver);
}

void CheckSame(const RulesHarness& rules, const std::string& id,
               const States& expected) {
  const AgreementHistory* history = rules.state.FindAgreement(id);
  REQUIRE((history == nullptr ? 0 : history->versions.size()) ==
          expected.size());
  uint32_t approved = 0;
  for (const auto& [version, state] : expected) {
    REQUIRE(rules.Record(id, version).state() == state);
    if (state == agreement::v1::AGREEMENT_STATE_APPROVED ||
        state == agreement::v1::AGREEMENT_STATE_SUSPENDED) {
      REQUIRE(approved == 0);
      approved = version;
    }
  }
  REQUIRE((history == nullptr ? 0 : history->approved) == approved);
}

TEST_CASE("random commands leave agreements in the states an oracle finds") {
  std::mt19937 random(20260301);
  const std::vector<std::string> ids = {"one", "two", "three"};
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 10; ++round) {
    RulesHarness rules;
    rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
    std::vector<Event> history;
    for (int step = 0; step < 120; ++step) {
      Event event{static_cast<Act>(random() % 5), ids[random() % ids.size()],
                  0};
      const size_t versions = StatesOf(event.id, history).size();
      event.version = 1 + static_cast<uint32_t>(random() % (versions + 2));
      const bool is_allowed = IsAllowed(event, history);
      const v1::Verdict verdict = Send(rules, event);
      INFO("round " << round << " step " << step << ": " << verdict.message());
      REQUIRE(verdict.accepted() == is_allowed);
      if (is_allowed) history.push_back(event);
      ++(is_allowed ? accepted : refused);
      CheckSame(rules, event.id, StatesOf(event.id, history));
    }
  }
  CHECK(accepted > 100);
  CHECK(refused > 100);
}

}  // namespace
}  // namespace sluice::registry
