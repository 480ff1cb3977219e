#!/bin/bash
# Our own source rules, one line per breach: files of over 500 lines, headers without #pragma once, calls that have a
# safer form, includes of .c files, getenv outside config.c. Only files that git knows are read.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
max_lines=500
failed=0

breach() {
    echo "$1"
    failed=1
}

while IFS= read -r file; do
    case "$file" in */generated/* | */src/api/*.d.ts | *package-lock.json | docs/openapi/*) continue ;; esac
    lines=$(wc -l <"$file")
    [ "$lines" -le "$max_lines" ] || breach "$file: $lines lines, at most $max_lines: split it by purpose"
done < <(git ls-files '*.c' '*.h' '*.ts' '*.tsx' '*.py' '*.sh' '*.cmake' '*.js' '*.mjs' '*.go')

while IFS= read -r file; do
    grep -q '^#pragma once' "$file" || breach "$file: no #pragma once"
done < <(git ls-files '*.h')

# report PATTERN REASON PATHSPEC…: every match outside comments is a breach
report() {
    local pattern=$1 reason=$2 hit
    shift 2
    while IFS= read -r hit; do
        breach "$hit: $reason"
    done < <(git grep -nE "$pattern" -- "$@" | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(\*|/\*|//)' | cut -d: -f1,2)
}

report '\b(atoi|atol|atof|strcpy|strcat|sprintf|vsprintf|strtok|gets|gmtime|localtime|asctime|ctime|rand|srand|setlocale|alloca)[[:space:]]*\(' \
    'a banned call; shared/include/aas has the safe form' '*.c' '*.h'
report '^#include "[^"]*\.c"' 'a .c file is never included: link what ships' '*.c' '*.h'
# log.c asks for TERM and NO_COLOR, which belong to the terminal and not to our configuration
report '\b(secure_)?getenv[[:space:]]*\(' 'only config.c reads the environment' \
    '*/src/*.c' ':!shared/src/base/config*.c' ':!shared/src/base/log.c'

exit "$failed"
