// The load of a fault test: a CSV file of events that grows, as a department's
// system would let it grow.
#ifndef SLUICE_TESTS_FAULT_FEEDER_H_
#define SLUICE_TESTS_FAULT_FEEDER_H_

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "libs/base/mutex.h"

namespace sluice::fault {

// Records have a key and a number that counts up for each key, from 0, so that
// what is lost, repeated or out of order shows.
class Feeder {
 public:
  // Makes the file with its header. Keys are named `<prefix>0`, `<prefix>1` ...
  Feeder(const std::string& path, std::string prefix, int keys);
  // As Stop.
  ~Feeder();
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  // Appends that many rows, the keys in turn. Not while it runs.
  void Add(int rows);

  // Appends in a thread of its own until Stop.
  void Start(int rows_per_second);
  void Stop();

  // How many records each key has by now.
  std::map<std::string, uint64_t> counts() const;
  uint64_t total() const;

 private:
  void Run(int rows_per_second);
  void Append(int rows);

  const std::string prefix_;
  const uint64_t keys_;
  std::ofstream file_;
  std::thread thread_;

  mutable Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t total_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_FEEDER_H_
