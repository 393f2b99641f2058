#include "libs/delivery/batch_cache.h"

#include <cstring>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::delivery {
namespace {

// A copy whose end is aligned: a batch's buffers are padded and stand at the
// end of its message, so that its columns can lie where they are.
SharedBytes AlignedCopy(const SharedBytes& message) {
  const size_t room = records::PaddedSize(message.size());
  records::AlignedBuffer buffer(room);
  const size_t begin = room - message.size();
  std::memcpy(buffer.data() + begin, message.data(), message.size());
  return std::move(buffer).Share().Slice(begin, message.size());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const OpenedBatch>> OpenBatch(
    const records::OpenedEnvelope& envelope) {
  auto opened = std::make_shared<OpenedBatch>();
  opened->envelope = envelope;
  ASSIGN_OR_RETURN(opened->batch, records::ParseBatch(envelope.body));
  // The header is what was signed for; the body may say nothing else.
  const records::Batch& batch = opened->batch;
  if (batch.resource != envelope.header.resource() ||
      batch.schema_version != envelope.header.schema_version() ||
      batch.row_count != envelope.header.row_count()) {
    return Error(
        status::v1::REASON_CODE_BATCH_INVALID,
        absl::StrCat("batch ", envelope.header.sequence(),
                     " differs from its signed header: the publisher of ",
                     envelope.header.resource(), " must be mended"));
  }
  return opened;
}

BatchCache::BatchCache(size_t bytes_max, std::atomic<uint64_t>* hits,
                       std::atomic<uint64_t>* misses)
    : bytes_max_(bytes_max), hits_(hits), misses_(misses) {}

std::unique_ptr<BatchCache::Reader> BatchCache::Read(
    const bus::TopicPartition& partition) {
  MutexLock lock(&mutex_);
  ++readers_[partition];
  return std::unique_ptr<Reader>(new Reader(this, partition));
}

size_t BatchCache::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

bool BatchCache::IsShared(const bus::TopicPartition& partition) const {
  MutexLock lock(&mutex_);
  const auto found = readers_.find(partition);
  return found != readers_.end() && found->second > 1;
}

void BatchCache::Leave(const bus::TopicPartition& partition) {
  MutexLock lock(&mutex_);
  const auto found = readers_.find(partition);
  if (--found->second > 1) return;
  // Nobody is left who would come to what another one has read.
  auto place =
      places_.lower_bound({partition, std::numeric_limits<int64_t>::min()});
  while (place != places_.end() && place->first.first == partition) {
    const Entries::iterator entry = place->second;
    ++place;
    EraseLocked(entry);
  }
  if (found->second == 0) readers_.erase(found);
}

void BatchCache::EraseLocked(Entries::iterator entry) {
  bytes_ -= entry->message.size();
  places_.erase(entry->key);
  entries_.erase(entry);
}

BatchCache::Reader::~Reader() { cache_->Leave(partition_); }

std::shared_ptr<const OpenedBatch> BatchCache::Reader::Find(
    const bus::Message& message) {
  SharedBytes bytes;
  std::shared_ptr<const OpenedBatch> opened;
  {
    MutexLock lock(&cache_->mutex_);
    const auto place = cache_->places_.find({partition_, message.offset});
    if (place != cache_->places_.end()) {
      bytes = place->second->message;
      opened = place->second->opened;
      cache_->entries_.splice(cache_->entries_.begin(), cache_->entries_,
                              place->second);
    }
  }
  // A topic that was made anew has other messages at the same offsets.
  if (opened == nullptr || bytes.view() != message.value.view()) return nullptr;
  ++*cache_->hits_;
  return opened;
}

void BatchCache::Reader::Put(const bus::Message& message) {
  if (message.value.size() > cache_->bytes_max_ ||
      !cache_->IsShared(partition_)) {
    return;
  }
  ++*cache_->misses_;
  // Outside the lock, for it takes some time; two may do it at once.
  Entry entry{
      {partition_, message.offset}, AlignedCopy(message.value), nullptr};
  const auto envelope = records::OpenEnvelope(entry.message);
  if (!envelope.ok()) return;
  auto opened = OpenBatch(*envelope);
  if (!opened.ok()) return;
  entry.opened = *std::move(opened);

  MutexLock lock(&cache_->mutex_);
  const auto found = cache_->places_.find(entry.key);
  if (found != cache_->places_.end()) cache_->EraseLocked(found->second);
  while (cache_->bytes_ + entry.message.size() > cache_->bytes_max_) {
    cache_->EraseLocked(std::prev(cache_->entries_.end()));
  }
  cache_->bytes_ += entry.message.size();
  const Key key = entry.key;
  cache_->entries_.push_front(std::move(entry));
  cache_->places_[key] = cache_->entries_.begin();
}

}  // namespace sluice::delivery
