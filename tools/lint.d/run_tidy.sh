#!/usr/bin/env bash
# Usage: run_tidy.sh CLANG_TIDY REPORT CONFIG SOURCE FLAG ...
# Judges one source. The report has the findings, with paths as in the tree, and is
# empty without any: a verdict is an output, so that Bazel keeps the bad ones too.
set -euo pipefail
clang_tidy="$1" report="$2" config="$3" source="$4"
shift 4
if findings="$("${clang_tidy}" --quiet --config-file="${config}" "${source}" -- -x c++ "$@" 2>&1)"; then
  : > "${report}"
else
  sed -e "s|${PWD}/||g" -e 's|^\./||' -e '/^[0-9]* warnings\{0,1\} /d' \
    -e '/^Suppressed /d' -e '/^Use -header-filter/d' \
    <<< "${findings:-${source}:1: clang-tidy failed and said nothing}" > "${report}"
fi
