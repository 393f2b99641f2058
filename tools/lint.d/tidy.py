#!/usr/bin/env python3
"""Prints the findings of a clang-tidy run (tidy.bzl), each once.

Reads the run's build events (--build_event_json_file) for where the reports are. A
header that many sources include is found fault with once, and the system's headers not
at all: nobody here can mend those. Exits with 1 on a finding.
"""

import json
import pathlib
import re
import sys
import urllib.parse

FINDING = re.compile(r"^[^\s:]+:\d+:\d+: (error|warning): ")


def report_paths(events):
    for line in events:
        for file in json.loads(line).get("namedSetOfFiles", {}).get("files", []):
            if file["name"].endswith(".tidy"):
                yield pathlib.Path(urllib.parse.unquote(
                    urllib.parse.urlparse(file["uri"]).path))


def findings(report):
    """Yields each finding of one report, with the lines that explain it."""
    finding = []
    for line in report.splitlines():
        if FINDING.match(line) and finding:
            yield "\n".join(finding)
            finding = []
        finding.append(line)
    if finding:
        yield "\n".join(finding)


def main():
    with open(sys.argv[1], encoding="utf-8") as events:
        paths = sorted(set(report_paths(events)))
    seen = set()
    for path in paths:
        for finding in findings(path.read_text(encoding="utf-8", errors="replace")):
            if finding not in seen and not finding.startswith("/usr/"):
                seen.add(finding)
                print(finding)
    if seen:
        print("How to mend: the check's name is in brackets; "
              "https://clang.llvm.org/extra/clang-tidy/checks/list.html explains it. "
              "Where it is wrong: // NOLINT(check-name): why")
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main())
