// A schema, an agreement with treatments, and a batch that keeps to the schema.
// Whatever they are:
//   - a plan is compiled, or refused for a reason that the registry gives too
//     when it is asked for the agreement;
//   - of a row filter, what filter_check.h says;
//   - what leaves is a batch as a consumer parses it, with the types and bounds
//     that the plan says;
//   - a null stays null, and what else became null is counted;
//   - a value's treatment does not depend on the rows around it, and is the
//     same when it is done again;
//   - the batch that came in is as it was.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/config/bounds.h"
#include "libs/delivery/plan.h"
#include "libs/delivery/row_slice.h"
#include "libs/desensitize/treatment.h"
#include "libs/predicate/predicate.h"
#include "libs/records/resource_fields.h"
#include "libs/records/schema_check.h"
#include "tests/fuzz/case_prototype.h"
#include "tests/fuzz/filter_check.h"
#include "tests/fuzz/fuzz_case.pb.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/message_walk.h"
#include "tests/fuzz/sound_case.h"

namespace sluice::fuzz {
namespace {

using agreement::v1::Agreement;
using agreement::v1::FieldGrant;
using agreement::v1::Withhold;
using catalog::v1::Field;
using catalog::v1::Resource;
using delivery::Plan;
using delivery::PlannedField;
using delivery::TreatedBatch;
using google::protobuf::Message;
using records::Batch;
using records::Column;

desensitize::OperatorKeys Keys() {
  desensitize::OperatorKeys keys;
  keys.pseudonym_secret = std::string(32, 'k');
  keys.shared_domain = [](absl::string_view domain) {
    std::string secret(32, 'd');
    secret[0] = static_cast<char>('a' + domain.size() % 26);
    return absl::StatusOr<std::string>(std::move(secret));
  };
  keys.token_secret = std::string(32, 't');
  keys.token_version = 1;
  return keys;
}

// The messages of a type in `message`, wherever they are.
template <typename Wanted>
std::vector<const Wanted*> FindAll(Message* message) {
  std::vector<const Wanted*> found;
  for (const Message* part : WalkMessages(message)) {
    if (part->GetDescriptor() != Wanted::descriptor()) continue;
    found.push_back(static_cast<const Wanted*>(part));
  }
  return found;
}

// As one line, for whoever reads what does not hold.
std::string Describe(const PlannedField& field) {
  return absl::StrCat("field ", field.after.name(), " behind ", field.treatment,
                      ": ");
}

std::string Encoded(const Batch& batch, const std::string& what) {
  const auto encoded = records::EncodeBatch(batch);
  Require(encoded.ok(),
          absl::StrCat(what, " does not encode: ", encoded.status().message()));
  return encoded->Flatten();
}

// What the registry checks of treatments and filter when an agreement is
// requested.
bool RegistryTakes(const Agreement& agreement, const Resource& resource) {
  if (agreement.has_row_filter() &&
      !predicate::Compile(agreement.row_filter(), resource, "row_filter")
           .ok()) {
    return false;
  }
  return std::all_of(
      agreement.fields().begin(), agreement.fields().end(),
      [&](const FieldGrant& grant) {
        const Field& field =
            resource.fields(static_cast<int>(grant.field_id()) - 1);
        const auto resolved = desensitize::ResolveTreatment(
            grant.treatment(), field, resource, "t");
        if (!resolved.ok() ||
            !desensitize::CheckStrength(*resolved, field, "t").ok()) {
          return false;
        }
        const auto again =
            desensitize::ResolveTreatment(*resolved, field, resource, "t");
        Require(again.ok() &&
                    again->SerializeAsString() == resolved->SerializeAsString(),
                "resolving what is resolved changes it");
        return true;
      });
}

void CheckColumn(const Column& column, const PlannedField& field) {
  const Field& after = field.after;
  Require(column.type == after.type(),
          Describe(field) + "its column is of another type");
  if (records::IsText(column.type)) {
    const uint32_t length_max = after.length_max() == 0
                                    ? records::kTextLengthDefault
                                    : after.length_max();
    for (uint32_t row = 0; row < column.row_count; ++row) {
      Require(column.Text(row).size() <= length_max,
              Describe(field) + "a text is longer than it says");
    }
  }
}

// Values that are null behind the treatment and were not before it.
uint64_t NewNulls(const Column& before, const Column& after) {
  uint64_t nulls = 0;
  for (uint32_t row = 0; row < after.row_count; ++row) {
    nulls += static_cast<uint64_t>(after.IsNull(row) && !before.IsNull(row));
  }
  return nulls;
}

void CheckNulls(const Column& before, const Column& after,
                const PlannedField& field, const FieldGrant& grant,
                uint64_t untreatable) {
  agreement::v1::Treatment treatment = grant.treatment();
  const auto withholds = FindAll<Withhold>(&treatment);
  const bool fills = std::any_of(
      withholds.begin(), withholds.end(), [](const Withhold* withhold) {
        return withhold->replacement_case() != Withhold::REPLACEMENT_NOT_SET;
      });
  for (uint32_t row = 0; row < after.row_count && !fills; ++row) {
    Require(!before.IsNull(row) || after.IsNull(row),
            Describe(field) + "a null became a value");
  }
  if (withholds.empty()) {
    Require(NewNulls(before, after) == untreatable,
            Describe(field) + "the count of untreatable values is wrong");
  }
  // A field that may not be absent is there in each record, if it was.
  if (field.after.required()) {
    Require(NewNulls(before, after) == 0,
            Describe(field) + "it is required and a value is missing");
  }
}

void CheckTreated(const Batch& batch, const TreatedBatch& treated,
                  const Plan& plan, const Agreement& agreement) {
  uint64_t untreatable = 0;
  for (size_t i = 0; i < plan.fields().size(); ++i) {
    const PlannedField& field = plan.fields()[i];
    const Column* const before = batch.FindColumn(field.field_id);
    const Column* const after = treated.batch.FindColumn(field.field_id);
    untreatable += treated.untreatable[i];
    Require(after != nullptr, Describe(field) + "its column is gone");
    CheckColumn(*after, field);
    if (before == nullptr) continue;
    CheckNulls(*before, *after, field, agreement.fields(static_cast<int>(i)),
               treated.untreatable[i]);
  }
  Require(untreatable == treated.untreatable_total,
          "untreatable values do not add up");
  const std::string bytes = Encoded(treated.batch, "what leaves");
  const auto parsed = records::ParseBatch(SharedBytes::Own(bytes));
  Require(parsed.ok(), absl::StrCat("what leaves is no valid batch: ",
                                    parsed.status().message()));
  for (const Column& column : parsed->columns) {
    const bool granted = std::any_of(
        plan.fields().begin(), plan.fields().end(),
        [&](const PlannedField& f) { return f.field_id == column.field_id; });
    Require(granted, "a column leaves that is not granted");
  }
}

// Some rows one by one, the last among them: it is the one behind the loops
// that take several values at a time.
void CheckRowsAlone(const Batch& batch, const TreatedBatch& treated,
                    const Plan& plan) {
  const uint32_t last = batch.row_count - 1;
  for (const uint32_t row : {0u, last / 2, last}) {
    const auto alone = plan.Apply(delivery::SliceRows(batch, row, 1));
    Require(alone.ok(), "a row cannot be treated by itself");
    Require(Encoded(delivery::SliceRows(alone->batch, 0, 1), "a row") ==
                Encoded(delivery::SliceRows(treated.batch, row, 1), "a row"),
            "a record depends on those around it");
  }
}

// `mask: {}` may stand for withholding, so what is asked is what it stands for.
void SpellOutTreatments(const Resource& resource, Agreement* agreement) {
  for (FieldGrant& grant : *agreement->mutable_fields()) {
    const Field* const field = records::FindField(resource, grant.field_id());
    Require(field != nullptr, "an unknown field is granted");
    auto resolved = desensitize::ResolveTreatment(grant.treatment(), *field,
                                                  resource, "treatment");
    Require(resolved.ok(), "a treatment that was taken cannot be spelled out");
    *grant.mutable_treatment() = *std::move(resolved);
  }
}

// `batch` is what may leave, `agreement` with its treatments spelled out.
void CheckTreatment(const Batch& batch, const Plan& plan,
                    const Agreement& agreement) {
  const auto treated = plan.Apply(batch);
  if (!treated.ok()) {
    Require(ReasonOf(treated.status()) ==
                    status::v1::REASON_CODE_VALUE_UNTREATABLE &&
                agreement.on_untreatable() ==
                    agreement::v1::ON_UNTREATABLE_REFUSE_BATCH,
            absl::StrCat("refused: ", treated.status().message()));
    return;
  }
  CheckTreated(batch, *treated, plan, agreement);
  CheckRowsAlone(batch, *treated, plan);
  const auto again = plan.Apply(batch);
  Require(again.ok() && Encoded(again->batch, "again") ==
                            Encoded(treated->batch, "what leaves"),
          "treating again gives something else");
}

void CheckPlan(const PlanCase& input) {
  Resource resource = input.resource();
  Agreement agreement = input.agreement();
  if (!MendResource(&resource) || !MendAgreement(resource, &agreement) ||
      !config::CheckBounds(agreement).ok()) {
    return;
  }
  const bool is_taken = RegistryTakes(agreement, resource);
  const auto plan = Plan::Compile(agreement, resource, Keys());
  Require(plan.ok() == is_taken,
          absl::StrCat("the registry and the plan differ: ",
                       plan.status().message()));
  if (!plan.ok()) return;
  SpellOutTreatments(resource, &agreement);

  const Batch batch = MakeBatch(input, resource);
  Require(records::CheckSchema(batch, resource).ok(),
          "the batch does not keep to the schema");
  const std::string before = Encoded(batch, "the batch");
  Batch leaving = batch;
  if ((*plan)->filter() != nullptr) {
    leaving = CheckFilter(batch, **plan, agreement, resource);
  }
  if (leaving.row_count > 0) CheckTreatment(leaving, **plan, agreement);
  Require(Encoded(batch, "the batch") == before,
          "the batch that came in has changed");
}

}  // namespace

const google::protobuf::Message& CasePrototype() {
  return PlanCase::default_instance();
}

}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::PlanCase input;
  if (!sluice::fuzz::ParseCase(data, size, &input)) return -1;
  sluice::fuzz::CheckPlan(input);
  return 0;
}
