// What operators watch, in Prometheus' terms. Modules count in plain atomics;
// this reads them when Prometheus asks, so that no hot path knows of metrics.
#ifndef SLUICE_LIBS_METRICS_METRICS_H_
#define SLUICE_LIBS_METRICS_METRICS_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/mutex.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"
#include "prometheus/metric_type.h"

namespace sluice::metrics {

// One label of a sample: never a value out of a record, nor anything unbounded.
using Label = std::pair<std::string, std::string>;

struct Sample {
  std::vector<Label> labels;
  double value = 0;
};

// Thread-safe.
class Metrics : public prometheus::Collectable {
 public:
  using Read = std::function<double()>;
  using ReadAll = std::function<std::vector<Sample>()>;

  // `name` as Prometheus asks: sluice_<what>_<unit>, and _total for a counter,
  // which only grows. `read` is called from any thread and must not block.
  void AddCounter(std::string name, std::string help, Read read);
  void AddGauge(std::string name, std::string help, Read read);

  // The same with a sample for each set of labels.
  void AddCounters(std::string name, std::string help, ReadAll read);
  void AddGauges(std::string name, std::string help, ReadAll read);

  std::vector<prometheus::MetricFamily> Collect() const override;

  // The text exposition format.
  std::string Expose() const;

 private:
  struct Family {
    std::string name;
    std::string help;
    prometheus::MetricType type;
    ReadAll read;
  };

  void Add(Family family);

  mutable Mutex mutex_;
  std::vector<Family> families_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::metrics

#endif  // SLUICE_LIBS_METRICS_METRICS_H_
