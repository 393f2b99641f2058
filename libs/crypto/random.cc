#include "libs/crypto/random.h"

#include <openssl/rand.h>

#include "libs/crypto/openssl_error.h"

namespace sluice::crypto {

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  CheckOpenssl(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                          static_cast<int>(count)) == 1,
               "RAND_bytes");
  return bytes;
}

}  // namespace sluice::crypto
