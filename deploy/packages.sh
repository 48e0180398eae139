#!/bin/sh
# Installs what Tocsin needs on Debian 12, and says what. Nothing to do: silent.
#   deploy/packages.sh run      to run what was built elsewhere
#   deploy/packages.sh build    to build and run
#   deploy/packages.sh demo     to show it with handhelds
#   deploy/packages.sh test     to run the tests as well
set -eu

run="libzmq5 libsodium23 libsqlite3-0 libprotobuf-c1 libjansson4
     libevent-2.1-7 libevent-core-2.1-7 libevent-extra-2.1-7
     libevent-openssl-2.1-7 libssl3 libjpeg62-turbo libqrencode4"
build="gcc cmake ninja-build pkg-config binutils libc6-dev
       protobuf-compiler protobuf-c-compiler libprotobuf-c-dev
       libzmq3-dev libevent-dev libsodium-dev libsqlite3-dev
       libjansson-dev libjpeg62-turbo-dev libssl-dev libqrencode-dev"
test="$build check clang clang-format libclang-rt-14-dev python3 python3-zmq
      python3-nacl python3-protobuf curl prometheus openssl zbar-tools"

demo="$build python3 python3-nacl"

case "${1:-build}" in
run) wanted=$run ;;
build) wanted=$build ;;
demo) wanted=$demo ;;
test) wanted=$test ;;
*)
    echo "usage: $0 [run|build|demo|test]" >&2
    exit 2
    ;;
esac

missing=
for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
        grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q >/dev/null
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends $missing >/dev/null
