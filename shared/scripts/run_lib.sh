# shellcheck shell=bash
# Functions of run.sh: building, ports, a small supervisor. They use its variables (AAS_*, bin, simulator).

declare -A pid_of command_of started_of failures_of
stopping=0

say() {
    printf 'aastreli: %s\n' "$*"
}

die() {
    printf 'aastreli: %s\n' "$*" >&2
    exit 1
}

# pause SECONDS: a trapped signal ends it at once
pause() {
    sleep "$1" &
    wait $! || true
}

build_daemons() {
    local log=build/run-build.log
    mkdir -p build
    [ -f build/release/build.ninja ] || say "building (the first time takes a minute or two)"
    if ! { { [ -f build/release/build.ninja ] || cmake --preset release; } &&
        cmake --build --preset release --target programs; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        die "the build failed; all of it is in $log"
    fi
}

# The dashboard is built when one of its sources is newer than what was built.
build_dashboard() {
    local web=frontend/web
    [ -f $web/package.json ] || return 0
    if [ -f $web/dist/index.html ] &&
        [ -z "$(find $web/src $web/index.html $web/package-lock.json $web/vite.config.ts docs/openapi shared/schemas \
            -newer $web/dist/index.html -print -quit)" ]; then
        return 0
    fi
    say "building the dashboard"
    [ $web/node_modules/.package-lock.json -nt $web/package-lock.json ] ||
        npm --prefix $web ci --no-audit --no-fund --loglevel=error
    npm --prefix $web run --silent build >build/run-web.log 2>&1 || {
        tail -n 30 build/run-web.log >&2
        die "the dashboard's build failed; all of it is in build/run-web.log"
    }
}

mosquitto_path() {
    command -v mosquitto || echo /usr/sbin/mosquitto
}

# listening PORT: does anything listen there? Read from the kernel's own table, which needs no rights.
listening() {
    local hex
    hex=$(printf '%04X' "$1")
    awk -v p=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == p { found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# require_free_port PORT:WHO:VARIABLE
require_free_port() {
    local port who variable owner
    IFS=: read -r port who variable <<<"$1"
    listening "$port" || return 0
    owner=$(lsof -nP -iTCP:"$port" -sTCP:LISTEN -Fpc 2>/dev/null | tr '\n' ' ' |
        sed -nE 's/^p([0-9]+) c([^ ]+).*/pid \1 (\2)/p') || owner=
    die "port $port, wanted by $who, is taken by ${owner:-a process of another user}; end it or set $variable"
}

# launch NAME: start NAME's command. A process group of its own keeps the terminal's Ctrl-C away from it: it is stopped
# in order instead.
launch() {
    local name=$1
    local -a command
    eval "command=(${command_of[$name]})"
    setsid "${command[@]}" >>"$AAS_HOME/logs/$name.log" 2>&1 9>&- &
    pid_of[$name]=$!
    started_of[$name]=$SECONDS
}

# supervise NAME COMMAND…
supervise() {
    local name=$1
    shift
    command_of[$name]=$(printf '%q ' "$@")
    failures_of[$name]=0
    launch "$name"
}

end_process() {
    local pid=${pid_of[$1]:-} i
    [ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null || return 0
    for ((i = 0; i < 120; i++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        pause 0.05
    done
    say "$1 (pid $pid) did not stop within 6 s: killed"
    kill -KILL "$pid" 2>/dev/null || true
}

# revive: start again what has died. A daemon that dies five times within ten seconds of its start ends the run; killed
# with signal 9 does not count, for that is never its own doing.
revive() {
    local name pid revived=0 status
    for name in "${!pid_of[@]}"; do
        pid=${pid_of[$name]}
        kill -0 "$pid" 2>/dev/null && continue
        status=0
        wait "$pid" || status=$?
        if [ "$status" = 137 ]; then
            failures_of[$name]=0
        elif [ $((SECONDS - started_of[$name])) -lt 10 ]; then
            failures_of[$name]=$((failures_of[$name] + 1))
        else
            failures_of[$name]=1
        fi
        if [ "$status" = 2 ] || [ "${failures_of[$name]}" -ge 5 ]; then
            tail -n 5 "$AAS_HOME/logs/$name.log" >&2
            die "$name does not stay up (status $status); its log is $AAS_HOME/logs/$name.log"
        fi
        say "$name ended with status $status: starting it again"
        launch "$name"
        revived=1
    done
    [ $revived = 0 ] || [ ! -f "$AAS_HOME/run.json" ] || write_run_json
}

# wait_ready NAME PORT: until /health/ready answers 200; 60 s
wait_ready() {
    local i reason
    for ((i = 0; i < 600; i++)); do
        curl -sf -o /dev/null --max-time 2 "http://127.0.0.1:$2/health/ready" && return 0
        revive
        pause 0.1
    done
    reason=$(curl -s --max-time 2 "http://127.0.0.1:$2/health/ready" || true)
    die "$1 did not become ready within 60 s: ${reason:-no answer}; its log is $AAS_HOME/logs/$1.log"
}

write_run_json() {
    local name list=
    for name in ml-service mqtt-ingestion backend-api frontend mosquitto simulator; do
        [ -z "${pid_of[$name]:-}" ] || list="$list${list:+, }\"$name\": ${pid_of[$name]}"
    done
    cat >"$AAS_HOME/run.json.new" <<END
{
  "dashboard": "http://127.0.0.1:$AAS_WEB_PORT",
  "backend": "http://127.0.0.1:$AAS_BACKEND_PORT",
  "ml": "http://127.0.0.1:$AAS_ML_PORT",
  "ingestion": "http://127.0.0.1:$AAS_INGEST_PORT",
  "mqtt": "mqtt://127.0.0.1:$AAS_MQTT_PORT",
  "pids": {$list},
  "models_current": "$AAS_MODELS_DIR/current"
}
END
    mv "$AAS_HOME/run.json.new" "$AAS_HOME/run.json"
}

greet() {
    local password=$AAS_HOME/secrets/admin-password
    say "ready in ${SECONDS} s"
    echo
    echo "  dashboard   http://127.0.0.1:$AAS_WEB_PORT"
    echo "  API         http://127.0.0.1:$AAS_BACKEND_PORT   (docs: /docs)"
    echo "  MQTT        127.0.0.1:$AAS_MQTT_PORT, topic aastreli/sensors/<sensor>/data"
    if [ -f "$password" ]; then
        echo "  sign in     admin / $(cat "$password")   (first password, in $password)"
    fi
    echo
    echo "  Ctrl-C stops all of it; nothing is lost."
}

# watch_over: until a signal. The end of a daemon wakes it at once; the tick is there should bash have missed one.
watch_over() {
    local tick=
    while [ $stopping = 0 ]; do
        if [ -z "$tick" ] || ! kill -0 "$tick" 2>/dev/null; then
            sleep 1 9>&- &
            tick=$!
        fi
        wait -n || true
        revive
    done
}
