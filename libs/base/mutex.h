// Mutex and condition variable for all of Sluice.
//
// They are Abseil's, with the annotations ThreadSanitizer needs: Debian's
// Abseil is not instrumented, and without them every lock is a false race.
#ifndef SLUICE_LIBS_BASE_MUTEX_H_
#define SLUICE_LIBS_BASE_MUTEX_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define SLUICE_TSAN(call) call
#else
#define SLUICE_TSAN(call) static_cast<void>(0)
#endif

namespace sluice {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() { SLUICE_TSAN(__tsan_mutex_create(this, __tsan_mutex_not_static)); }
  ~Mutex() { SLUICE_TSAN(__tsan_mutex_destroy(this, __tsan_mutex_not_static)); }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    SLUICE_TSAN(__tsan_mutex_pre_lock(this, 0));
    mutex_.Lock();
    SLUICE_TSAN(__tsan_mutex_post_lock(this, 0, 0));
  }

  void Unlock() ABSL_UNLOCK_FUNCTION() {
    SLUICE_TSAN(__tsan_mutex_pre_unlock(this, 0));
    mutex_.Unlock();
    SLUICE_TSAN(__tsan_mutex_post_unlock(this, 0));
  }

  // Dies unless the calling thread holds the mutex (in builds with assertions).
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() { mutex_.AssertHeld(); }

 private:
  friend class CondVar;
  absl::Mutex mutex_;
};

// Holds a mutex for the time of a scope.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

// Waits are always in a loop over the condition: a wait may return early.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(Mutex* mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    BeforeWait(mutex);
    cond_var_.Wait(&mutex->mutex_);
    AfterWait(mutex);
  }

  // True when `timeout` has passed.
  bool WaitFor(Mutex* mutex, absl::Duration timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    BeforeWait(mutex);
    const bool timed_out = cond_var_.WaitWithTimeout(&mutex->mutex_, timeout);
    AfterWait(mutex);
    return timed_out;
  }

  void Signal() { cond_var_.Signal(); }
  void SignalAll() { cond_var_.SignalAll(); }

 private:
  static void BeforeWait([[maybe_unused]] Mutex* mutex) {
    SLUICE_TSAN(__tsan_mutex_pre_unlock(mutex, 0));
    SLUICE_TSAN(__tsan_mutex_post_unlock(mutex, 0));
  }
  static void AfterWait([[maybe_unused]] Mutex* mutex) {
    SLUICE_TSAN(__tsan_mutex_pre_lock(mutex, 0));
    SLUICE_TSAN(__tsan_mutex_post_lock(mutex, 0, 0));
  }

  absl::CondVar cond_var_;
};

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_MUTEX_H_
