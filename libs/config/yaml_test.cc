#include "libs/config/yaml.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "google/rpc/error_details.pb.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "sluice/agreement/v1/predicate.pb.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::config {
namespace {

// The message of the error that `text` gives as a `T`; "OK" if it gives none.
template <typename T>
std::string ErrorOf(absl::string_view text) {
  T message;
  const absl::Status status = ParseYamlConfig(text, "f.yaml", &message);
  return status.ok() ? "OK" : std::string(status.message());
}

template <typename T>
T Read(absl::string_view text) {
  T message;
  const absl::Status status = ParseYamlConfig(text, "f.yaml", &message);
  INFO(status.message());
  REQUIRE(status.ok());
  return message;
}

template <typename T>
ReasonCode ReasonIn(absl::string_view text) {
  T message;
  return ReasonOf(ParseYamlConfig(text, "f.yaml", &message));
}

std::string ClientError(absl::string_view text) {
  return ErrorOf<v1::ClientConfig>(text);
}

constexpr char kClient[] = R"(servers: [localhost:7000]
ca_file: ca.pem
tls:
  cert_file: client.pem
  key_file: client.key
)";

TEST_CASE("A client's configuration is read") {
  const auto config = Read<v1::ClientConfig>(kClient);
  CHECK(config.servers(0) == "localhost:7000");
  CHECK(config.ca_file() == "ca.pem");
  CHECK(config.tls().cert_file() == "client.pem");
  CHECK(config.tls().key_file() == "client.key");
  CHECK(config.signing_key_file().empty());
}

TEST_CASE(
    "A standalone configuration is read, with comments, lists and enums") {
  const auto config = Read<v1::StandaloneConfig>(R"(%YAML 1.2
---
# All there is.
data_dir: /var/lib/sluice
trust:
  trust_domain: county.example
  ca_file: "ca.pem"
  departments:
    - {id: civil-affairs, name: 民政局}
    - id: health
      name: '卫健委'
  officer_department: data-bureau
broker:
  listen: "[::1]:0"
  tls: {cert_file: b.pem, key_file: b.key}
  streams_max: 100
  drain_ms: 0
adapters:
- department: civil-affairs
  resource_dir: resources
  scan_interval_ms: 86400000
metrics: {}
log: {format: json, level: WARN}
...
)");
  CHECK(config.trust().departments_size() == 2);
  CHECK(config.trust().departments(0).name() == "民政局");
  CHECK(config.trust().departments(1).name() == "卫健委");
  CHECK(config.broker().listen() == "[::1]:0");
  CHECK(config.broker().streams_max() == 100);
  CHECK(config.adapters(0).scan_interval_ms() == 86'400'000);
  CHECK(config.has_metrics());
  CHECK(config.log().format() == v1::LogConfig::JSON);
  CHECK(config.log().level() == v1::LogConfig::WARN);
}

TEST_CASE("A resource file is read, enums with and without their prefix") {
  const auto file = Read<v1::ResourceFile>(R"(
resource:
  id: civil-affairs.divisions
  kind: RESOURCE_KIND_STATE
  key: [code]
  title: 行政区划
  sharing_type: unconditional
  published: 2026-03-31
  code: 0123
  fields:
    - {id: 1, name: code, type: DATA_TYPE_STRING, required: true,
       semantic_type: DIVISION_CODE, sensitivity: l1_public}
    - {id: 2, name: count, type: INT64, required: false, sensitivity: L2_INTERNAL}
    - {id: 3, name: since, type: date, sensitivity: core}
source:
  csv:
    path: divisions.csv
    encoding: gb18030
)");
  CHECK(file.resource().kind() == catalog::v1::RESOURCE_KIND_STATE);
  CHECK(file.resource().sharing_type() ==
        catalog::v1::SHARING_TYPE_UNCONDITIONAL);
  CHECK(file.resource().key(0) == "code");
  CHECK(file.resource().published() == "2026-03-31");
  CHECK(file.resource().code() == "0123");
  REQUIRE(file.resource().fields_size() == 3);
  CHECK(file.resource().fields(0).type() == records::v1::DATA_TYPE_STRING);
  CHECK(file.resource().fields(0).required());
  CHECK(file.resource().fields(0).semantic_type() ==
        catalog::v1::SEMANTIC_TYPE_DIVISION_CODE);
  CHECK(file.resource().fields(0).sensitivity() ==
        catalog::v1::SENSITIVITY_L1_PUBLIC);
  CHECK(file.resource().fields(1).type() == records::v1::DATA_TYPE_INT64);
  CHECK_FALSE(file.resource().fields(1).required());
  CHECK(file.resource().fields(2).type() == records::v1::DATA_TYPE_DATE);
  CHECK(file.resource().fields(2).sensitivity() ==
        catalog::v1::SENSITIVITY_CORE);
  CHECK(file.source().csv().path() == "divisions.csv");
  CHECK(file.source().csv().encoding() == "gb18030");
}

constexpr char kAgreementHead[] = R"(id: grid-people
resource: civil-affairs.people
purpose: relief
legal_basis: decision 12
)";

TEST_CASE("An agreement file is read, with a treatment for each field") {
  const auto file = Read<v1::AgreementFile>(std::string(kAgreementHead) +
                                            R"(modes: [subscribe]
on_untreatable: refuse_batch
fields:
  name: {mask: {}}
  id_number: {pseudonym: {format: HEX, length: 32}}
  phone: {mask: {phone: {}, symbol: "#"}}
  born: {generalize: {date: {unit: year}}}
  division: {generalize: {division: {level: CITY}}}
  note: {withhold: {}}
  sex: {keep: {}}
)");
  REQUIRE(file.fields_size() == 7);
  CHECK(file.modes(0) == agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  CHECK(file.on_untreatable() == agreement::v1::ON_UNTREATABLE_REFUSE_BATCH);
  CHECK(file.fields().at("name").has_mask());
  CHECK(file.fields().at("name").mask().rule_case() ==
        agreement::v1::Mask::RULE_NOT_SET);
  CHECK(file.fields().at("id_number").pseudonym().format() ==
        agreement::v1::Pseudonym::HEX);
  CHECK(file.fields().at("id_number").pseudonym().length() == 32);
  CHECK(file.fields().at("phone").mask().has_phone());
  CHECK(file.fields().at("phone").mask().symbol() == "#");
  CHECK(file.fields().at("born").generalize().date().unit() ==
        agreement::v1::DatePart::YEAR);
  CHECK(file.fields().at("division").generalize().division().level() ==
        agreement::v1::DivisionLevel::CITY);
  CHECK(file.fields().at("note").has_withhold());
  CHECK(file.fields().at("sex").has_keep());
}

TEST_CASE("A message may be written as the single value that stands for it") {
  using agreement::v1::Predicate;
  const auto predicate = Read<Predicate>(
      "all:\n  of:\n"
      "    - compare: {field: age, is: less, value: 14}\n"
      "    - is_null: {field: {name: guardian}}\n"
      "    - prefix: {field: \"town\", prefix: \"33\"}\n");
  CHECK(predicate.all().of(0).compare().field().name() == "age");
  CHECK(predicate.all().of(0).compare().field().id() == 0);
  CHECK(predicate.all().of(0).compare().value() == "14");
  CHECK(predicate.all().of(1).is_null().field().name() == "guardian");
  CHECK(predicate.all().of(2).prefix().field().name() == "town");
  CHECK(ErrorOf<Predicate>("is_null: {field: [age]}") ==
        "f.yaml:1:18: is_null.field: is a list, not a mapping; write fields as "
        "`name: value`, or {} for none");
  CHECK(ErrorOf<Predicate>("is_null: {field: \"\"}") ==
        "f.yaml:1:11: is_null.field.name: is missing; give it a value");
  // Others have no such value.
  CHECK(ErrorOf<Predicate>("not: age") ==
        "f.yaml:1:6: not: is a single value, not a mapping; write fields as "
        "`name: value`, or {} for none");
}

TEST_CASE("Times are RFC 3339 and bytes are base64") {
  const auto command = Read<registry::v1::Command>(R"(
id: 0123456789abcdef
genesis_digest: AAEC/w==
issued_at: 2026-03-31T08:00:00.25+08:00
)");
  CHECK(command.genesis_digest() == std::string("\x00\x01\x02\xFF", 4));
  CHECK(command.issued_at().seconds() == 1774915200);
  CHECK(command.issued_at().nanos() == 250'000'000);
  const auto early = Read<registry::v1::Command>(
      "id: 0123456789abcdef\nissued_at: \"1969-12-31T23:59:59.5Z\"\n");
  CHECK(early.issued_at().seconds() == -1);
  CHECK(early.issued_at().nanos() == 500'000'000);

  for (const char* bad :
       {"2026-03-31", "infinite-future", "1774915200", "2026-02-30T00:00:00Z",
        "2026-03-31T08:00:00", "2026-03-31 08:00:00Z"}) {
    CAPTURE(bad);
    CHECK(ErrorOf<registry::v1::Command>(std::string("issued_at: ") + bad) ==
          std::string("f.yaml:1:12: issued_at: \"") + bad +
              "\" is not a time; write one such as 2026-03-31T08:00:00Z");
  }
  CHECK(ErrorOf<registry::v1::Command>("issued_at: {seconds: 1}") ==
        "f.yaml:1:12: issued_at: is a mapping, not a single value; write one "
        "such "
        "as 2026-03-31T08:00:00Z");
  CHECK(
      ErrorOf<registry::v1::Command>("genesis_digest: AAEC/w") ==
      "f.yaml:1:17: genesis_digest: is not base64 with padding; encode it with "
      "`base64`");
}

TEST_CASE("An unknown field is refused with the name that was meant") {
  CHECK(ClientError("signing_key_file: x\nca_flie: y\n") ==
        "f.yaml:2:1: ca_flie: is not a known field; did you mean ca_file?");
  CHECK(ClientError("tls:\n  certFile: y\n") ==
        "f.yaml:2:3: tls.certFile: is not a known field; did you mean "
        "cert_file?");
  CHECK(ClientError("tls: {zebra: y}\n") ==
        "f.yaml:1:7: tls.zebra: is not a known field; use one of cert_file, "
        "key_file");
  CHECK(ErrorOf<v1::AgreementFile>("fields: {name: {keep: {first: 1}}}") ==
        "f.yaml:1:24: fields[\"name\"].keep.first: is not a known field; "
        "remove it, "
        "nothing may stand here");
  CHECK(ReasonIn<v1::ClientConfig>("zebra: 1") ==
        status::v1::REASON_CODE_UNKNOWN_FIELD);
  CHECK(ClientError("\"a b\": 1") ==
        "f.yaml:1:1: \"a b\": is not a known field; use one of servers, "
        "ca_file, tls, "
        "signing_key_file, genesis_sha256");
}

TEST_CASE("A field or map entry that stands there twice is refused") {
  CHECK(ClientError("signing_key_file: x\nsigning_key_file: x\n") ==
        "f.yaml:2:1: signing_key_file: is there already in line 1; remove one "
        "of the two");
  CHECK(ErrorOf<v1::AgreementFile>(
            "fields:\n  name: {keep: {}}\n  name: {mask: {}}") ==
        "f.yaml:3:3: fields[\"name\"]: is there already in line 2; remove one "
        "of the "
        "two");
}

TEST_CASE("Two members of a oneof are refused") {
  CHECK(ErrorOf<v1::AgreementFile>("fields:\n  name: {keep: {}, mask: {}}") ==
        "f.yaml:2:20: fields[\"name\"].mask: cannot stand beside keep; keep "
        "one of "
        "the two");
}

TEST_CASE("Aliases, anchors, merge keys and tags are refused") {
  CHECK(
      ClientError("signing_key_file: &a x\nca_file: *a\n") ==
      "f.yaml:1:19: signing_key_file: has an anchor (&), which is not allowed; "
      "write the "
      "value out where it is used\n"
      "f.yaml:2:10: ca_file: is an alias (*), which is not allowed; write the "
      "value out");
  CHECK(
      ClientError("tls:\n  <<: {cert_file: x}\n") ==
      "f.yaml:2:3: tls.\"<<\": is a merge key, which is not allowed; write the "
      "fields out");
  CHECK(ClientError("signing_key_file: !!str x\n") ==
        "f.yaml:1:19: signing_key_file: has a tag (!), which is not allowed; "
        "remove the "
        "tag");
  CHECK(ClientError("&a signing_key_file: x\n") ==
        "f.yaml:1:1: signing_key_file: has an anchor (&), which is not "
        "allowed; write the "
        "value out where it is used");
  CHECK(ClientError("&a {signing_key_file: x}\n") ==
        "f.yaml:1:1: has an anchor (&), which is not allowed; write the value "
        "out "
        "where it is used");
}

TEST_CASE("A second document is refused") {
  CHECK(ClientError(std::string(kClient) + "---\nsigning_key_file: y\n") ==
        "f.yaml:6:1: has a second document (---), which is not allowed; keep "
        "one");
}

TEST_CASE("Names that are no texts are refused") {
  CHECK(ClientError("? [a, b]\n: x\n") ==
        "f.yaml:1:3: \"\": has a list or mapping as its name; use a text");
  CHECK(ClientError("~: x\n") ==
        "f.yaml:1:1: \"\": has no name in front of the colon; give it one");
}

TEST_CASE("Values of another kind are refused") {
  CHECK(ClientError("signing_key_file: [x]\n") ==
        "f.yaml:1:19: signing_key_file: is a list, not a single value; write "
        "one text, "
        "\"\" for "
        "an empty one");
  CHECK(ClientError("tls: x\n") ==
        "f.yaml:1:6: tls: is a single value, not a mapping; write fields as "
        "`name: "
        "value`, or {} for none");
  CHECK(ErrorOf<v1::StandaloneConfig>("adapters: x\n") ==
        "f.yaml:1:11: adapters: is a single value, not a list; write [a, b], "
        "or each "
        "entry on a line behind a dash");
  CHECK(ErrorOf<v1::AgreementFile>("fields: [x]\n") ==
        "f.yaml:1:9: fields: is a list, not a mapping; write entries as `name: "
        "value`");
  CHECK(ErrorOf<v1::StandaloneConfig>("adapters:\n  - department: [a]\n") ==
        "f.yaml:2:17: adapters[0].department: is a list, not a single value; "
        "write "
        "one text, \"\" for an empty one");
  CHECK(ClientError("- a\n") ==
        "f.yaml:1:1: is a list, not a mapping; write fields as `name: value`, "
        "or {} "
        "for none");
}

TEST_CASE("Nothing where a value is needed is refused") {
  CHECK(ClientError("signing_key_file:\nca_file: x\n") ==
        "f.yaml:1:1: signing_key_file: has no value; write one text, \"\" for "
        "an empty "
        "one");
  CHECK(
      ClientError("tls: ~\n") ==
      "f.yaml:1:6: tls: has no value; write fields as `name: value`, or {} for "
      "none");
  CHECK(ErrorOf<v1::AgreementFile>("fields: {name: {mask: null}}") ==
        "f.yaml:1:23: fields[\"name\"].mask: has no value; write fields as "
        "`name: "
        "value`, or {} for none");
  CHECK(ErrorOf<v1::StandaloneConfig>("adapters: null") ==
        "f.yaml:1:11: adapters: has no value; write [a, b], or each entry on a "
        "line "
        "behind a dash");
}

TEST_CASE("Whole numbers are written plainly and fit") {
  CHECK(Read<google::protobuf::UInt32Value>("value: 4294967295").value() ==
        4294967295u);
  CHECK(Read<google::protobuf::Int32Value>("value: -2147483648").value() ==
        -2147483647 - 1);
  CHECK(Read<google::protobuf::Int64Value>("value: -9223372036854775808")
            .value() == INT64_MIN);
  CHECK(Read<google::protobuf::UInt64Value>("value: 18446744073709551615")
            .value() == UINT64_MAX);
  CHECK(Read<google::protobuf::Int64Value>("value: 0").value() == 0);
  for (const char* bad :
       {"010", "0x10", "1_000", "1e3", "+5", "5.0", "yes", "--5", "12:30"}) {
    CAPTURE(bad);
    CHECK(
        ErrorOf<google::protobuf::UInt32Value>(std::string("value: ") + bad) ==
        std::string("f.yaml:1:8: value: \"") + bad +
            "\" is not a whole number; write one from 0 to 4294967295");
  }
  CHECK(ErrorOf<google::protobuf::UInt32Value>("value: 4294967296") ==
        "f.yaml:1:8: value: \"4294967296\" does not fit; write a number from 0 "
        "to "
        "4294967295");
  CHECK(ErrorOf<google::protobuf::UInt64Value>("value: -1") ==
        "f.yaml:1:8: value: \"-1\" does not fit; write a number from 0 to "
        "18446744073709551615");
  CHECK(ErrorOf<google::protobuf::Int32Value>("value: 2147483648") ==
        "f.yaml:1:8: value: \"2147483648\" does not fit; write a number from "
        "-2147483648 to 2147483647");
  CHECK(
      ErrorOf<google::protobuf::Int32Value>("value: \"5\"") ==
      "f.yaml:1:8: value: \"5\" in quotes is a text; write it without quotes");
}

TEST_CASE("Numbers with a fraction and booleans are strict too") {
  CHECK(Read<google::protobuf::DoubleValue>("value: -1.5e3").value() ==
        -1500.0);
  CHECK(Read<google::protobuf::DoubleValue>("value: 2").value() == 2.0);
  CHECK(Read<google::protobuf::FloatValue>("value: 0.5").value() == 0.5f);
  for (const char* bad :
       {".nan", ".inf", "inf", "nan", "1e999", "1,5", "0x1p3"}) {
    CAPTURE(bad);
    CHECK(
        ErrorOf<google::protobuf::DoubleValue>(std::string("value: ") + bad) ==
        std::string("f.yaml:1:8: value: \"") + bad +
            "\" is not a number; write one such as 1.5");
  }
  CHECK(Read<google::protobuf::BoolValue>("value: true").value());
  CHECK_FALSE(Read<google::protobuf::BoolValue>("value: false").value());
  for (const char* bad : {"yes", "True", "1", "on"}) {
    CHECK(ErrorOf<google::protobuf::BoolValue>(std::string("value: ") + bad) ==
          std::string("f.yaml:1:8: value: \"") + bad +
              "\" is neither true nor false; write one of them");
  }
}

TEST_CASE("Texts are taken as they are written, quoted or not") {
  for (const char* text : {"123", "010", "true", "1.5", "2026-03-31"}) {
    CHECK(Read<google::protobuf::StringValue>(std::string("value: ") + text)
              .value() == text);
  }
  CHECK(Read<google::protobuf::StringValue>("value: \"~\"").value() == "~");
  CHECK(Read<google::protobuf::StringValue>("value: ''").value().empty());
  CHECK(Read<google::protobuf::StringValue>("value: |\n  a\n  b\n").value() ==
        "a\nb\n");
}

TEST_CASE("Enum values that do not exist, or mean none, are refused") {
  CHECK(ErrorOf<v1::AgreementFile>("on_untreatable: refuse") ==
        "f.yaml:1:17: on_untreatable: \"refuse\" is not one of null_and_count, "
        "refuse_batch; use one of them");
  CHECK(ErrorOf<v1::AgreementFile>("on_untreatable: refuse_bach") ==
        "f.yaml:1:17: on_untreatable: \"refuse_bach\" is not one of "
        "null_and_count, "
        "refuse_batch; did you mean refuse_batch?");
  for (const char* none : {"UNSPECIFIED", "unspecified",
                           "ON_UNTREATABLE_UNSPECIFIED", "1", "Refuse_Batch"}) {
    CAPTURE(none);
    CHECK(ErrorOf<v1::AgreementFile>(std::string("on_untreatable: ") + none) !=
          "OK");
  }
}

TEST_CASE(
    "A file that is empty, no YAML or no UTF-8 is refused with its place") {
  CHECK(ClientError("") ==
        "f.yaml:1:1: is empty; write at least the required fields");
  CHECK(ClientError("# only a comment\n") ==
        "f.yaml:1:1: is empty; write at least the required fields");
  CHECK(ClientError("signing_key_file: x\nca_file: [a\n") ==
        "f.yaml:3:1: is not YAML (end of sequence flow not found); check "
        "indentation, quotes and brackets");
  CHECK(
      ClientError("signing_key_file: x\n  ca_file: y\n") ==
      "f.yaml:2:10: is not YAML (illegal map value); check indentation, quotes "
      "and brackets");
  CHECK(
      ClientError("signing_key_file: *x\n") ==
      "f.yaml:1:19: is not YAML (the referenced anchor is not defined); check "
      "indentation, quotes and brackets");
  CHECK(ClientError("signing_key_file: x\nca_file: 民\xFF\n") ==
        "f.yaml:2:11: is not valid UTF-8; save the file as UTF-8");
  CHECK(ClientError(absl::string_view("s\0e\0r\0", 6)) ==
        "f.yaml:1:2: has a zero byte; save the file as UTF-8 text");
  CHECK(ReasonIn<v1::ClientConfig>("[") == status::v1::REASON_CODE_MALFORMED);
}

TEST_CASE("Columns count characters, also behind Chinese text") {
  CHECK(ErrorOf<v1::StandaloneConfig>(
            "trust: {departments: [{name: 民政局, nme: x}]}") ==
        "f.yaml:1:35: trust.departments[0].nme: is not a known field; did you "
        "mean "
        "name?");
}

TEST_CASE("Files with CRLF and a byte order mark are read, with right places") {
  const auto config = Read<v1::ClientConfig>(
      "\xEF\xBB\xBFservers: [x]\r\nca_file: y\r\ntls: {cert_file: a, key_file: "
      "b}\r\n");
  CHECK(config.servers(0) == "x");
  CHECK(config.ca_file() == "y");
  CHECK(ClientError("signing_key_file: x\r\nca_flie: y\r\n") ==
        "f.yaml:2:1: ca_flie: is not a known field; did you mean ca_file?");
}

// `innermost` in `levels` messages that each add three levels of YAML.
std::string Nested(int levels, const std::string& innermost) {
  std::string text = innermost;
  for (int i = 0; i < levels; ++i)
    text = "{list_value: {values: [" + text + "]}}";
  return text;
}

TEST_CASE("Nesting is taken up to its limit and refused behind it") {
  const std::string at_limit = Nested(10, "{list_value: {}}");
  CHECK(ErrorOf<google::protobuf::Value>(at_limit) == "OK");
  const std::string behind = Nested(10, "{list_value: {values: []}}");
  const std::string message = ErrorOf<google::protobuf::Value>(behind);
  CHECK(message.rfind("f.yaml:1:253: list_value.values[0].list_value", 0) == 0);
  const std::string end =
      "].list_value.values: is nested deeper than 32 levels; nest it less deep";
  REQUIRE(message.size() > end.size());
  CHECK(message.substr(message.size() - end.size()) == end);
}

TEST_CASE("Endless nesting does not exhaust the stack") {
  CHECK(ClientError("signing_key_file: " + std::string(100'000, '[')) != "OK");
  CHECK(ClientError(std::string(100'000, '{')) != "OK");
  std::string blocks;
  for (int i = 0; i < 1000; ++i) blocks += std::string(i, ' ') + "tls:\n";
  CHECK(ClientError(blocks) != "OK");
}

TEST_CASE("A file of more than one MiB is refused") {
  std::string text = kClient;
  text += "#" + std::string(kYamlBytesMax - text.size() - 1, 'x');
  REQUIRE(text.size() == kYamlBytesMax);
  CHECK(ClientError(text) == "OK");
  text += "x";
  CHECK(ClientError(text) ==
        "f.yaml:1:1: has 1048577 bytes; a configuration has at most 1048576");
  CHECK(ReasonIn<v1::ClientConfig>(text) == status::v1::REASON_CODE_TOO_LARGE);
}

TEST_CASE(
    "Bounds are told with the place of the field, or of what should hold it") {
  CHECK(ClientError("servers: [x]\nca_file: y\ntls:\n  cert_file: a\n") ==
        "f.yaml:3:1: tls.key_file: is missing; give it a value");
  CHECK(ClientError("servers: [x]\ntls: {cert_file: a, key_file: b}\n") ==
        "f.yaml:1:1: ca_file: is missing; give it a value");
  CHECK(ClientError(
            "servers: [x]\nca_file: ''\ntls: {cert_file: a, key_file: b}\n") ==
        "f.yaml:2:10: ca_file: is missing; give it a value");
  CHECK(ClientError(std::string(kClient) + "genesis_sha256: abc\n") ==
        "f.yaml:6:17: genesis_sha256: does not have the right form; write 64 "
        "lower "
        "case hex digits");
  CHECK(ErrorOf<v1::AgreementFile>(std::string(kAgreementHead) +
                                   "fields:\n"
                                   "  id_number: {pseudonym: {length: 65}}\n"
                                   "  born: {generalize: {date: {}}}\n") ==
        "f.yaml:6:35: fields[\"id_number\"].pseudonym.length: is too large; "
        "use at "
        "most 64 characters\n"
        "f.yaml:7:23: fields[\"born\"].generalize.date.unit: is missing; "
        "choose a "
        "value");
  CHECK(ReasonIn<v1::AgreementFile>(std::string(kAgreementHead) +
                                    "fields: {a: {pseudonym: {length: 65}}}") ==
        status::v1::REASON_CODE_OUT_OF_BOUNDS);
}

TEST_CASE("List elements out of bounds are told with their own place") {
  CHECK(ErrorOf<v1::StandaloneConfig>(R"(data_dir: d
trust: {trust_domain: county.example, ca_file: ca}
broker: {listen: "x:0", tls: {cert_file: a, key_file: b}}
adapters:
- {department: a, resource_dir: r}
- {department: b,
   scan_interval_ms: 86400001}
)") == "f.yaml:6:3: adapters[1].resource_dir: is missing; give it a value\n"
       "f.yaml:7:22: adapters[1].scan_interval_ms: is too large; use at most "
       "86400000 ms");
}

TEST_CASE(
    "Ten problems are told in the order of the file, and that there are more") {
  std::string text;
  for (int i = 0; i < 12; ++i) text += "zebra" + std::to_string(i) + ": 1\n";
  const std::string message = ClientError(text);
  CHECK(std::count(message.begin(), message.end(), '\n') == 10);
  CHECK(message.rfind("f.yaml:1:1: zebra0: ", 0) == 0);
  CHECK(message.find("\nf.yaml:10:1: zebra9: ") != std::string::npos);
  const std::string end = "\nf.yaml: has more problems; correct these first";
  CHECK(message.substr(message.size() - end.size()) == end);
}

TEST_CASE(
    "Details name the field of every problem and the reason of the first") {
  v1::ClientConfig config;
  const absl::Status status =
      ParseYamlConfig("zebra: 1\nsigning_key_file: [1]\n", "f.yaml", &config);
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_UNKNOWN_FIELD);
  CHECK(FieldOf(status) == "zebra");
  google::rpc::BadRequest details;
  REQUIRE(details.ParseFromString(
      std::string(status.GetPayload(kBadRequestUrl).value())));
  REQUIRE(details.field_violations_size() == 2);
  CHECK(details.field_violations(1).field() == "signing_key_file");
}

TEST_CASE(
    "A long value is cut in an error and control characters are escaped") {
  CHECK(
      ErrorOf<google::protobuf::BoolValue>("value: " + std::string(100, 'x')) ==
      "f.yaml:1:8: value: \"" + std::string(40, 'x') +
          "...\" is neither true nor false; write one of them");
  CHECK(ErrorOf<v1::AgreementFile>("on_untreatable: \"a\\e[0mb\"")
            .find("\"a\\033[0mb\"") != std::string::npos);
}

TEST_CASE("A file is read by its path, which errors carry") {
  const char* root = std::getenv("TEST_TMPDIR");
  std::string folder =
      std::string(root == nullptr ? "/tmp" : root) + "/yaml.XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/client.yaml";
  REQUIRE(WriteFileAtomically(path, kClient, 0644).ok());
  CHECK(ReadYamlConfig<v1::ClientConfig>(path)->servers(0) == "localhost:7000");
  REQUIRE(WriteFileAtomically(path, "signing_key_file: [x]\n", 0644).ok());
  CHECK(ReadYamlConfig<v1::ClientConfig>(path).status().message() ==
        path +
            ":1:19: signing_key_file: is a list, not a single value; write one "
            "text, \"\" "
            "for an empty one");
  CHECK(
      ReasonOf(ReadYamlConfig<v1::ClientConfig>(path + ".missing").status()) ==
      status::v1::REASON_CODE_NOT_FOUND);
}

TEST_CASE("what only the reader of a file knows is told with its place") {
  const absl::Status status = YamlProblems(
      "id: grid\nfields:\n  name: {keep: {}}\n  nmae: {keep: {}}\n", "a.yaml",
      {{"fields[\"nmae\"]", "no such field",
        status::v1::REASON_CODE_UNKNOWN_FIELD},
       {"resource", "is missing", status::v1::REASON_CODE_MALFORMED}});
  CHECK(std::string(status.message()) ==
        "a.yaml:1:1: resource: is missing\n"
        "a.yaml:4:9: fields[\"nmae\"]: no such field");
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_MALFORMED);
}

}  // namespace
}  // namespace sluice::config
