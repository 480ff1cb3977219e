#!/bin/bash
# Runs the tests and sums them up. The last line is always `N passed, N failed`; the exit code is 0 only if none failed.
#   test.sh [backend|frontend|integration|all]   (default: all)
# In CI (CI=true) a skipped test counts as failed: what CI does not run, nobody runs.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

scope=${1:-all}
preset=${AAS_TEST_PRESET:-asan}
out=build/test-results
passed=0 failed=0 skipped=0

shared/scripts/deps.sh test || {
    echo "0 passed, 1 failed"
    exit 1
}
extra_path=$(shared/scripts/deps.sh --print-path)
export PATH="${extra_path:+$extra_path:}$PATH"
command -v ccache >/dev/null && export CMAKE_C_COMPILER_LAUNCHER=ccache
mkdir -p "$out"

# add_junit FILE: adds the counts of a JUnit report, prints what did not pass
add_junit() {
    local counts
    counts=$(python3 shared/scripts/junit_counts.py "$1") || counts="0 1 0"
    read -r p f s <<<"$counts"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

stage() {
    printf '\n== %s\n' "$1"
}

build() {
    stage "build ($preset)"
    if ! { cmake --preset "$preset" >"$out/configure.log" && cmake --build --preset "$preset" >"$out/build.log"; }; then
        tail -n 40 "$out/configure.log" "$out/build.log" 2>/dev/null
        failed=$((failed + 1))
        return 1
    fi
}

run_ctest() { # run_ctest NAME CTEST-ARGUMENTS…
    local name=$1
    shift
    stage "$name"
    rm -f "$out/$name.xml"
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --output-junit "$PWD/$out/$name.xml" "$@"
    add_junit "$out/$name.xml"
}

install_web() {
    [ frontend/web/node_modules/.package-lock.json -nt frontend/web/package-lock.json ] ||
        npm --prefix frontend/web ci --no-audit --no-fund --loglevel=error
}

# The whole system serves the dashboard's build.
need_dashboard() {
    [ ! -f frontend/web/dist/index.html ] || return 0
    stage "dashboard: build"
    install_web && npm --prefix frontend/web run --silent build && return 0
    failed=$((failed + 1))
    return 1
}

run_frontend() {
    [ -f frontend/web/package.json ] || return 0
    stage "dashboard: types, lint, unit tests, build"
    if ! install_web; then
        failed=$((failed + 1))
        return
    fi
    local step
    for step in typecheck lint build; do
        if npm --prefix frontend/web run --silent "$step"; then
            passed=$((passed + 1))
        else
            echo "dashboard: npm run $step failed"
            failed=$((failed + 1))
        fi
    done
    rm -f "$out/frontend.xml"
    npm --prefix frontend/web exec -- vitest run --root frontend/web --reporter=default --reporter=junit \
        --outputFile.junit="$PWD/$out/frontend.xml"
    add_junit "$out/frontend.xml"
}

run_e2e() {
    [ -x tests/e2e/run.sh ] || return 0
    stage "browser journeys"
    rm -f "$out/e2e.xml"
    install_web && AAS_E2E_JUNIT="$PWD/$out/e2e.xml" tests/e2e/run.sh
    add_junit "$out/e2e.xml"
}

case "$scope" in
backend)
    build && run_ctest backend -j 2 -LE 'integration'
    ;;
integration)
    build && need_dashboard && run_ctest integration -L integration
    ;;
frontend)
    run_frontend
    ;;
all)
    built=0
    build && built=1
    [ $built = 0 ] || run_ctest backend -j 2 -LE 'integration'
    run_frontend # before the whole system is started: it serves what this builds
    [ $built = 0 ] || run_ctest integration -L integration
    run_e2e
    ;;
*)
    echo "test.sh: '$scope' is no scope; one of backend frontend integration all" >&2
    exit 2
    ;;
esac

echo
[ "$skipped" -eq 0 ] || echo "skipped: $skipped (see above for what was missing)"
if [ "${CI:-}" = true ] && [ "$skipped" -gt 0 ]; then
    failed=$((failed + skipped))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
