#!/bin/bash
# The whole life of one case, on this machine, with the real programs: a home, the
# national fleet, a broker, a dozen terminals, a gateway with two handhelds, a
# report, an officer who answers for it, a sample of the mother, rings in fast motion,
# sightings (one with a photograph, one that cannot be), triage, a found child that may
# be the one, the case handed over, solved, sealed and purged. Leaves nothing behind.
#
#   deploy/demo.sh            to watch
#   deploy/demo.sh --check    one line per step, exit 1 when one is not right
set -euo pipefail
cd "$(dirname "$0")/.."

check=
case "${1:-}" in
"") ;;
--check) check=yes ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

deploy/packages.sh demo
cmake --preset release -DTOCSIN_TESTS=OFF >/dev/null
cmake --build --preset release | tail -n 1
bin=$PWD/build/release/bin

work=$(mktemp -d)
pids=()
finish() {
    trap - EXIT
    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# An address of its own, so that a demonstration disturbs nobody.
host=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1))
home=$work/home
keys=$work/keys
centre="--key $work/centre.json"
# a railway station, a bus station, an airport, ports and border posts ...
nodes="SR-440300-1 SR-440300-4 SR-440309 SB-440300-2 SB-440300-3 AP-SZX
       PT-122 PT-123 PT-125 BC-093 BC-097 BC-098"
count=$(echo "$nodes" | wc -w)

step=0
say() { # say WHAT SAW
    step=$((step + 1))
    if [ -n "$check" ]; then
        printf 'ok %2d  %-44s %s\n' "$step" "$1" "$2"
    else
        printf '\n== %d. %s\n%s\n' "$step" "$1" "$2"
    fi
}
wrong() {
    printf 'not ok %d  %s\n' "$((step + 1))" "$1" >&2
    for log in "$work"/*.log; do
        echo "--- ${log##*/}" >&2
        tail -n 5 "$log" >&2
    done
    exit 1
}
show() { # in the version to watch: the command and what it prints
    [ -n "$check" ] && return 0
    printf '\n$ %s\n' "$*"
    "$bin/$1" "${@:2}"
}
field() { # field NAME < JSON: its first value
    sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1
}
await() { # await WHAT SECONDS COMMAND...: until the command succeeds
    local what=$1 until=$((SECONDS + $2))
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || wrong "$what"
        sleep 0.1
    done
}
has() { # has [-i] PATTERN: is it in what comes in? Reads all of it: whoever
    # writes it must not find the pipe closed.
    grep -c "$@" >/dev/null
}
ready() { grep -qs '^ready' "$1"; }
as() { # as WHO COMMAND...: tocsin with the key of the centre or an officer
    "$bin/tocsin" "${@:2}" --key "$work/$1.json" >>"$work/orders.log" 2>&1
}
nodes_now() { "$bin/tocsin" board "$alert" --key "$work/centre.json" --json |
    field nodes; }
wider() { [ "$(nodes_now)" -gt "$1" ]; }
purged() { # purged COUNT: so many nodes have said so
    "$bin/tocsin" case "$alert" --key "$work/centre.json" --json |
        has "\"purged\": $1,"
}
held() { # held ALERT COUNT REVISION: does the board say so?
    local board
    # shellcheck disable=SC2086
    board=$("$bin/tocsin" board "$1" $centre --json | tr -d '\n ') || return 1
    [ "$(echo "$board" | field revision)" = "$3" ] &&
        [ "$(echo "$board" | field held)" = "$2" ]
}
lists() { # lists NODE PATTERN: does the terminal show it?
    "$bin/tocsin-terminal" list --bundle "$keys/$1.json" --json | has "$2"
}

"$bin/tocsin" init "$home" --host "$host" >"$work/init.log" ||
    wrong "tocsin init"
say "a broker's home" "$(head -n 1 "$work/init.log")"

began=$SECONDS
"$bin/tocsin" enrol --home "$home" --csv deploy/data/nodes.csv --out "$keys" \
    >"$work/enrol.log" 2>&1 || wrong "enrolling the fleet"
enrolled=$(find "$keys" -name '*.json' | wc -l)
[ "$enrolled" = "$(($(wc -l <deploy/data/nodes.csv) - 1))" ] ||
    wrong "enrolling the fleet: $enrolled bundles"
say "the national fleet enrolled" \
    "$enrolled checkpoints in $((SECONDS - began)) s"
"$bin/tocsin" enrol centre shenzhen-centre --home "$home" \
    --name "Demonstration command centre" --division 440300 \
    --out "$work/centre.json" >>"$work/enrol.log" 2>&1 ||
    wrong "enrolling a centre"
for officer in lead-1 lead-2; do
    "$bin/tocsin" enrol officer "$officer" --home "$home" --division 440300 \
        --name "Demonstration officer" --rank prefecture \
        --unit "Demonstration bureau" --out "$work/$officer.json" \
        >>"$work/enrol.log" 2>&1 || wrong "enrolling $officer"
done
for role in laboratory registry; do
    "$bin/tocsin" enrol "$role" "demo-$role" --home "$home" --division 000000 \
        --name "Demonstration $role" --out "$work/demo-$role.json" \
        >>"$work/enrol.log" 2>&1 || wrong "enrolling a $role"
done
say "a command centre, officers, a laboratory enrolled" \
    "shenzhen-centre, lead-1, lead-2 for 440300; a registry office too"

"$bin/tocsind" run "$home" >"$work/ready" 2>"$work/tocsind.log" &
broker=$!
pids+=("$broker")
await "the broker" 20 ready "$work/ready"
say "the broker serves" "$(cat "$work/ready")"

for node in $nodes; do
    "$bin/tocsin-terminal" run --bundle "$keys/$node.json" \
        >"$work/$node.ready" 2>"$work/$node.log" &
    pids+=("$!")
done
for node in $nodes; do
    await "the terminal $node" 20 ready "$work/$node.ready"
done
say "the terminals are connected" "$count: $(echo $nodes)"

"$bin/tocsin" enrol gateway GW-7 --home "$home" --name "Demonstration vehicle" \
    --division 440300 --address "$host:8443" --out "$work/GW-7.json" \
    >>"$work/enrol.log" 2>&1 || wrong "enrolling a gateway"
"$bin/tocsin-gateway" run --bundle "$work/GW-7.json" --listen "$host:8443" \
    --local "$host:8444" >"$work/gateway.ready" 2>"$work/gateway.log" &
pids+=("$!")
await "the gateway" 20 ready "$work/gateway.ready"
handheld() { /usr/bin/python3 tests/kit/handheld.py "$1" "$work/$2.key" "${@:3}"; }
for device in H-1 H-2; do
    "$bin/tocsin" enrol device "$device" --home "$home" --gateway GW-7 \
        --name "Demonstration handheld" --json >"$work/$device.code" ||
        wrong "inviting $device"
    # the line to the centre may still be coming up
    await "the enrolment of $device" 20 handheld enrol "$device" \
        "$(field code <"$work/$device.code")" >"$work/$device.log" 2>&1
done
say "a gateway in a vehicle, two handhelds enrolled" \
    "their keys were made on them"

/usr/bin/python3 - "$work/photo.png" <<'PICTURE' || wrong "drawing a picture"
import struct, sys, zlib
rows = b"".join(
    b"\0" + bytes((x * y >> 4 & 255, x + 60, y + 60)[i] for x in range(160)
                  for i in range(3))
    for y in range(160)
)
def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data
            + struct.pack(">I", zlib.crc32(kind + data)))
open(sys.argv[1], "wb").write(
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 160, 160, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
)
PICTURE
# shellcheck disable=SC2086
"$bin/tocsin" report $centre --sex female --age 6 --seen-at SR-440300-1 \
    --seen-time -25m --name "Demo Child" --height 112-118 --language en \
    --clothing "yellow raincoat, red boots (invented for a demonstration)" \
    --action "Keep the child with you and call the centre." \
    --rings "100@0,200@1508s,300@1512s" \
    --contact "demonstration desk" --photo "$work/photo.png" --json >"$work/report.json" ||
    wrong "filing the report"
alert=$(field alertId <"$work/report.json")
case=$(field caseNumber <"$work/report.json")
reached=$(field nodes <"$work/report.json")
[ "$reached" -gt "$count" ] || wrong "the report reaches only $reached nodes"
say "a child is missing, last seen at SR-440300-1" \
    "case $case, alert $alert, for $reached nodes"

await "the board" 20 held "$alert" "$count" 1
show tocsin board "$alert" $centre
say "every connected terminal holds it" "$count held, the others are dark"

as centre lead "$case" --offer lead-1 && as lead-1 lead "$case" --accept &&
    as lead-1 duty "$case" comfort --owner lead-2 &&
    as lead-2 duty "$case" comfort --log "With the family since noon." ||
    wrong "the lead"
show tocsin case "$case" $centre
say "an officer answers for the child" "lead-1, and lead-2 for the family"

as lead-2 sample "$case" DEMO-0001 --of mother --state taken &&
    as lead-2 sample "$case" DEMO-0001 --of mother --state sent &&
    as demo-laboratory lab received DEMO-0001 &&
    as demo-laboratory lab received DEMO-0002 || wrong "the mother's sample"
checked() { "$bin/tocsin" check-sample "$1" --key "$work/demo-registry.json" \
    2>/dev/null; }
checked DEMO-0002 | has -i clear || wrong "a sample that nothing matches"
as demo-laboratory lab match DEMO-0002 DEMO-0001 --report DEMO-R1 ||
    wrong "the match"
checked DEMO-0002 | has -i hold || wrong "a sample that matches"
match=$("$bin/tocsin" case "$case" --key "$work/centre.json" --json |
    grep -A 12 '"matches"' | field sequence)
as lead-1 match "$case" "$match" reject --reason "another child, it turned out" ||
    wrong "the lead's decision"
checked DEMO-0002 | has -i clear || wrong "a match that was rejected"
show tocsin case "$case" $centre
say "the mother's sample is compared, by kit number" \
    "a match held a registration back until the lead had decided"

first=$reached
await "the second ring" 30 wider "$first"
second=$(nodes_now)
await "the third ring" 30 wider "$second"
say "the rings widen by themselves, in fast motion" \
    "$first nodes within 100 km, $second within 200, $(nodes_now) within 300"

looks() { "$bin/tocsin" looks "$case" --key "$work/centre.json" 2>/dev/null; }
await "the photograph at BC-093" 20 lists BC-093 '"pictureHere":true'
"$bin/tocsin-terminal" picture "$alert" --bundle "$keys/BC-093.json" \
    --officer 000042 --save "$work/seen.png" || wrong "looking at the photograph"
cmp -s "$work/photo.png" "$work/seen.png" || wrong "the photograph"
seen_by() { looks | has "officer $1"; }
await "the look at the centre" 20 seen_by 000042
say "an officer looks at the photograph" "$(looks | head -n 1)"

await "the screen of BC-093" 10 lists BC-093 "$alert"
show tocsin-terminal list --bundle "$keys/BC-093.json"
"$bin/tocsin-terminal" sighting "$alert" --bundle "$keys/BC-093.json" \
    --officer 000042 --text "Yellow raincoat, lane 4, with one adult." \
    --confidence high --picture "$work/photo.png" --wait 10 \
    >"$work/sighting.log" ||
    wrong "the sighting"
# shellcheck disable=SC2086
"$bin/tocsin" show "$alert" $centre >"$work/show.txt" || wrong "tocsin show"
grep -q "lane 4" "$work/show.txt" || wrong "the sighting at the centre"
show tocsin show "$alert" $centre
pictured() {
    "$bin/tocsin" picture "$case" --key "$work/centre.json" --sighting \
        "$(sightings | awk '/^sighting /{n = $2} /lane 4/ {print n}')" \
        --save "$work/back.png" >>"$work/orders.log" 2>&1
}
sightings() {
    "$bin/tocsin" sightings "$case" --key "$work/centre.json" 2>/dev/null
}
await "the photograph of the sighting" 20 pictured
cmp -s "$work/photo.png" "$work/back.png" || wrong "the sighting's photograph"
say "a border post reports a sighting, with a photograph" \
    "$(grep -c "lane 4" "$work/show.txt") sighting at the centre"

"$bin/tocsin-terminal" sighting "$alert" --bundle "$keys/SR-440309.json" \
    --officer 000043 --text "On a platform in Beijing, by telephone." \
    --lat 39.90 --lon 116.43 --wait 10 >>"$work/sighting.log" ||
    wrong "the second sighting"
sequence() { # sequence WORDS: the number of the sighting that says so
    sightings | awk -v words="$1" '/^sighting /{n = $2} index($0, words) {print n}'
}
far=$(sequence "platform in Beijing")
near=$(sequence "lane 4")
sightings | has UNREACHABLE || wrong "flagging what cannot be"
as lead-1 triage "$case" "$far" --officer 000001 \
    --dismiss "nobody gets there in that time" || wrong "dismissing a sighting"
as centre triage "$case" "$near" --officer 000001 --confirm ||
    wrong "confirming a sighting"
show tocsin sightings "$case" $centre
word() { "$bin/tocsin-terminal" answers "$alert" --bundle "$keys/$1.json" |
    has "$2 by officer 000001"; }
await "the word to BC-093" 20 word BC-093 confirmed
await "the word to SR-440309" 20 word SR-440309 dismissed
await "the search from there" 20 held "$alert" "$count" 2
say "one cannot have been, one is confirmed" \
    "the search starts again from BC-093; both posts were told"

sees() { handheld alerts "$1" | has "$alert"; }
await "the alert on both handhelds" 20 sees H-1
await "the alert on both handhelds" 20 sees H-2
# H-2 is out of reach: what its officer saw is signed and waits on it
handheld sign H-2 "$alert" SIGHTING "On the ferry, upper deck." \
    >"$work/H-2.answer" || wrong "signing out of reach"
handheld sign H-1 "$alert" NEGATIVE "" >"$work/H-1.answer" ||
    wrong "signing an answer"
handheld give H-1 "$work/H-1.answer" >"$work/H-1.fate" ||
    wrong "the answer of H-1"
grep -q RECORDED "$work/H-1.fate" || wrong "the answer of H-1"
# shellcheck disable=SC2086
"$bin/tocsin" show "$alert" $centre | has "upper deck" &&
    wrong "the centre knows what nobody has told it"
handheld give H-2 "$work/H-2.answer" >"$work/H-2.fate" ||
    wrong "the answer of H-2"
# shellcheck disable=SC2086
"$bin/tocsin" show "$alert" $centre >"$work/show.txt" || wrong "tocsin show"
grep -q "upper deck" "$work/show.txt" || wrong "the sighting of H-2"
show tocsin-gateway spool --bundle "$work/GW-7.json"
say "one answers at once, one when it is in reach again" \
    "$(cat "$work/H-1.fate"), $(cat "$work/H-2.fate")"

"$bin/tocsin-terminal" intercepted "$alert" --bundle "$keys/BC-097.json" \
    --officer 000044 --text "The child is with us." --wait 10 \
    >>"$work/sighting.log" || wrong "the interception"
as lead-1 lead "$case" --offer lead-2 && as lead-2 lead "$case" --accept ||
    wrong "the hand-over"
say "the child is with officers, the case handed over" "lead-2 has accepted it"

"$bin/tocsin-terminal" found --bundle "$keys/PT-122.json" --officer 000045 \
    --sex female --age 5-7 --height 110-118 --language en \
    --clothing "yellow raincoat, red boots" --at 22.48,113.92 --found -1m \
    --keeper "Demonstration child welfare home" --keeper-division 440305 \
    --kit DEMO-0003 --wait 10 >"$work/found.log" || wrong "registering a child"
likely() { "$bin/tocsin" likely "$case" --key "$work/lead-2.json"; }
likely >"$work/likely.log" 2>&1 || wrong "what the found child is like"
grep -q "both say: yellow" "$work/likely.log" || wrong "the reasons of the likeness"
found=$("$bin/tocsin" found list --key "$work/lead-2.json" --json | field foundId)
as lead-2 found resolve "$found" --as "$case" --officer 000001 \
    --reason "her aunt knows her" ||
    wrong "resolving the found child"
show tocsin likely "$case" --key "$work/lead-2.json"
say "a port registers a child of unknown origin" \
    "likely this one, $(grep -o 'both say.*' "$work/likely.log"): the lead decides"

# shellcheck disable=SC2086
"$bin/tocsin" withdraw "$alert" $centre --reason found >"$work/withdraw.log" ||
    wrong "the withdrawal"
await "the withdrawal" 20 held "$alert" "$count" 3
for node in $nodes; do
    if lists "$node" "$alert"; then wrong "$node still shows it"; fi
done
say "the child is found, the alert withdrawn" "off all $count screens"

as lead-1 solve "$case" --outcome rescued --receiver "the parents" &&
    wrong "solved by who does not lead it any more"
as lead-2 solve "$case" --outcome rescued --receiver "the parents" ||
    wrong "solving the case"
"$bin/tocsin" journal export "$home" >"$work/export.json"
grep -q "Demo Child" "$work/export.json" || wrong "the child in the journal"
as lead-2 seal "$case" --reason "the family asks for it" --yes ||
    wrong "sealing the case"
await "the purge" 40 purged "$((count + 1))"
"$bin/tocsin" journal export "$home" >"$work/export.json"
grep -q "Demo Child" "$work/export.json" && wrong "the child is still there"
show tocsin case "$case" $centre
say "solved by its lead, sealed: nothing of the child is left" \
    "$count nodes and the gateway have purged it and said so; the dark are named"

kill -TERM "$broker"
wait "$broker" || wrong "the broker stopped with an error"
verified=$("$bin/tocsin" journal verify "$home") || wrong "the journal"
say "the broker is stopped, the journal verified" "$verified"
[ -n "$check" ] || echo
echo "the demonstration is complete: $step steps, all as they should be"
