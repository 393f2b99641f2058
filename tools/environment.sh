# What every script here starts with, sourced from the root of the tree: the
# packages, and a home folder for Bazel, which keeps its output and its cache there.
# shellcheck shell=bash

tools/setup

if [[ -z "${HOME:-}" || ! -d "${HOME}" || ! -w "${HOME}" ]]; then
  HOME="$(getent passwd "$(id -u)" | cut -d: -f6)"
  if [[ -z "${HOME}" || ! -d "${HOME}" || ! -w "${HOME}" ]]; then
    HOME="/tmp/sluice-home-$(id -u)"
    [[ -O "${HOME}" ]] || mkdir -m 700 "${HOME}"
  fi
  export HOME
fi
# .bazelrc's disk_cache is below Java's user.home, which does not follow HOME.
# Debian's own rc file turns on the sandbox's messages to its authors.
# shellcheck disable=SC2034  # the scripts that source this file use it
bazel_flags=(--nosandbox_debug "--disk_cache=${HOME}/.cache/sluice/bazel")
