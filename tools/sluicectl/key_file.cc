#include "tools/sluicectl/key_file.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::sluicectl {
namespace {

constexpr int kKeyFileMode = 0600;

bool Exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

absl::StatusOr<crypto::SigningKey> CreateKey(const std::string& path) {
  if (Exists(path)) {
    return Error(status::v1::REASON_CODE_ALREADY_EXISTS,
                 absl::StrCat(path,
                              " is there already: choose another name; a "
                              "key that is replaced cannot be had back"));
  }
  crypto::SigningKey key = crypto::SigningKey::Generate();
  RETURN_IF_ERROR(WriteFileAtomically(path, AsView(key.ToPem()), kKeyFileMode));
  return key;
}

absl::StatusOr<crypto::SigningKey> LoadOrCreateKey(const std::string& path) {
  return Exists(path) ? crypto::SigningKey::Load(path) : CreateKey(path);
}

}  // namespace sluice::sluicectl
