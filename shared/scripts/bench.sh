#!/bin/bash
# Measures, and prints tables; never fails on a figure. The races against what people run instead need the peers' folder
# (AAS_PEERS, default ../shared/peers), set up once by its own `run-peer.sh setup`; without it they say so.
#   bench.sh [store|predict|ingest|all]   (default: all)
#   AAS_BENCH_ROUNDS=5  AAS_BENCH_SECONDS=3  AAS_BENCH_STORE_ROWS=1000000
set -euo pipefail
cd "$(dirname "$0")/../.."
what=${1:-all}
rounds=${AAS_BENCH_ROUNDS:-5}
seconds=${AAS_BENCH_SECONDS:-3}
store_rows=${AAS_BENCH_STORE_ROWS:-1000000}
peers=$(realpath -m "${AAS_PEERS:-../shared/peers}")
out=$PWD/build/bench
unset AAS_PEERS AAS_BENCH_ROUNDS AAS_BENCH_SECONDS AAS_BENCH_STORE_ROWS

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

build() {
    shared/scripts/deps.sh run
    cmake --preset release >/dev/null
    cmake --build --preset release --target programs bench_store bench_model >/dev/null
}

heading() {
    printf '\n== %s\n' "$1"
}

bench_store() {
    heading "embedded store"
    build/release/bin/bench_store --rows "$store_rows"
}

have_peers() {
    [ -x "$peers/run-peer.sh" ] && [ -d /tmp/proto-peer/bin ] && return 0
    echo "the peers are not set up here ($peers): this race is left out"
    return 1
}

# The model that the peers serve, dropped in as a user would; imported once so that the race starts with a version.
prepare_model() {
    mkdir -p "$work/models/current" "$work/models/versions" "$work/home"
    cp "$peers"/python/model/* "$work/models/current/"
    AAS_HOME=$work/home AAS_MODELS_DIR=$work/models AAS_ML_PORT=18011 build/release/bin/ml-service \
        >"$out/ml-import.log" 2>&1 &
    local pid=$! i
    for ((i = 0; i < 300; i++)); do
        [ ! -f "$work/models/versions/v1/manifest.json" ] || break
        sleep 0.1
    done
    kill -TERM "$pid"
    wait "$pid" || true
}

bench_predict() {
    heading "POST /predict and /predict-batch against Python and Node (requests per CPU-second decide)"
    have_peers || return 0
    prepare_model
    # the peers store nothing: c-ml is the like-for-like race, c-ml-all is the daemon as it comes, every answer stored
    local name keep path body target targets=
    for target in c-ml:none:/predict:predict c-ml-all:all:/predict:predict c-b64:none:/predict-batch:batch64; do
        IFS=: read -r name keep path body <<<"$target"
        targets=$targets${targets:+,}$(printf '"%s":{"cmd":["%s"],"port":18011,"cwd":"%s","path":"%s","body":"/tmp/proto-peer/%s.json",' \
            "$name" "$PWD/build/release/bin/ml-service" "$PWD" "$path" "$body")
        targets=$targets$(printf '"env":{"AAS_HOME":"%s","AAS_MODELS_DIR":"%s","AAS_ML_PORT":"18011","AAS_LOG_LEVEL":"warn","AAS_PREDICTIONS_KEEP":"%s"}}' \
            "$work/home" "$work/models" "$keep")
    done
    EXTRA="{$targets}"
    export EXTRA
    /usr/bin/python3 "$peers/tools/bench_http.py" "$rounds" "$seconds" 1,8,64 "$out/predict.json" \
        mhd,py-raw,py-pyd,node-onnx,c-ml,c-ml-all
    /usr/bin/python3 "$peers/tools/bench_http.py" "$rounds" "$seconds" 8 "$out/batch.json" py-b64,node-b64,c-b64
}

bench_ingest() {
    heading "ingestion against Python"
    have_peers || return 0
    cat >"$work/c.py" <<END
TARGETS["c-ingest"] = dict(cmd=["$PWD/build/release/bin/mqtt-ingestion"],
    env={"AAS_HOME": "$work/ingest", "AAS_MQTT_PORT": "18830", "AAS_INGEST_PORT": "18012", "AAS_LOG_LEVEL": "warn",
         "AAS_ML_URL": "http://127.0.0.1:18011", "AAS_MQTT_TOPICS": "sensors/{line}/{machine}/{sensor_id}"},
    count=cnt_http("http://127.0.0.1:18012/status"), ready="http://127.0.0.1:18012/status")
END
    export EXTRA="$work/c.py" SENSORS=200 JITTER=1
    for qos in 0 1; do
        echo "-- QoS $qos"
        QOS=$qos /usr/bin/python3 "$peers/tools/bench_ingest.py" "$seconds" "$rounds" subcount,py-ingest,c-ingest \
            5000,10000,20000,40000 "$out/ingest-qos$qos.json"
    done
}

build
case "$what" in
store) bench_store ;;
predict) bench_predict ;;
ingest) bench_ingest ;;
all)
    bench_store
    bench_predict
    bench_ingest
    ;;
*)
    echo "bench.sh: '$what' is none of store, predict, ingest, all" >&2
    exit 2
    ;;
esac
