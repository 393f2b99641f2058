#include "libs/records/batch_oracle.h"

#include <cstring>
#include <ctime>
#include <limits>

#include "libs/base/string_view.h"
#include "libs/records/batch_builder.h"

namespace sluice::records {
namespace {

constexpr DataType kTypes[] = {v1::DATA_TYPE_BOOL,   v1::DATA_TYPE_INT64,
                               v1::DATA_TYPE_DOUBLE, v1::DATA_TYPE_DECIMAL128,
                               v1::DATA_TYPE_STRING, v1::DATA_TYPE_BYTES,
                               v1::DATA_TYPE_DATE,   v1::DATA_TYPE_TIMESTAMP};

uint64_t Below(uint64_t bound, std::mt19937_64* random) {
  return (*random)() % bound;
}

std::string RandomText(std::mt19937_64* random) {
  // One, two, three and four bytes a character; a zero byte is a character too.
  static const std::string characters[] = {"a",
                                           "Z",
                                           "7",
                                           std::string(1, '\0'),
                                           "\xC3\xA9",
                                           "\xD0\x96",
                                           "\xE5\xBC\xA0",
                                           "\xE4\xBC\x9F",
                                           "\xC2\xB7",
                                           "\xF0\xA0\xAE\xB7"};
  const size_t alphabet = Below(2, random) == 0 ? 3 : std::size(characters);
  std::string text;
  for (uint64_t left = Below(20, random); left > 0; --left) {
    text += characters[Below(alphabet, random)];
  }
  return text;
}

int64_t RandomInt64(std::mt19937_64* random) {
  switch (Below(4, random)) {
    case 0:
      return std::numeric_limits<int64_t>::min();
    case 1:
      return std::numeric_limits<int64_t>::max();
    case 2:
      return static_cast<int64_t>(Below(7, random)) - 3;
    default:
      return static_cast<int64_t>((*random)());
  }
}

// ---- Writing.

void AppendLittle(uint64_t value, int bytes, std::string* to) {
  for (int i = 0; i < bytes; ++i) {
    to->push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }
}

void SetBit(size_t index, std::string* bitmap) {
  auto& byte = reinterpret_cast<unsigned char&>((*bitmap)[index / 8]);
  byte = static_cast<unsigned char>(byte | (1 << (index % 8)));
}

void AddBuffer(const std::string& bytes, std::string* body,
               v1::Buffer* (*place)(void*), void* owner) {
  if (bytes.empty()) return;
  v1::Buffer* buffer = place(owner);
  buffer->set_offset(static_cast<uint32_t>(body->size()));
  buffer->set_length(static_cast<uint32_t>(bytes.size()));
  *body += bytes;
  while (body->size() % 64 != 0) body->push_back('\0');
}

struct Buffers {
  std::string validity;
  std::string offsets;
  std::string data;
  uint32_t null_count = 0;
};

void AppendCell(DataType type, const PlainCell& cell, size_t row,
                Buffers* buffers) {
  switch (type) {
    case v1::DATA_TYPE_BOOL:
      if (cell && std::get<bool>(*cell)) SetBit(row, &buffers->data);
      break;
    case v1::DATA_TYPE_INT64:
    case v1::DATA_TYPE_TIMESTAMP:
      AppendLittle(cell ? static_cast<uint64_t>(std::get<int64_t>(*cell)) : 0,
                   8, &buffers->data);
      break;
    case v1::DATA_TYPE_DOUBLE: {
      uint64_t bits = 0;
      if (cell) std::memcpy(&bits, &std::get<double>(*cell), sizeof(bits));
      AppendLittle(bits, 8, &buffers->data);
      break;
    }
    case v1::DATA_TYPE_DECIMAL128: {
      const absl::int128 value = cell ? std::get<absl::int128>(*cell) : 0;
      AppendLittle(absl::Int128Low64(value), 8, &buffers->data);
      AppendLittle(static_cast<uint64_t>(absl::Int128High64(value)), 8,
                   &buffers->data);
      break;
    }
    case v1::DATA_TYPE_DATE:
      AppendLittle(cell ? static_cast<uint32_t>(std::get<int32_t>(*cell)) : 0,
                   4, &buffers->data);
      break;
    default:
      if (cell) buffers->data += std::get<std::string>(*cell);
      AppendLittle(buffers->data.size(), 4, &buffers->offsets);
  }
}

Buffers BuffersOf(const PlainColumn& column) {
  Buffers buffers;
  const size_t rows = column.cells.size();
  if (column.type == v1::DATA_TYPE_BOOL) {
    buffers.data.assign((rows + 7) / 8, '\0');
  }
  if (column.type == v1::DATA_TYPE_STRING ||
      column.type == v1::DATA_TYPE_BYTES) {
    AppendLittle(0, 4, &buffers.offsets);
  }
  buffers.validity.assign((rows + 7) / 8, '\0');
  for (size_t row = 0; row < rows; ++row) {
    if (column.cells[row]) {
      SetBit(row, &buffers.validity);
    } else {
      ++buffers.null_count;
    }
    AppendCell(column.type, column.cells[row], row, &buffers);
  }
  if (buffers.null_count == 0) buffers.validity.clear();
  return buffers;
}

void SetTimestamp(absl::Time time, google::protobuf::Timestamp* to) {
  const timespec parts = absl::ToTimespec(time);
  to->set_seconds(parts.tv_sec);
  to->set_nanos(static_cast<int32_t>(parts.tv_nsec));
}

// ---- Checking.

uint64_t LittleAt(const std::string& bytes, size_t at, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    value |= uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

bool BitAt(const std::string& bitmap, size_t index) {
  return ((static_cast<unsigned char>(bitmap[index / 8]) >> (index % 8)) & 1) !=
         0;
}

// Decodes to code points and encodes again: only the shortest form survives.
bool IsUtf8Slowly(const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xC0 ? 0
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                          : lead < 0xF8 ? 4
                                        : 0;
    if (length == 0 || at + length > text.size()) return false;
    uint32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if (next < 0x80 || next > 0xBF) return false;
      point = point << 6 | (next & 0x3Fu);
    }
    const size_t shortest = point < 0x80      ? 1
                            : point < 0x800   ? 2
                            : point < 0x10000 ? 3
                                              : 4;
    if (shortest != length || point > 0x10FFFF ||
        (point >= 0xD800 && point <= 0xDFFF)) {
      return false;
    }
    at += length;
  }
  return true;
}

// Takes the buffers out of a body and checks what lies between them.
class BodyWalk {
 public:
  explicit BodyWalk(const std::string& body) : body_(body) {}

  std::string Take(const v1::Buffer& buffer) {
    if (buffer.length() == 0) {
      good_ = good_ && buffer.offset() == 0;
      return "";
    }
    const uint64_t begin = buffer.offset();
    const uint64_t end = begin + buffer.length();
    if (begin % 64 != 0 || begin != at_ || end > body_.size()) {
      good_ = false;
      return "";
    }
    for (at_ = end; at_ % 64 != 0; ++at_) {
      if (at_ >= body_.size() || body_[at_] != '\0') {
        good_ = false;
        return "";
      }
    }
    return body_.substr(begin, end - begin);
  }

  bool good() const { return good_; }
  bool at_end() const { return at_ == body_.size(); }

 private:
  const std::string& body_;
  uint64_t at_ = 0;
  bool good_ = true;
};

bool IsValidBitmap(const std::string& bitmap, uint32_t rows) {
  if (bitmap.size() != (rows + 7) / 8) return false;
  for (size_t bit = rows; bit < bitmap.size() * 8; ++bit) {
    if (BitAt(bitmap, bit)) return false;
  }
  return true;
}

bool IsValidText(const v1::Column& column, uint32_t rows,
                 const Buffers& buffers) {
  if (buffers.offsets.size() != (size_t{rows} + 1) * 4) return false;
  uint64_t begin = LittleAt(buffers.offsets, 0, 4);
  if (begin != 0) return false;
  for (uint32_t row = 0; row < rows; ++row) {
    const uint64_t end = LittleAt(buffers.offsets, 4 * (size_t{row} + 1), 4);
    if (end < begin || end > buffers.data.size()) return false;
    const bool null = column.null_count() != 0 && !BitAt(buffers.validity, row);
    if (null && end != begin) return false;
    if (column.type() == v1::DATA_TYPE_STRING &&
        !IsUtf8Slowly(buffers.data.substr(begin, end - begin))) {
      return false;
    }
    begin = end;
  }
  return begin == buffers.data.size();
}

bool IsValidFixed(const v1::Column& column, uint32_t rows,
                  const Buffers& buffers) {
  if (!buffers.offsets.empty()) return false;
  size_t width = 8;
  if (column.type() == v1::DATA_TYPE_DATE) width = 4;
  if (column.type() == v1::DATA_TYPE_DECIMAL128) width = 16;
  if (column.type() == v1::DATA_TYPE_BOOL) {
    if (!IsValidBitmap(buffers.data, rows)) return false;
  } else if (buffers.data.size() != width * rows) {
    return false;
  }
  for (uint32_t row = 0; row < rows; ++row) {
    if (column.null_count() == 0 || BitAt(buffers.validity, row)) continue;
    if (column.type() == v1::DATA_TYPE_BOOL) {
      if (BitAt(buffers.data, row)) return false;
      continue;
    }
    for (size_t i = 0; i < width; ++i) {
      if (buffers.data[row * width + i] != '\0') return false;
    }
  }
  return true;
}

bool IsValidColumn(const v1::Column& column, uint32_t rows, BodyWalk* walk) {
  Buffers buffers;
  buffers.validity = walk->Take(column.validity());
  buffers.offsets = walk->Take(column.offsets());
  buffers.data = walk->Take(column.data());
  if (!walk->good()) return false;
  if (column.field_id() < 1 || column.field_id() > 65535) return false;
  if (column.null_count() == 0) {
    if (!buffers.validity.empty()) return false;
  } else {
    if (!IsValidBitmap(buffers.validity, rows)) return false;
    uint32_t nulls = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      if (!BitAt(buffers.validity, row)) ++nulls;
    }
    if (nulls != column.null_count()) return false;
  }
  switch (column.type()) {
    case v1::DATA_TYPE_STRING:
    case v1::DATA_TYPE_BYTES:
      return IsValidText(column, rows, buffers);
    case v1::DATA_TYPE_BOOL:
    case v1::DATA_TYPE_INT64:
    case v1::DATA_TYPE_DOUBLE:
    case v1::DATA_TYPE_DECIMAL128:
    case v1::DATA_TYPE_DATE:
    case v1::DATA_TYPE_TIMESTAMP:
      return IsValidFixed(column, rows, buffers);
    default:
      return false;
  }
}

bool IsValidTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= -62135596800 && time.seconds() <= 253402300799 &&
         time.nanos() >= 0 && time.nanos() <= 999999999;
}

bool AreValidTimes(const v1::RecordBatch& batch) {
  const auto& min = batch.event_time_min();
  const auto& max = batch.event_time_max();
  if (batch.has_event_time_min() && !IsValidTime(min)) return false;
  if (batch.has_event_time_max() && !IsValidTime(max)) return false;
  if (!batch.has_event_time_min() || !batch.has_event_time_max()) return true;
  return min.seconds() < max.seconds() ||
         (min.seconds() == max.seconds() && min.nanos() <= max.nanos());
}

bool IsSlug(const std::string& text) {
  if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
         std::string::npos;
}

bool IsResourceSlowly(const std::string& id) {
  const size_t dot = id.find('.');
  return id.size() <= 128 && dot != std::string::npos &&
         IsSlug(id.substr(0, dot)) && IsSlug(id.substr(dot + 1));
}

}  // namespace

PlainValue RandomPlainValue(DataType type, std::mt19937_64* random) {
  switch (type) {
    case v1::DATA_TYPE_BOOL:
      return Below(2, random) == 1;
    case v1::DATA_TYPE_INT64:
    case v1::DATA_TYPE_TIMESTAMP:
      return RandomInt64(random);
    case v1::DATA_TYPE_DOUBLE:
      return static_cast<double>(RandomInt64(random)) / 256;
    case v1::DATA_TYPE_DECIMAL128:
      return absl::MakeInt128(RandomInt64(random), (*random)());
    case v1::DATA_TYPE_DATE:
      return static_cast<int32_t>(RandomInt64(random));
    case v1::DATA_TYPE_BYTES: {
      std::string bytes(Below(12, random), '\0');
      for (char& byte : bytes) byte = static_cast<char>(Below(256, random));
      return bytes;
    }
    default:
      return RandomText(random);
  }
}

PlainBatch RandomPlainBatch(std::mt19937_64* random, uint32_t row_count) {
  PlainBatch batch;
  batch.row_count = row_count;
  batch.schema_version = 1 + static_cast<uint32_t>(Below(9, random));
  uint32_t field_id = 0;
  for (const DataType type : kTypes) {
    // No nulls, some, and nothing else.
    for (const uint64_t null_percent : {0, 30, 100}) {
      field_id += 1 + static_cast<uint32_t>(Below(300, random));
      PlainColumn column{field_id, type, {}};
      for (uint32_t row = 0; row < row_count; ++row) {
        column.cells.push_back(Below(100, random) < null_percent
                                   ? PlainCell()
                                   : RandomPlainValue(type, random));
      }
      batch.columns.push_back(std::move(column));
    }
  }
  if (Below(2, random) == 1) {
    for (uint32_t row = 0; row < row_count; ++row) {
      batch.operations.push_back(row == 0 || Below(2, random) == 1
                                     ? v1::OPERATION_DELETE
                                     : v1::OPERATION_UPSERT);
    }
  }
  if (Below(2, random) == 1) {
    batch.event_time_min = absl::FromUnixNanos(-1'500'000'001);
  }
  if (Below(2, random) == 1) {
    batch.event_time_max = absl::FromUnixNanos(1'700'000'000'123'456'789);
  }
  return batch;
}

Column BuildColumn(const PlainColumn& plain) {
  ColumnBuilder builder(plain.field_id, plain.type);
  for (const PlainCell& cell : plain.cells) {
    if (!cell) {
      builder.AppendNull();
      continue;
    }
    switch (plain.type) {
      case v1::DATA_TYPE_BOOL:
        builder.AppendBool(std::get<bool>(*cell));
        break;
      case v1::DATA_TYPE_INT64:
        builder.AppendInt64(std::get<int64_t>(*cell));
        break;
      case v1::DATA_TYPE_DOUBLE:
        builder.AppendDouble(std::get<double>(*cell));
        break;
      case v1::DATA_TYPE_DECIMAL128:
        builder.AppendDecimal(std::get<absl::int128>(*cell));
        break;
      case v1::DATA_TYPE_DATE:
        builder.AppendDate(std::get<int32_t>(*cell));
        break;
      case v1::DATA_TYPE_TIMESTAMP:
        builder.AppendTimestamp(std::get<int64_t>(*cell));
        break;
      default:
        builder.AppendText(AsView(std::get<std::string>(*cell)));
    }
  }
  return builder.Finish();
}

Batch BuildBatch(const PlainBatch& plain) {
  Batch batch;
  batch.resource = plain.resource;
  batch.schema_version = plain.schema_version;
  batch.row_count = plain.row_count;
  for (const PlainColumn& column : plain.columns) {
    batch.columns.push_back(BuildColumn(column));
  }
  std::string operations;
  for (const v1::Operation operation : plain.operations) {
    operations.push_back(static_cast<char>(operation));
  }
  if (!operations.empty()) batch.operations = SharedBytes::Own(operations);
  if (plain.event_time_min) batch.event_time_min = *plain.event_time_min;
  if (plain.event_time_max) batch.event_time_max = *plain.event_time_max;
  return batch;
}

PlainBatch ReadBatch(const Batch& batch) {
  PlainBatch plain;
  plain.resource = batch.resource;
  plain.schema_version = batch.schema_version;
  plain.row_count = batch.row_count;
  for (const Column& column : batch.columns) {
    PlainColumn read{column.field_id, column.type, {}};
    for (uint32_t row = 0; row < column.row_count; ++row) {
      PlainCell cell;
      if (!column.IsNull(row)) {
        switch (column.type) {
          case v1::DATA_TYPE_BOOL:
            cell = column.Bool(row);
            break;
          case v1::DATA_TYPE_INT64:
          case v1::DATA_TYPE_TIMESTAMP:
            cell = column.Value<int64_t>(row);
            break;
          case v1::DATA_TYPE_DOUBLE:
            cell = column.Value<double>(row);
            break;
          case v1::DATA_TYPE_DECIMAL128:
            cell = column.Value<absl::int128>(row);
            break;
          case v1::DATA_TYPE_DATE:
            cell = column.Value<int32_t>(row);
            break;
          default:
            cell = std::string(column.Text(row));
        }
      }
      read.cells.push_back(std::move(cell));
    }
    plain.columns.push_back(std::move(read));
  }
  for (const char operation : batch.operations.view()) {
    plain.operations.push_back(static_cast<v1::Operation>(operation));
  }
  if (batch.event_time_min != absl::InfinitePast()) {
    plain.event_time_min = batch.event_time_min;
  }
  if (batch.event_time_max != absl::InfiniteFuture()) {
    plain.event_time_max = batch.event_time_max;
  }
  return plain;
}

std::string SerializeSlowly(const PlainBatch& plain) {
  v1::RecordBatch message;
  message.set_resource(plain.resource);
  message.set_schema_version(plain.schema_version);
  message.set_row_count(plain.row_count);
  std::string body;
  for (const PlainColumn& column : plain.columns) {
    const Buffers buffers = BuffersOf(column);
    v1::Column* descriptor = message.add_columns();
    descriptor->set_field_id(column.field_id);
    descriptor->set_type(column.type);
    descriptor->set_null_count(buffers.null_count);
    AddBuffer(
        buffers.validity, &body,
        [](void* owner) {
          return static_cast<v1::Column*>(owner)->mutable_validity();
        },
        descriptor);
    AddBuffer(
        buffers.offsets, &body,
        [](void* owner) {
          return static_cast<v1::Column*>(owner)->mutable_offsets();
        },
        descriptor);
    AddBuffer(
        buffers.data, &body,
        [](void* owner) {
          return static_cast<v1::Column*>(owner)->mutable_data();
        },
        descriptor);
  }
  std::string operations;
  for (const v1::Operation operation : plain.operations) {
    operations.push_back(static_cast<char>(operation));
  }
  AddBuffer(
      operations, &body,
      [](void* owner) {
        return static_cast<v1::RecordBatch*>(owner)->mutable_operations();
      },
      &message);
  if (plain.event_time_min) {
    SetTimestamp(*plain.event_time_min, message.mutable_event_time_min());
  }
  if (plain.event_time_max) {
    SetTimestamp(*plain.event_time_max, message.mutable_event_time_max());
  }
  message.set_body(body);
  return message.SerializeAsString();
}

bool IsValidSlowly(const std::string& message) {
  if (message.size() > 900'000) return false;
  v1::RecordBatch batch;
  if (!batch.ParseFromString(message)) return false;
  if (!IsResourceSlowly(batch.resource()) || batch.schema_version() == 0) {
    return false;
  }
  const uint32_t rows = batch.row_count();
  if (rows == 0 || rows > 65'536) return false;
  if (batch.columns_size() == 0 || batch.columns_size() > 512) return false;
  BodyWalk walk(batch.body());
  uint32_t previous = 0;
  for (const v1::Column& column : batch.columns()) {
    if (column.field_id() <= previous) return false;
    previous = column.field_id();
    if (!IsValidColumn(column, rows, &walk)) return false;
  }
  const std::string operations = walk.Take(batch.operations());
  if (!walk.good() || !walk.at_end()) return false;
  if (!operations.empty() && operations.size() != rows) return false;
  for (const char operation : operations) {
    if (operation != 1 && operation != 2) return false;
  }
  return AreValidTimes(batch);
}

}  // namespace sluice::records
