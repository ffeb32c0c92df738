#!/bin/sh
# Checks the parts beside this script, joins them and unpacks the bundle: sh join.sh [FOLDER]
# Needs sha256sum, cat, tar, and xz or python3; no root.
set -eu

parts=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
into=${1:-.}

fail() {
    echo "join.sh: $1" >&2
    exit "${2:-2}"
}

[ -f "$parts/SHA256SUMS" ] || fail "SHA256SUMS is missing beside this script; bring it, too"
name=$(sed -n '/\.data\.tar\.xz$/d; s/^[0-9a-f]*  \(.*\)\.tar\.xz\..*/\1/p' "$parts/SHA256SUMS" | sed -n 1p)
[ -n "$name" ] || fail "SHA256SUMS names no parts; bring it again"
mkdir -p "$into" || fail "cannot make $into"
[ ! -e "$into/$name" ] || fail "$into/$name is there already; remove it, or name another folder"
while read -r _ part; do
    [ -f "$parts/$part" ] || fail "part $part is missing; bring it again"
done <"$parts/SHA256SUMS"
damaged=$(cd "$parts" && sha256sum -c SHA256SUMS 2>/dev/null | sed -n 's/: FAILED.*//p' | tr '\n' ' ')
[ -z "$damaged" ] || fail "damaged: ${damaged}bring it again"

partial=$into/.$name.partial # renamed when it is whole
rm -rf "$partial"
mkdir "$partial" || fail "cannot make $partial"
trap 'rm -rf "$partial"' EXIT
if command -v xz >/dev/null 2>&1; then
    unpack() { xz -dc -T0 | tar -xf - -C "$partial"; } # all cores, from xz 5.4 on
elif command -v python3 >/dev/null 2>&1; then
    unpack() {
        python3 -c 'import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode="r|xz").extractall(sys.argv[1])' "$partial"
    }
else
    fail "neither xz nor python3 is here; install one of them (package xz-utils)"
fi
cat "$parts/$name".tar.xz.* | unpack || fail "unpacking failed; is $into full?" 1
if [ -f "$parts/$name.data.tar.xz" ]; then
    unpack <"$parts/$name.data.tar.xz" || fail "unpacking the data failed; is $into full?" 1
fi
[ -e "$partial/$name" ] || fail "unpacking failed; is $into full?" 1
mv "$partial/$name" "$into/$name"
echo "unpacked; start with: $into/$name/bin/dynafilter doctor"
