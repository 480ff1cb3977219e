#!/bin/bash
# Builds the MongoDB stand-in of the store's contract tests into the cache, once per version of its sources, and prints
# the program's path. Exit 77 with the reason where it can't be had.
set -euo pipefail
cd "$(dirname "$0")"
dirs=$(../../../scripts/deps.sh --print-path)
export PATH="${dirs:+$dirs:}$PATH"
cache=${AAS_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/aastreli}
program=$cache/ferretdb-$(cat main.go go.mod go.sum | sha256sum | cut -c1-12)

if [ ! -x "$program" ]; then
    if ! command -v go >/dev/null; then
        echo "no Go here to build the MongoDB stand-in (make deps installs it), and AAS_TEST_MONGODB_URI is not set" >&2
        exit 77
    fi
    mkdir -p "$cache"
    exec 9>"$program.lock"
    flock 9
    if [ ! -x "$program" ]; then
        rm -f "$program.new"
        if ! CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -o "$program.new" . >"$program.log" 2>&1; then
            echo "the MongoDB stand-in can't be built: $(tail -n 3 "$program.log" | tr '\n' ' ')" >&2
            exit 77
        fi
        mv "$program.new" "$program"
    fi
fi
echo "$program"
