// Records of one resource on their way to the bus: gathered into columns, cut
// into batches, signed into each partition's chain and appended together.
#ifndef SLUICE_LIBS_PUBLISH_RESOURCE_WRITER_H_
#define SLUICE_LIBS_PUBLISH_RESOURCE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/publish/publisher.h"
#include "libs/publish/row_key.h"
#include "libs/records/batch_builder.h"
#include "libs/records/envelope.h"
#include "libs/records/text_value.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/records/v1/envelope.pb.h"

namespace sluice::publish {

// Bytes gathered before an append, so that one sync pays for many batches: at
// least the first, more for a resource of many partitions, never more than the
// second.
inline constexpr size_t kAppendBytesMin = size_t{4} << 20;
inline constexpr size_t kAppendBytesMax = size_t{16} << 20;

// Holds at most about kAppendBytesMax of records, once as columns and for the
// time of an append once more as messages. Not thread-safe. After Append has
// failed it is of no use any more: what it gathered is not on the bus; open
// another one.
class ResourceWriter {
 public:
  // Creates the topics if missing, as Publisher::CreateTopics, and reads where
  // the chains stand. `publisher` must outlive the writer. `resource` as the
  // registry has it, with its schema version. Errors are the log's; CORRUPT if
  // the partitions are not of one generation, or where a chain stands is gone
  // with its messages.
  static absl::StatusOr<std::unique_ptr<ResourceWriter>> Open(
      Publisher* publisher, const catalog::v1::Resource& resource,
      absl::Duration retention = absl::InfiniteDuration());

  // The generation that is being written; 0 before the first.
  uint64_t generation() const {
    return partitions_[0].signer->head().generation;
  }
  // Whether the topic held anything of this resource when this was opened.
  bool has_messages() const { return has_messages_; }

  // Whether a STATE resource was published and all of it is gone from the bus:
  // the topic was deleted, or retention has taken it. The chain goes on where
  // it stood, so that no generation or sequence that consumers may have comes
  // twice; publish it anew.
  bool was_lost() const { return was_lost_; }

  // The next generation starts, on every partition; STATE resources say so to
  // their readers. Before anything was gathered (asserted).
  void StartGeneration();
  // The baseline is complete, on every partition.
  absl::Status EndBaseline();

  // Whether a batch can hold the record at all.
  bool Fits(const std::vector<records::Value>& values) const;

  // Takes a record that Fits. `values` are ascending by field id. `ordinal` is
  // the record's number in its source; without a key it decides the partition.
  absl::Status Add(const std::vector<records::Value>& values, uint64_t ordinal);

  void Quarantine(const records::v1::QuarantinedRecord& record);

  // Whether enough is gathered for an append.
  bool IsFull() const { return gathered_bytes_ >= append_bytes_; }

  // Signs and appends all that was gathered, with `position` beside it.
  absl::Status Append(const records::v1::SourcePosition& position);

 private:
  struct Partition {
    std::unique_ptr<records::EnvelopeSigner> signer;
    std::unique_ptr<records::BatchBuilder> builder;
    size_t bytes = 0;  // in the builder
  };
  // A message without its place in the chain.
  struct Unsigned {
    size_t partition = 0;
    records::v1::MessageKind kind = records::v1::MESSAGE_KIND_BATCH;
    uint32_t row_count = 0;
    records::EncodedBatch payload;
  };

  ResourceWriter(Publisher* publisher, catalog::v1::Resource resource);

  // Where the chains of the partitions stand.
  absl::StatusOr<std::vector<records::ChainHead>> FindHeads(uint32_t count);

  size_t RecordBytes(const std::vector<records::Value>& values) const;
  size_t PartitionFor(const std::vector<records::Value>& values,
                      uint64_t ordinal);
  void AddMarker(records::v1::MessageKind kind);
  absl::Status CutBatch(size_t partition);
  std::vector<bus::Outgoing> SignAll();

  // Constant after construction.
  Publisher* const publisher_;
  const catalog::v1::Resource resource_;
  std::vector<records::v1::DataType> types_;  // ascending by field id
  size_t fixed_bytes_ = 0;                    // of a record, without its texts
  size_t batch_overhead_ = 0;
  size_t append_bytes_ = 0;

  // Constant after Open.
  bool has_messages_ = false;
  bool was_lost_ = false;

  RowKey row_key_;
  std::vector<Partition> partitions_;
  std::vector<Unsigned> unsigned_;
  std::vector<bus::Outgoing> quarantined_;
  size_t gathered_bytes_ = 0;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_RESOURCE_WRITER_H_
