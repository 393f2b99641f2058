#!/usr/bin/env bash
# The benchmark runs to its end and names every operator and its limit.
set -euo pipefail
bench="$(dirname "$0")/desensitize_bench"
json="${TEST_TMPDIR}/figures.jsonl"
"${bench}" --runs 1 --milliseconds 1 --json "${json}" > "${TEST_TMPDIR}/table"
grep -q '^pseudonym sha256' "${TEST_TMPDIR}/table"
grep -q '"operator":"policy of the demo"' "${json}"
test "$(wc -l < "${json}")" -ge 20
