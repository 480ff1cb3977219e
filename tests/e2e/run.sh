#!/bin/bash
# Browser journeys on the real stack: starts it through shared/scripts/run.sh with a fresh home on free ports, plays the
# journeys in headless Chromium, ends everything. Binaries come from build/<preset>/bin (AAS_TEST_PRESET, default asan).
#   AAS_E2E_JUNIT=FILE  where the JUnit report goes (default build/test-results/e2e.xml)
#   AAS_E2E_KEEP=1      keeps the stack's home, with its logs
#   run.sh [PATTERN]    only journeys whose name matches PATTERN; later ones build on the
#                       simulated fault of the third
set -euo pipefail
cd "$(dirname "$0")/../.."

preset=${AAS_TEST_PRESET:-asan}
junit=${AAS_E2E_JUNIT:-$PWD/build/test-results/e2e.xml}
home=$(mktemp -d "${TMPDIR:-/tmp}/aastreli-e2e.XXXXXX")
stack=
mkdir -p "$(dirname "$junit")"

# shellcheck disable=SC2317 # called by the trap
finish() {
    local status=$?
    trap '' INT TERM
    if [ -n "$stack" ]; then
        kill -TERM "$stack" 2>/dev/null || true
        wait "$stack" || true
    fi
    if [ "$status" -ne 0 ]; then
        keep_logs
    fi
    [ "${AAS_E2E_KEEP:-0}" = 1 ] || rm -rf "$home"
    exit "$status"
}

# shellcheck disable=SC2317 # called by finish
keep_logs() {
    mkdir -p build/test-results/e2e-logs
    cp "$home"/logs/*.log "$home"/stack.log build/test-results/e2e-logs/ 2>/dev/null || true
    echo "e2e: logs are in build/test-results/e2e-logs; the stack said:" >&2
    tail -n 15 "$home/stack.log" >&2 || true
}

# broken REASON: a report with one failure, as the journeys cannot write theirs
broken() {
    printf '<testsuite name="e2e"><testcase name="the stack starts"><failure>%s</failure></testcase></testsuite>\n' \
        "$1" >"$junit"
    echo "e2e: $1" >&2
    exit 1
}

trap finish EXIT
trap 'exit 130' INT TERM

[ -x "build/$preset/bin/backend-api" ] || broken "build/$preset/bin has no daemons: build the preset first"
[ -f frontend/web/dist/index.html ] || npm --prefix frontend/web run --silent build

read -r mqtt ml ingest backend web < <(node tests/e2e/free_ports.mjs 5)
AAS_HOME=$home/run AAS_RUN_BIN_DIR=build/$preset/bin AAS_RUN_SIMULATOR=1 \
    AAS_MQTT_PORT=$mqtt AAS_ML_PORT=$ml AAS_INGEST_PORT=$ingest AAS_BACKEND_PORT=$backend AAS_WEB_PORT=$web \
    shared/scripts/run.sh >"$home/stack.log" 2>&1 &
stack=$!
ln -s run/logs "$home/logs"

# ready when run.json is there; a sanitized build on a busy machine takes its time
deadline=$((SECONDS + 180))
until [ -f "$home/run/run.json" ]; do
    kill -0 "$stack" 2>/dev/null || broken "the stack ended while it started"
    [ $SECONDS -lt $deadline ] || broken "the stack was not ready within 180 s"
    sleep 0.2
done

node tests/e2e/journeys.mjs --home "$home/run" --junit "$junit" --shots build/test-results/screenshots ${1:+--only "$1"}
