#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need (Debian 12, as root), builds, and runs every test: the optimised build with the real
# CMS, the comparison in short form and the lints; flows and units under the address and undefined-behaviour
# sanitizers; what threads share under the thread sanitizer; each fuzzer for a few seconds. All parts run; the exit
# code tells whether one failed.
set -u
cd "$(dirname "$0")/.." || exit 2
out=${QORGAN_TEST_BUILDS:-build}
jobs=$(nproc)
failed=

packages=(
  # to build
  gcc libc6-dev cmake ninja-build pkg-config ca-certificates libuv1-dev libnghttp2-dev libssl-dev liblmdb-dev
  node-llhttp libyaml-dev libjansson-dev libpcre2-dev
  # to test: second compiler with its sanitizers, lints, unit tests, flows
  clang libclang-rt-14-dev clang-format libcmocka-dev git openssl curl procps iproute2
  python3 python3-pytest python3-h2 python3-hpack python3-hyperframe
  # peers and load of the comparison
  nginx-light haproxy h2o nghttp2-client util-linux
  # the real CMS and the browser that visits it
  wordpress wordpress-theme-twentytwentythree php-fpm php-cli php-mysql php-gd php-xml mariadb-server
  chromium chromium-driver python3-selenium python3-httpx fonts-noto-core
)

step() { printf '\n==== %s\n' "$*"; }

install() {
  step "packages"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || return
  # Servers that a package would start must not: the tests start their own, on free ports.
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  local code=$?
  rm -f /usr/sbin/policy-rc.d
  # A system made by debootstrap alone has none, and no name for itself.
  [ -e /etc/hosts ] || printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
  return $code
}

build() { # name, then options of cmake
  local dir=$out/$1
  shift
  cmake -S . -B "$dir" -G Ninja "$@" >/dev/null && cmake --build "$dir" -j "$jobs" -- --quiet
}

tests() { # name, then options of ctest
  local dir=$out/$1
  shift
  ctest --test-dir "$dir" --output-on-failure --no-tests=error "$@"
}

part() { # what, then a command
  step "$1"
  shift
  local begun=$SECONDS
  if "$@"; then
    echo "---- done in $((SECONDS - begun)) s"
  else
    failed+=" [$*]"
    echo "---- FAILED after $((SECONDS - begun)) s"
  fi
}

install || { echo "the packages could not be installed"; exit 2; }

part "build: gcc, optimised" build gcc
part "build: clang, optimised" build clang -DCMAKE_C_COMPILER=clang
part "build: address and undefined-behaviour sanitizers" build asan -DSANITIZE=address,undefined
part "build: thread sanitizer" build tsan -DSANITIZE=thread
part "fuzzers, ${FUZZ_SECONDS:=8} s each" build fuzz -DCMAKE_C_COMPILER=clang -DFUZZ=ON -DSANITIZE=address,undefined \
  -DFUZZ_SECONDS="$FUZZ_SECONDS"
part "fuzzers run" cmake --build "$out/fuzz" --target fuzz
part "what threads share, under the thread sanitizer" tests tsan -R '^unit/|^flow/(life|logs|tls)$' -j "$jobs"
part "units and flows, under the address and undefined-behaviour sanitizers" tests asan -L 'unit|flow' -j "$jobs"
part "lints, units, flows, real CMS, comparison" tests gcc -j 1

if [ -n "$failed" ]; then
  printf '\nfailed:%s\n' "$failed"
  exit 1
fi
printf '\nall parts passed\n'
