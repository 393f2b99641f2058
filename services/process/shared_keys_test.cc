#include "services/process/shared_keys.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/status.h"
#include "libs/storage/test_folder.h"

namespace sluice::process {
namespace {

TEST_CASE("a root that is missing is never made, and the error says how to") {
  const storage::TestFolder folder;
  const absl::Status missing = OpenSharedKeys(folder.path()).status();
  CHECK(ReasonOf(missing) == status::v1::REASON_CODE_NOT_FOUND);
  CHECK(FieldOf(missing) == "keys_dir");
  CHECK_THAT(std::string(missing.message()),
             Catch::Matchers::Contains("sluicectl key make-root"));

  const auto files = crypto::OpenFileKeyProvider(folder.path());
  REQUIRE((*files)->GetOrCreate(kPseudonymPurpose, kPseudonymRoot).ok());
  const auto keys = OpenSharedKeys(folder.path());
  REQUIRE(keys.ok());
  CHECK((*keys)->GetOrCreate(kPseudonymPurpose, kPseudonymRoot)->secret ==
        (*files)->GetNewest(kPseudonymPurpose, kPseudonymRoot)->secret);
  CHECK_FALSE((*keys)->GetOrCreate("another", "key").ok());
  CHECK_FALSE((*files)->GetNewest("another", "key").ok());
}

TEST_CASE("brokers see whether they hold the same root") {
  const storage::TestFolder one;
  const storage::TestFolder two;
  const auto first = crypto::OpenFileKeyProvider(one.path());
  const auto again = crypto::OpenFileKeyProvider(one.path());
  const auto other = crypto::OpenFileKeyProvider(two.path());
  const std::string check = *PseudonymRootCheck(first->get());
  CHECK(check.size() == 16);
  CHECK(*PseudonymRootCheck(again->get()) == check);
  CHECK(*PseudonymRootCheck(other->get()) != check);
}

}  // namespace
}  // namespace sluice::process
