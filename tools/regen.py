#!/usr/bin/env python3
"""Regenerates everything that is made from the map in rtl/regs/, and the page of the show commands' JSON.

usage: .venv/bin/python tools/regen.py [--check]

--check writes nothing and fails if a checked-in file differs from what would be written.
"""

import argparse
import pathlib
import sys

import regen_json
import regen_layouts
import regen_regs

TOP = pathlib.Path(__file__).resolve().parent.parent


def outputs() -> dict[str, str]:
    """Repository path -> content of every generated file."""
    layouts, enums = regen_layouts.load(str(TOP / "rtl/regs/vam_layouts.rdl"))
    root = regen_regs.compile_root(str(TOP / "rtl/regs/vam_regs.rdl"))
    regs = regen_regs.load(root)
    block = {f"rtl/regs/gen/{name}": text for name, text in regen_regs.emit_regblock(root).items()}
    return block | {
        "rtl/regs/gen/vam_regs_map_pkg.sv": regen_regs.emit_sv(regs),
        "driver/gen/vam_regs.h": regen_regs.emit_cpp(root, regs),
        "driver/gen/vam_reg_table.h": regen_regs.emit_cpp_table(regs),
        "docs/reference/registers.md": regen_regs.emit_markdown(regs),
        "rtl/regs/gen/vam_map_pkg.sv": regen_layouts.emit_sv(layouts, enums),
        "driver/gen/vam_layouts.h": regen_layouts.emit_cpp(layouts, enums),
        "sw/base/gen/vam_reason.h": regen_layouts.emit_reason_header(enums),
        "docs/reference/layouts.md": regen_layouts.emit_markdown(layouts, enums),
        "docs/reference/json.md": regen_json.page(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    args = parser.parse_args()
    stale = []
    for path, text in outputs().items():
        file = TOP / path
        if file.exists() and file.read_text() == text:
            continue
        stale.append(path)
        if not args.check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            print(f"wrote {path}")
    if args.check and stale:
        print("out of date (run .venv/bin/python tools/regen.py):", *stale, sep="\n  ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
