#!/usr/bin/env bash
# Installs what OpenVAM builds and tests with: Debian 12 packages by apt, Python tools (pinned, with hashes) into .venv,
# mlkem-native (pinned, with hashes; ADR 0014) into .deps.
# Safe to run again: does nothing when all is there. Called by ./demo and ./check.
#
# usage: tools/setup.sh [--tests | --nightly]     --tests also installs what only ./check needs
#                                                 --nightly also fetches what only ./check --nightly needs
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

build_packages=(
  build-essential cmake ninja-build ccache git pkg-config ca-certificates zlib1g-dev liblz4-dev
  python3 python3-venv
  libssl-dev libgtest-dev libgmock-dev googletest libbenchmark-dev librapidcheck-dev
  libdpdk-dev libprotobuf-dev protobuf-compiler libasio-dev libedit-dev libspdlog-dev libcli11-dev
  libseccomp-dev libcap-dev libpcap-dev libcurl4-openssl-dev libc-ares-dev libmicrohttpd-dev
  iproute2 iputils-ping iperf3 tcpdump ethtool procps
)
test_packages=(
  clang-format clang-tidy clang libfuzzer-14-dev libclang-rt-14-dev
  python3-scapy python3-cryptography python3-cryptography-vectors python3-prometheus-client z3 boolector
  user-mode-linux kmod busybox-static strongswan-charon strongswan-swanctl libcharon-extra-plugins
  libstrongswan-standard-plugins tshark
)

# Cannot be installed beside strongSwan: fetched into .peers, and unpacked by the test (tests/interop/kernel_libreswan.py).
libreswan_packages=(libreswan libnss3-tools libldns3 libevent-pthreads-2.1-7)

packages=("${build_packages[@]}")
if [[ "${1:-}" == "--tests" || "${1:-}" == "--nightly" ]]; then
  packages+=("${test_packages[@]}")
fi

missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
if ((${#missing[@]})); then
  if [[ $EUID -ne 0 ]]; then
    echo "setup: these Debian packages are missing, and installing them needs root: ${missing[*]}" >&2
    exit 1
  fi
  echo "setup: installing ${#missing[@]} Debian packages"
  log=$(mktemp)
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get failed" >&2
    exit 1
  fi
  rm -f "$log"
fi

if [[ "${1:-}" == "--nightly" && ! -f $top/.peers/libreswan/.complete ]]; then
  echo "setup: fetching libreswan"
  mkdir -p "$top/.peers/libreswan"
  log=$(mktemp)
  if ! (cd "$top/.peers/libreswan" && apt-get update -q && apt-get download -q "${libreswan_packages[@]}") >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get failed" >&2
    exit 1
  fi
  rm -f "$log"
  touch "$top/.peers/libreswan/.complete"
fi

# The environment is remade when the pinned list changes. Debian's python3, whatever else stands first in PATH.
stamp=$top/.venv/.requirements.sha256
want=$(sha256sum <"$top/tools/requirements.txt")
if [[ ! -f $stamp || "$(cat "$stamp")" != "$want" ]]; then
  echo "setup: installing the Python tools into .venv"
  rm -rf "$top/.venv"
  /usr/bin/python3 -m venv "$top/.venv"
  "$top/.venv/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$top/tools/requirements.txt"
  echo "$want" >"$stamp"
fi

# ML-KEM in C: Debian 12's libcrypto has none. mlkem-native as AWS-LC carries it, out of the source package of awscrt. The
# client runs the package's setup.py for its name, with the setuptools that the list names; nothing of it is built.
mlkem=$top/.deps/mlkem-native
want=$(sha256sum <"$top/tools/sources.txt")
if [[ ! -f $mlkem/.sources.sha256 || "$(cat "$mlkem/.sources.sha256")" != "$want" ]]; then
  echo "setup: fetching mlkem-native into .deps"
  fetched=$(mktemp -d)
  trap 'rm -rf "$fetched"' EXIT
  grep -A1 '^setuptools==' "$top/tools/sources.txt" >"$fetched/tools.txt"
  grep -A1 '^awscrt==' "$top/tools/sources.txt" >"$fetched/sources.txt"
  pip=("$top/.venv/bin/python" -m pip -q --disable-pip-version-check)
  "${pip[@]}" install --no-deps --require-hashes --target "$fetched/tools" -r "$fetched/tools.txt"
  PYTHONPATH=$fetched/tools "${pip[@]}" download --no-deps --require-hashes --no-binary :all: --no-build-isolation \
    -d "$fetched" -r "$fetched/sources.txt"
  mkdir "$fetched/mlkem"
  tar -xzf "$fetched"/awscrt-*.tar.gz -C "$fetched/mlkem" --strip-components=7 --wildcards --no-same-owner \
    '*/crt/aws-lc/crypto/fipsmodule/ml_kem/mlkem/*.[ch]' '*/crt/aws-lc/crypto/fipsmodule/ml_kem/mlkem/*.inc'
  rm -rf "$fetched/mlkem/native"
  echo "$want" >"$fetched/mlkem/.sources.sha256"
  rm -rf "$mlkem"
  mkdir -p "$top/.deps"
  mv "$fetched/mlkem" "$mlkem"
fi
