// A PlanCase made into what a plan meets in service: an agreement and a schema
// as the registry lets them in, and a batch that keeps to the schema.
#ifndef SLUICE_TESTS_FUZZ_SOUND_CASE_H_
#define SLUICE_TESTS_FUZZ_SOUND_CASE_H_

#include "libs/records/batch.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "tests/fuzz/fuzz_case.pb.h"

namespace sluice::fuzz {

// At most 8 fields with ids, names, types and lengths within bounds; a STATE
// resource has its first field as the key. False if there is no field.
bool MendResource(catalog::v1::Resource* resource);

// Grants and conditions name fields of `resource`, grants ascending and each
// once; parties, purpose and modes are filled in. Treatments stay as they are.
// False without a grant.
bool MendAgreement(const catalog::v1::Resource& resource,
                   agreement::v1::Agreement* agreement);

// 1 to 200 rows of the input's values, each made to fit its field.
records::Batch MakeBatch(const PlanCase& input,
                         const catalog::v1::Resource& resource);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_SOUND_CASE_H_
