// What a stream does to each message between the bus and the sink.
#ifndef SLUICE_LIBS_DELIVERY_PROCESSOR_H_
#define SLUICE_LIBS_DELIVERY_PROCESSOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/status.h"
#include "libs/bus/event_log.h"
#include "libs/delivery/framing.h"
#include "libs/delivery/row_selection.h"
#include "libs/delivery/start_point.h"
#include "sluice/audit/v1/entry.pb.h"
#include "sluice/exchange/v1/exchange_service.pb.h"

namespace sluice::delivery {

// A message ready to be announced and written.
struct Prepared {
  // partition, generation, sequence, untreatable_values and marker are set; the
  // stream sets the rest.
  exchange::v1::Delivery delivery;
  // Serialized RecordBatch, at most records::kBatchBytesMax; empty for a
  // marker.
  Frame batch;
  size_t batch_bytes = 0;
  uint32_t row_count = 0;
  // Together its records, of which there are several, are larger than a batch
  // may be, for their treatment lengthens them. Then `batch` and `entry` are
  // left out, and Part of fewer rows has them.
  bool exceeds_frame = false;
  // Under a row filter: which rows of the message these are; there may be none,
  // and then nothing is sent. Null: all of them.
  std::shared_ptr<const RowSelection> selection;
  // Id of the key that signed the message, marker or not: it is looked at again
  // when this is written. Empty: it is not.
  std::string publisher_key;
  // What the audit trail must hold before this leaves; the stream sets
  // stream_id and delivery_id of a disclosure. Nothing: nothing is disclosed.
  std::optional<audit::v1::Entry> entry;
};

// Of one stream; used by one thread at a time.
class Processor {
 public:
  virtual ~Processor() = default;

  // Nothing if the message is to be passed over. KEY_NOT_YET_KNOWN asks to be
  // called again with the same message; any other error ends the stream, also
  // TOO_LARGE for a single record that exceeds a frame. Messages of a partition
  // come in order.
  virtual absl::StatusOr<std::optional<Prepared>> Process(
      const bus::TopicPartition& from, const bus::Message& message) = 0;

  // What leaves of rows [first_row, first_row + row_count) of a message that
  // Process gave something for, with the `selection` that it gave: rows as the
  // message has them, of which some may not leave. Asked for where a limit is
  // reached within a batch, of a stream that starts within one, and of a batch
  // that exceeds a frame, as a part may too; who knows none of them may do
  // without.
  virtual absl::StatusOr<Prepared> Part(
      const bus::Message& /*message*/,
      const std::shared_ptr<const RowSelection>& /*selection*/,
      uint32_t /*first_row*/, uint32_t /*row_count*/) {
    return Error(status::v1::REASON_CODE_POSITION_INVALID,
                 "batches are delivered whole here");
  }

  // Whether what is to leave behind `start` depends on what came before it.
  // Then the partition's messages come from its beginning, and Process gives
  // nothing for those before `start`.
  // It never does where the start is fresh.
  virtual bool NeedsHistory(const StartPoint& /*start*/) const { return false; }

  // The next message of the partition is the first from `start` on, or the
  // partition's first where NeedsHistory says so; whatever came before does not
  // count.
  virtual void Begin(const bus::TopicPartition& partition,
                     const StartPoint& start) = 0;

  // Nothing is left on the bus of any partition that it has begun with. An
  // error ends the stream.
  virtual absl::Status ReachEnd() { return absl::OkStatus(); }

  // The partition is another member's now.
  virtual void Leave(const bus::TopicPartition& /*partition*/) {}
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_PROCESSOR_H_
