#include <algorithm>

#include "libs/desensitize/treatment.h"
#include "libs/desensitize/treatment_site.h"
#include "libs/predicate/predicate.h"
#include "libs/records/resource_fields.h"

namespace sluice::desensitize {
namespace {

void Collect(const Treatment& treatment, const Resource& resource,
             std::vector<uint32_t>* ids) {
  if (treatment.has_perturb()) {
    const std::vector<uint32_t> key = records::KeyFieldsOf(resource);
    ids->insert(ids->end(), key.begin(), key.end());
  }
  for (const Treatment& step : treatment.chain().steps()) {
    Collect(step, resource, ids);
  }
  if (treatment.has_conditional()) {
    const auto& conditional = treatment.conditional();
    const std::vector<uint32_t> read = predicate::FieldsOf(conditional.when());
    ids->insert(ids->end(), read.begin(), read.end());
    Collect(conditional.then(), resource, ids);
    Collect(conditional.otherwise(), resource, ids);
  }
}

}  // namespace

std::vector<uint32_t> FieldsLookedAt(const Treatment& resolved,
                                     const Resource& resource) {
  std::vector<uint32_t> ids;
  Collect(resolved, resource, &ids);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace sluice::desensitize
