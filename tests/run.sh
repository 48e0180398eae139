#!/bin/bash
set -euo pipefail
cd "$(dirname "$0")/.."

help() {
    cat <<'END'
Builds Tocsin with ASan and UBSan and runs every test; ends with a line
"N passed, N failed". Installs what is missing (Debian 12).

  tests/run.sh                 everything
  tests/run.sh --long          everything, with the long mode's trials: hours
  tests/run.sh --tsan          everything but fuzz and arch, ThreadSanitizer
  tests/run.sh -L story        only tests of one label: unit, story, sim,
                               interop, system, fuzz, arch
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
    export TOCSIN_SEEDS=${TOCSIN_SEEDS:-100000}     # simulated lives
    export TOCSIN_ROUNDS=${TOCSIN_ROUNDS:-200}      # kill -9
    export TOCSIN_CUTS=${TOCSIN_CUTS:-500}          # power cuts
    export TOCSIN_PLACES=${TOCSIN_PLACES:-0}        # failing disk: every call
    export TOCSIN_WEATHER_S=${TOCSIN_WEATHER_S:-40} # bad lines
    export TOCSIN_DAYS=${TOCSIN_DAYS:-4}            # of ordinary life
    export TOCSIN_CLOCKS=${TOCSIN_CLOCKS:-all}      # wrong ones
    export TOCSIN_STALLED=${TOCSIN_STALLED:-1000}   # that stop reading
    export TOCSIN_RETURN=${TOCSIN_RETURN:-4900}     # all at once
    timeout=28800
}

mode=everything
timeout=400
while [ $# -gt 0 ]; do
    case "$1" in
    --help | -h) help && exit 0 ;;
    --long) mode=long && long && shift ;;
    --tsan) mode=tsan && shift ;;
    *) break ;;
    esac
done

deploy/packages.sh test
jobs=$(nproc)
tests=$((jobs * 3 / 2)) # half of them wait for a clock, a disk or each other
ulimit -n "$(ulimit -Hn)"
passed=0
failed=0
code=0

# build PRESET
build() {
    echo "building preset $1"
    cmake --preset "$1" -DTOCSIN_SYSTEM_TIMEOUT="$timeout" >/dev/null
    if ! cmake --build --preset "$1" -j "$jobs" >"build/$1/build.log"; then
        tail -n 40 "build/$1/build.log"
        return 1
    fi
    tail -n 1 "build/$1/build.log"
}

# check PRESET [ctest options]
check() {
    local preset=$1 log=build/$1/tests.log all bad
    shift
    ctest --preset "$preset" -j "$tests" "$@" 2>&1 | tee "$log" || code=$?
    all=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    bad=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" |
        tail -n 1)
    if [ -z "$all" ]; then
        all=1 bad=1 code=1
    fi
    passed=$((passed + all - bad))
    failed=$((failed + bad))
}

# count COMMAND: one more trial, as a whole
count() {
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)) code=1
    fi
}

tsan() {
    build tsan
    # the random lives of a case are of one thread: a fifth of them will do
    TOCSIN_PATIENCE=${TOCSIN_PATIENCE:-180} \
        TOCSIN_SEQUENCES=${TOCSIN_SEQUENCES:-200000} \
        check tsan -LE 'fuzz|arch'
}

if [ $mode = tsan ]; then
    tsan
else
    build dev
    check dev "$@"
    if [ $# -eq 0 ]; then
        build fuzz # all of it, by clang, which has other warnings
        # each target for some seconds; of the lives of a case a fifth, again
        TOCSIN_SEQUENCES=${TOCSIN_SEQUENCES:-200000} \
            check fuzz -L 'unit|story|fuzz'
    fi
    if [ $# -eq 0 ] && [ $mode = long ]; then
        tsan
        count tests/sim/mutations.py
        count tests/fuzz/run.sh --executions 10000000
    fi
fi
echo "$passed passed, $failed failed"
exit "$code"
