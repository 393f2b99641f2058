#include "tools/audit_query/checkpoint_file.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/storage/test_folder.h"

namespace sluice::audit_query {
namespace {

constexpr char kOrigin[] = "county.example/data-bureau/b1";

SignedCheckpoint Signed(const crypto::SigningKey& key) {
  audit::Checkpoint checkpoint;
  checkpoint.origin = kOrigin;
  checkpoint.size = 12;
  checkpoint.root.fill(7);
  const auto made =
      CheckSignature(AsView(audit::VerifierKey(kOrigin, key.public_key())),
                     AsView(audit::SignCheckpoint(checkpoint, key)));
  INFO(made.status().message());
  REQUIRE(made.ok());
  return *made;
}

TEST_CASE("a checkpoint comes back from its file") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/trail.checkpoint";
  const SignedCheckpoint made = Signed(crypto::SigningKey::Generate());
  REQUIRE(WriteCheckpointFile(path, made).ok());
  const auto read = ReadCheckpointFile(path);
  INFO(read.status().message());
  REQUIRE(read.ok());
  CHECK(read->checkpoint.size == 12);
  CHECK(read->checkpoint.root == made.checkpoint.root);
  CHECK(read->note == made.note);
  CHECK(read->verifier.key.id() == made.verifier.key.id());
}

TEST_CASE("a file that was changed is refused") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/trail.checkpoint";
  REQUIRE(
      WriteCheckpointFile(path, Signed(crypto::SigningKey::Generate())).ok());
  std::string text = ReadFile(path).value();
  text.replace(text.find("\n12\n"), 4, "\n13\n");
  REQUIRE(WriteFileAtomically(path, AsView(text), 0644).ok());
  CHECK(ReasonOf(ReadCheckpointFile(path).status()) ==
        status::v1::REASON_CODE_SIGNATURE_INVALID);
}

TEST_CASE("a note that another key signed is refused") {
  const SignedCheckpoint a = Signed(crypto::SigningKey::Generate());
  const SignedCheckpoint b = Signed(crypto::SigningKey::Generate());
  CHECK(ReasonOf(
            CheckSignature(AsView(a.verifier_key), AsView(b.note)).status()) ==
        status::v1::REASON_CODE_SIGNATURE_INVALID);
}

TEST_CASE("other files are refused, and one that is missing is not found") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/other";
  CHECK(ReasonOf(ReadCheckpointFile(path).status()) ==
        status::v1::REASON_CODE_NOT_FOUND);
  for (const char* text : {"", "hello", "hello\nworld\n"}) {
    REQUIRE(WriteFileAtomically(path, text, 0644).ok());
    CHECK(ReasonOf(ReadCheckpointFile(path).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

}  // namespace
}  // namespace sluice::audit_query
