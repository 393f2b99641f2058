#include "libs/audit/refusal_coalescer.h"

#include <iterator>
#include <limits>
#include <utility>

#include "libs/base/encoding.h"
#include "libs/base/log.h"
#include "libs/base/status.h"

namespace sluice::audit {
namespace {

// At most kTextBytesMax bytes of `text`, valid UTF-8 as a proto string must be:
// an entry that does not parse would spoil the trail for its readers.
std::string Fit(std::string text) {
  constexpr size_t kMax = RefusalCoalescer::kTextBytesMax;
  if (!IsValidUtf8(text)) {
    return HexEncode(absl::string_view(text).substr(0, kMax / 2));
  }
  if (text.size() <= kMax) return text;
  size_t end = kMax;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

void FitTexts(v1::Refusal* refusal) {
  const auto fit = [](std::string* text) { *text = Fit(std::move(*text)); };
  if (refusal->has_peer()) {
    fit(refusal->mutable_peer()->mutable_spiffe_id());
    fit(refusal->mutable_peer()->mutable_department());
  }
  if (refusal->has_asserted()) {
    fit(refusal->mutable_asserted()->mutable_acting_official());
    fit(refusal->mutable_asserted()->mutable_case_number());
    fit(refusal->mutable_asserted()->mutable_legal_basis());
  }
  fit(refusal->mutable_method());
  fit(refusal->mutable_agreement());
  fit(refusal->mutable_purpose());
  fit(refusal->mutable_message());
}

}  // namespace

RefusalCoalescer::RefusalCoalescer(AuditLog* log, Clock* clock,
                                   absl::Duration window)
    : log_(log), clock_(clock), window_(window) {}

RefusalCoalescer::~RefusalCoalescer() { Flush(); }

void RefusalCoalescer::Record(v1::Refusal refusal, uint64_t registry_offset) {
  FitTexts(&refusal);
  Kind kind(refusal.peer().spiffe_id(), refusal.method(), refusal.agreement(),
            refusal.reason());
  const absl::Time now = clock_->Now();
  const MutexLock lock(&mutex_);
  EndPassedWindowsLocked(now);
  auto found = by_kind_.find(kind);
  const auto of_peer = kinds_of_peer_.find(std::get<0>(kind));
  if (found == by_kind_.end() && of_peer != kinds_of_peer_.end() &&
      of_peer->second >= kKindsPerPeerMax) {
    refusal.clear_agreement();
    refusal.clear_purpose();
    refusal.set_message(
        "one of many refusals for different agreements within a second, "
        "counted together");
    std::get<2>(kind).clear();
    found = by_kind_.find(kind);
  }
  v1::Entry entry;
  entry.set_registry_offset(registry_offset);
  *entry.mutable_refusal() = std::move(refusal);
  if (found != by_kind_.end()) {
    v1::Entry& counted = found->second->entry;
    const uint32_t count = counted.refusal().count();
    entry.mutable_refusal()->set_count(
        count == std::numeric_limits<uint32_t>::max() ? count : count + 1);
    counted = std::move(entry);
    return;
  }
  entry.mutable_refusal()->set_count(1);
  WriteLocked(entry);
  if (windows_.size() >= kKindsMax) {
    WriteLocked(windows_.front().entry);
    ForgetLocked(windows_.begin());
  }
  entry.mutable_refusal()->set_count(0);
  ++kinds_of_peer_[std::get<0>(kind)];
  windows_.push_back(Pending{kind, std::move(entry), now});
  by_kind_.emplace(std::move(kind), std::prev(windows_.end()));
}

void RefusalCoalescer::Tick() {
  const absl::Time now = clock_->Now();
  const MutexLock lock(&mutex_);
  EndPassedWindowsLocked(now);
}

void RefusalCoalescer::Flush() {
  const MutexLock lock(&mutex_);
  while (!windows_.empty()) {
    WriteLocked(windows_.front().entry);
    ForgetLocked(windows_.begin());
  }
}

bool RefusalCoalescer::PassedLocked(const Pending& pending,
                                    absl::Time now) const {
  // A clock set back must not keep counts waiting.
  return now >= pending.window_start + window_ || now < pending.window_start;
}

void RefusalCoalescer::EndPassedWindowsLocked(absl::Time now) {
  while (!windows_.empty() && PassedLocked(windows_.front(), now)) {
    Pending& oldest = windows_.front();
    if (oldest.entry.refusal().count() == 0) {
      ForgetLocked(windows_.begin());
      continue;
    }
    WriteLocked(oldest.entry);
    oldest.entry.mutable_refusal()->set_count(0);
    oldest.window_start = now;
    windows_.splice(windows_.end(), windows_, windows_.begin());
  }
}

void RefusalCoalescer::ForgetLocked(Windows::iterator window) {
  const auto of_peer = kinds_of_peer_.find(std::get<0>(window->kind));
  if (--of_peer->second == 0) kinds_of_peer_.erase(of_peer);
  by_kind_.erase(window->kind);
  windows_.erase(window);
}

void RefusalCoalescer::WriteLocked(const v1::Entry& entry) {
  const uint32_t count = entry.refusal().count();
  if (count == 0) return;
  log_->Append(entry, [count](const absl::StatusOr<uint64_t>& index) {
    if (index.ok()) return;
    LogError("refusals not in the audit trail",
             {{"count", count}, {"error", index.status()}});
  });
}

}  // namespace sluice::audit
