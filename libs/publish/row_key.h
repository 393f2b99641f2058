// The partition a record belongs to, from its values.
#ifndef SLUICE_LIBS_PUBLISH_ROW_KEY_H_
#define SLUICE_LIBS_PUBLISH_ROW_KEY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "libs/records/batch.h"
#include "libs/records/text_value.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::publish {

// Not thread-safe.
class RowKey {
 public:
  explicit RowKey(const catalog::v1::Resource& resource);
  RowKey(const RowKey&) = delete;
  RowKey& operator=(const RowKey&) = delete;

  // Whether the resource has a key.
  bool empty() const { return fields_.empty(); }

  // The canonical bytes of records::RecordKey. `values` are ascending by field
  // id.
  std::string Of(const std::vector<records::Value>& values);

 private:
  // A column of one row that refers to value and offsets beside it.
  struct KeyField {
    size_t slot = 0;
    char value[16] = {};
    int32_t offsets[2] = {};
    records::Column column;
  };

  static void SetColumn(const records::Value& value, KeyField* field);

  std::vector<KeyField> fields_;
  std::vector<const records::Column*> columns_;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_ROW_KEY_H_
