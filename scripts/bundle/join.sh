#!/bin/sh
# Checks the parts beside this script, joins them and unpacks the bundle: sh join.sh [FOLDER]
# Needs sha256sum, cat, tar, and xz or python3.
set -eu

parts=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
into=${1:-.}
name=$(sed -n '1s/.*  \(.*\)\.tar\.xz\..*/\1/p' "$parts/SHA256SUMS")

fail() {
    echo "join.sh: $1" >&2
    exit "${2:-2}"
}

mkdir -p "$into" || fail "cannot make $into"
[ ! -e "$into/$name" ] || fail "$into/$name is there already; remove it, or name another folder"
while read -r _ part; do
    [ -f "$parts/$part" ] || fail "part $part is missing; bring it again"
done <"$parts/SHA256SUMS"
damaged=$(cd "$parts" && sha256sum -c SHA256SUMS 2>/dev/null | sed -n 's/: FAILED.*//p' | tr '\n' ' ')
[ -z "$damaged" ] || fail "damaged: ${damaged}bring it again"

if command -v xz >/dev/null 2>&1; then
    unpack() { xz -dc | tar -xf - -C "$into"; }
elif command -v python3 >/dev/null 2>&1; then
    unpack() {
        python3 -c 'import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode="r|xz").extractall(sys.argv[1])' "$into"
    }
else
    fail "neither xz nor python3 is here; install one of them (package xz-utils)"
fi
cat "$parts/$name".tar.xz.* | unpack || fail "unpacking failed; is $into full?" 1
echo "unpacked; start with: $into/$name/bin/dynafilter doctor"
