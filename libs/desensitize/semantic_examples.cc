#include "libs/desensitize/semantic_examples.h"

namespace sluice::desensitize {

const std::vector<SemanticExample>& SemanticExamples() {
  using namespace catalog::v1;  // NOLINT: names of one proto package
  using records::v1::DATA_TYPE_DATE;
  using records::v1::DATA_TYPE_DECIMAL128;
  using records::v1::DATA_TYPE_STRING;
  static const auto* const all = new std::vector<SemanticExample>{
      {SEMANTIC_TYPE_RESIDENT_ID, DATA_TYPE_STRING, "11010519491231002X"},
      {SEMANTIC_TYPE_USCC, DATA_TYPE_STRING, "91350100M000100Y43"},
      {SEMANTIC_TYPE_DIVISION_CODE, DATA_TYPE_STRING, "110105001001"},
      {SEMANTIC_TYPE_PERSON_NAME, DATA_TYPE_STRING, "王小明"},
      {SEMANTIC_TYPE_PHONE, DATA_TYPE_STRING, "13812345678"},
      {SEMANTIC_TYPE_ADDRESS, DATA_TYPE_STRING,
       "浙江省杭州市西湖区文二西路1号"},
      {SEMANTIC_TYPE_BIRTH_DATE, DATA_TYPE_DATE, "1987-08-23"},
      {SEMANTIC_TYPE_SEX, DATA_TYPE_STRING, "女"},
      {SEMANTIC_TYPE_BANK_CARD, DATA_TYPE_STRING, "4111111111111111"},
      {SEMANTIC_TYPE_EMAIL, DATA_TYPE_STRING, "zhang.wei@example.com"},
      {SEMANTIC_TYPE_PLATE, DATA_TYPE_STRING, "京A12345"},
      {SEMANTIC_TYPE_PASSPORT, DATA_TYPE_STRING, "E12345678"},
      {SEMANTIC_TYPE_ICD10, DATA_TYPE_STRING, "J45.900"},
      {SEMANTIC_TYPE_AMOUNT, DATA_TYPE_DECIMAL128, "1234.50"},
      {SEMANTIC_TYPE_POINT, DATA_TYPE_STRING, "116.397128,39.916527"},
  };
  return *all;
}

}  // namespace sluice::desensitize
