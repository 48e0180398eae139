#!/bin/bash
set -euo pipefail
cd "$(dirname "$0")/.."

help() {
    cat <<'END'
Builds Tocsin with ASan and UBSan and runs every test; ends with a line
"N passed, N failed". Installs what is missing (Debian 12).

  tests/run.sh                 everything
  tests/run.sh --long          everything, with the long mode's trials: hours
  tests/run.sh -L story        only tests of one label: unit, story, interop,
                               system, arch
  tests/run.sh -R crash        only tests whose name matches
  tests/run.sh --long -R crash the same in the long mode
  tests/run.sh --help          this

Set by yourself, a variable counts in either mode (tests/README.md has them
all); TOCSIN_SEED repeats a run:

  TOCSIN_ROUNDS=500 TOCSIN_SEED=7 tests/run.sh -R crash
END
}

# What the long mode tries, one line per kind of trial.
long() {
    export TOCSIN_ROUNDS=${TOCSIN_ROUNDS:-200}      # kill -9
    export TOCSIN_CUTS=${TOCSIN_CUTS:-500}          # power cuts
    export TOCSIN_PLACES=${TOCSIN_PLACES:-0}        # failing disk: every call
    export TOCSIN_WEATHER_S=${TOCSIN_WEATHER_S:-40} # bad lines
    timeout=28800
}

timeout=400
while [ $# -gt 0 ]; do
    case "$1" in
    --help | -h) help && exit 0 ;;
    --long) long && shift ;;
    *) break ;;
    esac
done

deploy/packages.sh test
jobs=$(nproc)
ulimit -n "$(ulimit -Hn)"

echo "building with gcc, ASan and UBSan"
cmake --preset dev -DTOCSIN_SYSTEM_TIMEOUT="$timeout" >/dev/null
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
