// Publishes one CSV file: from its bytes to signed batches, quarantined records
// and a position on the bus, so that after any interruption it goes on with the
// next record.
#ifndef SLUICE_LIBS_PUBLISH_CSV_PUBLICATION_H_
#define SLUICE_LIBS_PUBLISH_CSV_PUBLICATION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/publish/publisher.h"
#include "libs/publish/semantic_check.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::publish {

// Of the source's content as it is now, over all runs.
struct PublishProgress {
  uint64_t records_published = 0;
  uint64_t records_quarantined = 0;
  // Less than bytes_total at the end of a run: an event is waited for, on the
  // line behind lines_done, without its line end or with an open quote.
  uint64_t bytes_done = 0;
  uint64_t bytes_total = 0;
  uint64_t lines_done = 0;
  uint64_t generation = 0;
  // Of this run alone; what of it was not appended is counted again by the
  // next.
  std::vector<MisfitCount> misfits;
};

struct CsvPublication {
  Publisher* publisher = nullptr;
  // As the registry has it, with its schema version.
  const catalog::v1::Resource* resource = nullptr;
  const config::v1::CsvSource* source = nullptr;
  // Of the CSV file.
  std::string path;
  // How long the bus keeps the resource's batches.
  absl::Duration retention = absl::InfiniteDuration();
  config::v1::OnMisfit on_misfit = config::v1::ON_MISFIT_UNSPECIFIED;
  // Asked about every thousand records; when it says true, the run ends with
  // SHUTTING_DOWN. What was not appended is read again next time.
  std::function<bool()> stop;
  // Called before the first append and after each.
  std::function<void(const PublishProgress&)> progress;
};

struct PublishOutcome {
  // False: all of the file that can be was published before, nothing was
  // appended.
  bool published = false;
  PublishProgress progress;
};

// What happens to the file depends on its kind and on what was published
// before:
// - STATE: a file that is new, changed, of a new schema version or read
//   otherwise than before becomes a new baseline, and so does one of which the
//   bus has lost all that was published. Of two records with one key the last
//   counts.
// - EVENTS: new lines at the end of the file are appended, each once its line
//   end is there: half a line may be what a program has written of it so far. A
//   row with an open quote is waited for until it is longer than row_bytes_max;
//   then the quote is taken for a mistake, as in any file. A file that was
//   changed before what is waited for is refused.
// - A run that was interrupted goes on behind the last append.
//
// Bad records are quarantined with their reason; those with a value that is not
// what its semantic type says pass and are counted, or are bad too, as
// on_misfit says. Errors, each naming the file:
// - MALFORMED: an empty file, a header that does not fit or, of EVENTS, is not
//   whole (nothing is published), more bad records than bad_rows_max (what
//   was published stays; a baseline is not ended)
// - WRONG_STATE: the file changed while it was read, or an EVENTS file was
//   rewritten
// - NOT_FOUND, STORAGE_FAILED: the file cannot be read
// - SHUTTING_DOWN: stopped
// - what the bus says (STORAGE_FAILED, FENCED); if the publisher is finished()
//   then, open another one and call this again: it goes on behind what is on
//   the bus, whether the last append got there or not
absl::StatusOr<PublishOutcome> PublishCsv(const CsvPublication& publication);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_CSV_PUBLICATION_H_
