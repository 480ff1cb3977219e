#!/bin/bash
# Rewrites the sources in the project's format: clang-format for C, prettier for the dashboard. With --check it only says
# what is not in format, C alone: the dashboard's own lint covers the rest.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = --check ]; then
    git ls-files -z '*.c' '*.h' | while IFS= read -r -d '' file; do
        clang-format "$file" | cmp -s - "$file" || echo "$file: not in format; run make fmt"
    done | (! grep .)
    exit
fi
git ls-files -z '*.c' '*.h' | xargs -0 -r clang-format -i
if [ -d frontend/web/node_modules ]; then
    npm --prefix frontend/web run --silent format
fi
