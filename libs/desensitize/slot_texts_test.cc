#include "libs/desensitize/slot_texts.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

// Of 0 to `bytes_max` bytes, one of them as long as that.
std::vector<std::string> RandomTexts(size_t count, size_t bytes_max,
                                     Random* random) {
  std::vector<std::string> texts;
  while (texts.size() < count) {
    const size_t size =
        texts.empty() ? bytes_max : (*random)() % (bytes_max + 1);
    texts.emplace_back(size, static_cast<char>('a' + texts.size() % 26));
  }
  return texts;
}

void CheckWritten(const std::vector<std::string>& texts, uint32_t rows,
                  Random* random) {
  const SlotTexts slot_texts(texts);
  std::vector<uint64_t> slots;
  std::string expected = "before";
  const size_t begin = expected.size();
  std::vector<int32_t> ends;
  for (uint32_t row = 0; row < rows; ++row) {
    const uint64_t slot = (*random)() % (texts.size() + 1);
    slots.push_back(slot);
    if (slot != SlotTexts::kNone) expected += texts[slot - 1];
    ends.push_back(static_cast<int32_t>(expected.size()));
  }
  std::string data = "before";
  data.resize(expected.size() + SlotTexts::kBytesBehind);
  std::string written_ends(rows * sizeof(int32_t), '\0');
  const size_t end = slot_texts.Write(slots.data(), rows, data.data(), begin,
                                      written_ends.data());
  CHECK(end == expected.size());
  CHECK(data.substr(0, end) == expected);
  for (uint32_t row = 0; row < rows; ++row) {
    CHECK(LoadLittle<int32_t>(written_ends.data() + row * sizeof(int32_t)) ==
          ends[row]);
  }
}

TEST_CASE("rows get the texts of their slots, one behind the other") {
  Random random(1);
  for (const CpuLevel level :
       {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    for (const size_t bytes_max : {0, 1, 7, 8, 9, 16, 17, 32}) {
      // As many as fill two vectors with the slot of none, one more, and many.
      for (const size_t count : {0, 1, 15, 16, 1000}) {
        CAPTURE(level, bytes_max, count);
        for (const uint32_t rows : {0, 1, 7, 8, 9, 64, 300}) {
          CheckWritten(RandomTexts(count, bytes_max, &random), rows, &random);
        }
      }
    }
  }
}

TEST_CASE("texts of up to 32 bytes can be held") {
  CHECK(SlotTexts::CanHold({}));
  CHECK(SlotTexts::CanHold({"", std::string(32, 'x')}));
  CHECK_FALSE(SlotTexts::CanHold({std::string(33, 'x'), ""}));
}

}  // namespace
}  // namespace sluice::desensitize
