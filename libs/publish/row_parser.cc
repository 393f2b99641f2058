#include "libs/publish/row_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/endian.h"
#include "libs/base/status.h"
#include "libs/publish/header_match.h"

namespace sluice::publish {
namespace {

// Decoding at most doubles a text, and base64 of it is shorter still.
constexpr size_t kScratchBytesPerRowByte = 3;

bool IsAscii(absl::string_view text) {
  constexpr uint64_t kHighBits = 0x8080'8080'8080'8080;
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= text.size(); i += sizeof(uint64_t)) {
    seen |= LoadLittle<uint64_t>(text.data() + i);
  }
  for (; i < text.size(); ++i) {
    seen |= static_cast<uint64_t>(static_cast<uint8_t>(text[i]));
  }
  return (seen & kHighBits) == 0;
}

// Fields of the resource, ascending by id.
std::vector<const catalog::v1::Field*> FieldsById(
    const catalog::v1::Resource& resource) {
  std::vector<const catalog::v1::Field*> fields;
  for (const catalog::v1::Field& field : resource.fields()) {
    fields.push_back(&field);
  }
  std::sort(fields.begin(), fields.end(),
            [](const auto* a, const auto* b) { return a->id() < b->id(); });
  return fields;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RowParser>> RowParser::Create(
    const catalog::v1::Resource& resource, const CsvRow& header,
    TextEncoding encoding) {
  if (!header.problem.empty()) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat("its header line is broken: ", header.problem));
  }
  std::unique_ptr<Gb18030Decoder> decoder;
  if (encoding == TextEncoding::kGb18030) {
    ASSIGN_OR_RETURN(decoder, Gb18030Decoder::Open());
  }
  std::unique_ptr<RowParser> parser(
      new RowParser(encoding, std::move(decoder)));
  std::vector<std::string> columns;
  for (const CsvField& field : header.fields) {
    absl::string_view name;
    parser->scratch_.clear();
    // A name that cannot be decoded is no field's.
    columns.push_back(parser->Decode(field.text, &name) ? std::string(name)
                                                        : std::string());
  }
  const std::vector<const catalog::v1::Field*> fields = FieldsById(resource);
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const catalog::v1::Field* field : fields) names.push_back(field->name());
  ASSIGN_OR_RETURN(const std::vector<size_t> matches,
                   MatchHeader(columns, names));
  parser->values_.resize(fields.size());
  for (const size_t slot : matches) {
    parser->columns_.push_back({records::ValueRule(*fields[slot]), slot});
  }
  return parser;
}

bool RowParser::Parse(const CsvRow& row, std::string* problem) {
  if (row.fields.size() != columns_.size()) {
    *problem = absl::StrCat("has ", row.fields.size(),
                            " values where the header names ", columns_.size(),
                            " columns: put values that hold commas in quotes");
    return false;
  }
  const size_t nul = row.raw.find('\0');
  if (nul != absl::string_view::npos) {
    *problem = absl::StrCat("a zero byte at byte ", nul + 1,
                            " of the record: write the file as text");
    return false;
  }
  scratch_.clear();
  const bool ascii = IsAscii(row.raw);
  if (!ascii) scratch_.reserve(kScratchBytesPerRowByte * row.raw.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const CsvField& field = row.fields[i];
    records::Value* value = &values_[column.slot];
    if (field.text.empty() && !field.quoted) {
      if (column.rule.required) {
        *problem = absl::StrCat("field ", column.rule.name, " (column ", i + 1,
                                ") is required and has no value");
        return false;
      }
      value->is_null = true;
      continue;
    }
    absl::string_view text = field.text;
    if (!ascii && !Decode(field.text, &text)) {
      *problem = EncodingProblem(row);
      return false;
    }
    if (column.rule.type == records::v1::DATA_TYPE_BYTES) {
      scratch_.reserve(kScratchBytesPerRowByte * row.raw.size());
    }
    const char* wrong =
        records::ParseValue(column.rule, text, &scratch_, value);
    if (wrong != nullptr) {
      *problem = absl::StrCat("field ", column.rule.name, " (column ", i + 1,
                              ") ", wrong);
      return false;
    }
  }
  return true;
}

bool RowParser::Decode(absl::string_view text, absl::string_view* utf8) {
  if (encoding_ == TextEncoding::kUtf8) {
    *utf8 = text;
    return IsValidUtf8(text);
  }
  const size_t begin = scratch_.size();
  if (decoder_->Decode(text, &scratch_) != text.size()) return false;
  *utf8 = absl::string_view(scratch_.data() + begin, scratch_.size() - begin);
  return true;
}

std::string RowParser::EncodingProblem(const CsvRow& row) {
  if (encoding_ == TextEncoding::kGb18030) {
    std::string decoded;
    return absl::StrCat("broken GB18030 at byte ",
                        decoder_->Decode(row.raw, &decoded) + 1,
                        " of the record: write the file anew, or correct the "
                        "source's encoding");
  }
  size_t at = 0;
  while (at < row.raw.size()) {
    const size_t length = Utf8CharacterLength(row.raw.substr(at));
    if (length == 0) break;
    at += length;
  }
  return absl::StrCat("broken UTF-8 at byte ", at + 1,
                      " of the record: write the file as UTF-8, or set the "
                      "source's encoding");
}

}  // namespace sluice::publish
