// Rows of a CSV file as typed records of a resource.
#ifndef SLUICE_LIBS_PUBLISH_ROW_PARSER_H_
#define SLUICE_LIBS_PUBLISH_ROW_PARSER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/publish/csv_reader.h"
#include "libs/publish/gb18030.h"
#include "libs/records/text_value.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::publish {

enum class TextEncoding { kUtf8, kGb18030 };

// Not thread-safe.
class RowParser {
 public:
  // Matches the columns of `header` to the fields of `resource`. MALFORMED
  // naming every column that is missing, unknown or there twice; it never
  // repeats what the header says, which is a record's values where the header
  // line was forgotten.
  static absl::StatusOr<std::unique_ptr<RowParser>> Create(
      const catalog::v1::Resource& resource, const CsvRow& header,
      TextEncoding encoding);

  size_t column_count() const { return columns_.size(); }

  // Parses a good row of the reader into values(). False, and what is wrong in
  // `problem`, for a row that breaks a rule; never with a byte of it.
  bool Parse(const CsvRow& row, std::string* problem);

  // A value for each field of the resource, ascending by field id. They hold
  // until the next Parse, and no longer than the row.
  const std::vector<records::Value>& values() const { return values_; }

 private:
  // The field a column of the file belongs to.
  struct Column {
    records::ValueRule rule;
    size_t slot;  // in values_
  };

  RowParser(TextEncoding encoding, std::unique_ptr<Gb18030Decoder> decoder)
      : encoding_(encoding), decoder_(std::move(decoder)) {}

  // The text of a field as UTF-8, in `row` or in scratch_. False if it is
  // broken.
  bool Decode(absl::string_view text, absl::string_view* utf8);
  std::string EncodingProblem(const CsvRow& row);

  const TextEncoding encoding_;
  const std::unique_ptr<Gb18030Decoder> decoder_;  // of GB18030 alone
  std::vector<Column> columns_;                    // as they stand in the file
  std::vector<records::Value> values_;
  // What values of one row were decoded to. Has room for all of them before the
  // first, so that views into it hold.
  std::string scratch_;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_ROW_PARSER_H_
