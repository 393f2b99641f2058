#!/usr/bin/env python3
"""Checks every text file: encoding, line ends, words and names that do not belong."""

import re
import sys

from tree import ROOT, Findings, listed_files, text_of

# Written in two parts, so that this file passes its own check.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
OWN_MACHINE = re.compile(r"(?<![\w.~])/(work|root)(?=/)|/tmp/ob(?=/)")
VAGUE = {"util", "utils", "common", "helper", "helpers", "misc", "manager", "managers"}
SOURCE = (".cc", ".h", ".proto", ".py", ".sh", ".bzl", ".bazel")
# Bytes that a test reads are as the test needs them.
AS_THEY_ARE = re.compile(r"(^|/)(testdata|corpus)/|\.LICENSE$")


def check_name(path, findings):
    if not path.isascii() or " " in path:
        findings.add(path, 1, "the file's name is not plain ASCII",
                     "rename it with letters, digits, '_', '-' and '.'")
    for part in path.split("/"):
        vague = VAGUE & set(re.split(r"[^a-z]+", part.lower()))
        if vague:
            findings.add(path, 1, f"'{vague.pop()}' in a name says nothing",
                         "name the file or folder after the one idea in it")


def check_text(path, text, findings):
    if "\ufffd" in text:
        line = text[:text.index("\ufffd")].count("\n") + 1
        findings.add(path, line, "this is not UTF-8",
                     "convert the file with iconv, or put it under a testdata/ folder")
    if text.startswith("\ufeff"):
        findings.add(path, 1, "the file begins with a byte order mark", "remove it")
    if text and not text.endswith("\n"):
        findings.add(path, text.count("\n") + 1, "the last line has no line end",
                     "add a newline at the end of the file")
    if text.endswith("\n\n"):
        findings.add(path, text.count("\n"), "the file ends with an empty line", "remove it")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.endswith("\r"):
            findings.add(path, number, "the line ends with a carriage return",
                         f"sed -i 's/\\r$//' {path}")
            return
        if line != line.rstrip():
            findings.add(path, number, "white space at the end of the line",
                         f"sed -i 's/[ \\t]*$//' {path}")
        if "\t" in line and path.endswith(SOURCE):
            findings.add(path, number, "a tab character", "use spaces; in a string, \\t")
        if match := UNFINISHED.search(line):
            findings.add(path, number, f"'{match[0]}' marks unfinished work",
                         "finish it, leave it out, or open an issue")
        if match := OWN_MACHINE.search(line):
            findings.add(path, number, f"'{match[0]}/' is a path of one machine",
                         "use a path relative to the tree, or a configurable one")


def main():
    findings = Findings()
    for path in listed_files():
        check_name(path, findings)
        text = None if AS_THEY_ARE.search(path) else text_of(path)
        # A link's target is judged under its own name.
        if text is not None and not (ROOT / path).is_symlink():
            check_text(path, text, findings)
    return findings.exit_status()


if __name__ == "__main__":
    sys.exit(main())
