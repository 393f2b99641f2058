#!/usr/bin/env bash
# The benchmark runs to its end and names every operator and its limit.
set -euo pipefail
bench="$(dirname "$0")/desensitize_bench"
table="${TEST_TMPDIR}/table"
json="${TEST_TMPDIR}/figures.jsonl"
passed=0
failed=0

holds() {
  local what="$1"
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "FAILED: ${what}"
    failed=$((failed + 1))
  fi
}

holds "it runs to its end" "${bench}" --runs 1 --milliseconds 1 --json "${json}" > "${table}"
holds "the table has the pseudonym" grep -q '^pseudonym sha256' "${table}"
holds "the figures have the demo's policy" grep -q '"operator":"policy of the demo"' "${json}"
holds "20 figures or more" test "$(wc -l < "${json}")" -ge 20
echo "${passed} passed, ${failed} failed"
((failed == 0))
