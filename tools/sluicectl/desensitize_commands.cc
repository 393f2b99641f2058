// sluicectl desensitizers, desensitize and open-tokens: what treatments there
// are, what one makes of values before it stands in an agreement, and the way
// back from tokens.
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/endian.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/crypto/aes_siv.h"
#include "libs/crypto/random.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/operator_list.h"
#include "libs/desensitize/semantic_examples.h"
#include "libs/desensitize/semantics.h"
#include "libs/desensitize/token_text.h"
#include "libs/desensitize/typed_lines.h"
#include "libs/predicate/pin_fields.h"
#include "libs/records/batch_builder.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using catalog::v1::Field;
using cli::Cell;
using desensitize::OperatorDescription;
using desensitize::OperatorKeys;
using desensitize::SemanticExample;
using desensitize::Treatment;

constexpr uint32_t kColumnRows = 4096;
constexpr size_t kSecretBytes = 32;

struct Trial {
  std::string treatment;
  std::string type = "STRING";
  std::string level;
  std::string key_hex;
  std::string tweak_hex;
  uint32_t scale = 2;
};

// The field of the trial's records, which have no other.
constexpr char kFieldName[] = "value";
constexpr uint32_t kFieldId = 1;

absl::StatusOr<Treatment> ParseTreatment(absl::string_view text,
                                         const Field& field) {
  Treatment treatment;
  RETURN_IF_ERROR(config::ParseYamlConfig(text, "--treatment", &treatment));
  const auto missing = predicate::PinFields(desensitize::ResourceOf(field),
                                            "--treatment", &treatment);
  if (missing.empty()) return treatment;
  return FieldError(status::v1::REASON_CODE_UNKNOWN_FIELD,
                    AsView(missing.front().path),
                    absl::StrCat("the one field there is here is named ",
                                 kFieldName, ": write the condition on it"));
}

// Keys for this run alone.
OperatorKeys MadeUpKeys() {
  OperatorKeys keys;
  keys.pseudonym_secret = crypto::RandomBytes(kSecretBytes);
  keys.token_secret = crypto::RandomBytes(kSecretBytes);
  keys.token_version = 1;
  keys.shared_domain = [secret = crypto::RandomBytes(kSecretBytes)](
                           absl::string_view) { return secret; };
  return keys;
}

std::string Preserves(const desensitize::Preserved& preserved) {
  std::string text;
  const auto add = [&text](bool is, absl::string_view what) {
    if (is) absl::StrAppend(&text, text.empty() ? "" : ", ", what);
  };
  add(preserved.length, "length");
  add(preserved.format, "format");
  add(preserved.equality, "equality");
  add(preserved.order, "order");
  return text;
}

// The line that `value` becomes.
absl::StatusOr<std::string> Become(absl::string_view value,
                                   const Treatment& resolved,
                                   const Field& field, uint32_t scale,
                                   const OperatorKeys& keys) {
  ASSIGN_OR_RETURN(const auto compiled,
                   desensitize::CompileOperator(resolved, field, keys));
  records::ColumnBuilder builder(kFieldId, field.type());
  RETURN_IF_ERROR(
      desensitize::AppendLine(value, field.type(), scale, &builder));
  return desensitize::LineOf(compiled->Apply(builder.Finish()).column, 0,
                             scale);
}

absl::StatusOr<std::string> ExampleOf(const OperatorDescription& each,
                                      const OperatorKeys& keys) {
  Field field;
  field.set_id(kFieldId);
  field.set_name(kFieldName);
  field.set_type(each.type);
  ASSIGN_OR_RETURN(const Treatment treatment,
                   ParseTreatment(each.treatment, field));
  ASSIGN_OR_RETURN(
      const Treatment resolved,
      desensitize::ResolveTreatment(treatment, field, "treatment"));
  return Become(each.value, resolved, field, 0, keys);
}

absl::Status ListOperators(const cli::Invocation& invocation,
                           const OperatorKeys& keys) {
  const auto writer = cli::MakeOutput(invocation, {{"name"},
                                                   {"strength"},
                                                   {"preserves"},
                                                   {"may_be_null"},
                                                   {"value"},
                                                   {"becomes"},
                                                   {"treatment"}});
  for (const OperatorDescription& each : desensitize::AllOperators()) {
    ASSIGN_OR_RETURN(const std::string example, ExampleOf(each, keys));
    Cell may_be_null;
    may_be_null.SetBool(each.may_be_null);
    writer->Write({Cell::Text(each.name),
                   Cell::Text(desensitize::StrengthWord(each.strength)),
                   Cell::Text(Preserves(each.preserved)), may_be_null,
                   Cell::Text(each.value), Cell::Text(example),
                   Cell::Text(each.treatment)});
  }
  return writer->Flush();
}

// What `mask: {}` stands for at a level, and what it makes of an example.
absl::Status WriteDefault(const SemanticExample& example,
                          catalog::v1::Sensitivity level,
                          absl::string_view level_text,
                          const OperatorKeys& keys, cli::RowWriter* writer) {
  Field field;
  field.set_name("example");
  field.set_type(example.type);
  field.set_scale(desensitize::kExampleScale);
  field.set_semantic_type(example.meaning);
  field.set_sensitivity(level);
  Treatment bare;
  bare.mutable_mask();
  ASSIGN_OR_RETURN(const Treatment resolved,
                   desensitize::ResolveTreatment(bare, field, "treatment"));
  ASSIGN_OR_RETURN(
      const std::string becomes,
      Become(example.value, resolved, field, desensitize::kExampleScale, keys));
  writer->Write({Cell::Text(desensitize::SemanticTypeName(example.meaning)),
                 Cell::Text(level_text),
                 Cell::Text(AsView(desensitize::TreatmentName(resolved))),
                 Cell::Text(example.value), Cell::Text(AsView(becomes))});
  return absl::OkStatus();
}

absl::Status ListDefaults(const cli::Invocation& invocation,
                          const OperatorKeys& keys) {
  const auto writer = cli::MakeOutput(invocation, {{"semantic_type"},
                                                   {"level"},
                                                   {"mask_stands_for"},
                                                   {"value"},
                                                   {"becomes"}});
  for (const SemanticExample& example : desensitize::SemanticExamples()) {
    RETURN_IF_ERROR(WriteDefault(example, catalog::v1::SENSITIVITY_L3_SENSITIVE,
                                 "L1-L3", keys, writer.get()));
    RETURN_IF_ERROR(WriteDefault(example,
                                 catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE,
                                 "L4", keys, writer.get()));
  }
  return writer->Flush();
}

// For a program, which reads one table at a time, the operators alone.
absl::Status List(const cli::Invocation& invocation, bool defaults_only) {
  const OperatorKeys keys = MadeUpKeys();
  if (defaults_only) return ListDefaults(invocation, keys);
  RETURN_IF_ERROR(ListOperators(invocation, keys));
  if (invocation.output != cli::OutputFormat::kTable) return absl::OkStatus();
  std::cout << '\n';
  return ListDefaults(invocation, keys);
}

// A data type, or a semantic type in the column it usually stands in.
absl::StatusOr<Field> FieldOfType(const Trial& trial) {
  const std::string name = absl::AsciiStrToUpper(AsView(trial.type));
  Field field;
  field.set_id(kFieldId);
  field.set_name(kFieldName);
  field.set_scale(trial.scale);
  records::DataType type = records::v1::DATA_TYPE_STRING;
  catalog::v1::SemanticType meaning = catalog::v1::SEMANTIC_TYPE_UNSPECIFIED;
  if (catalog::v1::SemanticType_Parse(absl::StrCat("SEMANTIC_TYPE_", name),
                                      &meaning)) {
    field.set_semantic_type(meaning);
    for (const SemanticExample& example : desensitize::SemanticExamples()) {
      if (example.meaning == meaning) type = example.type;
    }
  } else if (!records::v1::DataType_Parse(absl::StrCat("DATA_TYPE_", name),
                                          &type)) {
    return cli::UsageError(
        "--type takes a data type such as STRING, INT64 or DATE, or a semantic "
        "type such as RESIDENT_ID or PHONE");
  }
  field.set_type(type);
  if (!trial.level.empty()) {
    // --level has let pass L1 to L4 alone.
    field.set_sensitivity(
        static_cast<catalog::v1::Sensitivity>(trial.level[1] - '0'));
  }
  return field;
}

absl::StatusOr<OperatorKeys> KeysOf(const Trial& trial) {
  if (trial.key_hex.empty()) {
    if (trial.tweak_hex.empty()) return MadeUpKeys();
    return cli::UsageError("--tweak-hex goes with --key-hex, which is missing");
  }
  const auto key = HexDecode(AsView(trial.key_hex));
  const auto tweak = HexDecode(AsView(trial.tweak_hex));
  if (!key.ok() || !tweak.ok()) {
    return cli::UsageError("--key-hex and --tweak-hex take hex digits");
  }
  OperatorKeys keys;
  keys.trial = OperatorKeys::Trial{*key, *tweak};
  return keys;
}

// Treats the lines of one column after the other; adds up what could not be.
class LineTreater {
 public:
  LineTreater(Field field, Field after,
              std::unique_ptr<const desensitize::Operator> op)
      : field_(std::move(field)), after_(std::move(after)), op_(std::move(op)) {
    builder_.emplace(kFieldId, field_.type());
  }

  absl::Status Add(const std::string& line) {
    ++lines_;
    RETURN_IF_ERROR(
        Annotate(desensitize::AppendLine(AsView(line), field_.type(),
                                         field_.scale(), &*builder_),
                 absl::StrCat("line ", lines_)));
    if (++rows_ == kColumnRows) Flush();
    return absl::OkStatus();
  }

  absl::Status Finish() {
    Flush();
    if (untreatable_ == 0) return absl::OkStatus();
    return Error(status::v1::REASON_CODE_VALUE_UNTREATABLE,
                 absl::StrCat(untreatable_, " of ", lines_,
                              " values could not be treated and became null"));
  }

 private:
  void Flush() {
    const desensitize::Treated treated = op_->Apply(builder_->Finish());
    for (uint32_t row = 0; row < treated.column.row_count; ++row) {
      std::cout << desensitize::LineOf(treated.column, row, after_.scale())
                << '\n';
    }
    untreatable_ += treated.untreatable;
    rows_ = 0;
    builder_.emplace(kFieldId, field_.type());
  }

  const Field field_;
  const Field after_;
  const std::unique_ptr<const desensitize::Operator> op_;
  std::optional<records::ColumnBuilder> builder_;
  uint32_t rows_ = 0;
  uint64_t lines_ = 0;
  uint64_t untreatable_ = 0;
};

struct Opening {
  std::string key_file;
  std::string type = "STRING";
};

absl::StatusOr<std::string> ReadTokenKey(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadPrivateFile(path));
  const auto key = HexDecode(absl::StripAsciiWhitespace(AsView(text)));
  if (!key.ok() || key->size() != kSecretBytes) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(path, " is no key: it holds 64 hex digits"));
  }
  return *key;
}

// The value of `type` that `bytes`, of an opened token, are; as a line.
absl::StatusOr<std::string> LineOfBytes(records::DataType type,
                                        const std::string& bytes) {
  records::ColumnBuilder builder(1, type);
  if (records::IsText(type)) {
    builder.AppendText(AsView(bytes));
  } else if (type == records::v1::DATA_TYPE_INT64 &&
             bytes.size() == sizeof(int64_t)) {
    builder.AppendInt64(static_cast<int64_t>(LoadBig64(bytes.data())));
  } else if (type == records::v1::DATA_TYPE_DATE &&
             bytes.size() == sizeof(int32_t)) {
    builder.AppendDate(static_cast<int32_t>(LoadBig32(bytes.data())));
  } else {
    return cli::UsageError("--type takes STRING, BYTES, INT64 or DATE");
  }
  return desensitize::LineOf(builder.Finish(), 0, 0);
}

absl::Status OpenTokens(const Opening& opening) {
  ASSIGN_OR_RETURN(const std::string secret, ReadTokenKey(opening.key_file));
  records::DataType type = records::v1::DATA_TYPE_UNSPECIFIED;
  records::v1::DataType_Parse(
      absl::StrCat("DATA_TYPE_", absl::AsciiStrToUpper(AsView(opening.type))),
      &type);
  const crypto::AesSiv siv(AsView(desensitize::TokenKey(AsView(secret))));
  uint64_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    // An empty text was never encrypted.
    if (!line.empty()) {
      const auto bytes = desensitize::OpenToken(siv, type, AsView(line));
      RETURN_IF_ERROR(Annotate(bytes.status(), absl::StrCat("line ", number)));
      ASSIGN_OR_RETURN(line, LineOfBytes(type, *bytes));
    }
    std::cout << line << '\n';
  }
  return absl::OkStatus();
}

absl::Status Desensitize(const Trial& trial) {
  ASSIGN_OR_RETURN(Field field, FieldOfType(trial));
  ASSIGN_OR_RETURN(const Treatment treatment,
                   ParseTreatment(AsView(trial.treatment), field));
  ASSIGN_OR_RETURN(
      const Treatment resolved,
      desensitize::ResolveTreatment(treatment, field, "treatment"));
  ASSIGN_OR_RETURN(const OperatorKeys keys, KeysOf(trial));
  ASSIGN_OR_RETURN(auto compiled,
                   desensitize::CompileOperator(resolved, field, keys));
  const Field after = desensitize::FieldAfter(resolved, field);
  LineTreater treater(std::move(field), after, std::move(compiled));
  for (std::string line; std::getline(std::cin, line);) {
    RETURN_IF_ERROR(treater.Add(line));
  }
  return treater.Finish();
}

}  // namespace

void AddDesensitizeCommands(CLI::App* app, cli::Invocation* invocation) {
  auto defaults_only = std::make_shared<bool>(false);
  cli::AddCommand(
      app, "desensitizers",
      "The treatments there are, with what each preserves, how strong it is, "
      "and an example; below them what a bare `mask` stands for (jsonl, csv: "
      "the treatments alone)",
      "  sluicectl desensitizers\n"
      "  sluicectl desensitizers --output jsonl\n"
      "  sluicectl desensitizers --defaults --output csv",
      invocation,
      [invocation, defaults_only] { return List(*invocation, *defaults_only); })
      ->add_flag("--defaults", *defaults_only,
                 "Only what a bare `mask` stands for");

  auto trial = std::make_shared<Trial>();
  CLI::App* const desensitize = cli::AddCommand(
      app, "desensitize",
      "What a treatment makes of the lines of standard input; a value it "
      "cannot take becomes null",
      "  echo 13812345678 | sluicectl desensitize --treatment '{mask: {}}' "
      "--type PHONE\n"
      "  echo 0123456789 | sluicectl desensitize \\\n"
      "    --treatment '{\"fpe\": {\"alphabet\": \"DIGITS\"}}' \\\n"
      "    --key-hex 2B7E151628AED2A6ABF7158809CF4F3C",
      invocation, [trial] { return Desensitize(*trial); });
  desensitize
      ->add_option("--treatment", trial->treatment,
                   "As in an agreement, in JSON or YAML; conditions are on the "
                   "field `value`")
      ->required();
  desensitize->add_option("--type", trial->type,
                          "Data type or semantic type of the values (default "
                          "STRING)");
  desensitize
      ->add_option("--level", trial->level,
                   "Sensitivity of the field, L1 to L4: decides what a bare "
                   "`mask` stands for")
      ->check(CLI::IsMember({"L1", "L2", "L3", "L4"}));
  desensitize->add_option("--scale", trial->scale,
                          "Decimals of DECIMAL128 values (default 2)");
  desensitize->add_option("--key-hex", trial->key_hex,
                          "The operator's key itself; without it one is made "
                          "up for this run");
  desensitize->add_option("--tweak-hex", trial->tweak_hex,
                          "The tweak of fpe over an alphabet");

  auto opening = std::make_shared<Opening>();
  CLI::App* const open_tokens = cli::AddCommand(
      app, "open-tokens",
      "The values that the tokens on the lines of standard input stand for",
      "  sluicectl open-tokens --key token/grid-people/1.key < tokens.txt",
      invocation, [opening] { return OpenTokens(*opening); });
  open_tokens
      ->add_option("--key", opening->key_file,
                   "File of the token key the tokens were made under")
      ->required();
  open_tokens->add_option("--type", opening->type,
                          "Data type of the values (default STRING)");
}

}  // namespace sluice::sluicectl
