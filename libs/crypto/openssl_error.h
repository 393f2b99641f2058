// What OpenSSL says went wrong. The one file that reads its error queue.
#ifndef SLUICE_LIBS_CRYPTO_OPENSSL_ERROR_H_
#define SLUICE_LIBS_CRYPTO_OPENSSL_ERROR_H_

#include <string>

namespace sluice::crypto {

// The oldest error in this thread's queue as a person can read it, and empties
// the queue; "unknown OpenSSL error" if the queue is empty.
std::string TakeOpensslError();

// Ends the process with OpenSSL's own words unless `ok`: for calls that only
// fail when memory or the library itself is broken.
void CheckOpenssl(bool ok, const char* what);

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_OPENSSL_ERROR_H_
