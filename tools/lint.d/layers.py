#!/usr/bin/env python3
"""Finds dependencies that point up or run in a circle; layers.txt says what is up.

Looks at #include lines and at the labels in BUILD files.
"""

import fnmatch
import pathlib
import re
import sys

from tree import Findings, listed_files, text_of

LAYERS = pathlib.Path(__file__).with_name("layers.txt")
LAYERS_SHOWN = "tools/lint.d/layers.txt"
# "libs/base/status.h" in an include, "//libs/base:status" in a BUILD file. Generated
# headers of protos/ are below sluice/ and google/rpc/ and so lowest.
INCLUDE = re.compile(r'^\s*#\s*include\s+"((?:libs|services|tools|tests)/[\w.-]+)/')
LABEL = re.compile(r'"//((?:libs|services|tools|tests)/[\w.-]+)[/:"]')
PARENTS = ("protos", "libs", "services", "tools", "tests")


def read_layers():
    layers = []
    for line in LAYERS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            layers.append(line.split())
    return layers


def layer_of(module, layers):
    for number, patterns in enumerate(layers):
        if any(fnmatch.fnmatch(module, pattern) for pattern in patterns):
            return number
    return None


def module_of(path):
    parts = path.split("/")
    if parts[0] not in PARENTS:
        return None
    if parts[0] == "protos":
        return "protos"
    return "/".join(parts[:2]) if len(parts) > 2 else None


def references(path):
    """Yields (line number, module) for each module the file refers to."""
    if path.endswith((".cc", ".h")):
        pattern = INCLUDE
    elif path.endswith(("BUILD.bazel", "BUILD")):
        pattern = LABEL
    else:
        return
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        for module in pattern.findall(line):
            yield number, module


def find_circle(edges):
    """A list of modules that depend on each other in a circle, or None."""
    done = set()

    def visit(module, trail):
        if module in trail:
            return trail[trail.index(module):] + [module]
        if module in done:
            return None
        for below in sorted(edges.get(module, {})):
            if circle := visit(below, trail + [module]):
                return circle
        done.add(module)
        return None

    for module in sorted(edges):
        if circle := visit(module, []):
            return circle
    return None


def main():
    findings = Findings()
    layers = read_layers()
    edges = {}
    unknown = {}
    for path in listed_files():
        module = module_of(path)
        if module is None:
            continue
        layer = layer_of(module, layers)
        if layer is None:
            unknown.setdefault(module, path)
            continue
        for number, below in references(path):
            if below == module:
                continue
            edges.setdefault(module, {}).setdefault(below, (path, number))
            layer_below = layer_of(below, layers)
            if layer_below is not None and layer_below > layer:
                findings.add(path, number, f"{module} refers to {below}, which is above it",
                             "move what both need into a lower module, or pass it in "
                             f"through an interface; {LAYERS_SHOWN} has the layers")
    for module, path in sorted(unknown.items()):
        findings.add(path, 1, f"{module} has no layer",
                     f"add it to {LAYERS_SHOWN}, as low as what it depends on allows")
    if findings.count == 0 and (circle := find_circle(edges)):
        path, number = edges[circle[0]][circle[1]]
        findings.add(path, number, "modules depend on each other in a circle: "
                     + " -> ".join(circle), "move what they share into a lower module")
    return findings.exit_status()


if __name__ == "__main__":
    sys.exit(main())
