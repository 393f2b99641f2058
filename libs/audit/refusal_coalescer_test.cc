#include "libs/audit/refusal_coalescer.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"

namespace sluice::audit {
namespace {

// Keeps what is appended, or refuses it.
class FakeLog : public AuditLog {
 public:
  void Append(v1::Entry entry, Done done) override {
    uint64_t index = 0;
    {
      const MutexLock lock(&mutex_);
      if (!failing_) entries_.push_back(std::move(entry));
      index = entries_.size();
    }
    if (failing_) {
      done(Error(status::v1::REASON_CODE_AUDIT_UNAVAILABLE, "no disk"));
    } else {
      done(index - 1);
    }
  }
  uint64_t size() const override { return entries().size(); }
  absl::StatusOr<std::vector<std::string>> Read(uint64_t,
                                                size_t) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::string> SignedCheckpoint() override { return ""; }
  absl::StatusOr<std::vector<Digest>> ProveInclusion(uint64_t,
                                                     uint64_t) const override {
    return std::vector<Digest>();
  }
  absl::StatusOr<std::vector<Digest>> ProveConsistency(
      uint64_t, uint64_t) const override {
    return std::vector<Digest>();
  }
  const std::string& origin() const override { return origin_; }
  std::string verifier_key() const override { return ""; }
  void Stop() override {}

  void set_failing(bool failing) { failing_ = failing; }
  std::vector<v1::Entry> entries() const {
    const MutexLock lock(&mutex_);
    return entries_;
  }
  std::vector<uint32_t> counts() const {
    std::vector<uint32_t> counts;
    for (const v1::Entry& entry : entries()) {
      counts.push_back(entry.refusal().count());
    }
    return counts;
  }
  uint64_t total() const {
    uint64_t total = 0;
    for (uint32_t count : counts()) total += count;
    return total;
  }

 private:
  const std::string origin_ = "origin";
  mutable Mutex mutex_;
  std::vector<v1::Entry> entries_ ABSL_GUARDED_BY(mutex_);
  bool failing_ = false;
};

using Counts = std::vector<uint32_t>;

v1::Refusal Refused(const std::string& peer, const std::string& agreement) {
  v1::Refusal refusal;
  refusal.mutable_peer()->set_spiffe_id(peer);
  refusal.set_method("Subscribe");
  refusal.set_agreement(agreement);
  refusal.set_reason(status::v1::REASON_CODE_NO_AGREEMENT);
  return refusal;
}

struct Fixture {
  FakeLog log;
  ManualClock clock{absl::FromUnixSeconds(1'800'000'000)};
  RefusalCoalescer coalescer{&log, &clock};
};

TEST_CASE("A single refusal is written at once and once") {
  Fixture f;
  f.coalescer.Record(Refused("p", "a"), 7);
  REQUIRE(f.log.counts() == Counts{1});
  CHECK(f.log.entries()[0].registry_offset() == 7);
  CHECK(f.log.entries()[0].refusal().agreement() == "a");
  f.clock.Advance(absl::Seconds(5));
  f.coalescer.Tick();
  f.coalescer.Flush();
  CHECK(f.log.counts() == Counts{1});
}

TEST_CASE("Equal refusals within a window become one entry with a count") {
  Fixture f;
  for (int i = 0; i < 100; ++i) f.coalescer.Record(Refused("p", "a"), i);
  CHECK(f.log.counts() == Counts{1});
  f.clock.Advance(absl::Milliseconds(999));
  f.coalescer.Tick();
  CHECK(f.log.counts() == Counts{1});
  f.clock.Advance(absl::Milliseconds(1));
  f.coalescer.Tick();
  REQUIRE(f.log.counts() == Counts{1, 99});
  CHECK(f.log.entries()[1].registry_offset() == 99);
}

TEST_CASE("A flood is one entry per window") {
  Fixture f;
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 1000; ++i) f.coalescer.Record(Refused("p", "a"), 1);
    f.clock.Advance(absl::Seconds(1));
    f.coalescer.Tick();
  }
  CHECK(f.log.entries().size() == 11);
  CHECK(f.log.total() == 10'000);
}

TEST_CASE("After a quiet window the next refusal is written at once again") {
  Fixture f;
  f.coalescer.Record(Refused("p", "a"), 1);
  f.clock.Advance(absl::Seconds(1));
  f.coalescer.Record(Refused("p", "a"), 1);
  CHECK(f.log.counts() == Counts{1, 1});
}

TEST_CASE("Peer, method, agreement and reason tell kinds apart") {
  Fixture f;
  f.coalescer.Record(Refused("p", "a"), 1);
  f.coalescer.Record(Refused("q", "a"), 1);
  f.coalescer.Record(Refused("p", "b"), 1);
  v1::Refusal method = Refused("p", "a");
  method.set_method("Lookup");
  f.coalescer.Record(method, 1);
  v1::Refusal reason = Refused("p", "a");
  reason.set_reason(status::v1::REASON_CODE_AGREEMENT_REVOKED);
  f.coalescer.Record(reason, 1);
  CHECK(f.log.counts() == Counts{1, 1, 1, 1, 1});
  // Purpose and message do not.
  v1::Refusal purpose = Refused("p", "a");
  purpose.set_purpose("another");
  f.coalescer.Record(purpose, 1);
  CHECK(f.log.entries().size() == 5);
}

TEST_CASE("What is pending is written at the end") {
  Fixture f;
  {
    RefusalCoalescer coalescer(&f.log, &f.clock);
    for (int i = 0; i < 3; ++i) coalescer.Record(Refused("p", "a"), 1);
    for (int i = 0; i < 4; ++i) coalescer.Record(Refused("p", "b"), 1);
    CHECK(f.log.counts() == Counts{1, 1});
  }
  CHECK(f.log.counts() == Counts{1, 1, 2, 3});
}

TEST_CASE("When too many kinds are counted the oldest is written early") {
  Fixture f;
  f.coalescer.Record(Refused("first", "a"), 1);
  f.coalescer.Record(Refused("first", "a"), 1);
  for (size_t i = 1; i < RefusalCoalescer::kKindsMax; ++i) {
    f.coalescer.Record(Refused(absl::StrCat("peer", i), "a"), 1);
  }
  CHECK(f.log.total() == RefusalCoalescer::kKindsMax);
  f.coalescer.Record(Refused("one too many", "a"), 1);
  CHECK(f.log.total() == RefusalCoalescer::kKindsMax + 2);
}

TEST_CASE("A peer that asks for ever new agreements is counted together") {
  Fixture f;
  constexpr size_t kAsked = 10'000;
  for (size_t i = 0; i < kAsked; ++i) {
    f.coalescer.Record(Refused("p", absl::StrCat("a", i)), 1);
  }
  CHECK(f.log.entries().size() == RefusalCoalescer::kKindsPerPeerMax + 1);
  // Others are not affected.
  f.coalescer.Record(Refused("q", "b"), 1);
  CHECK(f.log.entries().back().refusal().agreement() == "b");
  f.coalescer.Flush();
  CHECK(f.log.total() == kAsked + 1);
  CHECK(f.log.entries().back().refusal().agreement().empty());
  // The next window starts afresh.
  f.coalescer.Record(Refused("p", "new"), 1);
  CHECK(f.log.entries().back().refusal().agreement() == "new");
}

TEST_CASE("A clock set back does not keep counts waiting") {
  Fixture f;
  f.coalescer.Record(Refused("p", "a"), 1);
  f.coalescer.Record(Refused("p", "a"), 1);
  f.clock.Advance(-absl::Hours(1));
  f.coalescer.Tick();
  CHECK(f.log.counts() == Counts{1, 1});
}

TEST_CASE("Texts the caller chose are cut and always valid UTF-8") {
  Fixture f;
  v1::Refusal refusal = Refused("p", "");
  std::string characters;
  for (int i = 0; i < 1000; ++i) characters += "\xE5\xB1\x80";
  refusal.set_agreement(characters);
  refusal.mutable_asserted()->set_case_number("\xFF\xFE");
  f.coalescer.Record(refusal, 1);
  const v1::Refusal written = f.log.entries()[0].refusal();
  CHECK(written.agreement() == characters.substr(0, 510));
  CHECK(written.asserted().case_number() == "fffe");
}

TEST_CASE("A trail that takes nothing does not stop the counting") {
  Fixture f;
  f.log.set_failing(true);
  f.coalescer.Record(Refused("p", "a"), 1);
  f.log.set_failing(false);
  f.coalescer.Record(Refused("p", "a"), 1);
  f.coalescer.Flush();
  CHECK(f.log.counts() == Counts{1});
}

TEST_CASE("No refusal is lost or counted twice with many threads") {
  Fixture f;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&f, t] {
      for (int i = 0; i < 500; ++i) {
        f.coalescer.Record(Refused(absl::StrCat("p", i % 3), "a"), t);
        if (i % 50 == 0) f.clock.Advance(absl::Milliseconds(300));
        if (i % 70 == 0) f.coalescer.Tick();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  f.coalescer.Flush();
  CHECK(f.log.total() == 2000);
}

}  // namespace
}  // namespace sluice::audit
