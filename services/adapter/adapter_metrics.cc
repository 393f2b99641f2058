#include "services/adapter/adapter_metrics.h"

namespace sluice::adapter {

void AddAdapterMetrics(const std::vector<const Adapter*>& adapters,
                       metrics::Metrics* metrics) {
  const auto add = [&](const char* name, const char* help,
                       uint64_t AdapterCounters::* counter) {
    metrics->AddCounters(name, help, [adapters, counter] {
      std::vector<metrics::Sample> samples;
      for (const Adapter* adapter : adapters) {
        const AdapterCounters counters = adapter->counters();
        samples.push_back({{{"department", adapter->department()}},
                           static_cast<double>(counters.*counter)});
      }
      return samples;
    });
  };
  add("sluice_published_records_total", "Records that adapters put on the bus.",
      &AdapterCounters::records_published);
  add("sluice_quarantined_records_total",
      "Records that were bad and went to quarantine.",
      &AdapterCounters::records_quarantined);
  add("sluice_source_failures_total",
      "Times that a source could not be published.",
      &AdapterCounters::source_failures);
}

}  // namespace sluice::adapter
