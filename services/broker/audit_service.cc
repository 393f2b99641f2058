#include "services/broker/audit_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/audit/entry_filter.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/rpc/status.h"
#include "services/broker/paging.h"

namespace sluice::broker {
namespace {

using rpc::ToGrpc;

// Entries that one read of the log takes.
constexpr size_t kReadEntries = 256;
// Entries that one page looks at; a rare match then costs several small calls
// instead of one that runs for ever.
constexpr uint64_t kScanEntriesMax = 65'536;

// Calls of ReadEntries at once. An auditor who does not read holds a thread
// each, and the broker has few for all that is not Subscribe.
constexpr int kReadersMax = 4;

template <typename Proof>
void CopyHashes(const std::vector<audit::Digest>& hashes, Proof* proof) {
  for (const audit::Digest& hash : hashes) {
    proof->add_hashes(hash.data(), hash.size());
  }
}

absl::StatusOr<uint64_t> FirstIndex(const std::string& page_token) {
  uint64_t first = 0;
  if (page_token.empty() || absl::SimpleAtoi(page_token, &first)) return first;
  return FieldError(status::v1::REASON_CODE_MALFORMED, "page_token",
                    "not a next_page_token of this list");
}

}  // namespace

absl::Status AuditServiceImpl::Admit(const grpc::ServerContext& context,
                                     const std::string& method, uint64_t first,
                                     uint64_t count) const {
  ASSIGN_OR_RETURN(
      const delivery::Caller caller,
      access_->Check(context, AsView(method), {registry::v1::ROLE_AUDITOR}));
  audit::v1::Entry entry;
  entry.set_registry_offset(registry_->status().applied_offset);
  auto* access = entry.mutable_audit_access();
  *access->mutable_peer() = delivery::PeerOf(caller);
  access->set_method(method);
  access->set_first_index(first);
  access->set_count(count);
  return log_->AppendAndWait(std::move(entry)).status();
}

grpc::Status AuditServiceImpl::ListEntries(
    grpc::ServerContext* context, const audit::v1::ListEntriesRequest* request,
    audit::v1::ListEntriesResponse* response) {
  const auto first = FirstIndex(request->page_token());
  const absl::Status admitted = Admit(
      *context, "ListEntries", first.ok() ? *first : 0, request->page_size());
  if (!admitted.ok()) return ToGrpc(admitted);
  return ToGrpc(List(*request, response));
}

absl::Status AuditServiceImpl::List(
    const audit::v1::ListEntriesRequest& request,
    audit::v1::ListEntriesResponse* response) const {
  RETURN_IF_ERROR(audit::CheckFilter(request.filter()));
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(uint64_t at, FirstIndex(request.page_token()));
  const uint64_t size = log_->size();
  const uint64_t scan_end = std::min(size, at + kScanEntriesMax);
  response->set_tree_size(size);
  while (at < scan_end) {
    ASSIGN_OR_RETURN(
        const std::vector<std::string> leaves,
        log_->Read(at, std::min<uint64_t>(kReadEntries, scan_end - at)));
    for (const std::string& leaf : leaves) {
      audit::v1::IndexedEntry indexed;
      indexed.set_index(at++);
      if (!indexed.mutable_entry()->ParseFromString(leaf)) {
        return Error(status::v1::REASON_CODE_CORRUPT,
                     absl::StrCat("audit entry ", indexed.index(),
                                  " does not parse: run `audit-query verify`"));
      }
      if (!audit::Matches(request.filter(), indexed.entry())) continue;
      *response->add_entries() = std::move(indexed);
      if (static_cast<size_t>(response->entries_size()) == page_size) {
        if (at < size) response->set_next_page_token(absl::StrCat(at));
        return absl::OkStatus();
      }
    }
  }
  if (at < size) response->set_next_page_token(absl::StrCat(at));
  return absl::OkStatus();
}

grpc::Status AuditServiceImpl::ReadEntries(
    grpc::ServerContext* context, const audit::v1::ReadEntriesRequest* request,
    grpc::ServerWriter<audit::v1::ReadEntriesResponse>* writer) {
  const absl::Status admitted =
      Admit(*context, "ReadEntries", request->first(), request->count());
  if (!admitted.ok()) return ToGrpc(admitted);
  const auto leave = absl::MakeCleanup([this] { --readers_; });
  if (++readers_ > kReadersMax) {
    return ToGrpc(Error(status::v1::REASON_CODE_TOO_MANY,
                        absl::StrCat(kReadersMax,
                                     " auditors read the trail "
                                     "already: try again in a moment")));
  }
  return ToGrpc(Stream(*request, writer));
}

absl::Status AuditServiceImpl::Stream(
    const audit::v1::ReadEntriesRequest& request,
    grpc::ServerWriter<audit::v1::ReadEntriesResponse>* writer) const {
  const uint64_t size = log_->size();
  if (request.first() > size) {
    return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, "first",
                      absl::StrCat("the trail has ", size, " entries"));
  }
  const uint64_t available = size - request.first();
  const uint64_t end =
      request.first() +
      (request.count() == 0 ? available : std::min(request.count(), available));
  for (uint64_t at = request.first(); at < end;) {
    ASSIGN_OR_RETURN(
        std::vector<std::string> leaves,
        log_->Read(at, std::min<uint64_t>(kReadEntries, end - at)));
    audit::v1::ReadEntriesResponse response;
    response.set_first(at);
    at += leaves.size();
    for (std::string& leaf : leaves) response.add_entries(std::move(leaf));
    // False: the auditor has gone.
    if (!writer->Write(response)) break;
  }
  return absl::OkStatus();
}

grpc::Status AuditServiceImpl::GetCheckpoint(
    grpc::ServerContext* context,
    const audit::v1::GetCheckpointRequest* /*request*/,
    audit::v1::GetCheckpointResponse* response) {
  const absl::Status admitted = Admit(*context, "GetCheckpoint", 0, 0);
  if (!admitted.ok()) return ToGrpc(admitted);
  auto checkpoint = log_->SignedCheckpoint();
  if (!checkpoint.ok()) return ToGrpc(checkpoint.status());
  response->set_checkpoint(*std::move(checkpoint));
  response->set_verifier_key(log_->verifier_key());
  return grpc::Status::OK;
}

grpc::Status AuditServiceImpl::GetInclusionProof(
    grpc::ServerContext* context,
    const audit::v1::GetInclusionProofRequest* request,
    audit::v1::GetInclusionProofResponse* response) {
  const absl::Status admitted =
      Admit(*context, "GetInclusionProof", request->index(), 1);
  if (!admitted.ok()) return ToGrpc(admitted);
  const auto hashes =
      log_->ProveInclusion(request->index(), request->tree_size());
  if (!hashes.ok()) return ToGrpc(hashes.status());
  CopyHashes(*hashes, response);
  return grpc::Status::OK;
}

grpc::Status AuditServiceImpl::GetConsistencyProof(
    grpc::ServerContext* context,
    const audit::v1::GetConsistencyProofRequest* request,
    audit::v1::GetConsistencyProofResponse* response) {
  const absl::Status admitted =
      Admit(*context, "GetConsistencyProof", request->old_size(), 1);
  if (!admitted.ok()) return ToGrpc(admitted);
  const auto hashes =
      log_->ProveConsistency(request->old_size(), request->new_size());
  if (!hashes.ok()) return ToGrpc(hashes.status());
  CopyHashes(*hashes, response);
  return grpc::Status::OK;
}

}  // namespace sluice::broker
