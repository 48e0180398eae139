#!/bin/bash
# Runs every fuzz target for so many executions, two targets at a time, and says
# how many each has had. What is found stays under build/fuzz: inputs that reach
# new code in found/TARGET, what breaks something in broken/.
#
#   tests/fuzz/run.sh                          10,000,000 executions each
#   tests/fuzz/run.sh --executions 200000
#   tests/fuzz/run.sh words thumbnail          only these targets
#   tests/fuzz/run.sh --merge                  put what was found into the tree
set -euo pipefail
cd "$(dirname "$0")/../.."

executions=10000000
merge=
while [ $# -gt 0 ]; do
    case "$1" in
    --executions)
        executions=$2
        shift
        ;;
    --merge) merge=yes ;;
    -*)
        sed -n '2,9s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
    *) break ;;
    esac
    shift
done

deploy/packages.sh test
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzz -j "$(nproc)" | tail -n 1

build=$PWD/build/fuzz/tests/fuzz
corpus=$PWD/tests/fuzz/corpus
mkdir -p "$build/broken"
targets=("$@")
[ $# -gt 0 ] || targets=($(sed -n 's/^tocsin_fuzz(\([a-z_]*\).*/\1/p' \
    tests/fuzz/CMakeLists.txt))

# How the test of this target is called in CMakeLists.txt.
longest() {
    awk -v name="tocsin_fuzz($1" 'index($0, name " ") == 1 { inside = 1 }
        inside && match($0, /MAX [0-9]+/) {
            longest = substr($0, RSTART + 4, RLENGTH - 4)
        }
        /\)$/ { inside = 0 }
        END { print longest ? longest : 4096 }' tests/fuzz/CMakeLists.txt
}

# One target; says "TARGET EXECUTIONS PER-SECOND", or what broke.
run_one() {
    local log=$build/$1.log memory_mb=8 # as in CMakeLists.txt
    [ "$1" != thumbnail ] || memory_mb=1024
    mkdir -p "$build/found/$1"
    if nice "$build/fuzz_$1" -runs="$executions" -max_len="$(longest "$1")" \
        -timeout=60 -malloc_limit_mb="$memory_mb" -reload=0 -print_final_stats=1 -close_fd_mask=2 \
        -artifact_prefix="$build/broken/$1-" \
        "$build/found/$1" "$corpus/$1" 2>"$log" >/dev/null; then
        awk -v target="$1" '
            /number_of_executed_units/ { count = $2 }
            /average_exec_per_sec/ { speed = $2 }
            END { printf "%-16s %12d executions, %d a second\n",
                         target, count, speed }' "$log"
    else
        echo "$1 BROKEN: see $log"
        return 1
    fi
}

# The smallest set of inputs that reaches the same code; what once broke
# something keeps its name and stays.
merge_one() {
    local fresh=$build/merged/$1
    rm -rf "$fresh"
    mkdir -p "$fresh" "$build/found/$1"
    "$build/fuzz_$1" -merge=1 -max_len="$(longest "$1")" -close_fd_mask=2 \
        "$fresh" "$corpus/$1" "$build/found/$1" >"$build/$1.log" 2>&1
    find "$corpus/$1" -type f ! -name '*-*' -delete
    find "$fresh" -type f -size -3k -exec cp {} "$corpus/$1" \;
    echo "$1: $(find "$corpus/$1" -type f | wc -l) inputs"
}

if [ -n "$merge" ]; then
    for target in "${targets[@]}"; do
        merge_one "$target"
    done
    exit
fi
export ASAN_OPTIONS=quarantine_size_mb=16 # as in CMakeLists.txt
export -f run_one longest
export build corpus executions
printf '%s\n' "${targets[@]}" | xargs -P 2 -I{} bash -c 'run_one {}'
