// Errors as every module returns them: an absl::Status that carries a
// ReasonCode and, for bad input, the path of the field at fault.
//
//   return Error(status::v1::REASON_CODE_NO_AGREEMENT,
//                "no agreement grid-people for department health: request one "
//                "with `sluicectl agreement request`");
//
// A message says what happened, to which thing, why, and what to do next. It
// never holds a value out of a record.
#ifndef SLUICE_LIBS_BASE_STATUS_H_
#define SLUICE_LIBS_BASE_STATUS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/reason.h"

namespace sluice {

// A status whose code is TraitsOf(reason).code and whose details name `reason`.
absl::Status Error(ReasonCode reason, absl::string_view message);

// As Error, and names the field of the request or file that is wrong
// ("fields[2].treatment.mask").
absl::Status FieldError(ReasonCode reason, absl::string_view field,
                        absl::string_view message);

// The same error with "`context`: " before its message; details stay. OK stays
// OK.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

// The reason in the status' details; UNSPECIFIED for OK and for a status that
// no function of this file made.
ReasonCode ReasonOf(const absl::Status& status);

// The field path in the status' details; empty if there is none.
std::string FieldOf(const absl::Status& status);

// Whether the same call may succeed later. A status without a reason is
// retriable if its code is UNAVAILABLE or RESOURCE_EXHAUSTED.
bool IsRetriable(const absl::Status& status);

// Type URLs under which the details are stored as payloads; libs/rpc copies
// them into and out of gRPC's trailer.
inline constexpr char kErrorInfoUrl[] =
    "type.googleapis.com/google.rpc.ErrorInfo";
inline constexpr char kBadRequestUrl[] =
    "type.googleapis.com/google.rpc.BadRequest";

}  // namespace sluice

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)

// Returns the status of `expr` from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expr)                                         \
  do {                                                                \
    if (absl::Status status_of_expr = (expr); !status_of_expr.ok()) { \
      return status_of_expr;                                          \
    }                                                                 \
  } while (false)

// `ASSIGN_OR_RETURN(auto x, F());` declares x, or returns F's status.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_INNER(SLUICE_CONCAT(status_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_INNER(tmp, lhs, expr)   \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = std::move(tmp).value()

#endif  // SLUICE_LIBS_BASE_STATUS_H_
