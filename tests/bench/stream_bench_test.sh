#!/usr/bin/env bash
# The benchmark runs to its end and both sides deliver every record. How fast is
# not asked.
set -euo pipefail

readonly rows=2000
json="${TEST_TMPDIR}/stream.json"
tests/bench/stream_bench --rows "${rows}" --runs 1 --json "${json}" \
  --dir "${TEST_TMPDIR}" \
  --consumer tests/bench/stream_consumer \
  --resource deploy/examples/county/resources/public-security/population.yaml \
  --divisions deploy/examples/data/divisions.csv
python3 - "${json}" "${rows}" << 'END'
import json
import sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
rows = int(sys.argv[2])
assert report["records"] == rows and report["runs"] == 1, report
for side in ("relay", "policy"):
    assert report[side]["records_per_second"]["median"] > 0, report
    assert len(report[side]["records_per_second"]["runs"]) == 1, report
    # Twelve columns of a row are more than a hundred bytes on either side.
    assert report[side]["bytes"] > 100 * rows, report
assert report["ratio"]["median"] > 0, report
END
# tools/test counts this line; a failure above ends the script without it.
echo "1 passed, 0 failed"
