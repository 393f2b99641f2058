#include "libs/audit/checkpoint.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"

namespace sluice::audit {
namespace {

using status::v1::REASON_CODE_MALFORMED;
using status::v1::REASON_CODE_SIGNATURE_INVALID;

constexpr size_t kOriginBytesMax = 255;
constexpr size_t kNoteBytesMax = size_t{64} << 10;
constexpr size_t kSignaturesMax = 100;
constexpr size_t kKeyIdBytes = 4;
// C2SP's number for Ed25519, before the public key.
constexpr char kEd25519[] = "\x01";
// An em dash (U+2014) and a space begin a signature line.
constexpr char kSignaturePrefix[] = "\xE2\x80\x94 ";

absl::Status NoCheckpoint(absl::string_view why) {
  return Error(REASON_CODE_MALFORMED,
               absl::StrCat("not a signed checkpoint (C2SP tlog-checkpoint): ",
                            why, ": fetch it again, unchanged"));
}

std::string Body(const Checkpoint& checkpoint) {
  return absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n",
                      Base64Encode(crypto::DigestView(checkpoint.root)), "\n");
}

absl::StatusOr<Checkpoint> ParseBody(absl::string_view body) {
  // The last line is empty: the body ends with a newline.
  const std::vector<absl::string_view> lines = absl::StrSplit(body, '\n');
  if (lines.size() < 4) return NoCheckpoint("it has fewer than three lines");
  Checkpoint checkpoint;
  checkpoint.origin = std::string(lines[0]);
  if (const absl::Status origin = CheckOrigin(lines[0]); !origin.ok()) {
    return NoCheckpoint(origin.message());
  }
  // SimpleAtoi alone would take leading zeros, signs and spaces.
  if (!absl::SimpleAtoi(lines[1], &checkpoint.size) ||
      absl::StrCat(checkpoint.size) != lines[1]) {
    return NoCheckpoint("its second line is no decimal size");
  }
  const auto root = Base64Decode(lines[2]);
  if (!root.ok() || root->size() != crypto::kDigestBytes) {
    return NoCheckpoint("its third line is no base64 of 32 bytes");
  }
  checkpoint.root = crypto::DigestFrom(*root);
  return checkpoint;
}

// The parts of a note: its text with the last newline, and the signature lines.
struct Note {
  absl::string_view text;
  std::vector<absl::string_view> signature_lines;
};

absl::StatusOr<Note> SplitNote(absl::string_view note) {
  if (note.size() > kNoteBytesMax) return NoCheckpoint("it is too long");
  if (!IsValidUtf8(note)) return NoCheckpoint("it is not UTF-8");
  for (char c : note) {
    if (absl::ascii_iscntrl(c) && c != '\n') {
      return NoCheckpoint("it has control characters");
    }
  }
  const size_t gap = note.rfind("\n\n");
  if (gap == absl::string_view::npos || !absl::EndsWith(note, "\n")) {
    return NoCheckpoint("it has no empty line with signatures behind it");
  }
  Note parts;
  parts.text = note.substr(0, gap + 1);
  const absl::string_view signatures =
      absl::StripSuffix(note.substr(gap + 2), "\n");
  parts.signature_lines = absl::StrSplit(signatures, '\n');
  if (parts.signature_lines.size() > kSignaturesMax) {
    return NoCheckpoint("it has more than 100 signatures");
  }
  return parts;
}

struct SignatureLine {
  absl::string_view name;
  // Key id, then signature.
  std::string bytes;
};

absl::StatusOr<SignatureLine> ParseSignatureLine(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kSignaturePrefix)) {
    return NoCheckpoint("a signature line does not begin with an em dash");
  }
  const size_t space = line.find(' ');
  if (space == 0 || space == absl::string_view::npos) {
    return NoCheckpoint("a signature line has no name or no signature");
  }
  auto bytes = Base64Decode(line.substr(space + 1));
  if (!bytes.ok() || bytes->size() <= kKeyIdBytes) {
    return NoCheckpoint("a signature is no base64 of a key id and a signature");
  }
  return SignatureLine{line.substr(0, space), *std::move(bytes)};
}

}  // namespace

absl::Status CheckOrigin(absl::string_view origin) {
  const bool fits = !origin.empty() && origin.size() <= kOriginBytesMax &&
                    std::all_of(origin.begin(), origin.end(), [](char c) {
                      return absl::ascii_isgraph(c) && c != '+';
                    });
  if (fits) return absl::OkStatus();
  return Error(
      REASON_CODE_MALFORMED,
      absl::StrCat("an audit trail's origin has 1 to ", kOriginBytesMax,
                   " visible ASCII characters without spaces and plus "
                   "signs: use <trust domain>/<department>/<instance>"));
}

std::string NoteKeyId(absl::string_view name, const crypto::PublicKey& key) {
  const crypto::Digest digest =
      crypto::Sha256(absl::StrCat(name, "\n", kEd25519, key.bytes()));
  return std::string(crypto::DigestView(digest).substr(0, kKeyIdBytes));
}

std::string SignCheckpoint(const Checkpoint& checkpoint,
                           const crypto::SigningKey& key) {
  const std::string body = Body(checkpoint);
  const std::string signature =
      absl::StrCat(NoteKeyId(checkpoint.origin, key.public_key()),
                   key.Sign(crypto::kNoteDomain, body));
  return absl::StrCat(body, "\n", kSignaturePrefix, checkpoint.origin, " ",
                      Base64Encode(signature), "\n");
}

std::string VerifierKey(absl::string_view name, const crypto::PublicKey& key) {
  return absl::StrCat(name, "+", HexEncode(NoteKeyId(name, key)), "+",
                      Base64Encode(absl::StrCat(kEd25519, key.bytes())));
}

absl::StatusOr<NoteVerifier> ParseVerifierKey(absl::string_view text) {
  constexpr char kHint[] =
      "not a verifier key: expected <name>+<8 hex digits>+<base64>, as the "
      "broker that keeps the trail prints it";
  // The key's base64 may hold plus signs; the name may not.
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('+', 2));
  if (parts.size() != 3 || !CheckOrigin(parts[0]).ok()) {
    return Error(REASON_CODE_MALFORMED, kHint);
  }
  const auto id = HexDecode(parts[1]);
  const auto typed_key = Base64Decode(parts[2]);
  if (!id.ok() || !typed_key.ok() || !absl::StartsWith(*typed_key, kEd25519)) {
    return Error(REASON_CODE_MALFORMED, kHint);
  }
  const auto key =
      crypto::PublicKey::FromBytes(absl::string_view(*typed_key).substr(1));
  if (!key.ok()) return Annotate(key.status(), kHint);
  if (NoteKeyId(parts[0], *key) != *id) {
    return Error(REASON_CODE_MALFORMED,
                 absl::StrCat("the verifier key of ", parts[0],
                              " does not match its key id: it was mistyped or "
                              "changed, get it again from its owner"));
  }
  return NoteVerifier{std::string(parts[0]), *key};
}

absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note,
                                            const NoteVerifier& verifier) {
  ASSIGN_OR_RETURN(const Note parts, SplitNote(note));
  const std::string key_id = NoteKeyId(verifier.name, verifier.key);
  bool found = false;
  for (absl::string_view line : parts.signature_lines) {
    ASSIGN_OR_RETURN(const SignatureLine signature, ParseSignatureLine(line));
    const absl::string_view bytes = signature.bytes;
    if (found || signature.name != verifier.name ||
        bytes.substr(0, kKeyIdBytes) != key_id) {
      continue;
    }
    if (!verifier.key.Verify(crypto::kNoteDomain, parts.text,
                             bytes.substr(kKeyIdBytes))) {
      return Error(REASON_CODE_SIGNATURE_INVALID,
                   absl::StrCat("the checkpoint's signature of ", verifier.name,
                                " does not hold: it was changed after it was "
                                "signed; do not trust it"));
    }
    found = true;
  }
  if (!found) {
    return Error(
        REASON_CODE_SIGNATURE_INVALID,
        absl::StrCat("the checkpoint is not signed by ", verifier.name,
                     " with key id ", HexEncode(key_id),
                     ": is it another trail's, or was the key changed?"));
  }
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseBody(parts.text));
  if (checkpoint.origin != verifier.name) {
    return NoCheckpoint(absl::StrCat("its origin is ", checkpoint.origin,
                                     ", not ", verifier.name));
  }
  return checkpoint;
}

}  // namespace sluice::audit
