#include "services/broker/broker_metrics.h"

#include <atomic>
#include <utility>
#include <vector>

namespace sluice::broker {
namespace {

// Bits of the state digest that a double holds exactly.
constexpr int kDigestBytesShown = 6;

double DigestNumber(const crypto::Digest& digest) {
  uint64_t number = 0;
  for (int i = 0; i < kDigestBytesShown; ++i) number = number << 8 | digest[i];
  return static_cast<double>(number);
}

void AddMembershipMetrics(const registry::Membership* membership,
                          metrics::Metrics* metrics) {
  metrics->AddGauge("sluice_lease_held",
                    "1 while this broker may deliver, for it has proved that "
                    "it knows every revocation.",
                    [membership] { return membership->Check().ok() ? 1 : 0; });
  // One sample for each broker's key: as many as there are brokers.
  const auto of_each =
      [membership](double (*value)(const registry::v1::BrokerInfo&)) {
        std::vector<metrics::Sample> samples;
        for (const registry::v1::BrokerInfo& broker : membership->brokers()) {
          samples.push_back({{{"broker", broker.key_id()}}, value(broker)});
        }
        return samples;
      };
  metrics->AddGauges(
      "sluice_broker_silent_seconds",
      "Time since a heartbeat of the broker was read.", [of_each] {
        return of_each([](const registry::v1::BrokerInfo& broker) {
          return static_cast<double>(broker.silent_ms()) / 1000;
        });
      });
  metrics->AddGauges(
      "sluice_broker_has_lease",
      "1 for a broker that may deliver now, as this one knows.", [of_each] {
        return of_each([](const registry::v1::BrokerInfo& broker) {
          return broker.has_lease() ? 1.0 : 0.0;
        });
      });
}

}  // namespace

void AddExchangeMetrics(const delivery::Exchange* exchange,
                        const audit::AuditLog* audit,
                        metrics::Metrics* metrics) {
  const delivery::DeliveryCounters& counts = exchange->counters();
  const auto counter = [&](const char* name, const char* help,
                           const std::atomic<uint64_t>& count) {
    metrics->AddCounter(name, help,
                        [&count] { return static_cast<double>(count); });
  };
  counter("sluice_delivered_batches_total", "Batches written to consumers.",
          counts.delivered_batches);
  counter("sluice_delivered_records_total", "Records written to consumers.",
          counts.delivered_records);
  counter("sluice_delivered_bytes_total",
          "Bytes of batches written to consumers.", counts.delivered_bytes);
  counter("sluice_acknowledged_batches_total",
          "Batches that consumers acknowledged.", counts.acknowledged_batches);
  counter("sluice_untreatable_values_total",
          "Values that became null because their treatment could not take "
          "them.",
          counts.untreatable_values);
  counter("sluice_rejected_messages_total",
          "Messages on the bus that were forged, replayed or damaged.",
          counts.rejected_messages);
  counter("sluice_stream_pauses_total",
          "Times that a stream paused, for want of a lease or of the registry.",
          counts.pauses);
  counter(
      "sluice_used_up_days_total",
      "Times that a stream came to the end of what its agreement allows in a "
      "day.",
      counts.days_used_up);
  counter("sluice_batch_cache_hits_total",
          "Batches that another stream had verified and opened already.",
          counts.cache_hits);
  counter("sluice_batch_cache_misses_total",
          "Batches read by several streams that had to be verified and opened.",
          counts.cache_misses);
  const auto gauge = [&](const char* name, const char* help,
                         const std::atomic<int64_t>& count) {
    metrics->AddGauge(name, help,
                      [&count] { return static_cast<double>(count); });
  };
  gauge("sluice_paused_streams", "Streams that are paused now.",
        counts.paused_streams);
  gauge("sluice_quota_waiting_streams",
        "Streams that wait until their agreement allows more records.",
        counts.quota_waiting_streams);
  metrics->AddGauge(
      "sluice_open_streams", "Subscriptions open now.",
      [exchange] { return static_cast<double>(exchange->open_streams()); });
  metrics->AddGauge(
      "sluice_held_keys_bytes",
      "Memory in which it is kept which records consumers have under row "
      "filters; at most broker.held_keys_mib.",
      [exchange] { return static_cast<double>(exchange->held_keys_bytes()); });
  metrics->AddGauge("sluice_audit_entries",
                    "Entries in the audit trail, all durable.",
                    [audit] { return static_cast<double>(audit->size()); });
}

void AddRegistryMetrics(const registry::Registry* registry,
                        const registry::Membership* membership,
                        metrics::Metrics* metrics) {
  const auto gauge = [&](const char* name, const char* help,
                         double (*value)(const registry::RegistryStatus&)) {
    metrics->AddGauge(name, help,
                      [registry, value] { return value(registry->status()); });
  };
  gauge("sluice_registry_offset",
        "Offset of the last registry message applied.",
        [](const registry::RegistryStatus& status) {
          return static_cast<double>(status.applied_offset);
        });
  gauge("sluice_registry_command_offset",
        "Offset of the last registry command applied.",
        [](const registry::RegistryStatus& status) {
          return static_cast<double>(status.command_offset);
        });
  gauge("sluice_registry_state_digest",
        "First 48 bits of the state's digest: the same at every broker that "
        "shows the same command offset.",
        [](const registry::RegistryStatus& status) {
          return DigestNumber(status.state_digest);
        });
  if (membership != nullptr) AddMembershipMetrics(membership, metrics);
}

}  // namespace sluice::broker
