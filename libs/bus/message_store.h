// Messages in RocksDB: the batch that appends them and the read that hands them
// out.
#ifndef SLUICE_LIBS_BUS_MESSAGE_STORE_H_
#define SLUICE_LIBS_BUS_MESSAGE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/bus/layout.h"
#include "libs/bus/topic_table.h"
#include "libs/storage/database.h"
#include "rocksdb/write_batch.h"

namespace sluice::bus {

// Bytes that begin at a multiple of 64, as column buffers want them: a copy of
// `bytes`.
SharedBytes AlignedCopy(absl::string_view bytes);

// Adds to `batch` one message at `offset` of the partition.
absl::Status PutMessage(const storage::Database::Session& session,
                        layout::PartitionId id, int64_t offset, int64_t micros,
                        absl::string_view key, absl::string_view value,
                        rocksdb::WriteBatch* batch);

// How much one read hands out. At least one message, if there is one and both
// are above 0.
struct ReadBounds {
  size_t count_max = 0;
  size_t bytes_max = 0;
};

// Messages of `partition` that are visible, from the first with an offset of at
// least `from`. POSITION_EXPIRED if retention has passed `from`.
absl::StatusOr<std::vector<Message>> ReadMessages(storage::Database* database,
                                                  const Partition& partition,
                                                  int64_t from,
                                                  ReadBounds bounds);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_MESSAGE_STORE_H_
