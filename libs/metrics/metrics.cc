#include "libs/metrics/metrics.h"

#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace sluice::metrics {
namespace {

Metrics::ReadAll AsSingle(Metrics::Read read) {
  return [read = std::move(read)] { return std::vector<Sample>{{{}, read()}}; };
}

prometheus::ClientMetric ToClientMetric(const Sample& sample,
                                        prometheus::MetricType type) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) {
    metric.label.push_back({name, value});
  }
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = sample.value;
  } else {
    metric.gauge.value = sample.value;
  }
  return metric;
}

}  // namespace

void Metrics::AddCounter(std::string name, std::string help, Read read) {
  AddCounters(std::move(name), std::move(help), AsSingle(std::move(read)));
}

void Metrics::AddGauge(std::string name, std::string help, Read read) {
  AddGauges(std::move(name), std::move(help), AsSingle(std::move(read)));
}

void Metrics::AddCounters(std::string name, std::string help, ReadAll read) {
  Add({std::move(name), std::move(help), prometheus::MetricType::Counter,
       std::move(read)});
}

void Metrics::AddGauges(std::string name, std::string help, ReadAll read) {
  Add({std::move(name), std::move(help), prometheus::MetricType::Gauge,
       std::move(read)});
}

void Metrics::Add(Family family) {
  MutexLock lock(&mutex_);
  families_.push_back(std::move(family));
}

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  std::vector<Family> families;
  {
    MutexLock lock(&mutex_);
    families = families_;
  }
  std::vector<prometheus::MetricFamily> collected;
  for (const Family& family : families) {
    prometheus::MetricFamily& out = collected.emplace_back();
    out.name = family.name;
    out.help = family.help;
    out.type = family.type;
    for (const Sample& sample : family.read()) {
      out.metric.push_back(ToClientMetric(sample, family.type));
    }
  }
  return collected;
}

std::string Metrics::Expose() const {
  return prometheus::TextSerializer().Serialize(Collect());
}

}  // namespace sluice::metrics
