#include "libs/audit/checkpoint.h"

#include <catch2/catch.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"

namespace sluice::audit {
namespace {

using status::v1::REASON_CODE_MALFORMED;
using status::v1::REASON_CODE_SIGNATURE_INVALID;

// The key of RFC 8032, 7.1, TEST 1.
constexpr char kPem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr char kOrigin[] = "county.example/data-bureau/broker-1";

// Made with hashlib and `openssl pkeyutl -sign -rawin` from C2SP's text,
// without any code of this project. The example in docs/formats/audit.md.
constexpr char kNote[] =
    "county.example/data-bureau/broker-1\n"
    "3\n"
    "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n"
    "\n"
    "\xE2\x80\x94 county.example/data-bureau/broker-1 "
    "Rff8kdiWhkBkh6WKjWdU6vmYNbmZePCO9ncZ58b121kguh+LlMPNQgUHj3a9ZsUf2PXoNgxE"
    "c1z4mFGuBL4GrX81lA8=\n";
constexpr char kVerifierKey[] =
    "county.example/data-bureau/broker-1+45f7fc91+"
    "AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

crypto::SigningKey TestKey() {
  return crypto::SigningKey::FromPem(kPem).value();
}

Checkpoint TestCheckpoint() {
  return {kOrigin, 3,
          crypto::DigestFrom(
              HexDecode("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158"
                        "f329e06e77")
                  .value())};
}

ReasonCode ReasonFor(absl::string_view note, absl::string_view verifier_key) {
  return ReasonOf(
      VerifyCheckpoint(note, ParseVerifierKey(verifier_key).value()).status());
}

// A signed note over any text, to see what a verifier makes of it.
std::string Sign(absl::string_view text, absl::string_view name) {
  const crypto::SigningKey key = TestKey();
  return absl::StrCat(
      text, "\n\xE2\x80\x94 ", name, " ",
      Base64Encode(absl::StrCat(NoteKeyId(name, key.public_key()),
                                key.Sign(crypto::kNoteDomain, text))),
      "\n");
}

TEST_CASE("A signed checkpoint has C2SP's bytes") {
  CHECK(SignCheckpoint(TestCheckpoint(), TestKey()) == kNote);
  CHECK(VerifierKey(kOrigin, TestKey().public_key()) == kVerifierKey);
}

TEST_CASE("Verifier keys made by others are understood") {
  const auto sumdb = ParseVerifierKey(
      "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
  REQUIRE(sumdb.ok());
  CHECK(sumdb->name == "sum.golang.org");

  // The example of Go's golang.org/x/mod/sumdb/note.
  const auto neumann = ParseVerifierKey(
      "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  REQUIRE(neumann.ok());
  const std::string signature =
      Base64Decode(
          "x08go/ZJkuBS9UG/"
          "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfq"
          "dngotpRZb6KE6RyyBwJnAM=")
          .value();
  CHECK(neumann->key.Verify(
      crypto::kNoteDomain,
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n",
      absl::string_view(signature).substr(4)));
}

TEST_CASE("A checkpoint that verifies is read back") {
  const auto checkpoint =
      VerifyCheckpoint(kNote, ParseVerifierKey(kVerifierKey).value());
  REQUIRE(checkpoint.ok());
  CHECK(checkpoint->origin == kOrigin);
  CHECK(checkpoint->size == 3);
  CHECK(checkpoint->root == TestCheckpoint().root);
}

TEST_CASE("A note with any byte changed is refused") {
  const NoteVerifier verifier = ParseVerifierKey(kVerifierKey).value();
  const std::string note = kNote;
  for (size_t i = 0; i < note.size(); ++i) {
    for (const char change : {'\x01', '\x20', '\x80'}) {
      std::string changed = note;
      changed[i] = static_cast<char>(changed[i] ^ change);
      INFO(i);
      CHECK_FALSE(VerifyCheckpoint(changed, verifier).ok());
    }
    CHECK_FALSE(VerifyCheckpoint(note.substr(0, i), verifier).ok());
  }
}

TEST_CASE("A checkpoint that another key or trail signed is refused") {
  const crypto::SigningKey other = crypto::SigningKey::Generate();
  CHECK(ReasonFor(kNote, VerifierKey(kOrigin, other.public_key())) ==
        REASON_CODE_SIGNATURE_INVALID);
  CHECK(ReasonFor(kNote, VerifierKey("other", TestKey().public_key())) ==
        REASON_CODE_SIGNATURE_INVALID);
  // Signed by the right key, for a text that names another origin.
  const std::string text = absl::StrReplaceAll(
      std::string(kNote).substr(0, std::string(kNote).find("\n\n") + 1),
      {{"broker-1", "broker-2"}});
  CHECK(ReasonFor(Sign(text, kOrigin), kVerifierKey) == REASON_CODE_MALFORMED);
}

TEST_CASE("Witnesses' signatures are passed over, wherever they stand") {
  const std::string note = kNote;
  const size_t signatures = note.find("\n\n") + 2;
  const std::string witness =
      absl::StrCat("\xE2\x80\x94 witness.example ",
                   Base64Encode("abcd and a signature"), "\n");
  const std::string first = absl::StrCat(note.substr(0, signatures), witness,
                                         note.substr(signatures));
  CHECK(ReasonFor(first, kVerifierKey) == status::v1::REASON_CODE_UNSPECIFIED);
  CHECK(ReasonFor(note + witness, kVerifierKey) ==
        status::v1::REASON_CODE_UNSPECIFIED);
  CHECK(ReasonFor(note.substr(0, signatures) + witness, kVerifierKey) ==
        REASON_CODE_SIGNATURE_INVALID);
}

TEST_CASE("Extension lines behind the root are passed over") {
  const std::string text = absl::StrCat(
      std::string(kNote).substr(0, std::string(kNote).find("\n\n")),
      "\nan extension\n");
  const auto checkpoint = VerifyCheckpoint(
      Sign(text, kOrigin), ParseVerifierKey(kVerifierKey).value());
  REQUIRE(checkpoint.ok());
  CHECK(checkpoint->size == 3);
}

TEST_CASE("Well signed texts that are no checkpoint are refused") {
  const std::string root = "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=";
  const std::string name = kOrigin;
  for (const std::string& text : {
           name + "\n3\n",
           name + "\n03\n" + root + "\n",
           name + "\n+3\n" + root + "\n",
           name + "\n-3\n" + root + "\n",
           name + "\n 3\n" + root + "\n",
           name + "\n18446744073709551616\n" + root + "\n",
           name + "\n3\n" + root.substr(4) + "\n",
           name + "\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc\n",
           "\n3\n" + root + "\n",
       }) {
    INFO(text);
    CHECK(ReasonFor(Sign(text, kOrigin), kVerifierKey) ==
          REASON_CODE_MALFORMED);
  }
  CHECK(ReasonFor("", kVerifierKey) == REASON_CODE_MALFORMED);
  CHECK(ReasonFor("no note at all", kVerifierKey) == REASON_CODE_MALFORMED);
  CHECK(ReasonFor(std::string(1 << 20, 'x'), kVerifierKey) ==
        REASON_CODE_MALFORMED);
}

TEST_CASE("A verifier key that is none, or mistyped, is refused") {
  for (const std::string text : {
           "",
           "name",
           "name+45f7fc91",
           "a b+45f7fc91+AQ==",
           "+45f7fc91+AQ==",
           // Another key id.
           "county.example/data-bureau/broker-1+45f7fc92+"
           "AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
           // Another algorithm.
           "county.example/data-bureau/broker-1+45f7fc91+"
           "AtdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
           // A shorter key.
           "county.example/data-bureau/broker-1+45f7fc91+AddamAGC",
       }) {
    INFO(text);
    CHECK(ReasonOf(ParseVerifierKey(text).status()) == REASON_CODE_MALFORMED);
  }
}

TEST_CASE("An origin is visible ASCII without spaces and plus signs") {
  CHECK(CheckOrigin(kOrigin).ok());
  CHECK(CheckOrigin(std::string(255, 'x')).ok());
  for (const std::string& origin :
       {std::string(), std::string("a b"), std::string("a+b"),
        std::string("a\nb"), std::string("\xE5\xB1\x80"),
        std::string(256, 'x')}) {
    INFO(origin);
    CHECK(ReasonOf(CheckOrigin(origin)) == REASON_CODE_MALFORMED);
  }
}

}  // namespace
}  // namespace sluice::audit
