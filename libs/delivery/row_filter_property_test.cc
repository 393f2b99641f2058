// Random logs of a STATE resource under row filters, against a consumer that
// keeps what it gets and a provider's state that is filtered slowly: whatever
// happens, the two agree.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"
#include "libs/delivery/filtered_people.h"
#include "libs/delivery/policy_processor.h"

namespace sluice::delivery {
namespace {

using Random = std::mt19937_64;

constexpr size_t kPeople = 12;

size_t Below(Random* random, size_t bound) { return (*random)() % bound; }

std::string IdNumber(size_t person) {
  return absl::StrCat("11010519490101", 1000 + person);
}

Person RandomPerson(Random* random) {
  static const std::vector<std::string> districts = {"3301", "330102", "330103",
                                                     "110105"};
  Person person;
  if (Below(random, 5) != 0) {
    person.district = districts[Below(random, districts.size())];
  }
  if (Below(random, 5) != 0) {
    person.birth_date = static_cast<int32_t>(Below(random, 4));
  }
  return person;
}

// A filter, as an agreement has it and as a function.
struct Filter {
  std::string text;
  std::function<bool(const Person&)> passes;
};

std::vector<Filter> Filters() {
  return {
      {R"(prefix { field { id: 3 name: "district" } prefix: "3301" })",
       [](const Person& person) {
         return person.district && person.district->substr(0, 4) == "3301";
       }},
      // Over a field that is not granted.
      {R"(not { compare { field { id: 4 name: "birth_date" }
                          is: LESS value: "1970-01-03" } })",
       [](const Person& person) {
         return person.birth_date && *person.birth_date >= 2;
       }},
      {R"(any {
            of { is_null { field { id: 3 name: "district" } } }
            of { compare { field { id: 4 name: "birth_date" }
                           value: "1970-01-01" } }
          })",
       [](const Person& person) {
         return !person.district || person.birth_date == 0;
       }},
  };
}

// A partition as a random provider writes it.
class RandomLog {
 public:
  RandomLog(DeliveryFixture* domain, size_t count, Random* random)
      : resource_(domain->resource),
        chain_(domain->resource, 0, &domain->bus.domain.adapter),
        random_(random) {
    states.push_back(now_);
    while (messages.size() < count) {
      if (Below(random, 8) == 0) {
        AddBaseline();
      } else {
        AddChanges();
      }
    }
  }

  // Whether what a consumer has behind `end` messages follows from those from
  // `begin` on.
  bool IsKnown(size_t begin, size_t end) const {
    if (begin == 0) return true;
    return std::any_of(
        baselines_.begin(), baselines_.end(), [&](const auto& baseline) {
          return baseline.first >= begin && baseline.second < end;
        });
  }

  std::vector<SharedBytes> messages;
  // What the provider has before each message, and behind the last.
  std::vector<KeyedState<Person>> states;

 private:
  void Add(const SharedBytes& message) {
    messages.push_back(message);
    states.push_back(now_);
  }

  void Write(const std::vector<PersonRow>& rows) {
    for (const auto& [id_number, person] : rows) {
      if (person) {
        now_.Upsert(id_number, *person);
      } else {
        now_.Delete(id_number);
      }
    }
    Add(chain_.Seal(BatchOf(resource_, rows)));
  }

  // Also deletes of who is not there, and several changes of one person.
  void AddChanges() {
    std::vector<PersonRow> rows;
    for (size_t n = 1 + Below(random_, 6); n > 0; --n) {
      const std::string id_number = IdNumber(Below(random_, kPeople));
      if (Below(random_, 4) == 0) {
        rows.emplace_back(id_number, std::nullopt);
      } else {
        rows.emplace_back(id_number, RandomPerson(random_));
      }
    }
    Write(rows);
  }

  void AddBaseline() {
    const size_t begin = messages.size();
    now_.Begin();
    Add(chain_.Baseline(records::v1::MESSAGE_KIND_BASELINE_BEGIN));
    for (size_t n = Below(random_, 4); n > 0; --n) AddChanges();
    if (Below(random_, 3) == 0) return;  // broken off
    now_.End();
    baselines_.emplace_back(begin, messages.size());
    Add(chain_.Baseline(records::v1::MESSAGE_KIND_BASELINE_END));
  }

  const catalog::v1::Resource& resource_;
  ChainWriter chain_;
  Random* const random_;
  KeyedState<Person> now_;
  // Where complete ones begin and end.
  std::vector<std::pair<size_t, size_t>> baselines_;
};

bus::Message MessageOf(const RandomLog& log, size_t index) {
  bus::Message message;
  message.offset = static_cast<int64_t>(index);
  message.value = log.messages[index];
  return message;
}

SharedBytes Joined(const Frame& frame) {
  std::string joined;
  for (const SharedBytes& piece : frame) {
    joined.append(piece.data(), piece.size());
  }
  return SharedBytes::Own(joined);
}

// A consumer of one version of the agreement, and the stream that serves it
// now.
class Reading {
 public:
  Reading(DeliveryFixture* domain, uint32_t version, const RandomLog& log,
          Random* random)
      : domain_(domain), version_(version), log_(log), random_(random) {
    StartPoint start;
    start.is_fresh = true;
    Open(start);
  }

  size_t next() const { return next_; }
  const FilteredConsumer& consumer() const { return consumer_; }

  // A new stream goes on behind the last message, or within it. `kept`: the
  // first message that retention has left. Why it cannot, if so: that shows
  // before there is another message.
  absl::Status Resume(size_t kept) {
    StartPoint start;
    start.offset = static_cast<int64_t>(next_);
    start.history_from = static_cast<int64_t>(kept);
    if (rows_done_ > 0 || Below(random_, 2) == 0) {
      // By position, which says sequences.
      start.after = next_;
    }
    if (next_ > 0) start.last = MessageOf(log_, next_ - 1);
    Open(start);
    if (!processor_->NeedsHistory(start)) return absl::OkStatus();
    for (size_t i = kept; i < next_; ++i) {
      const auto recalled = Process(i);
      RETURN_IF_ERROR(recalled.status());
      REQUIRE_FALSE(recalled->has_value());
    }
    if (kept < next_ && Below(random_, 2) == 0) return absl::OkStatus();
    return processor_->ReachEnd();
  }

  // The next message or a part of it.
  absl::Status Step() {
    ASSIGN_OR_RETURN(const auto processed, Process(next_));
    REQUIRE(processed.has_value());
    const Prepared& prepared = *processed;
    if (prepared.selection == nullptr) {
      Receive(prepared);
      ++next_;
      return absl::OkStatus();
    }
    const RowSelection& selection = *prepared.selection;
    const size_t had = selection.CountBefore(rows_done_);
    const size_t left = selection.rows.size() - had;
    const bool cut = left > 1 && Below(random_, 3) == 0;
    if (!cut && rows_done_ == 0) {
      Receive(prepared);
    } else {
      const size_t last = cut ? had + Below(random_, left - 1) : 0;
      const uint32_t end =
          cut ? selection.rows[last] + 1 : selection.source_rows;
      Part(prepared.selection, end);
      if (cut) {
        rows_done_ = end;
        // What Process gave counts for the parts that follow.
        if (Below(random_, 2) == 0) return Resume(0);
        Part(prepared.selection, selection.source_rows);
      }
    }
    rows_done_ = 0;
    ++next_;
    return absl::OkStatus();
  }

 private:
  void Open(const StartPoint& start) {
    processor_ = std::make_unique<PolicyProcessor>(domain_->Context(version_));
    processor_->Begin(domain_->Partition(0), start);
  }

  absl::StatusOr<std::optional<Prepared>> Process(size_t index) {
    return processor_->Process(domain_->Partition(0), MessageOf(log_, index));
  }

  void Part(const std::shared_ptr<const RowSelection>& selection,
            uint32_t end) {
    const auto part = processor_->Part(MessageOf(log_, next_), selection,
                                       rows_done_, end - rows_done_);
    REQUIRE(part.ok());
    Receive(*part);
    rows_done_ = end;
  }

  void Receive(const Prepared& prepared) {
    if (prepared.selection != nullptr && prepared.row_count == 0) {
      REQUIRE_FALSE(prepared.entry.has_value());
      REQUIRE(prepared.batch.empty());
      return;
    }
    consumer_.Receive(prepared.delivery.marker(), Joined(prepared.batch));
  }

  DeliveryFixture* const domain_;
  const uint32_t version_;
  const RandomLog& log_;
  Random* const random_;
  std::unique_ptr<PolicyProcessor> processor_;
  FilteredConsumer consumer_;
  size_t next_ = 0;
  // Of message next_.
  uint32_t rows_done_ = 0;
};

// Who is who, from a consumer without a filter.
std::map<std::string, std::string> Pseudonyms(DeliveryFixture* domain) {
  std::map<std::string, std::string> pseudonyms;
  const auto plan = domain->Context().plan_for(1);
  REQUIRE(plan.ok());
  for (size_t person = 0; person < kPeople; ++person) {
    const auto treated = (*plan)->Apply(
        BatchOf(domain->resource, {{IdNumber(person), Person()}}));
    REQUIRE(treated.ok());
    pseudonyms[IdNumber(person)] =
        std::string(treated->batch.FindColumn(1)->Text(0));
  }
  return pseudonyms;
}

std::map<std::string, std::string> Filtered(
    const KeyedState<Person>& state, const Filter& filter,
    const std::map<std::string, std::string>& pseudonyms) {
  std::map<std::string, std::string> filtered;
  for (const auto& [id_number, person] : state.values()) {
    if (filter.passes(person)) {
      filtered[pseudonyms.at(id_number)] = person.district.value_or("");
    }
  }
  return filtered;
}

struct Domain {
  Domain() {
    for (const Filter& filter : filters) {
      fixture.ApproveFilter(++last_version, filter.text);
    }
    pseudonyms = Pseudonyms(&fixture);
  }

  DeliveryFixture fixture;
  std::vector<Filter> filters = Filters();
  // The first version has no filter.
  uint32_t last_version = 1;
  std::map<std::string, std::string> pseudonyms;
};

TEST_CASE("A consumer has what passes of what the provider has, at any time") {
  Domain domain;
  Random random(20261122);
  uint64_t deletes = 0;
  for (int round = 0; round < 60; ++round) {
    const size_t which = Below(&random, domain.filters.size());
    CAPTURE(round, which);
    const RandomLog log(&domain.fixture, 40, &random);
    Reading reading(&domain.fixture, static_cast<uint32_t>(which + 2), log,
                    &random);
    while (reading.next() < log.messages.size()) {
      const size_t before = reading.next();
      CAPTURE(before);
      if (Below(&random, 6) == 0) REQUIRE(reading.Resume(0).ok());
      REQUIRE(reading.Step().ok());
      if (reading.next() == before) continue;  // stands within a batch
      REQUIRE(reading.consumer().districts() ==
              Filtered(log.states[reading.next()], domain.filters[which],
                       domain.pseudonyms));
    }
    deletes += reading.consumer().deletes();
  }
  CHECK(deletes > 300);
}

TEST_CASE(
    "What retention has left says what the consumer has, or nothing goes on") {
  Domain domain;
  Random random(7);
  int refused = 0;
  int went_on = 0;
  for (int round = 0; round < 80; ++round) {
    const size_t which = Below(&random, domain.filters.size());
    CAPTURE(round, which);
    const RandomLog log(&domain.fixture, 40, &random);
    Reading reading(&domain.fixture, static_cast<uint32_t>(which + 2), log,
                    &random);
    const size_t stop = 1 + Below(&random, 30);
    while (reading.next() < stop) REQUIRE(reading.Step().ok());
    const size_t resumed = reading.next();
    const size_t kept = Below(&random, resumed + 1);
    CAPTURE(kept, resumed);
    const absl::Status gone_on = reading.Resume(kept);
    if (!log.IsKnown(kept, resumed)) {
      REQUIRE(ReasonOf(gone_on) == status::v1::REASON_CODE_POSITION_EXPIRED);
      ++refused;
      continue;
    }
    REQUIRE(gone_on.ok());
    REQUIRE(reading.Step().ok());
    while (reading.next() < log.messages.size()) {
      REQUIRE(reading.Step().ok());
    }
    REQUIRE(reading.consumer().districts() == Filtered(log.states.back(),
                                                       domain.filters[which],
                                                       domain.pseudonyms));
    ++went_on;
  }
  CHECK(refused > 10);
  CHECK(went_on > 10);
}

}  // namespace
}  // namespace sluice::delivery
