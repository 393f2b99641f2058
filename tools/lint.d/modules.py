#!/usr/bin/env python3
"""Holds README.md's module table to the tree: one line per module, no more, no less.

A line of the table is `| `libs/base` | what it is |`. Modules are the folders below
libs/, services/ and tools/ (but for lint.d, which is this program's own).
"""

import re
import sys

from tree import Findings, listed_files, text_of

README = "README.md"
ROW = re.compile(r"^\|\s*`([^`]+?)/?`\s*\|\s*(.*?)\s*\|")
PARENTS = ("libs", "services", "tools")


def modules(paths):
    """Each module and one of its files."""
    found = {}
    for path in paths:
        parts = path.split("/")
        if len(parts) > 2 and parts[0] in PARENTS and not parts[1].endswith(".d"):
            found.setdefault("/".join(parts[:2]), path)
    return found


def main():
    findings = Findings()
    paths = listed_files()
    if README not in paths:
        findings.add(README, 1, "there is no README.md with a table of the modules",
                     "write one, with a line `| `libs/base` | what it is |` per module")
        return findings.exit_status()

    rows = {}
    for number, line in enumerate(text_of(README).split("\n"), start=1):
        match = ROW.match(line)
        if not match or match[1].split("/")[0] not in PARENTS or match[1].count("/") != 1:
            continue
        if match[1] in rows:
            findings.add(README, number, f"a second line for {match[1]}", "keep one")
        if not match[2]:
            findings.add(README, number, f"nothing says what {match[1]} is", "say it")
        rows[match[1]] = number

    found = modules(paths)
    for module in sorted(found.keys() - rows.keys()):
        findings.add(README, 1, f"the module table has no line for {module}",
                     f"add: | `{module}` | what it is, in one line |")
    for module in sorted(rows.keys() - found.keys()):
        # tools/ also holds scripts, which may have a line.
        if module not in paths:
            findings.add(README, rows[module], f"{module} is in the table, not in the tree",
                         "remove the line, or correct the name")
    return findings.exit_status()


if __name__ == "__main__":
    sys.exit(main())
