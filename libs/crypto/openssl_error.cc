#include "libs/crypto/openssl_error.h"

#include <openssl/err.h>

#include <cstdio>
#include <cstdlib>

namespace sluice::crypto {

std::string TakeOpensslError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown OpenSSL error";
  char text[256];
  ERR_error_string_n(code, text, sizeof(text));
  return text;
}

void CheckOpenssl(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, TakeOpensslError().c_str());
  std::abort();
}

}  // namespace sluice::crypto
