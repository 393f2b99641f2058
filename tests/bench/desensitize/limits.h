// What an operator cannot do without: the limits that it is measured beside.
#ifndef SLUICE_TESTS_BENCH_DESENSITIZE_LIMITS_H_
#define SLUICE_TESTS_BENCH_DESENSITIZE_LIMITS_H_

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>

#include "libs/records/batch.h"

namespace sluice::bench {

// Keeps the computation of a value from being optimized away.
void Use(uint64_t value);

// Of all buffers a column has: validity, offsets, data.
size_t BytesOf(const records::Column& column);

// The column in buffers of its own, each in memory allocated for it, as every
// operator makes them.
void CopyColumn(const records::Column& column);

// Every match of `expression` in every text, found and not used.
void SearchColumn(const RE2& expression, const records::Column& column);

// Each for kRows records, one after another as OpenSSL offers them.
void TwoCompressions();
void TwoSm3Compressions();
// The ten rounds of FF1, each of which needs the one before.
void TenAesBlocks();
void TenSm4Blocks();

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_DESENSITIZE_LIMITS_H_
