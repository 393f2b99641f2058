// The vector instructions of x86-64, where the CPU is one: <immintrin.h>, for
// kernels that cpu_level.h chooses from. To be included by their .cc alone.
#ifndef SLUICE_LIBS_BASE_X86_VECTORS_H_
#define SLUICE_LIBS_BASE_X86_VECTORS_H_

// g++ 12 takes the deliberately undefined operands of its own AVX-512 header
// for mistakes (its bug 105593), wherever its functions are inlined: so for the
// rest of the file.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#if defined(__x86_64__)
#include <immintrin.h>

// A step of a kernel that is compiled by itself, so that its loop has all
// registers.
#define SLUICE_APART __attribute__((noinline))
#endif

#endif  // SLUICE_LIBS_BASE_X86_VECTORS_H_
