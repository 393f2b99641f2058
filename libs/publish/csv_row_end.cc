#include "libs/publish/csv_row_end.h"

#include <algorithm>
#include <vector>

#include "libs/base/status.h"

namespace sluice::publish {
namespace {

constexpr size_t kChunkBytes = size_t{64} << 10;

// One row, byte by byte.
class RowScanner {
 public:
  enum class Step { kGoOn, kEnded, kBroken };

  Step Take(char byte) {
    if (byte == '\n') ++line_count_;
    switch (state_) {
      case State::kFieldStart:
        if (byte == '"') return GoTo(State::kQuoted);
        [[fallthrough]];
      case State::kUnquoted:
        if (byte == ',') return GoTo(State::kFieldStart);
        if (byte == '\n') return Step::kEnded;
        if (byte == '\r') return GoTo(State::kCarriageReturn);
        return byte == '"' ? Step::kBroken : GoTo(State::kUnquoted);
      case State::kQuoted:
        return byte == '"' ? GoTo(State::kQuoteInQuoted) : Step::kGoOn;
      case State::kQuoteInQuoted:
        if (byte == '"') return GoTo(State::kQuoted);
        if (byte == ',') return GoTo(State::kFieldStart);
        if (byte == '\n') return Step::kEnded;
        return byte == '\r' ? GoTo(State::kCarriageReturn) : Step::kBroken;
      case State::kCarriageReturn:
        return byte == '\n' ? Step::kEnded : Step::kBroken;
    }
    return Step::kBroken;
  }

  bool MayEndHere() const { return state_ != State::kQuoted; }
  uint64_t line_count() const { return line_count_; }

 private:
  enum class State {
    kFieldStart,
    kUnquoted,
    kQuoted,
    kQuoteInQuoted,
    kCarriageReturn,
  };

  Step GoTo(State state) {
    state_ = state;
    return Step::kGoOn;
  }

  State state_ = State::kFieldStart;
  uint64_t line_count_ = 0;
};

}  // namespace

absl::StatusOr<std::optional<CsvRowEnd>> FindCsvRowEnd(ByteSource* source,
                                                       uint64_t offset,
                                                       uint64_t bytes_max) {
  std::vector<char> chunk(kChunkBytes);
  RowScanner scanner;
  const uint64_t limit = std::min(source->size(), offset + bytes_max);
  for (uint64_t at = offset; at < limit;) {
    ASSIGN_OR_RETURN(
        const size_t got,
        source->ReadAt(at, chunk.data(),
                       std::min<uint64_t>(chunk.size(), limit - at)));
    for (size_t i = 0; i < got; ++i) {
      switch (scanner.Take(chunk[i])) {
        case RowScanner::Step::kGoOn:
          break;
        case RowScanner::Step::kEnded:
          return CsvRowEnd{at + i + 1, scanner.line_count()};
        case RowScanner::Step::kBroken:
          return std::nullopt;
      }
    }
    at += got;
  }
  if (limit != source->size() || !scanner.MayEndHere()) return std::nullopt;
  return CsvRowEnd{limit, scanner.line_count()};
}

}  // namespace sluice::publish
