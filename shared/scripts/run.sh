#!/bin/bash
# A live plant on this machine: installs what is missing, builds, trains the demo model at the first start, then runs
# mosquitto, the four daemons on the embedded store and a simulated plant until Ctrl-C. A daemon that dies is started
# again. All state lives under AAS_HOME, so that two stacks with other ports and another AAS_HOME can run side by side.
#   AAS_RUN_SIMULATOR=0  leaves the simulated plant out
#   AAS_RUN_BIN_DIR=DIR  takes built binaries from DIR and builds nothing (tests)
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=shared/scripts/run_lib.sh
. shared/scripts/run_lib.sh

bin=${AAS_RUN_BIN_DIR:-}
simulator=${AAS_RUN_SIMULATOR:-1}
unset AAS_RUN_BIN_DIR
[ -n "${AAS_HOME:-}" ] && : "${AAS_MODELS_DIR:=$AAS_HOME/models}"
AAS_HOME=$(realpath -m "${AAS_HOME:-.run}")
AAS_MODELS_DIR=$(realpath -m "${AAS_MODELS_DIR:-ml-service/models}")
AAS_WEB_ROOT=$(realpath -m "${AAS_WEB_ROOT:-frontend/web/dist}")
: "${AAS_BACKEND_PORT:=8000}" "${AAS_ML_PORT:=8001}" "${AAS_INGEST_PORT:=8002}" "${AAS_WEB_PORT:=3000}" \
    "${AAS_MQTT_PORT:=1883}"
AAS_BIND=127.0.0.1 AAS_MQTT_HOST=127.0.0.1
export AAS_HOME AAS_MODELS_DIR AAS_WEB_ROOT AAS_BACKEND_PORT AAS_ML_PORT AAS_INGEST_PORT AAS_WEB_PORT AAS_MQTT_PORT \
    AAS_BIND AAS_MQTT_HOST

prepare() {
    [ -z "$bin" ] || return 0
    shared/scripts/deps.sh run
    local extra_path
    extra_path=$(shared/scripts/deps.sh --print-path)
    export PATH="${extra_path:+$extra_path:}$PATH"
    build_daemons
    build_dashboard
    bin=build/release/bin
}

make_home() {
    mkdir -p "$AAS_HOME"/{logs,mosquitto,secrets} "$AAS_MODELS_DIR"/{current,versions}
    chmod 0700 "$AAS_HOME/secrets"
    exec 9>"$AAS_HOME/run.lock"
    flock -n 9 || die "another 'make run' uses $AAS_HOME (set AAS_HOME and the ports for a second one)"
    rm -f "$AAS_HOME/run.json"
    local conf=$AAS_HOME/mosquitto/mosquitto.conf
    sed -e "s|^listener .*|listener $AAS_MQTT_PORT 127.0.0.1|" \
        -e "s|^persistence_location .*|persistence_location $AAS_HOME/mosquitto/|" \
        mqtt-ingestion/mosquitto/development.conf >"$conf"
    # as root the broker would change to a user that may not read AAS_HOME
    echo "user $(id -un)" >>"$conf"
}

# start_all: dependencies first, each in the background; the order in which they become ready does not matter
start_all() {
    supervise mosquitto "$(mosquitto_path)" -c "$AAS_HOME/mosquitto/mosquitto.conf"
    supervise ml-service "$bin/ml-service"
    supervise mqtt-ingestion "$bin/mqtt-ingestion"
    supervise backend-api "$bin/backend-api"
    supervise frontend "$bin/frontend"
}

train_demo_model() {
    compgen -G "$AAS_MODELS_DIR/versions/v*/manifest.json" >/dev/null && return 0
    compgen -G "$AAS_MODELS_DIR/current/*.json" >/dev/null && return 0
    say "training the demo model on simulated machines (once)"
    "$bin/aastreli-model" train --simulated --out "$AAS_MODELS_DIR" 9>&- ||
        die "training failed; see above"
}

stop_all() {
    trap '' INT TERM
    stopping=1
    echo
    say "stopping"
    rm -f "$AAS_HOME/run.json"
    local name
    for name in simulator frontend backend-api mqtt-ingestion ml-service mosquitto; do
        end_process "$name"
    done
    say "stopped; everything is kept in $AAS_HOME"
}

prepare
make_home
for port in "$AAS_MQTT_PORT:mosquitto:AAS_MQTT_PORT" "$AAS_ML_PORT:ml-service:AAS_ML_PORT" \
    "$AAS_INGEST_PORT:mqtt-ingestion:AAS_INGEST_PORT" "$AAS_BACKEND_PORT:backend-api:AAS_BACKEND_PORT" \
    "$AAS_WEB_PORT:frontend:AAS_WEB_PORT"; do
    require_free_port "$port"
done
trap 'exit 0' INT TERM
trap stop_all EXIT
start_all
wait_ready backend-api "$AAS_BACKEND_PORT"
# before the training, so that windows are full when the model comes
[ "$simulator" = 0 ] ||
    supervise simulator "$bin/aastreli-sim" run --sensors 8 --rate 10 --seed 1 --faults auto --quiet
train_demo_model
wait_ready ml-service "$AAS_ML_PORT"
wait_ready mqtt-ingestion "$AAS_INGEST_PORT"
wait_ready backend-api "$AAS_BACKEND_PORT"
wait_ready frontend "$AAS_WEB_PORT"
write_run_json
greet
watch_over
