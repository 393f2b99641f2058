#include "libs/crypto/ed25519.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"

namespace sluice::crypto {
namespace {

std::string Bytes(absl::string_view hex) { return HexDecode(hex).value(); }

// PKCS #8 of RFC 8410: a fixed frame around the 32 bytes of the seed.
std::string PemOfSeed(absl::string_view seed_hex) {
  const std::string der =
      Bytes(absl::StrCat("302e020100300506032b657004220420", seed_hex));
  return absl::StrCat("-----BEGIN PRIVATE KEY-----\n", Base64Encode(der),
                      "\n-----END PRIVATE KEY-----\n");
}

struct Example {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, 7.1: tests 1, 2, 3 and SHA(abc).
const Example kExamples[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

std::string TemporaryPath(const char* name) {
  const char* root = std::getenv("TEST_TMPDIR");
  std::string folder =
      std::string(root == nullptr ? "/tmp" : root) + "/ed25519.XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  return absl::StrCat(folder, "/", name);
}

TEST_CASE("Signatures match the examples of RFC 8032") {
  for (const Example& example : kExamples) {
    const SigningKey key = SigningKey::FromPem(PemOfSeed(example.seed)).value();
    CHECK(HexEncode(key.public_key().bytes()) == example.public_key);
    const std::string message = Bytes(example.message);
    CHECK(HexEncode(key.Sign("", message)) == example.signature);
    const PublicKey public_key =
        PublicKey::FromBytes(Bytes(example.public_key)).value();
    CHECK(public_key.Verify("", message, Bytes(example.signature)));
  }
}

TEST_CASE("A domain stands in front of the message and separates purposes") {
  const SigningKey key = SigningKey::Generate();
  const std::string signature = key.Sign(kCommandDomain, "message");
  CHECK(key.public_key().Verify(kCommandDomain, "message", signature));
  CHECK_FALSE(key.public_key().Verify(kEnvelopeDomain, "message", signature));
  CHECK_FALSE(key.public_key().Verify(kRotationDomain, "message", signature));
  CHECK_FALSE(key.public_key().Verify(kNoteDomain, "message", signature));
  CHECK(key.Sign(kCommandDomain, "message") ==
        key.Sign("", "sluice/command/v1\nmessage"));
}

TEST_CASE("Signatures match the example in docs/formats/signatures.md") {
  const SigningKey key =
      SigningKey::FromPem(PemOfSeed(kExamples[0].seed)).value();
  CHECK(HexEncode(key.Sign(kEnvelopeDomain, "abc")) ==
        "2940cd2da6a5b32c6afa884d4367d590ca35d3c7743454fa06f9c852ef72685a"
        "5b1435c25a309ecbecd2bbeb02acb3fadbecfe957e1bf09cf074205b2efdad0c");
  CHECK(HexEncode(key.Sign(kCommandDomain, "abc")) ==
        "fbf0b6eb7f77852c0b9fa3e6915f957622c4be0458c4431ee88e3a621c9509a1"
        "38db3bf58daecd67dad2ecb95e2c3caed03a281f5489cd551f91e74dace0f10b");
  CHECK(HexEncode(key.Sign(kRotationDomain, "abc")) ==
        "f211a3e481692aeefa2ac29612de859b816ef435787db9fcacb623e121989d4c"
        "f1df1ce6ee185c426c3140e1c748d0bb0dee7419bd34a83c1fa2f88e2938ca00");
  CHECK(HexEncode(key.Sign(kNoticeDomain, "abc")) ==
        "c5988f58cff968265a6fda2eac2752cccad1c546aaf28db0ffc2cdf2b5dce728"
        "35081c8da122b7357bb5ed4329bbc12bad9cf6eff7d3c2030eb5b79991611f07");
}

TEST_CASE("No changed bit of message, signature or key is accepted") {
  const SigningKey key = SigningKey::Generate();
  const std::string message = "a message";
  const std::string signature = key.Sign(kEnvelopeDomain, message);
  REQUIRE(signature.size() == kSignatureBytes);
  for (size_t bit = 0; bit < 8 * message.size(); ++bit) {
    std::string changed = message;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    CHECK_FALSE(key.public_key().Verify(kEnvelopeDomain, changed, signature));
  }
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    CHECK_FALSE(key.public_key().Verify(kEnvelopeDomain, message, changed));
  }
  CHECK_FALSE(SigningKey::Generate().public_key().Verify(kEnvelopeDomain,
                                                         message, signature));
}

TEST_CASE("A signature of another length is refused") {
  const SigningKey key = SigningKey::Generate();
  const std::string signature = key.Sign("", "m");
  CHECK_FALSE(key.public_key().Verify("", "m", ""));
  CHECK_FALSE(key.public_key().Verify("", "m", signature.substr(0, 63)));
  CHECK_FALSE(key.public_key().Verify("", "m", signature + "x"));
}

TEST_CASE("A key's id is the first 16 hex characters of its SHA-256") {
  // printf of test 1's public key through sha256sum.
  const PublicKey key =
      PublicKey::FromBytes(Bytes(kExamples[0].public_key)).value();
  CHECK(key.id() == "21fe31dfa154a261");
  CHECK(KeyIdOf(key.bytes()) == key.id());
}

TEST_CASE("Public keys of another length are MALFORMED") {
  for (const size_t length : {0, 1, 31, 33, 64}) {
    CHECK(ReasonOf(PublicKey::FromBytes(std::string(length, 'k')).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

TEST_CASE("Public keys under which anyone could sign are MALFORMED") {
  std::string one(32, '\0');
  one[0] = 1;
  std::string one_with_sign = one;
  one_with_sign[31] = '\x80';
  for (const std::string& weak :
       {std::string(32, '\0'), one, one_with_sign,
        Bytes(
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
        Bytes(
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
        Bytes("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7"
              "f")}) {
    CAPTURE(HexEncode(weak));
    CHECK(ReasonOf(PublicKey::FromBytes(weak).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

TEST_CASE("A key goes to PEM and back") {
  const SigningKey key = SigningKey::Generate();
  const SigningKey again = SigningKey::FromPem(key.ToPem()).value();
  CHECK(again.id() == key.id());
  CHECK(again.Sign("", "m") == key.Sign("", "m"));
  CHECK(SigningKey::FromPem(PemOfSeed(kExamples[0].seed))->ToPem() ==
        PemOfSeed(kExamples[0].seed));
}

TEST_CASE("PEM that is no Ed25519 key, or asks for a password, is MALFORMED") {
  const char* const kP256 =
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgimCBUl1LrZ8GWpVb\n"
      "tA3Nbszn1bNCIzky8MI8SQlA4z6hRANCAASVRkDFJ6Qn2cA8llIhUWBjlLqN224q\n"
      "I6Hru0jmzOzRfGsaUb1M9Ojc2r81HTPUWlBU+Cdh1jY8l5Kswyya+dua\n"
      "-----END PRIVATE KEY-----\n";
  const char* const kEncrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBAW\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const std::string& pem : {std::string(), std::string("not PEM"),
                                 std::string(kP256), std::string(kEncrypted)}) {
    const auto key = SigningKey::FromPem(pem);
    CHECK(ReasonOf(key.status()) == status::v1::REASON_CODE_MALFORMED);
  }
}

TEST_CASE("A key file is loaded only when it is private, and errors name it") {
  const std::string path = TemporaryPath("signing.key");
  const SigningKey key = SigningKey::Generate();
  REQUIRE(WriteFileAtomically(path, key.ToPem(), 0600).ok());
  CHECK(SigningKey::Load(path)->id() == key.id());
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK_FALSE(SigningKey::Load(path).ok());
  REQUIRE(WriteFileAtomically(path, "garbage", 0600).ok());
  CHECK(SigningKey::Load(path).status().message() ==
        path +
            ": not an Ed25519 private key in PEM without a password: make one "
            "with `sluicectl key create`");
  CHECK(ReasonOf(SigningKey::Load(path + ".missing").status()) ==
        status::v1::REASON_CODE_NOT_FOUND);
}

}  // namespace
}  // namespace sluice::crypto
