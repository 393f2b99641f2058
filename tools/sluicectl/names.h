// What protos call things, as a person reads it.
#ifndef SLUICE_TOOLS_SLUICECTL_NAMES_H_
#define SLUICE_TOOLS_SLUICECTL_NAMES_H_

#include <string>

#include "google/protobuf/timestamp.pb.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/records/v1/batch.pb.h"
#include "sluice/registry/v1/command.pb.h"
#include "sluice/registry/v1/registry_service.pb.h"

namespace sluice::sluicectl {

// The enum value's name without its prefix, in lower case: "state",
// "l3_sensitive". Empty for UNSPECIFIED; the number for a value this build does
// not know.
std::string NameOf(agreement::v1::AgreementState state);
std::string NameOf(agreement::v1::DeliveryMode mode);
std::string NameOf(agreement::v1::OnUntreatable what);
std::string NameOf(catalog::v1::Openness openness);
std::string NameOf(catalog::v1::ResourceKind kind);
std::string NameOf(catalog::v1::SemanticType type);
std::string NameOf(catalog::v1::Sensitivity sensitivity);
std::string NameOf(catalog::v1::SharingType type);
std::string NameOf(catalog::v1::UpdateCycle cycle);
std::string NameOf(records::v1::DataType type);
std::string NameOf(registry::v1::Confirmation::How how);
std::string NameOf(registry::v1::KeyState state);

// "2026-03-31T08:15:00Z"; empty for a time that is not set.
std::string TimeText(const google::protobuf::Timestamp& timestamp);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_NAMES_H_
