#!/bin/bash
# Rewrites the sources in the project's format: clang-format for C, prettier for the dashboard.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -z '*.c' '*.h' | xargs -0 -r clang-format -i
if [ -d frontend/web/node_modules ]; then
    npm --prefix frontend/web run --silent format
fi
