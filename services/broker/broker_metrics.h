// What operators watch of a broker.
#ifndef SLUICE_SERVICES_BROKER_BROKER_METRICS_H_
#define SLUICE_SERVICES_BROKER_BROKER_METRICS_H_

#include "libs/audit/audit_log.h"
#include "libs/delivery/exchange.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/membership.h"
#include "libs/registry/registry.h"

namespace sluice::broker {

// All must outlive what is made of `metrics`. `membership` may be null.
void AddExchangeMetrics(const delivery::Exchange* exchange,
                        const audit::AuditLog* audit,
                        metrics::Metrics* metrics);
void AddRegistryMetrics(const registry::Registry* registry,
                        const registry::Membership* membership,
                        metrics::Metrics* metrics);

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_BROKER_METRICS_H_
