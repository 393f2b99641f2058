#include "libs/cli/facts.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

namespace sluice::cli {
namespace {

std::string Written(OutputFormat format) {
  std::ostringstream out;
  REQUIRE(WriteFacts(format,
                     {{"id", Cell::Text("health")},
                      {"信息资源名称", Cell::Text("就诊\x1B")},
                      {"uscc", Cell::Text("")},
                      {"records", Cell::Number(int64_t{12})},
                      {"ended", Cell()}},
                     Terminal{}, &out)
              .ok());
  return out.str();
}

TEST_CASE("a person sees a line for each value there is, aligned") {
  CHECK(Written(OutputFormat::kTable) ==
        "id            health\n"
        "信息资源名称  就诊\\x1b\n"
        "records       12\n");
}

TEST_CASE("a program gets one row with every value") {
  CHECK(Written(OutputFormat::kJsonLines) ==
        "{\"id\":\"health\",\"信息资源名称\":\"就诊\\u001b\",\"uscc\":\"\","
        "\"records\":12,\"ended\":null}\n");
}

}  // namespace
}  // namespace sluice::cli
