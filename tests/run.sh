#!/bin/bash
# Builds Tocsin with ASan and UBSan and runs every test; ends with a line
# "N passed, N failed". Installs what is missing (Debian 12).
#
#   tests/run.sh                 everything
#   tests/run.sh -L story        only tests of one label: unit, story, interop,
#                                system, fuzz, arch
#   tests/run.sh -R crash        only tests whose name matches
#   tests/run.sh --tsan          ThreadSanitizer: unit, story, some of system
#   TOCSIN_ROUNDS=200 TOCSIN_SEED=7 tests/run.sh -R crash     longer, known seed
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/packages.sh test
jobs=$(nproc)
ulimit -n "$(ulimit -Hn)"

passed=0
failed=0
code=0

# build PRESET
build() {
    echo "building preset $1"
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" -j "$jobs" | tail -n 1
}

# check PRESET [ctest options]
check() {
    local preset=$1 log=build/$1/tests.log all bad
    shift
    ctest --preset "$preset" -j "$jobs" "$@" 2>&1 | tee "$log" || code=$?
    all=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    bad=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" |
        tail -n 1)
    if [ -z "$all" ]; then
        all=1 bad=1 code=1
    fi
    passed=$((passed + all - bad))
    failed=$((failed + bad))
}

if [ "${1:-}" = --tsan ]; then
    build tsan
    check tsan -L 'unit|story'
    check tsan -R 'system.(crash|away|outage|hostile_people|hostile_flood)'
    echo "$passed passed, $failed failed"
    exit "$code"
fi
build dev
check dev "$@"
if [ $# -eq 0 ]; then
    build clang # other warnings
    build dev-clang
    check dev-clang -L 'unit|story'
    build fuzz
    check fuzz # each target for some seconds beyond its corpus
fi
echo "$passed passed, $failed failed"
exit "$code"
