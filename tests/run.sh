#!/bin/bash
# Builds Tocsin with ASan and UBSan and runs every test; ends with a line
# "N passed, N failed". Installs what is missing (Debian 12).
#
#   tests/run.sh                 everything
#   tests/run.sh -L story        only tests of one label: unit, story, sim,
#                                interop, system, arch
#   tests/run.sh -R crash        only tests whose name matches
#   TOCSIN_SEEDS=100000 tests/run.sh -R sim.seeds             the long mode
#   TOCSIN_ROUNDS=200 TOCSIN_SEED=7 tests/run.sh -R crash     longer, known seed
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/packages.sh test
jobs=$(nproc)
ulimit -n "$(ulimit -Hn)"

echo "building with gcc, ASan and UBSan"
cmake --preset dev >/dev/null
cmake --build --preset dev -j "$jobs" | tail -n 1
if [ $# -eq 0 ]; then
    echo "building with clang"
    cmake --preset clang >/dev/null
    cmake --build --preset clang -j "$jobs" | tail -n 1
fi

log=build/dev/tests.log
code=0
ctest --preset dev -j "$jobs" "$@" 2>&1 | tee "$log" || code=$?
total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
failed=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" | tail -n 1)
if [ -z "$total" ]; then
    echo "0 passed, 1 failed"
    exit 1
fi
echo "$((total - failed)) passed, $failed failed"
exit "$code"
