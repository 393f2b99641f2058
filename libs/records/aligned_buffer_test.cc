#include "libs/records/aligned_buffer.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace sluice::records {
namespace {

TEST_CASE("A padded size is the next multiple of 64") {
  CHECK(PaddedSize(0) == 0);
  CHECK(PaddedSize(1) == 64);
  CHECK(PaddedSize(64) == 64);
  CHECK(PaddedSize(65) == 128);
}

TEST_CASE("A buffer starts at a multiple of 64 whatever its size") {
  std::vector<SharedBytes> kept;
  for (size_t size = 0; size < 300; size += 7) {
    AlignedBuffer buffer(size);
    std::memset(buffer.data(), 'x', size);
    const char* address = buffer.data();
    kept.push_back(std::move(buffer).Share());
    CHECK(reinterpret_cast<uintptr_t>(address) % kBufferAlignment == 0);
    CHECK(kept.back().data() == address);
    CHECK(kept.back().size() == size);
  }
}

TEST_CASE("Shared bytes outlive the buffer and every slice keeps them") {
  SharedBytes slice;
  {
    AlignedBuffer buffer(128);
    std::memset(buffer.data(), 'a', 128);
    const SharedBytes whole = std::move(buffer).Share();
    slice = whole.Slice(64, 3);
  }
  CHECK(slice.view() == "aaa");
}

}  // namespace
}  // namespace sluice::records
