#!/usr/bin/env bash
# GNU's OpenMP library (libgomp, as shipped with the JavaCPP presets of PyTorch 2.10.0-1.5.13), loaded by itself.
#
# Guess: OMP_DISPLAY_ENV tells the settings in force, so a program that shows OMP_WAIT_POLICY = 'PASSIVE' has threads that
# sleep while they wait, and setting that variable to the value it shows changes nothing.
# Behaviour: where the variable is not set, 'PASSIVE' is shown all the same, but a waiting thread spins 300,000 times
# (milliseconds) before it sleeps; OMP_WAIT_POLICY=passive makes that 0. Only the line GOMP_SPINCOUNT tells the two apart.
# What follows: on cores that other programs use, threads that "wait passively" keep the very cores they wait for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mvn -q -B -ntp dependency:copy -Dartifact=org.bytedeco:pytorch:2.10.0-1.5.13:jar:linux-x86_64 \
    -DoutputDirectory="$folder" >&2
unzip -qoj "$folder"/pytorch-*.jar '*/libgomp.so.1' -d "$folder"

shown() { # [NAME=VALUE]: policy and spin count that a program shows when it loads the library
    env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT "$@" OMP_DISPLAY_ENV=VERBOSE LD_PRELOAD="$folder/libgomp.so.1" \
        "$(command -v true)" 2>&1 | sed -n "s/^ *\(OMP_WAIT_POLICY\|GOMP_SPINCOUNT\) = '\(.*\)'$/\2/p" | paste -sd ' '
}

unset_shows=$(shown)
passive_shows=$(shown OMP_WAIT_POLICY=passive)
echo "libgomp of org.bytedeco:pytorch:2.10.0-1.5.13"
echo "not set:                 $unset_shows"
echo "OMP_WAIT_POLICY=passive: $passive_shows"
[ "$unset_shows" = 'PASSIVE 300000' ] && [ "$passive_shows" = 'PASSIVE 0' ] || {
    echo "this has changed" >&2
    exit 1
}
