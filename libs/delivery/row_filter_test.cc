#include "libs/delivery/row_filter.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/filtered_people.h"
#include "libs/registry/test_domain.h"

namespace sluice::delivery {
namespace {

const std::string kInHangzhou =
    R"(prefix { field { id: 3 name: "district" } prefix: "3301" })";

std::unique_ptr<const RowFilter> Compile(
    const std::string& text, const catalog::v1::Resource& resource) {
  agreement::v1::Agreement agreement;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(
      text, agreement.mutable_row_filter()));
  auto compiled = RowFilter::Compile(agreement, resource);
  REQUIRE(compiled.ok());
  return *std::move(compiled);
}

catalog::v1::Resource Events() {
  catalog::v1::Resource resource = registry::PeopleResource();
  resource.set_kind(catalog::v1::RESOURCE_KIND_EVENTS);
  return resource;
}

Person In(const std::string& district) { return {district, 7}; }

TEST_CASE("Of events those leave that pass") {
  const auto filter = Compile(kInHangzhou, Events());
  CHECK_FALSE(filter->needs_held_keys());
  CHECK(filter->fields() == std::vector<uint32_t>{3});
  const records::Batch batch = BatchOf(Events(), {{"a", In("110105")},
                                                  {"b", In("330102")},
                                                  {"c", Person()},
                                                  {"d", In("3301")}});
  const auto selection = filter->Select(batch, nullptr);
  REQUIRE(selection.ok());
  CHECK(selection->source_rows == 4);
  CHECK(selection->rows == std::vector<uint32_t>{1, 3});
  CHECK(selection->operations.empty());
  CHECK(selection->CountBefore(0) == 0);
  CHECK(selection->CountBefore(2) == 1);
  CHECK(selection->CountBefore(4) == 2);

  const records::Batch taken = filter->Take(batch, *selection, 1, 2, {1, 3});
  CHECK(taken.row_count == 1);
  REQUIRE(taken.columns.size() == 2);
  CHECK(taken.FindColumn(1)->Text(0) == "d");
  CHECK(taken.FindColumn(3)->Text(0) == "3301");
}

TEST_CASE("A record that leaves the filter is a delete for who has it") {
  const catalog::v1::Resource people = registry::PeopleResource();
  const auto filter = Compile(kInHangzhou, people);
  CHECK(filter->needs_held_keys());
  CHECK(filter->fields() == std::vector<uint32_t>{1, 3});
  HeldKeys held;
  const records::Batch batch = BatchOf(people, {{"a", In("330102")},
                                                {"b", In("110105")},
                                                {"a", In("110105")},
                                                {"a", std::nullopt},
                                                {"b", std::nullopt},
                                                {"c", In("3301")}});
  const auto selection = filter->Select(batch, &held);
  REQUIRE(selection.ok());
  CHECK(selection->rows == std::vector<uint32_t>{0, 2, 5});
  CHECK(selection->operations == std::string("\1\2\1"));
  CHECK(held.size() == 1);

  const records::Batch taken = filter->Take(batch, *selection, 0, 3, {1, 3});
  CHECK(taken.operations.view() == "\1\2\1");
  CHECK(taken.FindColumn(1)->Text(1) == "a");
  CHECK(taken.FindColumn(3)->IsNull(1));
  CHECK(taken.FindColumn(3)->Text(2) == "3301");
  CHECK(taken.FindColumn(4) == nullptr);
}

TEST_CASE("A batch that leaves whole is not copied") {
  const catalog::v1::Resource people = registry::PeopleResource();
  const auto filter = Compile(kInHangzhou, people);
  HeldKeys held;
  const records::Batch batch =
      BatchOf(people, {{"a", In("330102")}, {"b", In("330103")}});
  const auto selection = filter->Select(batch, &held);
  REQUIRE(selection.ok());
  const records::Batch taken = filter->Take(batch, *selection, 0, 2, {1, 3});
  CHECK(taken.FindColumn(3)->data.data() == batch.FindColumn(3)->data.data());
}

TEST_CASE("More records than a broker counts end the stream") {
  const catalog::v1::Resource people = registry::PeopleResource();
  const auto filter = Compile(kInHangzhou, people);
  HeldKeys held(nullptr, 1);
  const auto selection = filter->Select(
      BatchOf(people, {{"a", In("330102")}, {"b", In("330103")}}), &held);
  CHECK(ReasonOf(selection.status()) == status::v1::REASON_CODE_TOO_LARGE);
  // Whoever comes again reads the partition again, and to no avail.
  CHECK_FALSE(IsRetriable(selection.status()));
}

TEST_CASE(
    "Where no memory is left to keep count, the stream ends and says so") {
  const catalog::v1::Resource people = registry::PeopleResource();
  const auto filter = Compile(kInHangzhou, people);
  ByteBudget budget(1);
  HeldKeys held(&budget);
  const auto selection =
      filter->Select(BatchOf(people, {{"a", In("330102")}}), &held);
  CHECK(ReasonOf(selection.status()) == status::v1::REASON_CODE_TOO_MANY);
  CHECK(IsRetriable(selection.status()));
  CHECK_THAT(std::string(selection.status().message()),
             Catch::Contains("broker.held_keys_mib"));
}

}  // namespace
}  // namespace sluice::delivery
