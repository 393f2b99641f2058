// What a records topic holds, read and checked as a broker would: for tests.
#ifndef SLUICE_LIBS_PUBLISH_PUBLISHED_TOPIC_H_
#define SLUICE_LIBS_PUBLISH_PUBLISHED_TOPIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/records/v1/envelope.pb.h"

namespace sluice::publish {

struct PublishedMessage {
  records::v1::EnvelopeHeader header;
  // The records of a batch: values ascending by field id as text, joined by
  // '|', a null as '~'.
  std::vector<std::string> records;
};

// The messages of a partition in order. Fails the test unless each is signed by
// `key` and stands in the chain, and each batch fits `resource`.
std::vector<PublishedMessage> ReadPartition(
    bus::EventLog* log, const catalog::v1::Resource& resource,
    uint32_t partition, const crypto::PublicKey& key);

// The records of all partitions with a generation of at least `generation`;
// within a partition in order.
std::vector<std::string> ReadRecords(bus::EventLog* log,
                                     const catalog::v1::Resource& resource,
                                     const crypto::PublicKey& key,
                                     uint64_t generation = 0);

std::vector<records::v1::QuarantinedRecord> ReadQuarantine(
    bus::EventLog* log, const catalog::v1::Resource& resource);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_PUBLISHED_TOPIC_H_
