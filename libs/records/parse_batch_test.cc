#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>

#include "libs/base/status.h"
#include "libs/records/batch.h"
#include "libs/records/batch_oracle.h"

namespace sluice::records {
namespace {

using status::v1::REASON_CODE_BATCH_INVALID;
using status::v1::REASON_CODE_TOO_LARGE;

// Stands in every text of a bad batch; no error may repeat it.
constexpr char kSecret[] = "geheim";

absl::StatusOr<Batch> Parse(const std::string& message) {
  return ParseBatch(SharedBytes::Own(message));
}

// Nine rows, so that bitmaps have a tail. Columns: 1 STRING with a null in row
// 8, 2 INT64 with a null in row 0, 3 BOOL without nulls, 4 BOOL with a null in
// row 8, 5 DECIMAL128 with a null in row 8, 6 DATE with a null in row 8;
// operations.
v1::RecordBatch SmallMessage() {
  PlainBatch plain;
  plain.row_count = 9;
  const auto column = [](uint32_t id, DataType type, const PlainValue& value,
                         int null_row) {
    PlainColumn made{id, type, std::vector<PlainCell>(9, value)};
    if (null_row >= 0) made.cells[null_row].reset();
    return made;
  };
  plain.columns = {
      column(1, v1::DATA_TYPE_STRING, std::string(kSecret) + "\xC3\xA9", 8),
      column(2, v1::DATA_TYPE_INT64, int64_t{7}, 0),
      column(3, v1::DATA_TYPE_BOOL, true, -1),
      column(4, v1::DATA_TYPE_BOOL, true, 8),
      column(5, v1::DATA_TYPE_DECIMAL128, absl::int128(5), 8),
      column(6, v1::DATA_TYPE_DATE, int32_t{5}, 8)};
  plain.operations.assign(9, v1::OPERATION_DELETE);
  plain.event_time_min = absl::FromUnixSeconds(1);
  plain.event_time_max = absl::FromUnixSeconds(2);
  v1::RecordBatch message;
  REQUIRE(message.ParseFromString(SerializeSlowly(plain)));
  return message;
}

char* At(v1::RecordBatch* message, const v1::Buffer& buffer, size_t index) {
  return message->mutable_body()->data() + buffer.offset() + index;
}

void SetOffset(v1::RecordBatch* message, int row, int32_t value) {
  StoreLittle(value, At(message, message->columns(0).offsets(), 4 * row));
}

struct BadBatch {
  // Words of the error.
  const char* what;
  std::function<void(v1::RecordBatch*)> spoil;
};

void CheckRefused(const BadBatch& bad) {
  v1::RecordBatch message = SmallMessage();
  REQUIRE(Parse(message.SerializeAsString()).ok());
  bad.spoil(&message);
  const absl::Status status = Parse(message.SerializeAsString()).status();
  CAPTURE(bad.what, status.ToString());
  CHECK(ReasonOf(status) == REASON_CODE_BATCH_INVALID);
  CHECK(std::string(status.message()).find(bad.what) != std::string::npos);
  CHECK(status.ToString().find(kSecret) == std::string::npos);
}

TEST_CASE("Parsing gives back every value of a batch") {
  std::mt19937_64 random(20260103);
  for (const uint32_t rows : {1u, 2u, 7u, 8u, 63u, 64u, 65u, 127u, 400u}) {
    CAPTURE(rows);
    const PlainBatch plain = RandomPlainBatch(&random, rows);
    const std::string message = SerializeSlowly(plain);
    REQUIRE(IsValidSlowly(message));
    const auto batch = Parse(message);
    REQUIRE(batch.ok());
    CHECK(ReadBatch(*batch) == plain);
    const auto encoded = EncodeBatch(*batch);
    REQUIRE(encoded.ok());
    CHECK(encoded->Flatten() == message);
  }
}

TEST_CASE("Event times that are not known stay infinite") {
  v1::RecordBatch message = SmallMessage();
  message.clear_event_time_min();
  message.clear_event_time_max();
  const auto batch = Parse(message.SerializeAsString());
  REQUIRE(batch.ok());
  CHECK(batch->event_time_min == absl::InfinitePast());
  CHECK(batch->event_time_max == absl::InfiniteFuture());
}

TEST_CASE("Buffers are aligned in memory wherever the message lies") {
  const std::string bytes = SmallMessage().SerializeAsString();
  for (size_t shift = 0; shift < 70; ++shift) {
    const SharedBytes block = SharedBytes::Own(std::string(shift, 'x') + bytes);
    const auto batch = ParseBatch(block.Slice(shift, bytes.size()));
    REQUIRE(batch.ok());
    for (const Column& column : batch->columns) {
      CHECK(reinterpret_cast<uintptr_t>(column.data.data()) %
                kBufferAlignment ==
            0);
    }
  }
}

TEST_CASE("A body that lies aligned is not copied") {
  const std::string bytes = SmallMessage().SerializeAsString();
  const size_t body_size = SmallMessage().body().size();
  AlignedBuffer buffer(2 * kBufferAlignment + bytes.size());
  const size_t head_size = bytes.size() - body_size;
  const size_t shift = PaddedSize(head_size) - head_size;
  std::memcpy(buffer.data() + shift, bytes.data(), bytes.size());
  const char* body = buffer.data() + shift + head_size;
  const SharedBytes block = std::move(buffer).Share();
  const auto batch = ParseBatch(block.Slice(shift, bytes.size()));
  REQUIRE(batch.ok());
  CHECK(batch->columns[0].validity.data() == body);
}

TEST_CASE("Columns outlive the message they came from") {
  absl::StatusOr<Batch> batch = Parse(SmallMessage().SerializeAsString());
  REQUIRE(batch.ok());
  const Column column = batch->columns[0];
  batch = absl::CancelledError("");
  CHECK(column.Text(0) == std::string(kSecret) + "\xC3\xA9");
}

TEST_CASE("Counts and ids outside their bounds are refused") {
  for (const BadBatch& bad : std::vector<BadBatch>{
           {"resource", [](auto* m) { m->set_resource("patients"); }},
           {"resource", [](auto* m) { m->clear_resource(); }},
           {"schema_version", [](auto* m) { m->clear_schema_version(); }},
           {"no rows", [](auto* m) { m->clear_row_count(); }},
           {"offsets", [](auto* m) { m->set_row_count(10); }},
           {"validity", [](auto* m) { m->set_row_count(17); }},
           {"field_id",
            [](auto* m) { m->mutable_columns(0)->set_field_id(0); }},
           {"field_id",
            [](auto* m) { m->mutable_columns(5)->set_field_id(65536); }},
           {"ascend", [](auto* m) { m->mutable_columns(1)->set_field_id(1); }},
           {"ascend", [](auto* m) { m->mutable_columns(0)->set_field_id(3); }},
           {"unknown type",
            [](auto* m) {
              m->mutable_columns(0)->set_type(v1::DATA_TYPE_UNSPECIFIED);
            }},
           {"unknown type",
            [](auto* m) {
              m->mutable_columns(0)->set_type(static_cast<DataType>(9));
            }},
           {"data",
            [](auto* m) {
              m->mutable_columns(1)->set_type(v1::DATA_TYPE_DATE);
            }},
           {"offsets",
            [](auto* m) {
              m->mutable_columns(0)->set_type(v1::DATA_TYPE_INT64);
            }},
       }) {
    CheckRefused(bad);
  }
}

TEST_CASE("Null counts that disagree with the bitmap are refused") {
  for (const BadBatch& bad : std::vector<BadBatch>{
           {"null_count",
            [](auto* m) { m->mutable_columns(0)->set_null_count(2); }},
           {"null_count",
            [](auto* m) { m->mutable_columns(0)->set_null_count(10); }},
           {"null_count",
            [](auto* m) { m->mutable_columns(0)->set_null_count(0); }},
           {"validity",
            [](auto* m) { m->mutable_columns(2)->set_null_count(1); }},
           {"behind the last row of validity",
            [](auto* m) {
              *At(m, m->columns(0).validity(), 1) = static_cast<char>(0x80);
            }},
           {"behind the last row of data",
            [](auto* m) { *At(m, m->columns(2).data(), 1) = 3; }},
       }) {
    CheckRefused(bad);
  }
}

TEST_CASE("Data under a null is refused") {
  for (const BadBatch& bad : std::vector<BadBatch>{
           {"column 1: has data under a null",
            [](auto* m) {
              SetOffset(m, 8, m->columns(0).data().length() - 2);
            }},
           {"column 2: has data under a null",
            [](auto* m) { *At(m, m->columns(1).data(), 7) = 1; }},
           {"column 4: has data under a null",
            [](auto* m) { *At(m, m->columns(3).data(), 1) = 1; }},
           {"column 5: has data under a null",
            [](auto* m) { *At(m, m->columns(4).data(), 8 * 16) = 1; }},
           {"column 5: has data under a null",
            [](auto* m) { *At(m, m->columns(4).data(), 8 * 16 + 15) = 1; }},
           {"column 6: has data under a null",
            [](auto* m) { *At(m, m->columns(5).data(), 8 * 4 + 3) = 1; }},
       }) {
    CheckRefused(bad);
  }
}

TEST_CASE("Bad offsets are refused") {
  for (const BadBatch& bad : std::vector<BadBatch>{
           {"first offset", [](auto* m) { SetOffset(m, 0, 1); }},
           {"first offset", [](auto* m) { SetOffset(m, 0, -1); }},
           {"last offset", [](auto* m) { SetOffset(m, 9, 63); }},
           {"last offset", [](auto* m) { SetOffset(m, 9, -64); }},
           {"offsets fall", [](auto* m) { SetOffset(m, 3, 1'000'000); }},
           {"offsets fall", [](auto* m) { SetOffset(m, 3, -1); }},
           {"offsets fall", [](auto* m) { SetOffset(m, 3, INT32_MIN); }},
           {"offsets fall", [](auto* m) { SetOffset(m, 3, INT32_MAX); }},
           {"splits a character", [](auto* m) { SetOffset(m, 3, 23); }},
           {"not UTF-8",
            [](auto* m) {
              *At(m, m->columns(0).data(), 0) = static_cast<char>(0xFF);
            }},
           {"not UTF-8",
            [](auto* m) { *At(m, m->columns(0).data(), 7) = 'x'; }},
       }) {
    CheckRefused(bad);
  }
}

TEST_CASE("Text that is no UTF-8 is fine as BYTES") {
  v1::RecordBatch message = SmallMessage();
  message.mutable_columns(0)->set_type(v1::DATA_TYPE_BYTES);
  *At(&message, message.columns(0).data(), 0) = static_cast<char>(0xFF);
  SetOffset(&message, 3, 23);
  CHECK(Parse(message.SerializeAsString()).ok());
}

TEST_CASE("Buffers outside their place in the body are refused") {
  for (const BadBatch& bad : std::vector<BadBatch>{
           {"padding of the one before",
            [](auto* m) {
              m->mutable_columns(1)->mutable_data()->set_offset(0);
            }},
           {"padding of the one before",
            [](auto* m) {
              m->mutable_columns(0)->mutable_validity()->set_offset(1);
            }},
           {"padding of the one before",
            [](auto* m) {
              m->mutable_columns(0)->mutable_data()->set_offset(UINT32_MAX);
            }},
           {"outside the body",
            [](auto* m) {
              m->mutable_columns(0)->mutable_data()->set_length(UINT32_MAX);
            }},
           {"outside the body",
            [](auto* m) { m->mutable_operations()->set_length(65); }},
           {"outside the body", [](auto* m) { m->mutable_body()->pop_back(); }},
           {"between buffers are not zero",
            [](auto* m) { m->mutable_body()->back() = 1; }},
           {"between buffers are not zero",
            [](auto* m) { *At(m, m->columns(0).validity(), 2) = 1; }},
           {"belong to none",
            [](auto* m) { m->mutable_body()->append(64, 0); }},
           {"belong to none", [](auto* m) { m->mutable_body()->append(1, 0); }},
           {"absent buffer has an offset",
            [](auto* m) {
              m->mutable_columns(2)->mutable_validity()->set_offset(64);
            }},
           {"belong to none", [](auto* m) { m->clear_operations(); }},
           {"no columns",
            [](auto* m) {
              m->clear_columns();
              m->clear_operations();
              m->set_body("");
              // The generated class leaves an empty body out; put one back.
              auto* unknown = m->GetReflection()->MutableUnknownFields(m);
              unknown->AddLengthDelimited(15, "");
            }},
           {"no body", [](auto* m) { m->clear_body(); }},
       }) {
    CheckRefused(bad);
  }
}

TEST_CASE("Unknown operations and odd event times are refused") {
  for (const BadBatch& bad : std::vector<BadBatch>{
           {"unknown operation",
            [](auto* m) { *At(m, m->operations(), 0) = 0; }},
           {"unknown operation",
            [](auto* m) { *At(m, m->operations(), 8) = 3; }},
           {"behind the last",
            [](auto* m) {
              m->mutable_operations()->set_length(0);
              m->mutable_operations()->set_offset(0);
            }},
           {"operations are not",
            [](auto* m) { m->mutable_operations()->set_length(10); }},
           {"event time",
            [](auto* m) { m->mutable_event_time_min()->set_nanos(-1); }},
           {"event time",
            [](auto* m) {
              m->mutable_event_time_min()->set_nanos(1'000'000'000);
            }},
           {"event time",
            [](auto* m) {
              m->mutable_event_time_min()->set_seconds(INT64_MIN);
            }},
           {"event time",
            [](auto* m) {
              m->mutable_event_time_max()->set_seconds(INT64_MAX);
            }},
           {"event_time_min",
            [](auto* m) { m->mutable_event_time_min()->set_seconds(3); }},
       }) {
    CheckRefused(bad);
  }
}

TEST_CASE("Fields that are not known are refused at every level") {
  const auto add = [](google::protobuf::Message* message, int number) {
    message->GetReflection()->MutableUnknownFields(message)->AddVarint(number,
                                                                       1);
  };
  const std::string prefix("\x40\x01", 2);  // field 8
  const std::string good = SmallMessage().SerializeAsString();
  CHECK(ReasonOf(Parse(prefix + good).status()) == REASON_CODE_BATCH_INVALID);
  // A known number of another wire type.
  CHECK(ReasonOf(Parse(std::string("\x28\x01", 2) + good).status()) ==
        REASON_CODE_BATCH_INVALID);
  for (const BadBatch& bad : std::vector<BadBatch>{
           {"not known", [&](auto* m) { add(m->mutable_columns(0), 7); }},
           {"not known",
            [&](auto* m) { add(m->mutable_columns(0)->mutable_data(), 3); }},
           {"not known", [&](auto* m) { add(m->mutable_operations(), 3); }},
           {"event time",
            [&](auto* m) { add(m->mutable_event_time_min(), 3); }},
       }) {
    CheckRefused(bad);
  }
}

TEST_CASE("The body must be the last field and stand there once") {
  v1::RecordBatch message = SmallMessage();
  const std::string good = message.SerializeAsString();
  const std::string field_2("\x10\x01", 2);
  CHECK(std::string(Parse(good + field_2).status().message())
            .find("body is not its last field") != std::string::npos);
  CHECK_FALSE(Parse(good + std::string("\x7A\x00", 2)).ok());
  CHECK(std::string(Parse(field_2 + good).status().message())
            .find("a field occurs twice") != std::string::npos);
  // A body of another wire type.
  message.clear_body();
  CHECK_FALSE(
      Parse(message.SerializeAsString() + std::string("\x78\x01", 2)).ok());
}

TEST_CASE("A message cut anywhere is refused") {
  const std::string good = SmallMessage().SerializeAsString();
  for (size_t length = 0; length < good.size(); ++length) {
    const absl::Status status = Parse(good.substr(0, length)).status();
    CHECK(ReasonOf(status) == REASON_CODE_BATCH_INVALID);
  }
}

TEST_CASE("A message above the bounds is too large") {
  CHECK(ReasonOf(Parse(std::string(kBatchBytesMax + 1, 0)).status()) ==
        REASON_CODE_TOO_LARGE);
  PlainBatch plain;
  plain.row_count = kBatchRowsMax + 1;
  plain.columns = {{1, v1::DATA_TYPE_BOOL,
                    std::vector<PlainCell>(plain.row_count, PlainValue(true))}};
  CHECK(ReasonOf(Parse(SerializeSlowly(plain)).status()) ==
        REASON_CODE_TOO_LARGE);
}

TEST_CASE("More columns than are allowed are refused before they take memory") {
  std::string message;
  for (int i = 0; i < 400'000; ++i) message.append("\x22\x00", 2);
  message.append("\x7A\x00", 2);
  CHECK(std::string(Parse(message).status().message())
            .find("more than 512 columns") != std::string::npos);
}

// Changes `message` a little: flips a bit, sets a byte, removes or inserts one,
// or copies a piece elsewhere.
void Mutate(std::mt19937_64* random, std::string* message) {
  const auto below = [random](size_t bound) { return (*random)() % bound; };
  // Half of the changes hit the descriptors, which are few bytes.
  const size_t reach = below(2) == 0 ? message->size() / 8 : message->size();
  const size_t at = below(std::max<size_t>(reach, 1));
  switch (below(6)) {
    case 0:
    case 1:
      (*message)[at] = static_cast<char>((*message)[at] ^ (1 << below(8)));
      break;
    case 2:
      (*message)[at] = static_cast<char>(below(256));
      break;
    case 3:
      message->erase(at, 1 + below(3));
      break;
    case 4:
      message->insert(at, 1 + below(3), static_cast<char>(below(256)));
      break;
    default: {
      const size_t length =
          std::min<size_t>(1 + below(8), message->size() - at);
      const std::string piece = message->substr(at, length);
      message->replace(below(message->size() - length + 1), length, piece);
    }
  }
}

// Reads all that a parsed batch offers: under the address sanitizer, a proof
// that it lies inside its buffers.
void CheckUsable(const Batch& batch, const std::string& message) {
  CHECK(IsValidSlowly(message));
  const PlainBatch plain = ReadBatch(batch);
  CHECK(plain.row_count == batch.row_count);
  const auto encoded = EncodeBatch(batch);
  REQUIRE(encoded.ok());
  CHECK(encoded->Flatten() == SerializeSlowly(plain));
}

TEST_CASE(
    "Every flipped bit is refused, or leaves a batch that keeps the rules") {
  std::mt19937_64 random(20260104);
  for (const uint32_t rows : {1u, 9u}) {
    PlainBatch plain = RandomPlainBatch(&random, rows);
    const std::string good = SerializeSlowly(plain);
    for (size_t at = 0; at < good.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string message = good;
        message[at] = static_cast<char>(message[at] ^ (1 << bit));
        const auto batch = Parse(message);
        if (batch.ok()) {
          if (!IsValidSlowly(message)) {
            CAPTURE(rows, at, bit);
            FAIL("accepted against the rules");
          }
        } else if (ReasonOf(batch.status()) != REASON_CODE_BATCH_INVALID &&
                   ReasonOf(batch.status()) != REASON_CODE_TOO_LARGE) {
          CAPTURE(at, bit, batch.status().ToString());
          FAIL("an error of another kind");
        }
      }
    }
  }
}

TEST_CASE("A changed body is accepted if and only if it keeps the rules") {
  std::mt19937_64 random(20260105);
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 30; ++round) {
    v1::RecordBatch message;
    REQUIRE(message.ParseFromString(
        SerializeSlowly(RandomPlainBatch(&random, 1 + random() % 40))));
    const std::string body = message.body();
    for (int i = 0; i < 60; ++i) {
      std::string changed = body;
      for (uint64_t left = 1 + random() % 3; left > 0; --left) {
        changed[random() % changed.size()] = static_cast<char>(random());
      }
      message.set_body(changed);
      const std::string bytes = message.SerializeAsString();
      const bool ok = Parse(bytes).ok();
      CHECK(ok == IsValidSlowly(bytes));
      ++(ok ? accepted : refused);
    }
  }
  // Both happen often enough to mean something.
  CHECK(accepted > 100);
  CHECK(refused > 100);
}

TEST_CASE("Random changes are refused, or leave a batch that is safe to read") {
  std::mt19937_64 random(20260106);
  for (int round = 0; round < 60; ++round) {
    const std::string good =
        SerializeSlowly(RandomPlainBatch(&random, 1 + random() % 30));
    for (int i = 0; i < 60; ++i) {
      std::string message = good;
      for (uint64_t left = 1 + random() % 3; left > 0; --left) {
        if (!message.empty()) Mutate(&random, &message);
      }
      const auto batch = Parse(message);
      if (batch.ok()) CheckUsable(*batch, message);
    }
  }
}

TEST_CASE("Random bytes are refused") {
  std::mt19937_64 random(20260107);
  for (int i = 0; i < 2000; ++i) {
    std::string message(random() % 200, '\0');
    for (char& byte : message) byte = static_cast<char>(random());
    CHECK_FALSE(Parse(message).ok());
  }
}

TEST_CASE("UTF-8 is judged value by value as decoding each value would") {
  std::mt19937_64 random(20260108);
  static const std::string kPieces[] = {
      "a",        "\xC3\xA9", "\xE5\xBC\xA0",    "\xF0\xA0\xAE\xB7",
      "\xC3",     "\xA9",     "\xE5\xBC",        "\xED\xA0\x80",
      "\xC0\x80", "",         "\xF4\x90\x80\x80"};
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    PlainBatch plain;
    plain.row_count = 1 + random() % 6;
    plain.columns = {{1, v1::DATA_TYPE_BYTES, {}}};
    for (uint32_t row = 0; row < plain.row_count; ++row) {
      std::string text;
      for (uint64_t left = random() % 3; left > 0; --left) {
        // Mostly valid pieces, or nothing would ever be accepted.
        text +=
            kPieces[random() % (random() % 4 == 0 ? std::size(kPieces) : 4)];
      }
      plain.columns[0].cells.emplace_back(PlainValue(text));
    }
    plain.columns[0].type = v1::DATA_TYPE_STRING;
    const std::string message = SerializeSlowly(plain);
    const bool ok = Parse(message).ok();
    CHECK(ok == IsValidSlowly(message));
    accepted += ok ? 1 : 0;
  }
  CHECK(accepted > 500);
  CHECK(accepted < 2500);
}

}  // namespace
}  // namespace sluice::records
