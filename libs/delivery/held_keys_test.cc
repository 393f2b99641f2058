#include "libs/delivery/held_keys.h"

#include <catch2/catch.hpp>
#include <cstddef>
#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::delivery {
namespace {

using Added = HeldKeys::Added;

// How many of the keys "0", "1" ... are added before memory is spent.
size_t AddWhileThereIsMemory(HeldKeys* held) {
  size_t added = 0;
  while (held->Add(absl::StrCat(added)) == Added::kYes) ++added;
  return added;
}

TEST_CASE("A key is held from its record until it goes") {
  HeldKeys held;
  CHECK_FALSE(held.Remove("a"));
  CHECK(held.Add("a") == Added::kYes);
  CHECK(held.Add("a") == Added::kYes);
  CHECK(held.size() == 1);
  CHECK(held.Remove("a"));
  CHECK_FALSE(held.Remove("a"));
}

TEST_CASE("What a baseline does not name is dropped at its end") {
  HeldKeys held;
  held.Add("gone");
  held.Add("stays");
  held.Add("leaves");
  held.BeginBaseline();
  held.Add("stays");
  held.Add("new");
  held.Add("leaves");
  CHECK(held.Remove("leaves"));
  CHECK(held.size() == 3);
  CHECK(held.EndBaseline());
  CHECK(held.size() == 2);
  CHECK_FALSE(held.Remove("gone"));
  CHECK_FALSE(held.Remove("leaves"));
  CHECK(held.Remove("stays"));
  CHECK(held.Remove("new"));
}

TEST_CASE("A baseline that was broken off drops nothing") {
  HeldKeys held;
  held.Add("before");
  held.BeginBaseline();
  held.Add("named by the first");
  held.BeginBaseline();
  CHECK(held.size() == 2);
  held.Add("before");
  CHECK(held.EndBaseline());
  CHECK(held.size() == 1);
  CHECK(held.Remove("before"));
}

TEST_CASE("An end without a beginning drops nothing") {
  HeldKeys held;
  held.Add("a");
  CHECK_FALSE(held.EndBaseline());
  CHECK(held.Remove("a"));
}

TEST_CASE("The number of keys is bounded") {
  HeldKeys held(nullptr, 2);
  CHECK(held.Add("a") == Added::kYes);
  CHECK(held.Add("b") == Added::kYes);
  CHECK(held.Add("c") == Added::kTooMany);
  CHECK(held.Add("a") == Added::kYes);
  CHECK(held.Remove("b"));
  CHECK(held.Add("c") == Added::kYes);
  held.Clear();
  CHECK(held.size() == 0);
}

TEST_CASE("Sets take their memory of one budget, and give it back") {
  ByteBudget budget(size_t{1} << 20);
  HeldKeys one(&budget);
  const size_t alone = AddWhileThereIsMemory(&one);
  // A quarter may be left for want of room to double, and less than a half of
  // a table is empty.
  CHECK(alone > budget.bytes_max() / 80);
  CHECK(alone * 17 < budget.bytes_max());
  CHECK(budget.bytes() <= budget.bytes_max());
  // What it has is not in question.
  CHECK(one.Add("0") == Added::kYes);

  HeldKeys other(&budget);
  const size_t beside = AddWhileThereIsMemory(&other);
  CHECK(beside < alone);
  one.Clear();
  CHECK(AddWhileThereIsMemory(&one) > beside);
  one.Clear();
  other.Clear();
  CHECK(budget.bytes() == 0);
}

TEST_CASE("What a baseline names takes memory too, until it takes the place") {
  ByteBudget budget(size_t{1} << 30);
  HeldKeys held(&budget);
  for (int i = 0; i < 10'000; ++i) held.Add(absl::StrCat(i));
  const size_t before = budget.bytes();
  held.BeginBaseline();
  for (int i = 0; i < 10'000; ++i) held.Add(absl::StrCat(i));
  CHECK(budget.bytes() == 2 * before);
  held.EndBaseline();
  CHECK(budget.bytes() == before);
  held.BeginBaseline();
  CHECK(held.EndBaseline());
  CHECK(budget.bytes() == 0);
}

TEST_CASE("A set that changes without growing keeps within its memory") {
  ByteBudget budget(size_t{1} << 20);
  HeldKeys held(&budget);
  for (int i = 0; i < 100'000; ++i) {
    REQUIRE(held.Add(absl::StrCat(i)) == Added::kYes);
    if (i >= 1000) REQUIRE(held.Remove(absl::StrCat(i - 1000)));
  }
  CHECK(budget.bytes() <= size_t{4096} * 17);
}

TEST_CASE("It holds what a plain map holds") {
  std::mt19937_64 random(7);
  HeldKeys held;
  // The baseline that last named a key; 0: none.
  std::map<std::string, int> model;
  int baseline = 0;
  bool open = false;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = absl::StrCat(random() % 50);
    const uint64_t what = random() % 100;
    if (what == 0) {
      held.BeginBaseline();
      ++baseline;
      open = true;
    } else if (what == 1) {
      REQUIRE(held.EndBaseline() == open);
      if (open) {
        std::erase_if(model, [baseline](const auto& entry) {
          return entry.second < baseline;
        });
      }
      open = false;
    } else if (what < 60) {
      REQUIRE(held.Add(key) == Added::kYes);
      model[key] = baseline;
    } else {
      REQUIRE(held.Remove(key) == (model.erase(key) == 1));
    }
    REQUIRE(held.size() == model.size());
  }
}

}  // namespace
}  // namespace sluice::delivery
