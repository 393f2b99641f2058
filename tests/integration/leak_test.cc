// What must not get out, and where it would show. Resources, agreements and
// records are made up at random; every value that a consumer may not see, and
// every hidden part of one, is a canary (canary.h). Then all that a consumer
// receives, all that is logged, counted, answered and recorded is searched for
// them. Values that are granted as they are must be in what is received, which
// shows that the search finds what is there, and nowhere else.

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>
#include <httplib.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/client/connection.h"
#include "libs/delivery/framing.h"
#include "libs/records/batch.h"
#include "libs/rpc/byte_buffer.h"
#include "sluice/exchange/v1/exchange_service.pb.h"
#include "tests/integration/canary.h"
#include "tests/integration/county.h"

namespace sluice::integration {
namespace {

using records::v1::DataType;
using Random = std::mt19937_64;

constexpr int kResources = 8;
constexpr int kRows = 150;
// Bytes of a text that its field allows; a bad row has one that is longer.
constexpr size_t kTextBytesMax = 120;
// Around each secret text, for treatments that keep its ends.
constexpr char kBefore[] = "ΑΒΓ";
constexpr char kBehind[] = "ΔΕΖΗ";

enum class Role {
  kNotGranted,
  kHidden,
  kKept,
};

struct MadeField {
  std::string name;
  DataType type = records::v1::DATA_TYPE_UNSPECIFIED;
  Role role = Role::kNotGranted;
  // Of a hidden one, as YAML.
  std::string treatment;

  const CanaryKind& kind() const {
    return role == Role::kKept ? CanaryKind::Open() : CanaryKind::Secret();
  }
};

struct MadeResource {
  std::string name;
  // The first is the key.
  std::vector<MadeField> fields;
};

template <typename T>
const T& AnyOf(const std::vector<T>& all, Random* random) {
  return all[(*random)() % all.size()];
}

// Treatments that leave nothing of a canary.
const std::vector<std::string>& HidingTreatments(DataType type) {
  static const std::map<DataType, std::vector<std::string>> treatments = {
      {records::v1::DATA_TYPE_STRING,
       {"withhold: {}",
        "withhold: {constant: nothing}",
        "withhold: {placeholder: {}}",
        "mask: {keep_ends: {first: 3, last: 4}}",
        "mask: {keep_ends: {first: 1}, symbol: 某}",
        "mask: {hide_range: {from: 4, to: 200}}",
        "mask: {keep_range: {from: 1, to: 3}}",
        "mask: {hide_after: {character: Γ}}",
        "mask: {hide_before: {character: Δ}}",
        "mask: {pattern: {expression: \"\\\\p{Han}+\"}}",
        "mask: {name: {}}",
        "mask: {phone: {}}",
        "mask: {email: {}}",
        "mask: {bank_card: {}}",
        "mask: {plate: {}}",
        "mask: {classes: {}}",
        "mask: {address: {}}",
        "pseudonym: {}",
        "pseudonym: {format: BASE32, hash: SM3, domain: one-window}",
        "fpe: {alphabet: DIGITS}",
        "fpe: {alphabet: HAN, cipher: SM4}",
        "fpe: {resident_id: {}}",
        "fpe: {phone: {}}",
        "generalize: {division: {level: CITY}}",
        "generalize: {hierarchy: {level: 1, csv: \"a,b\"}}",
        "generalize: {grid: {cell: \"0.1\"}}",
        "surrogate: {name: {}}",
        "surrogate: {street: {}}",
        "surrogate: {company: {}}",
        "surrogate: {one_of: {values: [a, b]}}",
        "surrogate: {same_form: {}}",
        "chain: {steps: [{mask: {name: {}}}, {pseudonym: {}}]}"}},
      {records::v1::DATA_TYPE_INT64,
       {"withhold: {}", "withhold: {placeholder: {}}", "pseudonym: {}",
        "generalize: {bucket: {width: \"1000000000000000000\"}}",
        "generalize: {bucket: {width: \"1000000000000000000\", form: RANGE}}",
        "generalize: {bucket: {bounds: [\"0\", \"9\"], labels: [a, b]}}",
        "surrogate: {in_range: {min: \"0\", max: \"99\"}}",
        "generalize: {clamp: {max: \"100\"}}"}},
      {records::v1::DATA_TYPE_DOUBLE,
       {"withhold: {}", "withhold: {placeholder: {}}",
        "generalize: {bucket: {width: \"1000000000000000\"}}",
        "generalize: {bucket: {width: \"1000000000000000\", form: RANGE}}",
        "surrogate: {in_range: {min: \"0\", max: \"99\"}}",
        "generalize: {clamp: {max: \"100\"}}"}},
      {records::v1::DATA_TYPE_DECIMAL128,
       {"withhold: {}", "withhold: {placeholder: {}}",
        "generalize: {bucket: {width: \"100000000000000000\"}}",
        "generalize: {bucket: {width: \"100000000000000000\", form: RANGE}}",
        "surrogate: {in_range: {min: \"0\", max: \"99\"}}",
        "generalize: {clamp: {max: \"100\"}}"}},
      {records::v1::DATA_TYPE_BYTES,
       {"withhold: {}", "withhold: {placeholder: {}}", "pseudonym: {}"}},
      {records::v1::DATA_TYPE_DATE,
       {"withhold: {}", "withhold: {placeholder: {}}", "pseudonym: {}",
        "generalize: {weekday: {}}",
        "generalize: {time_part: {part: MONTH_OF_YEAR}}",
        "surrogate: {in_range: {min: 1950-01-01, max: 1950-12-31}}",
        "generalize: {age: {as_of: \"2026-01-01\", band_years: 10}}"}},
      {records::v1::DATA_TYPE_TIMESTAMP,
       {"withhold: {}", "withhold: {placeholder: {}}",
        "generalize: {weekday: {}}",
        "generalize: {time_part: {part: HOUR_OF_DAY}}",
        "surrogate: {in_range: {min: 1950-01-01, max: 1950-12-31}}",
        "generalize: {date: {unit: YEAR}}"}},
  };
  return treatments.at(type);
}

MadeResource MakeResource(int number, Random* random) {
  static const std::vector<DataType> types = {
      records::v1::DATA_TYPE_STRING,   records::v1::DATA_TYPE_STRING,
      records::v1::DATA_TYPE_STRING,   records::v1::DATA_TYPE_INT64,
      records::v1::DATA_TYPE_DOUBLE,   records::v1::DATA_TYPE_DECIMAL128,
      records::v1::DATA_TYPE_BYTES,    records::v1::DATA_TYPE_DATE,
      records::v1::DATA_TYPE_TIMESTAMP};
  MadeResource made;
  made.name = absl::StrCat("made", number);
  made.fields.push_back(
      {"id", records::v1::DATA_TYPE_STRING, Role::kKept, "keep: {}"});
  for (uint64_t left = 6 + (*random)() % 6; left > 0; --left) {
    MadeField field;
    field.name = absl::StrCat("f", made.fields.size());
    field.type = AnyOf(types, random);
    field.role = static_cast<Role>((*random)() % 3);
    field.treatment = field.role == Role::kHidden
                          ? AnyOf(HidingTreatments(field.type), random)
                          : "keep: {}";
    made.fields.push_back(std::move(field));
  }
  // One field whose ends show, whichever treatments were drawn.
  if (number == 0) {
    made.fields.push_back({"ends", records::v1::DATA_TYPE_STRING, Role::kHidden,
                           "mask: {keep_ends: {first: 3, last: 4}}"});
  }
  return made;
}

std::string ResourceYaml(const MadeResource& made) {
  std::string yaml =
      absl::StrCat("resource:\n  id: registry-office.", made.name,
                   "\n  kind: STATE\n  key: [id]\n  title: made up\n"
                   "  sharing_type: CONDITIONAL\n  fields:\n");
  for (size_t i = 0; i < made.fields.size(); ++i) {
    const MadeField& field = made.fields[i];
    absl::StrAppend(
        &yaml, "    - {id: ", i + 1, ", name: ", field.name, ", type: ",
        records::v1::DataType_Name(field.type).substr(sizeof("DATA_TYPE")),
        ", sensitivity: L2_INTERNAL", i == 0 ? ", required: true" : "",
        field.type == records::v1::DATA_TYPE_DECIMAL128 ? ", scale: 2" : "",
        field.type == records::v1::DATA_TYPE_STRING
            ? absl::StrCat(", length_max: ", kTextBytesMax)
            : "",
        "}\n");
  }
  return absl::StrCat(yaml, "source:\n  csv: {path: ../sources/", made.name,
                      ".csv}\n");
}

std::string AgreementYaml(const MadeResource& made, const std::string& id,
                          const std::string& on_untreatable) {
  std::string yaml = absl::StrCat(
      "id: ", id, "\nresource: registry-office.", made.name,
      "\npurpose: ", County::kPurpose,
      "\nlegal_basis: county order 12\non_untreatable: ", on_untreatable,
      "\nfields:\n");
  for (const MadeField& field : made.fields) {
    if (field.role == Role::kNotGranted) continue;
    absl::StrAppend(&yaml, "  ", field.name, ": {", field.treatment, "}\n");
  }
  return yaml;
}

std::string CellOf(const MadeField& field, Random* random) {
  std::string value = field.kind().Value(field.type, random);
  if (field.type != records::v1::DATA_TYPE_STRING ||
      field.role == Role::kKept) {
    return value;
  }
  return absl::StrCat(kBefore, value, kBehind);
}

// What is wrong with some rows; each is quarantined with its reason.
void Spoil(const MadeResource& made, std::vector<std::string>* cells,
           Random* random) {
  const size_t at = (*random)() % cells->size();
  const CanaryKind& kind = CanaryKind::Secret();
  const std::string text = kind.Value(records::v1::DATA_TYPE_STRING, random);
  switch ((*random)() % 6) {
    case 0:  // A value of no type but text.
      for (size_t i = 0; i < cells->size(); ++i) {
        if (made.fields[i].type != records::v1::DATA_TYPE_STRING) {
          (*cells)[i] = text;
        }
      }
      (*cells)[0].clear();
      return;
    case 1:  // Too long.
      (*cells)[0].clear();
      while ((*cells)[0].size() <= kTextBytesMax) (*cells)[0] += text;
      return;
    case 2:
      cells->push_back(text);
      return;
    case 3:
      cells->resize(cells->size() - 1);
      return;
    case 4:  // No UTF-8.
      (*cells)[at] = text + "\xFF";
      return;
    default:  // A quote in the middle.
      (*cells)[at] = absl::StrCat("a\"", text);
      return;
  }
}

std::string SourceCsv(const MadeResource& made, Random* random) {
  std::vector<std::string> names;
  for (const MadeField& field : made.fields) names.push_back(field.name);
  std::string csv = absl::StrJoin(names, ",") + "\n";
  for (int row = 0; row < kRows; ++row) {
    std::vector<std::string> cells;
    for (const MadeField& field : made.fields) {
      const bool null = !cells.empty() && (*random)() % 10 == 0;
      cells.push_back(null ? "" : CellOf(field, random));
    }
    if ((*random)() % 8 == 0) Spoil(made, &cells, random);
    absl::StrAppend(&csv, absl::StrJoin(cells, ","), "\n");
  }
  return csv;
}

struct Received {
  // Each message of the stream, as it came.
  std::string bytes;
  uint64_t rows = 0;
  // Message, details and metadata of how it ended; empty if it was caught up.
  std::string end;
};

// Reads a stream to its end or until it is caught up.
Received Receive(client::Connection* connection, const std::string& agreement,
                 const std::string& purpose) {
  exchange::v1::SubscribeRequest request;
  exchange::v1::Start& start = *request.mutable_start();
  start.set_agreement(agreement);
  start.set_purpose(purpose);
  start.set_from(exchange::v1::START_FROM_BEGINNING);
  start.mutable_credit()->set_batches(16);
  start.mutable_credit()->set_bytes(16 << 20);
  grpc::ClientContext context;
  const auto channel = connection->endpoint()->channel();
  const grpc::internal::RpcMethod method(
      "/sluice.exchange.v1.ExchangeService/Subscribe",
      grpc::internal::RpcMethod::BIDI_STREAMING, channel);
  const std::unique_ptr<grpc::ClientReaderWriter<exchange::v1::SubscribeRequest,
                                                 grpc::ByteBuffer>>
      stream(grpc::internal::ClientReaderWriterFactory<
             exchange::v1::SubscribeRequest,
             grpc::ByteBuffer>::Create(channel.get(), method, &context));
  stream->Write(request);

  Received received;
  grpc::ByteBuffer buffer;
  while (stream->Read(&buffer)) {
    const SharedBytes message = rpc::ToSharedBytes(buffer);
    absl::StrAppend(&received.bytes, message.view());
    const auto opened = delivery::Unframe(message);
    REQUIRE(opened.ok());
    if (opened->response.has_caught_up()) {
      context.TryCancel();
      stream->Finish();
      return received;
    }
    if (opened->batch.empty()) continue;
    const auto batch = records::ParseBatch(opened->batch);
    REQUIRE(batch.ok());
    received.rows += batch->row_count;
  }
  const grpc::Status status = stream->Finish();
  received.end =
      absl::StrCat(status.error_message(), "\n", status.error_details());
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    received.end.append(key.data(), key.size());
    received.end.append(value.data(), value.size());
  }
  return received;
}

std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Fails, naming types and place but no value, if a canary of `kind` is there.
void CheckNoneIn(const std::string& bytes, const CanaryKind& kind,
                 const std::string& where) {
  std::vector<std::string> types;
  for (const DataType type : kind.FindIn(bytes)) {
    types.push_back(records::v1::DataType_Name(type));
  }
  INFO((&kind == &CanaryKind::Secret() ? "a hidden " : "a granted ")
       << absl::StrJoin(types, ", ") << " is in " << where);
  CHECK(types.empty());
}

// Neither kind.
void CheckClean(const std::string& bytes, const std::string& where) {
  CheckNoneIn(bytes, CanaryKind::Secret(), where);
  CheckNoneIn(bytes, CanaryKind::Open(), where);
}

class LeakCounty {
 public:
  explicit LeakCounty(uint64_t seed) : random_(seed) {
    county_.Write("sluice.yaml", ReadBytes(county_.Path("sluice.yaml")) +
                                     "log: {level: DEBUG}\n");
    for (int i = 0; i < kResources; ++i) {
      made_.push_back(MakeResource(i, &random_));
      county_.Write("resources/" + made_.back().name + ".yaml",
                    ResourceYaml(made_.back()));
      county_.Write("sources/" + made_.back().name + ".csv",
                    SourceCsv(made_.back(), &random_));
    }
    // A source whose first line, which should be a header, is a record.
    MadeResource headless = MakeResource(kResources, &random_);
    std::string csv = SourceCsv(headless, &random_);
    csv.erase(0, csv.find('\n') + 1);
    county_.Write("resources/" + headless.name + ".yaml",
                  ResourceYaml(headless));
    county_.Write("sources/" + headless.name + ".csv", csv);
  }

  void Run() {
    county_.Start();
    county_.Enrol();
    county_.AwaitSourcesDone(kResources);
    auto config = client::ReadClientConfig(county_.Path("clients/grid.yaml"));
    REQUIRE(config.ok());
    const auto connection = client::Connection::Open(*std::move(config));
    REQUIRE(connection.ok());
    for (const MadeResource& made : made_) {
      Subscribe(made, "NULL_AND_COUNT", connection->get());
      Subscribe(made, "REFUSE_BATCH", connection->get());
    }
    const Received refused =
        Receive(connection->get(), made_[0].name + "-null-and-count", "other");
    CheckClean(refused.end, "a refusal");
    CheckOutside();
  }

  // Types of which a granted value was received.
  const std::set<DataType>& received_types() const { return received_types_; }
  bool refused_batch() const { return refused_batch_; }
  bool received_ends() const { return received_ends_; }

 private:
  void Subscribe(const MadeResource& made, const std::string& on_untreatable,
                 client::Connection* connection) {
    const std::string id =
        made.name +
        (on_untreatable == "REFUSE_BATCH" ? "-refuse" : "-null-and-count");
    county_.Write("agreements/" + id + ".yaml",
                  AgreementYaml(made, id, on_untreatable));
    INFO(AgreementYaml(made, id, on_untreatable));
    county_.Agree(id);
    const Received received = Receive(connection, id, County::kPurpose);
    CheckNoneIn(received.bytes, CanaryKind::Secret(), "what was received");
    CheckClean(received.end, "how a stream ended");
    const bool refused =
        received.end.find("VALUE_UNTREATABLE") != std::string::npos;
    refused_batch_ = refused_batch_ || refused;
    if (refused) return;
    INFO("the stream ended with: " << received.end);
    CHECK(received.end.empty());
    CHECK(received.rows > kRows / 2);
    const auto open = CanaryKind::Open().FindIn(received.bytes);
    received_types_.insert(open.begin(), open.end());
    for (const MadeField& field : made.fields) {
      if (field.role != Role::kKept) continue;
      INFO(field.name);
      CHECK(std::find(open.begin(), open.end(), field.type) != open.end());
    }
    received_ends_ =
        received_ends_ || (received.bytes.find(kBefore) != std::string::npos &&
                           received.bytes.find(kBehind) != std::string::npos);
  }

  // All but what the consumer receives.
  void CheckOutside() {
    httplib::Client http(county_.http_url());
    for (const char* path : {"/metrics", "/livez", "/readyz"}) {
      const auto got = http.Get(path);
      REQUIRE(got);
      CheckClean(got->body, path);
    }
    const Finished listed =
        county_.AuditQuery({"list", "--output", "jsonl", "--limit", "10000"});
    INFO(listed.err);
    REQUIRE(listed.exit_code == 0);
    // They are about what was searched for above.
    CHECK(listed.out.find("made0-null-and-count") != std::string::npos);
    CheckClean(listed.out, "the audit trail, listed");
    const Finished stopped = county_.Stop(SIGTERM);
    CheckClean(stopped.out, "standard output");
    CheckClean(county_.log(), "the log");
    CHECK(county_.log().find("quarantined=0") == std::string::npos);
    size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             county_.Path("data/audit"))) {
      if (!entry.is_regular_file()) continue;
      CheckClean(ReadBytes(entry.path()), entry.path().string());
      ++files;
    }
    CHECK(files > 0);
  }

  Random random_;
  County county_;
  std::vector<MadeResource> made_;
  std::set<DataType> received_types_;
  bool refused_batch_ = false;
  bool received_ends_ = false;
};

TEST_CASE("a canary is found in every form that it may come out in") {
  Random random(1);
  for (const CanaryKind* kind : {&CanaryKind::Secret(), &CanaryKind::Open()}) {
    const CanaryKind& other = kind == &CanaryKind::Secret()
                                  ? CanaryKind::Open()
                                  : CanaryKind::Secret();
    for (const DataType type :
         {records::v1::DATA_TYPE_INT64, records::v1::DATA_TYPE_DOUBLE,
          records::v1::DATA_TYPE_DECIMAL128, records::v1::DATA_TYPE_STRING,
          records::v1::DATA_TYPE_BYTES, records::v1::DATA_TYPE_DATE,
          records::v1::DATA_TYPE_TIMESTAMP}) {
      for (int i = 0; i < 100; ++i) {
        const std::string text = "x" + kind->Value(type, &random) + "x";
        INFO(type << " " << text);
        const auto found = kind->FindIn(text);
        CHECK(std::find(found.begin(), found.end(), type) != found.end());
        CHECK(other.FindIn(text).empty());
      }
    }
  }
  std::string noise;
  while (noise.size() < 4'000'000) noise.push_back(static_cast<char>(random()));
  CHECK(CanaryKind::Secret().FindIn(noise).empty());
}

TEST_CASE(
    "nothing of a hidden value leaves, and no value gets into a log, a metric, "
    "an error or the audit trail") {
  std::set<DataType> received;
  bool refused = false;
  bool ends = false;
  for (const uint64_t seed : {1, 2}) {
    INFO("seed " << seed);
    LeakCounty county(seed);
    county.Run();
    received.insert(county.received_types().begin(),
                    county.received_types().end());
    refused = refused || county.refused_batch();
    ends = ends || county.received_ends();
  }
  // What may leave has been found where it must be, in every type; a batch was
  // refused; the ends that a mask keeps were received.
  CHECK(received.size() == 7);
  CHECK(refused);
  CHECK(ends);
}

}  // namespace
}  // namespace sluice::integration
