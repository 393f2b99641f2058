#include "libs/client/connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/retry.h"
#include "libs/config/yaml.h"

namespace sluice::client {
namespace {

constexpr absl::Duration kFirstWait = absl::Milliseconds(100);
constexpr absl::Duration kWaitMax = absl::Seconds(1);

}  // namespace

absl::StatusOr<config::v1::ClientConfig> ReadClientConfig(
    const std::string& path) {
  ASSIGN_OR_RETURN(config::v1::ClientConfig config,
                   config::ReadYamlConfig<config::v1::ClientConfig>(path));
  const auto resolve = [&path](std::string* file) {
    if (!file->empty()) *file = ResolvePath(path, *file);
  };
  resolve(config.mutable_ca_file());
  resolve(config.mutable_tls()->mutable_cert_file());
  resolve(config.mutable_tls()->mutable_key_file());
  resolve(config.mutable_signing_key_file());
  return config;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    config::v1::ClientConfig config) {
  ASSIGN_OR_RETURN(
      const identity::CheckedCertificate certificate,
      identity::CheckCertificateFiles(
          {config.tls().cert_file(), config.tls().key_file(), config.ca_file()},
          {}, absl::Now()));
  return std::unique_ptr<Connection>(
      new Connection(std::move(config), certificate));
}

Connection::Connection(config::v1::ClientConfig config,
                       const identity::CheckedCertificate& certificate)
    : config_(std::move(config)), identity_(certificate.certificate.identity) {
  for (const std::string& server : config_.servers()) {
    endpoints_.push_back(std::make_unique<const Endpoint>(
        server,
        rpc::TlsMaterial{certificate.cert_pem, certificate.key_pem,
                         certificate.ca_pem},
        identity_.trust_domain));
  }
}

const Endpoint* Connection::endpoint() const {
  MutexLock lock(&mutex_);
  return endpoints_[current_].get();
}

void Connection::MoveOn(const Endpoint* failed) {
  MutexLock lock(&mutex_);
  if (stays_ || endpoints_[current_].get() != failed) return;
  current_ = (current_ + 1) % endpoints_.size();
}

void Connection::Stay() {
  MutexLock lock(&mutex_);
  stays_ = true;
}

absl::Status Connection::CallUntilAnswered(absl::Duration deadline,
                                           absl::Duration answer_max,
                                           const UnaryCall& call) {
  const absl::Time end = absl::Now() + deadline;
  const absl::Time last_start = end - deadline / 2;
  // One that takes the call and does not answer must leave time for others.
  const absl::Duration attempt_max =
      endpoints_.size() == 1 ? deadline : deadline / 3;
  Backoff backoff(kFirstWait, kWaitMax);
  // The last refusal says more than the last failed connection.
  absl::Status refusal;
  for (size_t attempts = 1;; ++attempts) {
    const Endpoint* const endpoint = this->endpoint();
    const absl::Time now = absl::Now();
    const absl::Time attempt_end =
        std::max(std::min(end, now + attempt_max), now + answer_max);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(attempt_end));
    absl::Status status =
        endpoint->Judge(call(*endpoint, &context), context, attempt_end - now);
    if (status.ok() || !MayPass(status)) return status;
    if (ReasonOf(status) != status::v1::REASON_CODE_UNSPECIFIED) {
      refusal = status;
    }
    MoveOn(endpoint);
    const absl::Duration wait = attempts % endpoints_.size() == 0
                                    ? backoff.Next()
                                    : absl::ZeroDuration();
    if (absl::Now() + wait >= last_start) {
      if (!refusal.ok()) return refusal;
      if (endpoints_.size() == 1) return status;
      return Annotate(
          status,
          absl::StrCat("none of the brokers ",
                       absl::StrJoin(config_.servers(), ", "), " answered"));
    }
    absl::SleepFor(wait);
  }
}

}  // namespace sluice::client
