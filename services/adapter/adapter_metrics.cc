#include "services/adapter/adapter_metrics.h"

#include <algorithm>

namespace sluice::adapter {
namespace {

const char* NameOf(SourceState state) {
  switch (state) {
    case SourceState::kWaiting:
      return "waiting";
    case SourceState::kPublishing:
      return "publishing";
    case SourceState::kPublished:
      return "published";
    case SourceState::kFailed:
      return "failed";
  }
  return "unknown";
}

// How many of an adapter's sources are in each state.
void CountSources(const Adapter& adapter,
                  std::vector<metrics::Sample>* samples) {
  const std::vector<SourceStatus> sources = adapter.sources();
  for (const SourceState state :
       {SourceState::kWaiting, SourceState::kPublishing,
        SourceState::kPublished, SourceState::kFailed}) {
    const auto count = std::count_if(
        sources.begin(), sources.end(),
        [state](const SourceStatus& one) { return one.state == state; });
    samples->push_back(
        {{{"department", adapter.department()}, {"state", NameOf(state)}},
         static_cast<double>(count)});
  }
}

}  // namespace

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
  metrics->AddGauges("sluice_sources", "Resource files of adapters, by state.",
                     [adapters] {
                       std::vector<metrics::Sample> samples;
                       for (const Adapter* adapter : adapters) {
                         CountSources(*adapter, &samples);
                       }
                       return samples;
                     });
  add("sluice_published_records_total", "Records that adapters put on the bus.",
      &AdapterCounters::records_published);
  add("sluice_quarantined_records_total",
      "Records that were bad and went to quarantine.",
      &AdapterCounters::records_quarantined);
  add("sluice_source_failures_total",
      "Times that a source could not be published.",
      &AdapterCounters::source_failures);
  metrics->AddCounters(
      "sluice_misfit_values_total",
      "Values that are not what their field's semantic type says.", [adapters] {
        std::vector<metrics::Sample> samples;
        for (const Adapter* adapter : adapters) {
          for (const auto& [misfit, count] : adapter->misfits()) {
            const auto& [resource, field, reason] = misfit;
            samples.push_back(
                {{{"department", adapter->department()},
                  {"resource", resource},
                  {"field", field},
                  {"reason", std::string(publish::MisfitName(reason))}},
                 static_cast<double>(count)});
          }
        }
        return samples;
      });
}

}  // namespace sluice::adapter
