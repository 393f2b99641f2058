#include "tests/fault/kept.h"

#include <string>

#include "absl/time/clock.h"

namespace sluice::fault {
namespace {

constexpr uint32_t kKeyField = 1;
constexpr uint32_t kNumberField = 2;

}  // namespace

JournalDelivery Kept(const client::ReceivedDelivery& received) {
  const exchange::v1::Delivery& delivery = received.delivery;
  JournalDelivery kept;
  kept.received = absl::Now();
  kept.partition = delivery.partition();
  kept.generation = delivery.generation();
  kept.sequence = delivery.sequence();
  kept.audit_id = delivery.audit_id();
  kept.position = delivery.position();
  if (!received.batch.has_value()) return kept;
  const records::Column* key = received.batch->FindColumn(kKeyField);
  const records::Column* number = received.batch->FindColumn(kNumberField);
  if (key == nullptr || number == nullptr) return kept;
  for (uint32_t row = 0; row < received.batch->row_count; ++row) {
    kept.records.push_back(
        {std::string(key->Text(row)),
         static_cast<uint64_t>(number->Value<int64_t>(row))});
  }
  return kept;
}

}  // namespace sluice::fault
