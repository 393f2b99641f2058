#!/usr/bin/env python3
"""Finds functions and test cases of more than 120 lines.

clang-tidy's readability-function-size sees functions inside classes, but no tests.
This relies on clang-format: a definition outside a class begins at the left margin,
and so does its closing brace.
"""

import re
import sys

from tree import Findings, listed_files, text_of

LINES_MAX = 120
# What begins a definition at the left margin that is no function.
NOT_A_FUNCTION = re.compile(r"^(namespace|class|struct|union|enum|extern|using)\b|.*=\s*\{?$")


def long_functions(text):
    """Yields (line, length) of each function that is too long."""
    start = None
    is_function = False
    last = ";"  # the last line with anything on it
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        at_margin = not line[0].isspace() and line[0] not in "#/}"
        if at_margin and last[-1] in ";}{":
            start = number
            is_function = True
        if at_margin and NOT_A_FUNCTION.match(line):
            is_function = False
        if line.startswith("}"):
            if start is not None and is_function and number - start + 1 > LINES_MAX:
                yield start, number - start + 1
            start = None
        # A comment between two definitions begins nothing and ends nothing.
        if not line.startswith(("//", "#")):
            last = line.split("  //")[0].rstrip() or last


def main():
    findings = Findings()
    for path in listed_files():
        if not path.endswith((".cc", ".h")):
            continue
        for line, length in long_functions(text_of(path)):
            findings.add(path, line, f"a function of {length} lines; {LINES_MAX} is the limit",
                         "split it: each part that needs a comment is a function")
    return findings.exit_status()


if __name__ == "__main__":
    sys.exit(main())
