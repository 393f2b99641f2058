#!/usr/bin/env python3
"""Counts the test cases of a `bazel test` run.

Reads the run's build events (--build_event_json_file) and the test logs they
point at. Prints what failed, then the last line `N passed, N failed`; exits with
1 if a case failed, a target did not build, or nothing ran.
"""

import argparse
import json
import pathlib
import re
import sys
import urllib.parse

CATCH_ALL_PASSED = re.compile(
    r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)")
CATCH_TEST_CASES = re.compile(r"^test cases:\s*(\d+) \|(.*)$")
CATCH_FAILED = re.compile(r"(\d+) failed(?! as expected)")
SKIPPED = re.compile(r"^SKIPPED (.+)$")
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed\b")
# Lines that Bazel and its sandbox put around a test's own.
NOISE = re.compile(r"^exec \$\{PAGER|^Executing tests from |^-{77}$|^\d+\.\d+: src/main/tools/")
LOG_LINES_SHOWN = 100
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def count_cases(log):
    """(passed, failed) as the log's last summary says, or None without one."""
    counts = None
    for line in log.splitlines():
        line = ESCAPES.sub("", line).strip()
        if match := CATCH_ALL_PASSED.match(line):
            counts = (int(match[1]), 0)
        elif match := CATCH_TEST_CASES.match(line):
            failed = CATCH_FAILED.search(match[2])
            failed = int(failed[1]) if failed else 0
            counts = (int(match[1]) - failed, failed)
        elif match := PLAIN.match(line):
            counts = (int(match[1]), int(match[2]))
    return counts


def find_skipped(log):
    """What the cases say that could not run here and ended at once."""
    matches = (SKIPPED.match(ESCAPES.sub("", line).strip()) for line in log.splitlines())
    return [match[1] for match in matches if match]


def count_attempt(status, log):
    """(passed, failed) of one test log; a test that failed counts at least 1."""
    passed, failed = count_cases(log) or (0, 0)
    if status != "PASSED":
        # A crash or a leak report fails a target whose cases all passed.
        failed = max(failed, 1)
    elif passed + failed == 0:
        # Without a summary nothing shows that the target tests anything.
        failed = 1
    # To the test's own framework a case that skips itself has passed.
    return max(passed - len(find_skipped(log)), 0), failed


def read_events(path):
    with open(path, encoding="utf-8") as events:
        for line in events:
            yield json.loads(line)


def read_log(outputs):
    for output in outputs:
        if output["name"] == "test.log" and "uri" in output:
            path = urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
            return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    return ""


def show_failure(label, reason, log):
    lines = [line for line in log.splitlines() if not NOISE.match(line)]
    if len(lines) > LOG_LINES_SHOWN:
        print(f"... {len(lines) - LOG_LINES_SHOWN} lines left out")
    print("\n".join(lines[-LOG_LINES_SHOWN:]))
    print(f"FAILED {label}: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", help="the file --build_event_json_file named")
    parser.add_argument("--bazel-exit", type=int, default=0,
                        help="the exit status of bazel test")
    parser.add_argument("--planted-fault", choices=["passed", "failed"],
                        help="one more case: whether the planted fault was found")
    parser.add_argument("--left-out", action="append", default=[], metavar="LABEL",
                        help="a target that was not run; may be repeated")
    parser.add_argument("--why", default="", help="why they were not run")
    parser.add_argument("--required", action="store_true",
                        help="a target that was not run has failed")
    parser.add_argument("--none-may-skip", action="store_true",
                        help="a case that ran and skipped itself has failed")
    arguments = parser.parse_args()

    passed = failed = 0
    not_built = set()
    attempts = {}
    try:
        for event in read_events(arguments.events):
            if "testResult" in event:
                # Of a flaky test's attempts on one shard, the last one counts.
                where = event["id"]["testResult"]
                key = (where["label"], where.get("shard"), where.get("run"))
                attempts[key] = event["testResult"]
            elif "completed" in event and not event["completed"].get("success"):
                not_built.add(event["id"]["targetCompleted"]["label"])
            elif "aborted" in event:
                # Causes are events too; what they keep from being built counts.
                where = event["id"]
                if "targetCompleted" in where:
                    not_built.add(where["targetCompleted"]["label"])
                elif "pattern" in where:
                    not_built.add(" ".join(where["pattern"]["pattern"]))
    except FileNotFoundError:
        print("tools/test: Bazel ended before it wrote any event: see its message above")

    for key, result in sorted(attempts.items(), key=lambda item: str(item[0])):
        log = read_log(result.get("testActionOutput", []))
        case_counts = count_attempt(result["status"], log)
        passed += case_counts[0]
        failed += case_counts[1]
        if case_counts[1]:
            reason = result["status"].lower()
            if result["status"] == "PASSED":
                reason = "printed no summary of its test cases"
            show_failure(key[0], reason, log)
        for what in find_skipped(log):
            print(f"{'FAILED' if arguments.none_may_skip else 'SKIPPED'} {key[0]}: {what}")
            failed += arguments.none_may_skip
    for label in sorted(not_built):
        failed += 1
        print(f"FAILED {label}: did not build")
    for label in arguments.left_out:
        print(f"{'FAILED' if arguments.required else 'SKIPPED'} {label}: {arguments.why}")
        failed += arguments.required
    if arguments.planted_fault == "passed":
        passed += 1
    elif arguments.planted_fault == "failed":
        failed += 1
    if arguments.bazel_exit != 0 and failed == 0:
        print(f"FAILED: bazel test ended with status {arguments.bazel_exit}: "
              "see its message above")
        failed += 1
    if passed + failed == 0:
        print("FAILED: no test ran")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
