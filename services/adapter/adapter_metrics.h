// What operators watch of adapters.
#ifndef SLUICE_SERVICES_ADAPTER_ADAPTER_METRICS_H_
#define SLUICE_SERVICES_ADAPTER_ADAPTER_METRICS_H_

#include <vector>

#include "libs/metrics/metrics.h"
#include "services/adapter/adapter.h"

namespace sluice::adapter {

// `adapters` must outlive what is made of `metrics`.
void AddAdapterMetrics(const std::vector<const Adapter*>& adapters,
                       metrics::Metrics* metrics);

}  // namespace sluice::adapter

#endif  // SLUICE_SERVICES_ADAPTER_ADAPTER_METRICS_H_
