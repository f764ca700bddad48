"""Runs the steps of ./check in order, counts what passed, and prints the closing line.

A step is a command; a step that runs a test runner adds that runner's own counts, every other step counts as one.
All steps run even if one fails, except that nothing is tested that did not build.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

TOP = pathlib.Path(__file__).resolve().parents[2]
PYTHON = str(TOP / ".venv/bin/python")
FUZZ_SECONDS = 20  # a target at every landing


class Tally:
    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[str] = []
        self.started = time.monotonic()

    def add(self, name: str, ok: bool) -> None:
        if ok:
            self.passed += 1
        else:
            self.failed.append(name)


def say(text: str, tally: Tally) -> None:
    print(f"[{time.monotonic() - tally.started:6.0f} s] {text}", flush=True)


def run(tally: Tally, name: str, command: list[str], counted: bool = True, last_line: bool = False) -> bool:
    """One command, its output (but its last line, if asked for) shown only when it fails."""
    say(name, tally)
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ok = done.returncode == 0
    if not ok:
        print("\n".join(done.stdout.splitlines()[-80:]), flush=True)
    elif last_line:
        say("  " + done.stdout.splitlines()[-1], tally)
    if counted or not ok:
        tally.add(name, ok)
    return ok


def static_checks(tally: Tally) -> None:
    run(tally, "generated files are up to date", [PYTHON, "tools/regen.py", "--check"])
    run(tally, "tree: sizes, names, mirrors", [PYTHON, "tools/check/tree.py"])
    run(tally, "include law", [PYTHON, "tools/check/includes.py"])
    run(tally, "coverage table names real tests", [PYTHON, "tools/check/coverage.py"])
    run(tally, "format", ["tools/format.sh", "--check"])
    run(tally, "RTL lint: Verilator and slang", [PYTHON, "tools/check/rtl_lint.py"])


def tidy(tally: Tally, mode: str, jobs: int) -> None:
    """After a whole build: clang-tidy needs the generated headers."""
    nightly = mode == "nightly"
    command = [PYTHON, "tools/check/tidy.py", "--jobs", str(jobs), "--seconds", "7200" if nightly else "180"]
    if nightly:
        command.append("--all")
    run(tally, "clang-tidy on all files" if nightly else "clang-tidy on changed files", command, last_line=True)


def build(tally: Tally, preset: str, jobs: int, target: str | None = None, *options: str) -> bool:
    command = ["cmake", "--build", "--preset", preset, "-j", str(jobs)]
    if target:
        command += ["--target", target]
    return run(tally, f"configure {preset}", ["cmake", "--preset", preset, *options], counted=False) and run(
        tally, f"build {preset}", command, counted=False
    )


def count_cases(tally: Tally, preset: str, written: pathlib.Path) -> int:
    """Of one GoogleTest program; how many did not pass. One that was skipped did not."""
    failures = 0
    for case in ET.parse(written).getroot().iter("testcase"):
        bad = case.get("result") != "completed" or case.find("failure") is not None
        failures += bad
        tally.add(f"{preset}: {written.stem}.{case.get('classname')}.{case.get('name')}", not bad)
    return failures


def ctest(tally: Tally, preset: str, jobs: int, *, include: str | None, exclude: str | None) -> None:
    report = TOP / "build" / preset / "ctest.xml"
    report.unlink(missing_ok=True)
    cases = TOP / "build" / preset / "gtest"  # of programs that ctest runs as one test
    for old in cases.glob("*.xml"):
        old.unlink()
    command = ["ctest", "--preset", preset, "-j", str(jobs), "--output-junit", str(report), "--no-tests=error"]
    if include:
        command += ["-L", include]
    if exclude:
        command += ["-LE", exclude]
    name = f"tests of {preset}" + (f" ({include})" if include else "")
    say(name, tally)
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not report.exists():
        print(done.stdout[-4000:], flush=True)
        tally.add(name, False)
        return
    failures = 0
    for case in ET.parse(report).getroot().iter("testcase"):
        bad = case.get("status") != "run"
        failures += bad
        written = cases / f"{case.get('name')}.xml"
        if bad or not written.exists():
            tally.add(f"{preset}: {case.get('name')}", not bad)
        if written.exists():
            failures += count_cases(tally, preset, written)
    if failures or done.returncode:
        lines = [x for x in done.stdout.splitlines() if not re.search(r"\.\.+ +Passed ", x) and " Start " not in x]
        print("\n".join(lines[-200:]), flush=True)
        if not failures:
            tally.add(name, False)


def fuzz(tally: Tally, jobs: int, hours: float | None) -> None:
    """The targets share `hours` of processor time, or have FUZZ_SECONDS each. Each begins with its kept corpus; what it
    finds stays in build/fuzz/found."""
    found = TOP / "build/fuzz/found"
    found.mkdir(exist_ok=True)
    targets = sorted(p for p in (TOP / "build/fuzz/bin").glob("*_fuzz"))
    tally.add("fuzz targets are there", bool(targets))
    seconds = FUZZ_SECONDS if hours is None or not targets else max(1, round(hours * 3600 / len(targets)))

    def run_one(target: pathlib.Path) -> tuple[str, subprocess.CompletedProcess]:
        corpus = TOP / "tests/fuzz/corpus" / target.name.removesuffix("_fuzz")
        grown = TOP / "build/fuzz/corpus" / target.name
        grown.mkdir(parents=True, exist_ok=True)
        command = [str(target), f"-max_total_time={seconds}", f"-artifact_prefix={found}/{target.name}-"]
        command += ["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", str(grown), str(corpus)]
        return target.name, subprocess.run(
            command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )

    say(f"{len(targets)} fuzz targets, {seconds} s each", tally)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, done in pool.map(run_one, targets):
            if done.returncode != 0:
                print("\n".join(done.stdout.splitlines()[-40:]), flush=True)
            tally.add(f"fuzz {name}", done.returncode == 0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["quick", "full", "nightly"], required=True)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--fuzz-hours", type=float, default=24, help="of processor time, for --mode nightly")
    args = parser.parse_args()
    os.environ["PATH"] = f"{TOP}/.venv/bin:" + os.environ["PATH"]
    tally = Tally()

    static_checks(tally)
    # Programs that tests start (vamd, vamdev and so on) are built by the tests' own dependencies.
    # Unit tests run under the sanitizers below; at every landing the release build has only those that say something
    # without. Compiling the others twice would take a fifth of the forty minutes.
    unit = "-DVAM_UNIT_TESTS=" + ("OFF" if args.mode == "full" else "ON")
    if build(tally, "release", args.jobs, "quick_tests" if args.mode == "quick" else None, unit):
        slow = "nightly" if args.mode != "nightly" else "none"
        if args.mode == "quick":
            ctest(tally, "release", args.jobs, include="unit|rtl", exclude="nightly")
        else:
            tidy(tally, args.mode, args.jobs)
            ctest(tally, "release", args.jobs, include=None, exclude=slow)
    # One build with sanitizers for both: the libraries are most of it.
    if args.mode != "quick" and build(tally, "fuzz", args.jobs):
        ctest(tally, "fuzz", args.jobs, include="unit", exclude="nightly")
        fuzz(tally, args.jobs, args.fuzz_hours if args.mode == "nightly" else None)
    if args.mode == "nightly":
        run(tally, "place and route of the lane on an ECP5", ["boards/ulx3s_85f/pnr.sh"])

    for name in tally.failed:
        print(f"FAILED {name}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed", flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
