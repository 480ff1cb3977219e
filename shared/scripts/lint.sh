#!/bin/bash
# Style and static analysis; every finding is an error. clang-tidy needs a configured `dev` preset and runs where it is
# installed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
failed=0

check() { # check NAME COMMAND…
    local name=$1
    shift
    if "$@"; then echo "ok      $name"; else
        echo "FAILED  $name"
        failed=1
    fi
}

# shellcheck disable=SC2317 # called through check
tidy() {
    command -v clang-tidy >/dev/null || {
        echo "clang-tidy is not installed (apt: clang-tidy)" >&2
        return 1
    }
    cmake --preset dev >/dev/null && git ls-files '*.c' | grep -v -e '/tests/' -e '/fuzz/' |
        xargs -P "$(nproc)" -n 8 clang-tidy -p build/dev --quiet 2>/dev/null
}

check format shared/scripts/fmt.sh --check
check shellcheck bash -c "git ls-files -z '*.sh' .ci/run | xargs -0 -r shellcheck"
check checksrc shared/scripts/checksrc.sh
check clang-tidy tidy
[ ! -d frontend/web/node_modules ] || check eslint npm --prefix frontend/web run --silent lint
exit "$failed"
