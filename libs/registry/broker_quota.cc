#include "libs/registry/broker_quota.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/command.h"
#include "libs/registry/notice.h"
#include "libs/registry/quota_holdings.h"

namespace sluice::registry {
namespace {

// Between two reservations of one agreement, and after one that failed.
constexpr absl::Duration kSpacing = absl::Milliseconds(250);
constexpr absl::Duration kAfterFailure = absl::Seconds(1);
// A reservation of which nothing came back counts as lost after so long.
constexpr absl::Duration kAnswerMax = absl::Seconds(5);
// How often the thread looks at agreements that are in use, and at none.
constexpr absl::Duration kLookInUse = absl::Milliseconds(20);
constexpr absl::Duration kLookIdle = absl::Seconds(1);
// Agreements that nobody asked for so long are forgotten.
constexpr absl::Duration kForgetAfter = absl::Minutes(10);
// How often spent reservations are removed, and how many at a time.
constexpr absl::Duration kRemoveInterval = absl::Minutes(1);
constexpr size_t kRemoveMax = 100;
// Reservations whose outcome is not known, of one agreement.
constexpr size_t kSentMax = 8;

// What a stream holds while it is open.
struct PlaceState {
  std::atomic<bool> is_lost = false;
  // Boot time until which the share is held that it belongs to.
  std::atomic<int64_t> until_ns = 0;
  // Whether the listener knows that it is lost; guarded by Core::mutex.
  bool is_told = false;
};

struct Account {
  Account(const agreement::v1::Limits& limits, absl::Duration day_margin)
      : holdings(limits, day_margin) {}

  QuotaHoldings holdings;
  // By number: what was sent and when.
  std::map<uint64_t, std::pair<v1::ReserveQuota, absl::Duration>> sent;
  bool is_in_flight = false;
  absl::Duration sent_at = -absl::InfiniteDuration();
  absl::Duration not_before = -absl::InfiniteDuration();
  // Number of the last reservation that was sent, and that was answered.
  uint64_t last_sent = 0;
  uint64_t last_answered = 0;
  // Of the reservations that failed.
  uint64_t failures = 0;
  // Someone was told to ask again.
  bool is_awaited = false;
  absl::Duration again_at = absl::InfiniteDuration();
  std::vector<std::shared_ptr<PlaceState>> places;
};

// Outlives the quota as long as a place does.
struct Core {
  Mutex mutex;
  // Signalled when something is to be reserved, or the thread must end.
  CondVar wake;
  // Signalled when a reservation was answered or failed.
  CondVar answered;
  std::map<std::string, Account> accounts ABSL_GUARDED_BY(mutex);
  bool is_stopping ABSL_GUARDED_BY(mutex) = false;
};

class Place : public Quota::StreamPlace {
 public:
  Place(const BootClock* clock, std::shared_ptr<Core> core,
        std::string agreement, std::shared_ptr<PlaceState> state)
      : clock_(clock),
        core_(std::move(core)),
        agreement_(std::move(agreement)),
        state_(std::move(state)) {}

  ~Place() override {
    const MutexLock lock(&core_->mutex);
    const auto account = core_->accounts.find(agreement_);
    if (account == core_->accounts.end()) return;
    account->second.holdings.FreePlace();
    std::erase(account->second.places, state_);
    core_->wake.Signal();
  }

  // By the clock too: the thread that drops places may have been stopped.
  bool held() const override {
    return !state_->is_lost &&
           absl::ToInt64Nanoseconds(clock_->Now()) < state_->until_ns;
  }

 private:
  const BootClock* const clock_;
  const std::shared_ptr<Core> core_;
  const std::string agreement_;
  const std::shared_ptr<PlaceState> state_;
};

class BrokerQuota : public Quota {
 public:
  explicit BrokerQuota(QuotaOptions options)
      : options_(std::move(options)),
        self_{options_.key->id(), options_.incarnation},
        genesis_digest_(CommandDigest(options_.registry->genesis())),
        core_(std::make_shared<Core>()) {}
  ~BrokerQuota() override;

  absl::Status Begin();

  Taking TakeRecords(const agreement::v1::Agreement& agreement,
                     uint64_t records) override;
  bool DayLasts(absl::Time day_end) const override {
    return options_.registry->LogTime() + options_.lease < day_end;
  }
  absl::StatusOr<std::unique_ptr<StreamPlace>> TakeStream(
      const agreement::v1::Agreement& agreement,
      absl::Duration timeout) override;
  void SetListener(std::function<void(const std::string&)> listener) override {
    listener_ = std::move(listener);
  }

 private:
  struct Outgoing {
    std::string agreement;
    v1::Notice notice;
  };

  // Called by the registry's applying thread.
  void OnNotice(const LoggedNotice& notice);
  void OnCommand(const v1::Command& command);

  void Run();
  // What is due now; marks it as sent.
  std::vector<Outgoing> TakeDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  // Agreements whose listeners are to be called now.
  std::vector<std::string> TakeAwaited()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  void Send(const Outgoing& outgoing);
  void RemoveSpent();
  void Tell(const std::vector<std::string>& agreements) const;

  Account* FindOrAdd(const agreement::v1::Agreement& agreement)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  // Holds the places that are covered for as long as the share, and ends the
  // others, the youngest first.
  void UpdatePlaces(Account* account)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  std::unique_ptr<StreamPlace> UsePlace(const std::string& agreement,
                                        Account* account)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);

  QuotaUse UseOf(const std::string& agreement) const {
    return options_.registry->notices()->GetQuotaUse(AsView(agreement));
  }
  absl::Duration Now() const { return options_.clock->Now(); }

  // Constant after construction.
  const QuotaOptions options_;
  const QuotaHolder self_;
  const crypto::Digest genesis_digest_;
  const std::shared_ptr<Core> core_;

  // Constant after Begin.
  std::unique_ptr<bus::Appender> appender_;
  uint64_t notice_listener_ = 0;
  uint64_t command_listener_ = 0;
  std::function<void(const std::string&)> listener_;

  // The thread's.
  uint64_t next_number_ = 1;
  absl::Duration removed_at_ = absl::ZeroDuration();

  std::thread thread_;
};

absl::Status BrokerQuota::Begin() {
  ASSIGN_OR_RETURN(appender_, options_.log->OpenAppender());
  notice_listener_ = options_.registry->notices()->AddListener(
      [this](const LoggedNotice& notice) { OnNotice(notice); });
  command_listener_ = options_.registry->AddListener(
      [this](uint64_t, const v1::Command& command) { OnCommand(command); });
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

BrokerQuota::~BrokerQuota() {
  {
    const MutexLock lock(&core_->mutex);
    core_->is_stopping = true;
    core_->wake.SignalAll();
    core_->answered.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
  options_.registry->RemoveListener(command_listener_);
  options_.registry->notices()->RemoveListener(notice_listener_);
  const MutexLock lock(&core_->mutex);
  for (auto& [agreement, account] : core_->accounts) {
    for (const auto& place : account.places) place->is_lost = true;
  }
}

Account* BrokerQuota::FindOrAdd(const agreement::v1::Agreement& agreement) {
  const auto found = core_->accounts.find(agreement.id());
  if (found != core_->accounts.end()) return &found->second;
  // The terms in force count, should the caller's be of an older version.
  agreement::v1::Limits limits = agreement.limits();
  const auto effective =
      options_.registry->GetEffectiveAgreement(AsView(agreement.id()));
  if (effective.ok()) limits = (*effective)->agreement().limits();
  return &core_->accounts.try_emplace(agreement.id(), limits, options_.lease)
              .first->second;
}

Quota::Taking BrokerQuota::TakeRecords(
    const agreement::v1::Agreement& agreement, uint64_t records) {
  if (!agreement.has_limits()) return {};
  const MutexLock lock(&core_->mutex);
  Account* account = FindOrAdd(agreement);
  const auto taking =
      account->holdings.Take(records, UseOf(agreement.id()), Now());
  if (taking.answer != Answer::kTaken) {
    account->again_at = account->is_awaited
                            ? std::min(account->again_at, taking.again_at)
                            : taking.again_at;
    account->is_awaited = true;
    core_->wake.Signal();
  }
  return {taking.answer, taking.day_end};
}

std::unique_ptr<Quota::StreamPlace> BrokerQuota::UsePlace(
    const std::string& agreement, Account* account) {
  account->holdings.UsePlace();
  account->places.push_back(std::make_shared<PlaceState>());
  UpdatePlaces(account);
  return std::make_unique<Place>(options_.clock, core_, agreement,
                                 account->places.back());
}

absl::StatusOr<std::unique_ptr<Quota::StreamPlace>> BrokerQuota::TakeStream(
    const agreement::v1::Agreement& agreement, absl::Duration timeout) {
  if (agreement.limits().concurrent_streams() == 0) return nullptr;
  const std::string& id = agreement.id();
  const absl::Time deadline = absl::Now() + timeout;
  const MutexLock lock(&core_->mutex);
  Account* account = FindOrAdd(agreement);
  const uint64_t last_sent = account->last_sent;
  const uint64_t failures = account->failures;
  account->holdings.AddWaiting(1);
  core_->wake.Signal();
  absl::StatusOr<std::unique_ptr<StreamPlace>> result =
      Error(status::v1::REASON_CODE_LIMIT_REACHED,
            absl::StrCat("agreement ", id, " allows ",
                         agreement.limits().concurrent_streams(),
                         " streams at once, and they are taken: end one, or "
                         "retry later"));
  while (true) {
    if (account->holdings.used_places() <
        account->holdings.usable_places(options_.clock->Now())) {
      result = UsePlace(id, account);
      break;
    }
    if (account->failures > failures) {
      result = Error(status::v1::REASON_CODE_STORAGE_FAILED,
                     absl::StrCat("a place for a stream of agreement ", id,
                                  " could not be reserved in the registry "
                                  "topic: retry when the bus answers"));
      break;
    }
    // Refused by a reservation that was made with this stream in mind; in the
    // first half minute of an hour none is granted, and that passes.
    const bool is_refused = account->last_answered > last_sent;
    if ((is_refused && !UseOf(id).is_settling) || core_->is_stopping ||
        absl::Now() >= deadline) {
      break;
    }
    core_->answered.WaitFor(&core_->mutex, deadline - absl::Now());
  }
  account->holdings.AddWaiting(-1);
  return result;
}

void BrokerQuota::UpdatePlaces(Account* account) {
  const uint32_t usable =
      account->holdings.usable_places(options_.clock->Now());
  for (size_t i = 0; i < account->places.size(); ++i) {
    if (i < usable) {
      account->places[i]->until_ns =
          absl::ToInt64Nanoseconds(account->holdings.share_end());
    } else {
      account->places[i]->is_lost = true;
    }
  }
}

void BrokerQuota::OnNotice(const LoggedNotice& notice) {
  if (!notice.notice.has_reserve_quota()) return;
  const v1::ReserveQuota& reservation = notice.notice.reserve_quota();
  const bool is_own = notice.key_id == self_.key_id &&
                      reservation.incarnation() == self_.incarnation;
  const absl::Duration now = options_.clock->Now();
  const MutexLock lock(&core_->mutex);
  const auto found = core_->accounts.find(reservation.agreement());
  if (found == core_->accounts.end()) return;
  Account& account = found->second;
  if (is_own) {
    const auto sent = account.sent.find(reservation.number());
    if (sent != account.sent.end()) {
      account.holdings.OnGrant(sent->second.first, notice.grant,
                               sent->second.second, now);
      account.sent.erase(account.sent.begin(), std::next(sent));
      for (const auto& [number, later] : account.sent) {
        account.holdings.GiveBack(later.first, now);
      }
    }
    account.last_answered =
        std::max(account.last_answered, reservation.number());
    if (reservation.number() == account.last_sent) {
      account.is_in_flight = false;
    }
    // Whoever waits may have it now.
    account.again_at = std::min(account.again_at, now);
    core_->answered.SignalAll();
  } else {
    account.holdings.OnLogTime(notice.grant.time);
  }
  UpdatePlaces(&account);
  core_->wake.Signal();
}

void BrokerQuota::OnCommand(const v1::Command& command) {
  if (!command.has_approve_agreement()) return;
  const std::string& id = command.approve_agreement().id();
  const auto effective = options_.registry->GetEffectiveAgreement(AsView(id));
  if (!effective.ok()) return;
  const uint64_t granted = UseOf(id).records;
  const MutexLock lock(&core_->mutex);
  const auto found = core_->accounts.find(id);
  if (found == core_->accounts.end()) return;
  found->second.holdings.SetLimits((*effective)->agreement().limits(), granted);
  found->second.again_at = absl::ZeroDuration();
  UpdatePlaces(&found->second);
  core_->wake.Signal();
}

void BrokerQuota::Run() {
  while (true) {
    std::vector<Outgoing> due;
    std::vector<std::string> awaited;
    {
      const MutexLock lock(&core_->mutex);
      if (core_->is_stopping) return;
      due = TakeDue();
      awaited = TakeAwaited();
      if (due.empty() && awaited.empty()) {
        core_->wake.WaitFor(&core_->mutex,
                            core_->accounts.empty() ? kLookIdle : kLookInUse);
      }
    }
    for (const Outgoing& outgoing : due) Send(outgoing);
    Tell(awaited);
    RemoveSpent();
  }
}

std::vector<BrokerQuota::Outgoing> BrokerQuota::TakeDue() {
  std::vector<Outgoing> due;
  const absl::Duration now = Now();
  std::erase_if(core_->accounts, [&](const auto& entry) {
    return entry.second.holdings.IsIdle(now - kForgetAfter) &&
           !entry.second.is_awaited;
  });
  for (auto& [agreement, account] : core_->accounts) {
    UpdatePlaces(&account);
    if (account.is_in_flight && now - account.sent_at > kAnswerMax) {
      account.is_in_flight = false;
    }
    if (account.is_in_flight || now < account.not_before) continue;
    auto ask = account.holdings.Ask(UseOf(agreement), self_, now);
    if (!ask.has_value()) continue;
    ask->set_agreement(agreement);
    ask->set_incarnation(self_.incarnation);
    ask->set_number(next_number_++);
    account.holdings.OnSending(*ask, now);
    account.is_in_flight = true;
    account.sent_at = now;
    account.not_before = now + kSpacing;
    account.last_sent = ask->number();
    account.sent[ask->number()] = {*ask, now};
    if (account.sent.size() > kSentMax) {
      account.sent.erase(account.sent.begin());
    }
    Outgoing& outgoing = due.emplace_back();
    outgoing.agreement = agreement;
    const absl::string_view genesis = crypto::DigestView(genesis_digest_);
    outgoing.notice.set_genesis_digest(genesis.data(), genesis.size());
    *outgoing.notice.mutable_reserve_quota() = *std::move(ask);
  }
  return due;
}

std::vector<std::string> BrokerQuota::TakeAwaited() {
  std::vector<std::string> awaited;
  const absl::Duration now = options_.clock->Now();
  for (auto& [agreement, account] : core_->accounts) {
    bool has_lost = false;
    for (const auto& place : account.places) {
      if (!place->is_lost || place->is_told) continue;
      place->is_told = true;
      has_lost = true;
    }
    const bool is_due = account.is_awaited && account.again_at <= now;
    if (!is_due && !has_lost) continue;
    if (is_due) {
      account.is_awaited = false;
      account.again_at = absl::InfiniteDuration();
    }
    awaited.push_back(agreement);
  }
  return awaited;
}

void BrokerQuota::Send(const Outgoing& outgoing) {
  const absl::Status appended =
      appender_->Append(MakeNoticeMessage(outgoing.notice, *options_.key))
          .status();
  if (appended.ok()) return;
  LogWarning("quota not reserved",
             {{"agreement", outgoing.agreement}, {"error", appended}});
  const MutexLock lock(&core_->mutex);
  const auto found = core_->accounts.find(outgoing.agreement);
  if (found == core_->accounts.end()) return;
  found->second.is_in_flight = false;
  found->second.not_before = options_.clock->Now() + kAfterFailure;
  ++found->second.failures;
  core_->answered.SignalAll();
}

void BrokerQuota::RemoveSpent() {
  const absl::Duration now = options_.clock->Now();
  if (now - removed_at_ < kRemoveInterval) return;
  const auto spent = options_.registry->notices()->SpentReservations(
      AsView(self_.key_id), kRemoveMax);
  for (const std::string& key : spent) {
    if (!appender_->Append(MakeNoticeRemoval(key)).ok()) break;
  }
  // More are there: the next ones soon.
  removed_at_ =
      spent.size() < kRemoveMax ? now : now - kRemoveInterval + kAfterFailure;
}

void BrokerQuota::Tell(const std::vector<std::string>& agreements) const {
  if (listener_ == nullptr) return;
  for (const std::string& agreement : agreements) listener_(agreement);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Quota>> OpenQuota(QuotaOptions options) {
  auto quota = std::make_unique<BrokerQuota>(std::move(options));
  RETURN_IF_ERROR(quota->Begin());
  return std::unique_ptr<Quota>(std::move(quota));
}

}  // namespace sluice::registry
