#!/bin/bash
# aastreli-db with the release build: db.sh init | backup FILE | restore FILE | stats …
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ $# -lt 1 ] || { [ $# -ge 2 ] && [ -z "$2" ]; }; then
    echo "usage: make init-db | make backup FILE=plant.aasbak | make restore FILE=plant.aasbak" >&2
    exit 2
fi
shared/scripts/deps.sh run
cmake --preset release >/dev/null
cmake --build --preset release --target aastreli-db >/dev/null
exec build/release/bin/aastreli-db "$@"
