#include "libs/publish/csv_publication.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/publish/csv_reader.h"
#include "libs/publish/input_file.h"
#include "libs/publish/resource_writer.h"
#include "libs/publish/row_parser.h"
#include "libs/publish/start_point.h"
#include "libs/publish/topics.h"

namespace sluice::publish {
namespace {

constexpr size_t kRowBytesMaxDefault = 65'536;
constexpr uint64_t kBadRowsMaxDefault = 1'000;
constexpr uint64_t kRecordsBetweenStopChecks = 1'024;

// One run over one file.
class Run {
 public:
  Run(const CsvPublication& publication, std::unique_ptr<InputFile> file)
      : publication_(publication),
        resource_(*publication.resource),
        file_(std::move(file)),
        row_bytes_max_(publication.source->row_bytes_max() == 0
                           ? kRowBytesMaxDefault
                           : publication.source->row_bytes_max()),
        bad_rows_max_(publication.source->bad_rows_max() == 0
                          ? kBadRowsMaxDefault
                          : publication.source->bad_rows_max()),
        semantic_check_(
            resource_,
            absl::ToCivilDay(publication.publisher->options().clock->Now(),
                             absl::UTCTimeZone())) {}

  absl::StatusOr<PublishOutcome> Publish();

 private:
  absl::StatusOr<StartPoint> FindStart();
  absl::Status NoHeader() const;
  absl::Status ReadHeader();
  absl::StatusOr<uint64_t> ByteOrderMark();
  absl::Status OpenWriter(StartPoint* point);
  void BeginAnew(StartPoint* point);
  void GoTo(uint64_t offset, uint64_t line);
  absl::Status PublishRecords();
  absl::Status End();
  absl::Status LeaveOpenRow();
  absl::Status TakeRow(const CsvRow& row);
  absl::Status TakeBadRow(const CsvRow& row, const std::string& problem);
  absl::Status Append();
  absl::Status CheckBadRows();
  absl::Status CheckFile() const;
  bool MustStop() const { return publication_.stop && publication_.stop(); }
  void Report();
  bool quarantines_misfits() const {
    return publication_.on_misfit == config::v1::ON_MISFIT_QUARANTINE;
  }
  bool is_state() const {
    return resource_.kind() == catalog::v1::RESOURCE_KIND_STATE;
  }

  const CsvPublication& publication_;
  const catalog::v1::Resource& resource_;
  const std::unique_ptr<InputFile> file_;
  const size_t row_bytes_max_;
  const uint64_t bad_rows_max_;

  std::unique_ptr<CsvReader> reader_;
  std::unique_ptr<RowParser> parser_;
  SemanticCheck semantic_check_;
  std::unique_ptr<ResourceWriter> writer_;
  // What the next append says; counts what is gathered as done.
  records::v1::SourcePosition position_;
  bool appended_ = false;
  std::string problem_;
  std::string first_problem_;
  PublishProgress progress_;
};

absl::Status StoppedError() {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
               "publishing was stopped; it goes on at the next start");
}

absl::StatusOr<PublishOutcome> Run::Publish() {
  if (!is_state()) RETURN_IF_ERROR(file_->KeepWholeLines(publication_.stop));
  if (file_->size() == 0) return NoHeader();
  ASSIGN_OR_RETURN(StartPoint point, FindStart());
  position_ = std::move(point.position);
  // Of a state it is looked whether it is on the bus yet.
  if (point.start != Start::kNothingToDo || is_state()) {
    RETURN_IF_ERROR(ReadHeader());
    RETURN_IF_ERROR(OpenWriter(&point));
  }
  Report();
  if (point.start == Start::kNothingToDo) {
    return PublishOutcome{false, progress_};
  }
  RETURN_IF_ERROR(CheckBadRows());
  RETURN_IF_ERROR(PublishRecords());
  return PublishOutcome{appended_, progress_};
}

absl::StatusOr<StartPoint> Run::FindStart() {
  const records::v1::SourcePosition* before =
      publication_.publisher->FindPosition(resource_.id());
  const uint64_t published =
      before == nullptr ? file_->size()
                        : std::min(before->source_bytes(), file_->size());
  ASSIGN_OR_RETURN(const InputFile::Digests digests,
                   file_->ComputeDigests(published, publication_.stop));
  const std::string& encoding = publication_.source->encoding();
  const std::string read_as = absl::StrCat(
      "csv ", encoding.empty() ? "utf-8" : encoding, " ", row_bytes_max_,
      quarantines_misfits() ? " misfits-quarantined" : "");
  return FindStartPoint(resource_, read_as, before, file_->size(), digests);
}

absl::StatusOr<uint64_t> Run::ByteOrderMark() {
  char start[4] = {};
  ASSIGN_OR_RETURN(const size_t got, file_->ReadAt(0, start, sizeof(start)));
  const absl::string_view bytes(start, got);
  if (absl::StartsWith(bytes, "\xFF\xFE") ||
      absl::StartsWith(bytes, "\xFE\xFF")) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "is written in UTF-16: save it as UTF-8");
  }
  if (publication_.source->encoding() == "gb18030") {
    return absl::StartsWith(bytes, "\x84\x31\x95\x33") ? 4 : 0;
  }
  return absl::StartsWith(bytes, "\xEF\xBB\xBF") ? 3 : 0;
}

void Run::GoTo(uint64_t offset, uint64_t line) {
  CsvOptions options;
  options.row_bytes_max = row_bytes_max_;
  options.begin_offset = offset;
  options.begin_line = line;
  options.may_go_on = !is_state();
  reader_ = std::make_unique<CsvReader>(file_.get(), options);
}

absl::Status Run::NoHeader() const {
  absl::string_view what = "is empty";
  if (!is_state() && file_->stamp().size != 0) {
    what = file_->size() == 0 ? "has no whole line yet (LF or CRLF ends one)"
                              : "has a header with a quote that is not closed";
  }
  return Error(
      status::v1::REASON_CODE_MALFORMED,
      absl::StrCat(what,
                   ": its first line must be a header with the fields' names"));
}

absl::Status Run::ReadHeader() {
  ASSIGN_OR_RETURN(const uint64_t begin, ByteOrderMark());
  GoTo(begin, 1);
  CsvRow header;
  ASSIGN_OR_RETURN(const bool found, reader_->Next(&header));
  if (!found) return NoHeader();
  const bool gb18030 = publication_.source->encoding() == "gb18030";
  ASSIGN_OR_RETURN(parser_, RowParser::Create(resource_, header,
                                              gb18030 ? TextEncoding::kGb18030
                                                      : TextEncoding::kUtf8));
  return absl::OkStatus();
}

void Run::BeginAnew(StartPoint* point) {
  if (writer_->was_lost()) {
    LogWarning(
        "all that was published of a state is gone from its topic, so it is "
        "published anew: find out who deleted it, or give it a longer "
        "retention",
        {{"topic", RecordsTopic(resource_.id())},
         {"generation", writer_->generation() + 1}});
  }
  point->start = Start::kFresh;
  position_.set_records_done(0);
  position_.set_records_bad(0);
  position_.set_bytes_done(0);
  position_.set_lines_done(0);
  position_.set_complete(false);
}

absl::Status Run::OpenWriter(StartPoint* point) {
  ASSIGN_OR_RETURN(writer_,
                   ResourceWriter::Open(publication_.publisher, resource_,
                                        publication_.retention));
  if (is_state()) {
    // A baseline whose beginning is not on the bus cannot be gone on with.
    const bool is_broken_off = point->start == Start::kResume &&
                               writer_->generation() != position_.generation();
    if (is_broken_off || writer_->was_lost()) BeginAnew(point);
    if (point->start == Start::kNothingToDo) return absl::OkStatus();
    if (point->start == Start::kFresh) writer_->StartGeneration();
  } else if (point->start == Start::kFresh && writer_->has_messages()) {
    return Error(
        status::v1::REASON_CODE_WRONG_STATE,
        absl::StrCat(
            "topic ", RecordsTopic(resource_.id()), " holds events, but topic ",
            PositionsTopic(publication_.publisher->options().department),
            " does not say how many of the file: restore the positions "
            "topic, or publish the file as a new resource"));
  } else if (point->start == Start::kResume && !writer_->has_messages() &&
             position_.records_done() > position_.records_bad()) {
    // To go on would leave out what is gone, and nobody would know.
    return Error(
        status::v1::REASON_CODE_WRONG_STATE,
        absl::StrCat(
            "topic ", RecordsTopic(resource_.id()), " is empty, but topic ",
            PositionsTopic(publication_.publisher->options().department),
            " says that ", position_.records_done(),
            " records of the file are in it, so it was deleted: restore it, or "
            "publish the file as a new resource"));
  }
  position_.set_generation(writer_->generation());
  if (point->start == Start::kFresh) return absl::OkStatus();
  GoTo(position_.bytes_done(), position_.lines_done() + 1);
  return absl::OkStatus();
}

absl::Status Run::PublishRecords() {
  CsvRow row;
  for (uint64_t count = 1;; ++count) {
    ASSIGN_OR_RETURN(const bool more, reader_->Next(&row));
    if (!more) break;
    if (count % kRecordsBetweenStopChecks == 0 && MustStop()) {
      return StoppedError();
    }
    // An empty line holds no record, unless the only column may be empty.
    if (row.raw.empty() && row.problem.empty() && parser_->column_count() > 1) {
      continue;
    }
    RETURN_IF_ERROR(TakeRow(row));
    if (writer_->IsFull()) RETURN_IF_ERROR(Append());
    if (position_.records_bad() > bad_rows_max_) {
      RETURN_IF_ERROR(Append());
      return CheckBadRows();
    }
  }
  return End();
}

absl::Status Run::End() {
  position_.set_complete(true);
  if (is_state()) {
    RETURN_IF_ERROR(writer_->EndBaseline());
    return Append();
  }
  const records::v1::SourcePosition* before =
      publication_.publisher->FindPosition(resource_.id());
  // All that was added belongs to a row that is still open.
  if (before != nullptr && before->complete() &&
      before->bytes_done() == reader_->offset()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(LeaveOpenRow());
  return Append();
}

// A row that is waited for may still be written otherwise, so the position
// speaks of what is before it alone.
absl::Status Run::LeaveOpenRow() {
  const uint64_t done = reader_->offset();
  if (done == file_->size()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const InputFile::Digests digests,
                   file_->ComputeDigests(done, publication_.stop));
  // If it was rewritten meanwhile the next run must find that.
  if (position_.source_digest() !=
      AsStdView(crypto::DigestView(digests.whole))) {
    return absl::OkStatus();
  }
  position_.set_source_digest(std::string(crypto::DigestView(digests.first)));
  position_.set_source_bytes(done);
  return absl::OkStatus();
}

absl::Status Run::TakeRow(const CsvRow& row) {
  if (!row.problem.empty()) return TakeBadRow(row, row.problem);
  if (!parser_->Parse(row, &problem_)) return TakeBadRow(row, problem_);
  if (!writer_->Fits(parser_->values())) {
    return TakeBadRow(
        row, absl::StrCat("is larger than a batch of ", records::kBatchBytesMax,
                          " bytes can hold: shorten its values"));
  }
  if (!semantic_check_.Check(parser_->values()) && quarantines_misfits()) {
    return TakeBadRow(row, semantic_check_.Problem());
  }
  RETURN_IF_ERROR(writer_->Add(parser_->values(), position_.records_done()));
  position_.set_records_done(position_.records_done() + 1);
  return absl::OkStatus();
}

absl::Status Run::TakeBadRow(const CsvRow& row, const std::string& problem) {
  records::v1::QuarantinedRecord record;
  record.set_resource(resource_.id());
  record.set_source(
      std::filesystem::path(publication_.path).filename().string());
  record.set_line(row.line);
  record.set_reason(problem);
  record.set_raw(std::string(row.raw.substr(0, kRawBytesMax)));
  *record.mutable_quarantined_at() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
          absl::ToUnixNanos(publication_.publisher->options().clock->Now()));
  writer_->Quarantine(record);
  position_.set_records_done(position_.records_done() + 1);
  position_.set_records_bad(position_.records_bad() + 1);
  if (first_problem_.empty()) {
    first_problem_ = absl::StrCat("line ", row.line, ": ", problem);
  }
  return absl::OkStatus();
}

absl::Status Run::Append() {
  RETURN_IF_ERROR(CheckFile());
  position_.set_bytes_done(reader_->offset());
  position_.set_lines_done(reader_->line() - 1);
  RETURN_IF_ERROR(writer_->Append(position_));
  appended_ = true;
  Report();
  return absl::OkStatus();
}

absl::Status Run::CheckFile() const {
  return is_state() ? file_->CheckUnchanged() : file_->CheckNotCut();
}

absl::Status Run::CheckBadRows() {
  if (position_.records_bad() <= bad_rows_max_) return absl::OkStatus();
  const std::string example =
      first_problem_.empty()
          ? ""
          : absl::StrCat(" The first: ", first_problem_, ".");
  return Error(
      status::v1::REASON_CODE_MALFORMED,
      absl::StrCat(
          position_.records_bad(), " records are bad, bad_rows_max is ",
          bad_rows_max_, ": publishing stopped before line ",
          position_.lines_done() + 1, ". They are in topic ",
          QuarantineTopic(resource_.id()), " with their reasons.", example,
          " Correct the file, or raise bad_rows_max of the source"));
}

void Run::Report() {
  progress_.records_published =
      position_.records_done() - position_.records_bad();
  progress_.records_quarantined = position_.records_bad();
  progress_.bytes_done = position_.bytes_done();
  progress_.lines_done = position_.lines_done();
  progress_.bytes_total = file_->stamp().size;
  progress_.generation = position_.generation();
  progress_.misfits = semantic_check_.counts();
  if (publication_.progress) publication_.progress(progress_);
}

}  // namespace

absl::StatusOr<PublishOutcome> PublishCsv(const CsvPublication& publication) {
  ASSIGN_OR_RETURN(std::unique_ptr<InputFile> file,
                   InputFile::Open(publication.path));
  Run run(publication, std::move(file));
  absl::StatusOr<PublishOutcome> outcome = run.Publish();
  if (!outcome.ok()) return Annotate(outcome.status(), publication.path);
  return outcome;
}

}  // namespace sluice::publish
