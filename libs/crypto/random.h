// Random bytes from the operating system, through OpenSSL.
#ifndef SLUICE_LIBS_CRYPTO_RANDOM_H_
#define SLUICE_LIBS_CRYPTO_RANDOM_H_

#include <cstddef>
#include <string>

namespace sluice::crypto {

// `count` bytes no one can predict. Ends the process if the system has none.
std::string RandomBytes(size_t count);

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_RANDOM_H_
