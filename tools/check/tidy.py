"""clang-tidy (.clang-tidy) over the C++ files that a change touches, or over all, as far as a time limit allows.

usage: tools/check/tidy.py [--build DIR] [--all] [--jobs N] [--seconds N]

A change is what differs from the merge base with the main branch, uncommitted work included; on the main branch itself,
from the commit before. A changed header is read through one source that includes it. DIR must be built: it holds the
compile commands and the generated headers. Files for which no time was left are counted, never called clean.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
OURS = re.compile(r"^(sw|driver)/")  # not yet clean: sim and tests
MAIN_BRANCHES = ["main", "origin/main", "master", "origin/master"]


def git(*words: str) -> str:
    """What git prints; empty when it refuses."""
    done = subprocess.run(["git", *words], cwd=TOP, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def base_of_change() -> str:
    head = git("rev-parse", "HEAD")
    for branch in MAIN_BRANCHES:
        base = git("merge-base", "HEAD", branch)
        if base:
            return base if base != head else git("rev-parse", "HEAD~1")
    return git("rev-parse", "HEAD~1")


def compiled(build: pathlib.Path) -> list[str]:
    """Our sources that the build compiles."""
    commands = json.loads((build / "compile_commands.json").read_text())
    files = {os.path.relpath(pathlib.Path(c["directory"], c["file"]).resolve(), TOP) for c in commands}
    return sorted(f for f in files if OURS.match(f) and f.endswith(".cc"))


def reader_of(header: str, sources: list[str]) -> str | None:
    """A source that includes the header, its own one first."""
    own = header.removesuffix(".h") + ".cc"
    if own in sources:
        return own
    return next((s for s in sources if f'#include "{header}"' in (TOP / s).read_text()), None)


def changed(sources: list[str]) -> list[str]:
    base = base_of_change()
    if not base:
        return sources
    names = git("diff", "--name-only", "--diff-filter=d", base).splitlines()
    names += git("ls-files", "--others", "--exclude-standard").splitlines()
    wanted = {n for n in names if n in sources}
    wanted |= {reader_of(n, sources) for n in names if n.endswith(".h") and OURS.match(n)}
    return sorted(n for n in wanted if n)


def tidy(build: pathlib.Path, source: str, deadline: float) -> str | None:
    """What clang-tidy says, empty when it is content; None: no time was left."""
    left = deadline - time.monotonic()
    if left <= 0:
        return None
    command = ["clang-tidy", "-p", str(build), "--quiet", str(TOP / source)]
    try:
        done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=left)
    except subprocess.TimeoutExpired:
        return None
    return "" if done.returncode == 0 else done.stdout + (done.stdout == "" and done.stderr or "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build/release")
    parser.add_argument("--all", action="store_true", help="every file, changed or not")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=300, help="time limit")
    args = parser.parse_args()
    sources = compiled(args.build.resolve())
    wanted = sources if args.all else changed(sources)
    deadline = time.monotonic() + args.seconds
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        said = list(pool.map(lambda s: tidy(args.build.resolve(), s, deadline), wanted))
    problems = [text for text in said if text]
    print("\n".join(problems))
    print(f"clang-tidy: {len(wanted)} files, {said.count(None)} of them not reached, {len(problems)} with problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
