#include "libs/delivery/held_keys.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::delivery {
namespace {

TEST_CASE("A key is held from its record until it goes") {
  HeldKeys held;
  CHECK_FALSE(held.Remove("a"));
  CHECK(held.Add("a"));
  CHECK(held.Add("a"));
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
  HeldKeys held(2);
  CHECK(held.Add("a"));
  CHECK(held.Add("b"));
  CHECK_FALSE(held.Add("c"));
  CHECK(held.Add("a"));
  CHECK(held.Remove("b"));
  CHECK(held.Add("c"));
  held.Clear();
  CHECK(held.size() == 0);
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
      REQUIRE(held.Add(key));
      model[key] = baseline;
    } else {
      REQUIRE(held.Remove(key) == (model.erase(key) == 1));
    }
    REQUIRE(held.size() == model.size());
  }
}

}  // namespace
}  // namespace sluice::delivery
