#include "libs/publish/csv_publication.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/publish/csv_reader.h"
#include "libs/publish/memory_log.h"
#include "libs/publish/published_topic.h"
#include "libs/records/envelope.h"
#include "libs/storage/test_folder.h"

namespace sluice::publish {
namespace {

using catalog::v1::Resource;

catalog::v1::Field* AddField(uint32_t id, const std::string& name,
                             records::v1::DataType type, Resource* resource) {
  catalog::v1::Field* field = resource->add_fields();
  field->set_id(id);
  field->set_name(name);
  field->set_type(type);
  field->set_sensitivity(catalog::v1::SENSITIVITY_L1_PUBLIC);
  return field;
}

// code (key), name, population.
Resource Divisions(uint32_t partitions = 1) {
  Resource resource;
  resource.set_id("civil-affairs.divisions");
  resource.set_version(1);
  resource.set_schema_version(1);
  resource.set_kind(catalog::v1::RESOURCE_KIND_STATE);
  resource.set_partitions(partitions);
  resource.add_key("code");
  AddField(1, "code", records::v1::DATA_TYPE_STRING, &resource)
      ->set_required(true);
  AddField(3, "name", records::v1::DATA_TYPE_STRING, &resource)
      ->set_length_max(30);
  AddField(2, "population", records::v1::DATA_TYPE_INT64, &resource);
  return resource;
}

Resource Visits(uint32_t partitions = 1) {
  Resource resource = Divisions(partitions);
  resource.set_id("civil-affairs.visits");
  resource.set_kind(catalog::v1::RESOURCE_KIND_EVENTS);
  resource.clear_key();
  return resource;
}

class Department {
 public:
  explicit Department(Resource of) : resource(std::move(of)) { Restart(); }

  // As a new process would: everything it knows is on the bus.
  void Restart() {
    PublisherOptions options;
    options.department = "civil-affairs";
    options.log = &log;
    options.key = &key;
    options.registry_offset = [] { return 7; };
    auto opened = Publisher::Open(options);
    REQUIRE(opened.ok());
    publisher = std::move(*opened);
  }

  void Write(const std::string& content) {
    std::ofstream(path(), std::ios::binary) << content;
  }
  void Add(const std::string& content) {
    std::ofstream(path(), std::ios::binary | std::ios::app) << content;
  }
  std::string path() const { return folder.path() + "/divisions.csv"; }

  absl::StatusOr<PublishOutcome> Publish() {
    CsvPublication publication;
    publication.publisher = publisher.get();
    publication.resource = &resource;
    publication.source = &source;
    publication.path = path();
    publication.stop = stop;
    publication.progress = progress;
    publication.on_misfit = on_misfit;
    return PublishCsv(publication);
  }
  // What PublishCsv refuses with.
  std::string Refusal(ReasonCode reason) {
    const absl::StatusOr<PublishOutcome> outcome = Publish();
    CHECK(ReasonOf(outcome.status()) == reason);
    const std::string message(outcome.status().message());
    REQUIRE(message.rfind(path() + ": ", 0) == 0);
    return message.substr(path().size() + 2);
  }
  void PublishAll() {
    const absl::StatusOr<PublishOutcome> outcome = Publish();
    CAPTURE(outcome.status().ToString());
    REQUIRE(outcome.ok());
    CHECK(outcome->published);
  }

  std::vector<PublishedMessage> Messages(uint32_t partition = 0) {
    return ReadPartition(&log, resource, partition, key.public_key());
  }
  std::vector<std::string> Records(uint64_t generation = 0) {
    return ReadRecords(&log, resource, key.public_key(), generation);
  }
  std::vector<records::v1::QuarantinedRecord> Quarantined() {
    return ReadQuarantine(&log, resource);
  }

  storage::TestFolder folder;
  MemoryLog log;
  crypto::SigningKey key = crypto::SigningKey::Generate();
  Resource resource;
  config::v1::CsvSource source;
  std::unique_ptr<Publisher> publisher;
  std::function<bool()> stop;
  std::function<void(const PublishProgress&)> progress;
  config::v1::OnMisfit on_misfit = config::v1::ON_MISFIT_UNSPECIFIED;
};

constexpr char kHeader[] = "code,name,population\n";

using Strings = std::vector<std::string>;

TEST_CASE("A STATE file becomes a baseline between its markers") {
  Department department(Divisions());
  department.Write(
      "\xEF\xBB\xBFname,code,population\r\n东城区,110101,708829\r\n"
      "\"\",110102,\r\n\r\n,\"110105\",-1");
  department.PublishAll();
  const std::vector<PublishedMessage> messages = department.Messages();
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].header.kind() == records::v1::MESSAGE_KIND_BASELINE_BEGIN);
  CHECK(messages[2].header.kind() == records::v1::MESSAGE_KIND_BASELINE_END);
  CHECK(messages[1].header.generation() == 1);
  CHECK(messages[1].header.schema_version() == 1);
  CHECK(messages[1].header.registry_offset() == 7);
  CHECK(messages[1].records ==
        Strings{"110101|708829|东城区", "110102|~|", "110105|-1|~"});
  const records::v1::SourcePosition* position =
      department.publisher->FindPosition(department.resource.id());
  REQUIRE(position != nullptr);
  CHECK(position->complete());
  CHECK(position->records_done() == 3);
}

TEST_CASE("An unchanged file is not published again, a changed one is, whole") {
  Department department(Divisions());
  department.Write(absl::StrCat(kHeader, "1,a,1\n2,b,2\n"));
  department.PublishAll();
  const int appends = department.log.append_count();
  department.Restart();
  const auto again = department.Publish();
  REQUIRE(again.ok());
  CHECK_FALSE(again->published);
  CHECK(again->progress.records_published == 2);
  CHECK(department.log.append_count() == appends);

  department.Write(absl::StrCat(kHeader, "2,b,2\n"));
  department.PublishAll();
  CHECK(department.Records(2) == Strings{"2|2|b"});

  // The same bytes under another schema are other records.
  department.resource.set_schema_version(2);
  const auto anew = department.Publish();
  REQUIRE(anew.ok());
  CHECK(anew->published);
  CHECK(anew->progress.generation == 3);
}

TEST_CASE("A state that its topic has lost is published anew, above what was") {
  Department department(Divisions(2));
  department.Write(absl::StrCat(kHeader, "1,a,1\n2,b,2\n3,c,3\n"));
  department.PublishAll();
  department.Write(absl::StrCat(kHeader, "1,a,1\n2,b,2\n"));
  department.PublishAll();
  const std::string topic = "records.civil-affairs.divisions";
  std::vector<records::v1::EnvelopeHeader> last;
  std::vector<std::string> digests;
  for (int i = 0; i < 2; ++i) {
    last.push_back(department.Messages(i).back().header);
    const auto opened =
        records::OpenEnvelope(department.log.All(topic, i).back().value);
    REQUIRE(opened.ok());
    digests.emplace_back(crypto::DigestView(opened->header_digest));
  }
  SECTION("deleted") { department.log.DeleteTopic(topic); }
  SECTION("expired") { department.log.ExpireAll(topic); }
  for (int run = 0; run < 2; ++run) {
    department.Restart();
    const auto again = department.Publish();
    CAPTURE(run, again.status().ToString());
    REQUIRE(again.ok());
    CHECK(again->published == (run == 0));
    CHECK(again->progress.generation == 3);
    CHECK(again->progress.records_published == 2);
  }
  for (int i = 0; i < 2; ++i) {
    const records::v1::EnvelopeHeader first =
        department.Messages(i).front().header;
    CHECK(first.kind() == records::v1::MESSAGE_KIND_BASELINE_BEGIN);
    CHECK(first.generation() == 3);
    CHECK(first.sequence() == last[i].sequence() + 1);
    CHECK(first.previous_digest() == digests[i]);
  }
  Strings records = department.Records();
  std::sort(records.begin(), records.end());
  CHECK(records == Strings{"1|1|a", "2|2|b"});
}

TEST_CASE(
    "Records of a key lie in one partition, and every partition has markers") {
  Department department(Divisions(3));
  std::string content = kHeader;
  Strings expected;
  for (int i = 0; i < 300; ++i) {
    absl::StrAppend(&content, i, ",x,", i, "\n");
    expected.push_back(absl::StrCat(i, "|", i, "|x"));
  }
  department.Write(content);
  department.PublishAll();
  department.Write(absl::StrCat(content, "300,x,300\n"));
  department.PublishAll();
  for (uint32_t i = 0; i < 3; ++i) {
    const auto messages = department.Messages(i);
    REQUIRE(messages.size() == 6);
    CHECK(messages[1].records.size() > 50);
    // Within the first baseline and the second the same keys lie here.
    Strings second = messages[4].records;
    second.erase(std::remove(second.begin(), second.end(), "300|300|x"),
                 second.end());
    CHECK(messages[1].records == second);
  }
  Strings records = department.Records(2);
  expected.push_back("300|300|x");
  std::sort(records.begin(), records.end());
  std::sort(expected.begin(), expected.end());
  CHECK(records == expected);
}

TEST_CASE("An EVENTS file that grew is published from where it ended") {
  Department department(Visits());
  department.Write(absl::StrCat(kHeader, "1,a,1\n"));
  department.PublishAll();
  department.Add("2,b,2\nbad\n3,c,3\n");
  department.Restart();
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "2|2|b", "3|3|c"});
  REQUIRE(department.Quarantined().size() == 1);
  CHECK(department.Quarantined()[0].line() == 4);
  for (const PublishedMessage& message : department.Messages()) {
    CHECK(message.header.kind() == records::v1::MESSAGE_KIND_BATCH);
    CHECK(message.header.generation() == 1);
  }
}

TEST_CASE("A last event is published once its line end is there") {
  Department department(Visits());
  department.Write(absl::StrCat(kHeader, "1,a,1\n2,b"));
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a"});
  const auto unchanged = department.Publish();
  REQUIRE(unchanged.ok());
  CHECK_FALSE(unchanged->published);
  CHECK(unchanged->progress.bytes_total - unchanged->progress.bytes_done == 3);
  // What was not published may still be written otherwise.
  department.Write(absl::StrCat(kHeader, "1,a,1\n3,c,3\r"));
  department.Restart();
  REQUIRE(department.Publish().ok());
  CHECK(department.Records() == Strings{"1|1|a"});
  department.Add("\n");
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "3|3|c"});
  CHECK(department.Quarantined().empty());
}

TEST_CASE("Of a STATE file the last line counts without its line end") {
  Department department(Divisions());
  department.Write(absl::StrCat(kHeader, "1,a,1\n2,b,2"));
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "2|2|b"});
}

TEST_CASE("Events are the same however slowly their file is written") {
  const std::string text = absl::StrCat(
      kHeader, "1,a,1\r\n2,\"b\nc\"\"\n,\",2\nbad\n3,\"x\" y,3\n\n4,d,4\n");
  Department at_once(Visits());
  at_once.Write(text);
  at_once.PublishAll();
  REQUIRE(at_once.Records().size() == 3);
  REQUIRE(at_once.Quarantined().size() == 2);

  Department slowly(Visits());
  const std::string header = kHeader;
  for (size_t bytes = 0; bytes <= text.size(); ++bytes) {
    INFO(bytes << " bytes");
    slowly.Write(text.substr(0, bytes));
    if (bytes == 0) {
      CHECK(slowly.Refusal(status::v1::REASON_CODE_MALFORMED) ==
            "is empty: its first line must be a header with the fields' names");
    } else if (bytes < header.size()) {
      CHECK(slowly.Refusal(status::v1::REASON_CODE_MALFORMED) ==
            "has no whole line yet (LF or CRLF ends one): its first line must "
            "be a header with the fields' names");
    } else {
      REQUIRE(slowly.Publish().ok());
    }
  }
  CHECK(slowly.Records() == at_once.Records());
  REQUIRE(slowly.Quarantined().size() == 2);
  for (const size_t i : {0, 1}) {
    CHECK(slowly.Quarantined()[i].line() == at_once.Quarantined()[i].line());
    CHECK(slowly.Quarantined()[i].raw() == at_once.Quarantined()[i].raw());
  }
}

TEST_CASE("An event with an open quote is waited for up to the longest row") {
  Department department(Visits());
  department.source.set_row_bytes_max(20);
  department.Write(absl::StrCat(kHeader, "1,a,1\n2,\"b\n3,c,3\n"));
  const auto waiting = department.Publish();
  REQUIRE(waiting.ok());
  CHECK(waiting->progress.lines_done == 2);
  CHECK(waiting->progress.bytes_total - waiting->progress.bytes_done == 11);
  CHECK(department.Records() == Strings{"1|1|a"});
  department.Add("4,d,4\n5,e,5\n");
  department.PublishAll();
  // The quote costs its own line.
  CHECK(department.Records() == Strings{"1|1|a", "3|3|c", "4|4|d", "5|5|e"});
  REQUIRE(department.Quarantined().size() == 1);
  CHECK(department.Quarantined()[0].line() == 3);
}

TEST_CASE("An event with an open quote may still be written otherwise") {
  Department department(Visits());
  const std::string published = absl::StrCat(kHeader, "1,a,1\n");
  department.Write(absl::StrCat(published, "2,\"b\n3,c,3\n"));
  department.PublishAll();
  const int appends = department.log.append_count();
  for (const char* waiting : {"", "2,\"b\n", "2,\"b\n3,c,3\n4"}) {
    department.Write(absl::StrCat(published, waiting));
    department.Restart();
    const auto outcome = department.Publish();
    CAPTURE(waiting, outcome.status().ToString());
    REQUIRE(outcome.ok());
    CHECK_FALSE(outcome->published);
    CHECK(outcome->progress.lines_done == 2);
    CHECK(outcome->progress.bytes_done == published.size());
  }
  CHECK(department.log.append_count() == appends);
  department.Write(absl::StrCat(kHeader, "1,b,1\n2,\"b\n3,c,3\n"));
  CHECK(department.Refusal(status::v1::REASON_CODE_WRONG_STATE)
            .rfind("it was rewritten since it was published", 0) == 0);
  department.Write(absl::StrCat(published, "2,b,2\n3,c,3\n"));
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "2|2|b", "3|3|c"});
  CHECK(department.Quarantined().empty());
}

TEST_CASE("Empty lines of one column are events however they are written") {
  Resource resource = Visits();
  resource.mutable_fields()->DeleteSubrange(1, 2);
  resource.mutable_fields(0)->set_required(false);
  Department department(resource);
  const std::string text =
      "\xEF\xBB\xBF"
      "code\r\n1\r\n\r\n\"\r\n2\"\r\n\r\n3";
  const size_t header = 9;
  for (size_t bytes = header; bytes <= text.size(); ++bytes) {
    INFO(bytes << " bytes");
    department.Write(text.substr(0, bytes));
    department.Restart();
    REQUIRE(department.Publish().ok());
  }
  CHECK(department.Records() == Strings{"1", "~", "\r\n2", "~"});
  department.Add("\n");
  department.PublishAll();
  CHECK(department.Records() == Strings{"1", "~", "\r\n2", "~", "3"});
  CHECK(department.Quarantined().empty());
}

TEST_CASE("Half a character at the end of a GB18030 file is waited for") {
  Department department(Visits());
  department.source.set_encoding("gb18030");
  department.Write(absl::StrCat(kHeader, "1,\xB6"));
  department.PublishAll();
  department.Add("\xAB,1\n2,\x81");
  department.PublishAll();
  department.Add("\x39\xEE\x39,2\n");
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|东", "2|2|㐀"});
  CHECK(department.Quarantined().empty());
}

TEST_CASE("A stop ends the search for the last line of an EVENTS file") {
  Department department(Visits());
  department.Write(absl::StrCat(kHeader, std::string(200'000, 'x')));
  int asked = 0;
  department.stop = [&] { return ++asked == 2; };
  department.Refusal(status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(asked == 2);
  department.stop = nullptr;
  department.PublishAll();
}

TEST_CASE("An EVENTS file whose header is not whole is told apart") {
  Department department(Visits());
  department.Write("\xEF\xBB\xBF");
  CHECK(department.Refusal(status::v1::REASON_CODE_MALFORMED) ==
        "has no whole line yet (LF or CRLF ends one): its first line must be a "
        "header with the fields' names");
  department.Write("\"code,name,population\n1,a,1\n");
  CHECK(department.Refusal(status::v1::REASON_CODE_MALFORMED) ==
        "has a header with a quote that is not closed: its first line must be "
        "a header with the fields' names");
  department.Write(kHeader);
  department.PublishAll();
  department.Add("1,a,1\n");
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a"});
}

TEST_CASE("A row that ends at bad_rows_max leaves half a line for later") {
  Department department(Visits());
  department.source.set_bad_rows_max(1);
  department.Write(absl::StrCat(kHeader, "bad\n1,a,1\nbad\n2,b,2\n3,"));
  department.Refusal(status::v1::REASON_CODE_MALFORMED);
  department.Restart();
  department.Refusal(status::v1::REASON_CODE_MALFORMED);
  department.source.set_bad_rows_max(2);
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "2|2|b"});
  department.Add("c,3\n");
  department.PublishAll();
  CHECK(department.Quarantined().size() == 2);
}

TEST_CASE("A rewritten EVENTS file is refused and says what to do") {
  Department department(Visits());
  department.Write(absl::StrCat(kHeader, "1,a,1\n"));
  department.PublishAll();
  department.Write(absl::StrCat(kHeader, "1,a,2\n2,b,2\n"));
  CHECK(department.Refusal(status::v1::REASON_CODE_WRONG_STATE)
            .find("restore what was published before") != std::string::npos);
  CHECK(department.Records() == Strings{"1|1|a"});
}

TEST_CASE("Events without a key go round the partitions") {
  Department department(Visits(2));
  department.Write(absl::StrCat(kHeader, "1,a,1\n2,b,2\n3,c,3\n"));
  department.PublishAll();
  CHECK(department.Messages(0)[0].records == Strings{"1|1|a", "3|3|c"});
  CHECK(department.Messages(1)[0].records == Strings{"2|2|b"});
}

TEST_CASE(
    "Bad records are quarantined with line and reason, the others published") {
  Department department(Divisions());
  const std::string long_name(31, 'x');
  department.source.set_row_bytes_max(60);
  department.Write(absl::StrCat(kHeader, "1,a,1\n", "2,a,many\n", "3,a\n",
                                ",a,3\n", "4,", long_name, ",4\n",
                                "5,\xFF\xFE,5\n", "6,a\"b,6\n", "7,\"open,7\n",
                                "8,", std::string(70, 'y'), ",8\n",
                                absl::string_view("9,\0,9\n", 6), "10,b,10\n"));
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "10|10|b"});
  const auto quarantined = department.Quarantined();
  REQUIRE(quarantined.size() == 9);
  const std::vector<std::pair<uint64_t, std::string>> expected = {
      {3, "field population (column 3) is not a whole number of 64 bits"},
      {4, "has 2 values where the header names 3 columns"},
      {5, "field code (column 1) is required and has no value"},
      {6, "field name (column 2) is longer than the field allows"},
      {7, "broken UTF-8 at byte 3 of the record"},
      {8, "a quote in an unquoted value at line 8, byte 4"},
      {9, "longer than 60 bytes, and the quote that opens at line 9, byte 3"},
      {10, "longer than 60 bytes: shorten it"},
      {11, "a zero byte at byte 3 of the record"}};
  for (size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i, quarantined[i].reason());
    CHECK(quarantined[i].line() == expected[i].first);
    CHECK(quarantined[i].reason().rfind(expected[i].second, 0) == 0);
    CHECK(quarantined[i].source() == "divisions.csv");
  }
  CHECK(quarantined[0].raw() == "2,a,many");
  CHECK(quarantined[4].raw() == "5,\xFF\xFE,5");
}

TEST_CASE(
    "GB18030 files are published as UTF-8, broken characters quarantined") {
  Department department(Divisions());
  department.source.set_encoding("gb18030");
  department.Write(absl::StrCat(kHeader, "1,\xB6\xAB\xB3\xC7\xC7\xF8,1\n",
                                "2,\"\x95\x32\x82\x36,\"\"\",2\n",
                                "3,\xB6\xFF,3\n", "4,\xB6\n", "5,b,5\n"));
  department.PublishAll();
  CHECK(department.Records() ==
        Strings{"1|1|东城区", "2|2|\xF0\xA0\x80\x80,\"", "5|5|b"});
  const auto quarantined = department.Quarantined();
  REQUIRE(quarantined.size() == 2);
  CHECK(quarantined[0].reason().rfind("broken GB18030 at byte 3", 0) == 0);
  CHECK(quarantined[0].raw() == "3,\xB6\xFF,3");
}

TEST_CASE(
    "A header that does not fit is refused before anything is published") {
  Department department(Divisions());
  department.Write("code,nmae,code,other\n1,a,1,1\n");
  CHECK(
      department.Refusal(status::v1::REASON_CODE_MALFORMED) ==
      "its header does not fit the resource: columns 1 and 3 are both named "
      "code; no column is named population; no column is named name; column 2 "
      "is no field of the resource (did you mean name?); column 4 is no field "
      "of the resource: correct the header line, or the fields in the resource "
      "file");
  // A forgotten header line is a record: it must not be repeated.
  department.Write("110101,SECRET,5\n");
  CHECK(department.Refusal(status::v1::REASON_CODE_MALFORMED).find("SECRET") ==
        std::string::npos);
  department.Write("\"code,name\n1,a\n");
  CHECK(department.Refusal(status::v1::REASON_CODE_MALFORMED)
            .find("header line is broken") != std::string::npos);
  department.Write("");
  CHECK(
      department.Refusal(status::v1::REASON_CODE_MALFORMED).find("is empty") ==
      0);
  department.Write("\xEF\xBB\xBF");
  CHECK(
      department.Refusal(status::v1::REASON_CODE_MALFORMED).find("is empty") ==
      0);
  department.Write(
      "\xFF\xFE"
      "c\0o\0");
  CHECK(department.Refusal(status::v1::REASON_CODE_MALFORMED) ==
        "is written in UTF-16: save it as UTF-8");
  CHECK(department.log.append_count() == 0);
}

TEST_CASE("A missing file is named") {
  Department department(Divisions());
  const auto outcome = department.Publish();
  CHECK(ReasonOf(outcome.status()) == status::v1::REASON_CODE_NOT_FOUND);
  CHECK(std::string(outcome.status().message()).find(department.path()) !=
        std::string::npos);
}

TEST_CASE("Too many bad records stop the source and leave its baseline open") {
  Department department(Divisions());
  department.source.set_bad_rows_max(2);
  department.Write(
      absl::StrCat(kHeader, "1,a,1\n2,a,x\n3,a,x\n4,b,4\n5,a,x\n6,c,6\n"));
  CHECK(
      department.Refusal(status::v1::REASON_CODE_MALFORMED) ==
      "3 records are bad, bad_rows_max is 2: publishing stopped before line 7. "
      "They are in topic quarantine.civil-affairs.divisions with their "
      "reasons. "
      "The first: line 3: field population (column 3) is not a whole number of "
      "64 bits: write digits, with - before them where it is negative. Correct "
      "the file, or raise bad_rows_max of the source");
  CHECK(department.Records() == Strings{"1|1|a", "4|4|b"});
  CHECK(department.Messages().back().header.kind() ==
        records::v1::MESSAGE_KIND_BATCH);
  // A restart does not quarantine as many again.
  department.Restart();
  department.Refusal(status::v1::REASON_CODE_MALFORMED);
  CHECK(department.Quarantined().size() == 3);
  // With a higher bound it goes on where it stopped.
  department.source.set_bad_rows_max(3);
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "4|4|b", "6|6|c"});
  CHECK(department.Messages().back().header.kind() ==
        records::v1::MESSAGE_KIND_BASELINE_END);
  CHECK(department.Quarantined().size() == 3);
}

// Takes several appends; every 1,000th record is bad.
std::string LargeFile(Strings* good, size_t* bad) {
  std::string content = kHeader;
  for (int i = 0; i < 150'000; ++i) {
    const bool is_bad = i % 1'000 == 999;
    absl::StrAppend(&content, i, ",\"name, ", i % 7, "\",", is_bad ? "x" : "",
                    i, "\n");
    if (is_bad) {
      ++*bad;
    } else {
      good->push_back(absl::StrCat(i, "|", i, "|name, ", i % 7));
    }
  }
  std::sort(good->begin(), good->end());
  return content;
}

TEST_CASE("A run that dies at any append is gone on with, each record once") {
  const auto resource = GENERATE(Divisions(1), Divisions(3), Visits(2));
  Department department(resource);
  Strings good;
  size_t bad = 0;
  department.Write(LargeFile(&good, &bad));
  // Each life of the process gets one append further, every other one none.
  int lives = 0;
  absl::StatusOr<PublishOutcome> rest = absl::UnknownError("not run");
  while (!rest.ok() && lives < 100) {
    const int last = department.log.append_count() + lives % 2;
    department.log.OnAppend([last](int number) {
      return number <= last
                 ? absl::OkStatus()
                 : Error(status::v1::REASON_CODE_STORAGE_FAILED, "died");
    });
    rest = department.Publish();
    department.Restart();
    ++lives;
  }
  CHECK(lives >= 3);
  REQUIRE(rest.ok());
  CHECK(rest->progress.records_quarantined == bad);
  Strings records = department.Records();
  std::sort(records.begin(), records.end());
  CHECK((records == good));
  CHECK(department.Quarantined().size() == bad);
  if (resource.kind() == catalog::v1::RESOURCE_KIND_STATE) {
    const auto messages = department.Messages();
    CHECK(messages.front().header.kind() ==
          records::v1::MESSAGE_KIND_BASELINE_BEGIN);
    CHECK(messages.back().header.kind() ==
          records::v1::MESSAGE_KIND_BASELINE_END);
    CHECK(messages.back().header.generation() == 1);
  }
}

TEST_CASE("An append whose answer is lost is neither missed nor done twice") {
  const auto resource = GENERATE(Divisions(3), Visits(2));
  Department department(resource);
  Strings good;
  size_t bad = 0;
  department.Write(LargeFile(&good, &bad));
  // Of every two appends that are done the second is reported as failed.
  department.log.AfterAppend([](int number) {
    return number % 2 == 1
               ? absl::OkStatus()
               : Error(status::v1::REASON_CODE_STORAGE_FAILED, "no answer");
  });
  absl::StatusOr<PublishOutcome> outcome = department.Publish();
  int lives = 1;
  while (!outcome.ok() && lives < 100) {
    CHECK(ReasonOf(outcome.status()) == status::v1::REASON_CODE_STORAGE_FAILED);
    CHECK(department.publisher->finished());
    // It cannot be used on: what is on the bus is not known to it.
    CHECK_FALSE(department.Publish().ok());
    department.Restart();
    outcome = department.Publish();
    ++lives;
  }
  CHECK(lives >= 2);
  REQUIRE(outcome.ok());
  Strings records = department.Records();
  std::sort(records.begin(), records.end());
  CHECK((records == good));
  CHECK(department.Quarantined().size() == bad);
}

TEST_CASE("Records stay on the bus as long as the resource asks") {
  Department department(Divisions());
  department.Write("code,name,population\n110101,东城区,708829\n");
  CsvPublication publication;
  publication.publisher = department.publisher.get();
  publication.resource = &department.resource;
  publication.source = &department.source;
  publication.path = department.path();
  publication.retention = absl::Hours(48);
  REQUIRE(PublishCsv(publication).ok());
  const auto topic =
      department.log.DescribeTopic("records.civil-affairs.divisions");
  REQUIRE(topic.ok());
  CHECK(topic->retention == absl::Hours(48));
}

TEST_CASE("Stopping ends a run between appends and loses nothing") {
  Department department(Divisions());
  Strings good;
  size_t bad = 0;
  department.Write(LargeFile(&good, &bad));
  int asked = 0;
  department.stop = [&] { return ++asked > 100; };
  const auto stopped = department.Publish();
  CHECK(ReasonOf(stopped.status()) == status::v1::REASON_CODE_SHUTTING_DOWN);
  department.stop = nullptr;
  uint64_t last = 0;
  department.progress = [&](const PublishProgress& progress) {
    CHECK(progress.bytes_done >= last);
    last = progress.bytes_done;
  };
  department.PublishAll();
  CHECK(last == std::filesystem::file_size(department.path()));
  Strings records = department.Records();
  std::sort(records.begin(), records.end());
  CHECK((records == good));
}

TEST_CASE("A file that is written into while it is read ends no baseline") {
  Department department(Divisions());
  department.Write(absl::StrCat(kHeader, "1,a,1\n"));
  department.progress = [&](const PublishProgress&) {
    department.Add("2,b,2\n");
  };
  CHECK(department.Refusal(status::v1::REASON_CODE_WRONG_STATE)
            .find("rename it into place") != std::string::npos);
  department.progress = nullptr;
  department.PublishAll();
  CHECK(department.Records() == Strings{"1|1|a", "2|2|b"});
}

TEST_CASE("A second publisher of the department fences the first") {
  Department department(Divisions());
  department.Write(absl::StrCat(kHeader, "1,a,1\n"));
  std::unique_ptr<Publisher> first = std::move(department.publisher);
  department.Restart();
  std::swap(first, department.publisher);
  department.Refusal(status::v1::REASON_CODE_FENCED);
  CHECK(department.Messages().empty());
}

TEST_CASE("Events on the bus without their position are not published twice") {
  Department department(Visits());
  department.Write(absl::StrCat(kHeader, "1,a,1\n"));
  department.PublishAll();
  Department other(Visits());
  other.Write(absl::StrCat(kHeader, "1,a,1\n"));
  REQUIRE(other.log.CreateTopic({.name = "records.civil-affairs.visits"}).ok());
  auto producer = other.log.OpenProducer("x");
  REQUIRE(producer.ok());
  const auto message = department.log.All("records.civil-affairs.visits")[0];
  REQUIRE((*producer)
              ->Append({{{"records.civil-affairs.visits", 0},
                         message.key,
                         message.value}})
              .ok());
  CHECK(other.Refusal(status::v1::REASON_CODE_WRONG_STATE)
            .find("restore the positions topic") != std::string::npos);
}

TEST_CASE("A record too large for any batch is quarantined") {
  Department department(Divisions());
  department.resource.mutable_fields(1)->set_length_max(65'536);
  for (uint32_t id = 10; id < 30; ++id) {
    AddField(id, absl::StrCat("text", id), records::v1::DATA_TYPE_STRING,
             &department.resource)
        ->set_length_max(65'536);
  }
  department.source.set_row_bytes_max(1'048'576);
  std::string header = "code,name,population";
  std::string large = "1,a,1";
  std::string nearly = "2,a,2";
  for (int id = 10; id < 30; ++id) {
    absl::StrAppend(&header, ",text", id);
    absl::StrAppend(&large, ",", std::string(50'000, 'x'));
    absl::StrAppend(&nearly, ",", std::string(44'000, 'x'));
  }
  department.Write(
      absl::StrCat(header, "\n", nearly, "\n", large, "\n", nearly, "\n"));
  department.PublishAll();
  CHECK(department.Records().size() == 2);
  const auto quarantined = department.Quarantined();
  REQUIRE(quarantined.size() == 1);
  CHECK(quarantined[0].raw().size() == kRawBytesMax);
  CHECK(quarantined[0].reason().rfind("is larger than a batch", 0) == 0);
}

// Divisions whose code says what it is.
Resource MeantDivisions() {
  Resource resource = Divisions();
  resource.mutable_fields(0)->set_semantic_type(
      catalog::v1::SEMANTIC_TYPE_DIVISION_CODE);
  return resource;
}

TEST_CASE("A value that is not what its semantic type says passes, counted") {
  Department department(MeantDivisions());
  department.Write(
      absl::StrCat(kHeader, "110101,a,1\n990101,b,2\n１１０１０２,c,3\n"));
  const auto outcome = department.Publish();
  REQUIRE(outcome.ok());
  CHECK(outcome->progress.records_published == 3);
  REQUIRE(outcome->progress.misfits.size() == 2);
  CHECK(outcome->progress.misfits[0].field == "code");
  CHECK(outcome->progress.misfits[0].reason == Misfit::kFullWidth);
  CHECK(outcome->progress.misfits[0].count == 1);
  CHECK(outcome->progress.misfits[1].reason == Misfit::kForm);
  CHECK(department.Records(1).size() == 3);
  // What was published before is not counted again.
  const auto again = department.Publish();
  REQUIRE(again.ok());
  CHECK(again->progress.misfits.empty());
}

TEST_CASE("Where the resource file asks for it, a misfit is quarantined") {
  Department department(MeantDivisions());
  department.Write(absl::StrCat(kHeader, "110101,a,1\n990101,b,2\n"));
  department.PublishAll();
  CHECK(department.Records(1).size() == 2);

  // The same file, read otherwise: a new baseline.
  department.on_misfit = config::v1::ON_MISFIT_QUARANTINE;
  const auto outcome = department.Publish();
  REQUIRE(outcome.ok());
  CHECK(outcome->published);
  CHECK(outcome->progress.records_quarantined == 1);
  REQUIRE(outcome->progress.misfits.size() == 1);
  CHECK(department.Records(2) == Strings{"110101|1|a"});
  REQUIRE(department.Quarantined().size() == 1);
  CHECK(department.Quarantined()[0].line() == 3);
  const std::string reason = department.Quarantined()[0].reason();
  CHECK(reason.find("field code is no DIVISION_CODE") == 0);
  CHECK(reason.find("990101") == std::string::npos);

  // They count towards the bound.
  department.source.set_bad_rows_max(1);
  department.Write(absl::StrCat(kHeader, "990101,a,1\n990102,b,2\n"));
  CHECK(department.Refusal(status::v1::REASON_CODE_MALFORMED)
            .find("2 records are bad, bad_rows_max is 1") == 0);
}

}  // namespace
}  // namespace sluice::publish
