#include "libs/delivery/position.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"
#include "sluice/exchange/v1/position.pb.h"

namespace sluice::delivery {
namespace {

using status::v1::REASON_CODE_POSITION_EXPIRED;
using status::v1::REASON_CODE_POSITION_INVALID;

constexpr char kResource[] = "civil-affairs.people";

// A partition whose offsets have gaps, as on a bus that keeps its own marks
// between the messages.
class GappyLog : public bus::EventLog {
 public:
  void Add(int64_t offset, SharedBytes value) {
    bus::Message message;
    message.offset = offset;
    message.value = std::move(value);
    messages_.push_back(std::move(message));
    range_.end = offset + 1;
  }
  void SetRange(int64_t begin, int64_t end) { range_ = {begin, end}; }
  void DropBefore(int64_t offset) {
    std::erase_if(messages_,
                  [&](const bus::Message& m) { return m.offset < offset; });
    range_.begin = offset;
  }
  const std::vector<bus::Message>& messages() const { return messages_; }
  int reads = 0;

  absl::StatusOr<bus::OffsetRange> Offsets(
      const bus::TopicPartition&) override {
    return range_;
  }
  absl::StatusOr<std::vector<bus::Message>> Read(const bus::TopicPartition&,
                                                 int64_t from, size_t count_max,
                                                 size_t,
                                                 absl::Duration) override {
    ++reads;
    if (from < range_.begin) {
      return Error(REASON_CODE_POSITION_EXPIRED, "gone");
    }
    std::vector<bus::Message> found;
    for (const bus::Message& message : messages_) {
      if (message.offset >= from && found.size() < count_max) {
        found.push_back(message);
      }
    }
    return found;
  }

  absl::Status CreateTopic(const bus::TopicSpec&) override { return Unused(); }
  absl::StatusOr<bus::TopicSpec> DescribeTopic(const std::string&) override {
    return Unused();
  }
  absl::StatusOr<std::unique_ptr<bus::Appender>> OpenAppender() override {
    return Unused();
  }
  absl::StatusOr<std::unique_ptr<bus::Producer>> OpenProducer(
      const std::string&) override {
    return Unused();
  }
  absl::StatusOr<std::unique_ptr<bus::GroupMember>> JoinGroup(
      const std::string&, const std::string&) override {
    return Unused();
  }
  absl::StatusOr<int64_t> CommittedOffset(const std::string&,
                                          const bus::TopicPartition&) override {
    return Unused();
  }

 private:
  static absl::Status Unused() {
    return Error(status::v1::REASON_CODE_INTERNAL, "not of this test");
  }
  std::vector<bus::Message> messages_;
  bus::OffsetRange range_;
};

const bus::TopicPartition& People() {
  static const auto* const partition =
      new bus::TopicPartition{"records.civil-affairs.people", 0};
  return *partition;
}

catalog::v1::Resource Resource() {
  catalog::v1::Resource resource = registry::PeopleResource();
  resource.set_schema_version(1);
  return resource;
}

struct Chain {
  crypto::SigningKey key = crypto::SigningKey::Generate();
  ChainWriter writer{Resource(), 0, &key};
};

Position ParsePosition(const std::string& token) {
  auto position = DecodePosition(AsView(token), kResource);
  INFO(position.status().message());
  REQUIRE(position.ok());
  return *position;
}

ReasonCode ReasonFor(const std::string& token) {
  return ReasonOf(DecodePosition(AsView(token), kResource).status());
}

TEST_CASE("A position survives its token") {
  Position position;
  position.resource = kResource;
  CHECK(ParsePosition(EncodePosition(position)) == position);
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    position.partitions[random() % 1024] = {random() >> (random() % 64),
                                            random() >> (random() % 64)};
    CHECK(ParsePosition(EncodePosition(position)) == position);
  }
}

TEST_CASE("A token has the bytes that docs/formats/position.md shows") {
  Position position;
  position.resource = kResource;
  position.partitions[0] = {2, 7};
  position.partitions[1] = {2, 300};
  CHECK(HexEncode(AsView(EncodePosition(position))) ==
        "01"
        "0a14636976696c2d616666616972732e70656f706c65"
        "1001"
        "1a0410021807"
        "1a070801100218ac02");
}

TEST_CASE("A token of every partition a resource can have fits its bound") {
  Position position;
  position.resource = kResource;
  for (uint32_t i = 0; i < 1024; ++i)
    position.partitions[i] = {16'383, 1u << 27};
  CHECK(EncodePosition(position).size() <= kPositionBytesMax);
}

TEST_CASE("A token that is no position of the resource is refused") {
  Position position;
  position.resource = kResource;
  position.partitions[3] = {1, 5};
  const std::string token = EncodePosition(position);
  CHECK(ReasonFor("") == REASON_CODE_POSITION_INVALID);
  CHECK(ReasonFor("\x02" + token.substr(1)) == REASON_CODE_POSITION_INVALID);
  CHECK(ReasonFor(std::string(kPositionBytesMax + 1, '\x01')) ==
        REASON_CODE_POSITION_INVALID);
  CHECK(ReasonOf(DecodePosition(AsView(token), "grid.people").status()) ==
        REASON_CODE_POSITION_INVALID);

  exchange::v1::PositionToken content;
  REQUIRE(content.ParseFromString(token.substr(1)));
  const auto encode = [](const exchange::v1::PositionToken& changed) {
    return "\x01" + changed.SerializeAsString();
  };
  auto other_epoch = content;
  other_epoch.set_epoch(2);
  CHECK(ReasonFor(encode(other_epoch)) == REASON_CODE_POSITION_INVALID);
  auto with_row = content;
  with_row.mutable_partitions(0)->set_row(1);
  with_row.mutable_partitions(0)->set_sequence(0);
  CHECK(ReasonFor(encode(with_row)) == REASON_CODE_POSITION_INVALID);
  auto twice = content;
  *twice.add_partitions() = twice.partitions(0);
  CHECK(ReasonFor(encode(twice)) == REASON_CODE_POSITION_INVALID);
}

TEST_CASE("A damaged token is refused or means a position, never a crash") {
  Position position;
  position.resource = kResource;
  for (uint32_t i = 0; i < 5; ++i) position.partitions[i] = {i + 1, i * 1000};
  const std::string token = EncodePosition(position);
  for (size_t length = 0; length < token.size(); ++length) {
    const auto decoded =
        DecodePosition(AsView(token).substr(0, length), kResource);
    if (!decoded.ok()) {
      CHECK(ReasonOf(decoded.status()) == REASON_CODE_POSITION_INVALID);
    }
  }
  std::mt19937_64 random(2);
  for (int i = 0; i < 5000; ++i) {
    std::string damaged = token;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto decoded = DecodePosition(AsView(damaged), kResource);
    if (!decoded.ok()) {
      CHECK(ReasonOf(decoded.status()) == REASON_CODE_POSITION_INVALID);
    }
  }
}

TEST_CASE("The offset behind a sequence is that of a search from the front") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 40; ++round) {
    GappyLog log;
    Chain chain;
    const int count = 1 + static_cast<int>(random() % 40);
    int64_t offset = static_cast<int64_t>(random() % 3);
    const int64_t begin = offset;
    for (int i = 0; i < count; ++i) {
      log.Add(offset, chain.writer.Batch());
      offset += 1 + static_cast<int64_t>(random() % 3 == 0 ? random() % 4 : 0);
    }
    log.SetRange(begin, offset + static_cast<int64_t>(random() % 3));
    const uint64_t dropped = random() % 2 == 0 ? random() % count : 0;
    log.DropBefore(log.messages()[dropped].offset);
    const auto& left = log.messages();
    for (uint64_t after = 0; after <= static_cast<uint64_t>(count) + 2;
         ++after) {
      CAPTURE(round, count, dropped, after);
      const auto found = FindOffsetAfter(&log, People(), after);
      if (after < dropped) {
        CHECK(ReasonOf(found.status()) == REASON_CODE_POSITION_EXPIRED);
      } else if (after > static_cast<uint64_t>(count)) {
        CHECK(ReasonOf(found.status()) == REASON_CODE_POSITION_INVALID);
      } else {
        REQUIRE(found.ok());
        const size_t wanted = after - dropped;  // index of the next message
        const int64_t lowest = wanted == 0 ? 0 : left[wanted - 1].offset + 1;
        CHECK(*found >= lowest);
        if (wanted < left.size()) CHECK(*found <= left[wanted].offset);
      }
    }
  }
}

TEST_CASE("A position in a long partition is found with few reads") {
  GappyLog log;
  Chain chain;
  for (int i = 0; i < 1000; ++i) log.Add(i, chain.writer.Batch());
  CHECK(*FindOffsetAfter(&log, People(), 700) == 700);
  CHECK(log.reads < 40);
}

TEST_CASE("Messages that are replayed or no batches do not hide others") {
  Chain chain;
  std::vector<SharedBytes> genuine;
  for (int i = 0; i < 30; ++i) genuine.push_back(chain.writer.Batch());
  std::mt19937_64 random(4);
  for (int round = 0; round < 60; ++round) {
    GappyLog log;
    std::vector<int64_t> offsets;
    int64_t offset = 0;
    for (size_t i = 0; i < genuine.size(); ++i) {
      if (random() % 4 == 0) {
        log.Add(offset++, SharedBytes::Own("no envelope"));
      }
      if (random() % 4 == 0 && i > 0) {
        log.Add(offset++, genuine[random() % i]);
      }
      log.Add(offset, genuine[i]);
      offsets.push_back(offset++);
    }
    const uint64_t after = random() % genuine.size();
    CAPTURE(round, after);
    const auto found = FindOffsetAfter(&log, People(), after);
    INFO(found.status().message());
    REQUIRE(found.ok());
    CHECK(*found <= offsets[after]);
    if (after > 0) CHECK(*found > offsets[after - 1]);
  }
}

TEST_CASE("An emptied partition goes on at its end") {
  GappyLog log;
  log.SetRange(12, 12);
  CHECK(*FindOffsetAfter(&log, People(), 7) == 12);
}

TEST_CASE("The last message before an offset passes over what is no batch") {
  GappyLog log;
  Chain chain;
  log.Add(0, chain.writer.Batch());
  log.Add(3, SharedBytes::Own("no envelope"));
  log.Add(5, chain.writer.Batch());
  CHECK_FALSE((*LastBefore(&log, People(), 0)).has_value());
  CHECK((*LastBefore(&log, People(), 5))->message.offset == 0);
  CHECK((*LastBefore(&log, People(), 6))->progress.sequence == 2);
  CHECK((*LastBefore(&log, People(), 100))->progress.sequence == 2);
  CHECK((*FirstFrom(&log, People(), 1))->message.offset == 5);
  CHECK_FALSE((*FirstFrom(&log, People(), 6)).has_value());
}

}  // namespace
}  // namespace sluice::delivery
