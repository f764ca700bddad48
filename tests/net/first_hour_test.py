#!/usr/bin/python3
"""Runs every command of docs/guides/first-hour.md, in order, in a network namespace and an empty directory of its own.

usage: first_hour_test.py BIN_DIR
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs/guides/first-hour.md"
BLOCK = re.compile(r"^```(sh|vamsh|vamsh fails)\n(.*?)^```$", re.M | re.S)
TYPED = re.compile(r"^[\w-]+(?:\([\w-]+\))?[>#](.*)$")


def run_shell(script: str, environment: dict) -> None:
    done = subprocess.run(
        ["bash", "-euc", script], env=environment, timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        raise AssertionError(f"exit code {done.returncode} of:\n{script}\n{done.stdout}")


def expected_pattern(line: str) -> str:
    """A line of the guide as a regular expression for a whole line; '...' is anything."""
    return "^" + ".*".join(re.escape(part) for part in line.split("...")) + "$"


def run_session(text: str, fails: bool, environment: dict) -> None:
    """The typed lines in one session; the others must appear in its output, in their order."""
    typed, expected = [], []
    for line in text.splitlines():
        match = TYPED.match(line)
        (typed if match else expected).append(match.group(1) if match else line)
    done = subprocess.run(
        ["vamsh", "--socket", "gw1.sock"], env=environment, input="\n".join(typed) + "\n",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
    )  # fmt: skip
    if (done.returncode != 0) != fails:
        raise AssertionError(f"exit code {done.returncode} of:\n{text}\n{done.stdout}")
    at = 0
    for line in expected:
        found = re.compile(expected_pattern(line), re.M).search(done.stdout, at)
        if not found:
            raise AssertionError(f"not in the output: {line!r}\n{done.stdout}")
        at = found.end()


def main() -> None:
    bin_dir = pathlib.Path(sys.argv[1]).resolve()
    if "inside" not in sys.argv[2:]:
        command = ["unshare", "--net", sys.executable, __file__, str(bin_dir), "inside"]
        sys.exit(subprocess.run(command, timeout=110).returncode)
    environment = dict(os.environ, PATH=f"{bin_dir}:{os.environ['PATH']}")
    blocks = BLOCK.findall(GUIDE.read_text())
    assert sum(kind == "sh" for kind, _ in blocks) >= 4 and sum(kind != "sh" for kind, _ in blocks) >= 6
    with tempfile.TemporaryDirectory(prefix="openvam-first-hour-") as folder:
        os.chdir(folder)
        try:
            for kind, text in blocks:
                if kind == "sh":
                    run_shell(text, environment)
                else:
                    run_session(text, kind.endswith("fails"), environment)
        except AssertionError:
            log = pathlib.Path("gw1.log")
            print(log.read_text()[-3000:] if log.exists() else "no log")
            raise
        finally:
            pid = pathlib.Path("vamd.pid")
            if pid.exists():
                try:
                    os.kill(int(pid.read_text()), signal.SIGTERM)
                except ProcessLookupError:
                    pass
    print(f"{len(blocks)} blocks of {GUIDE.name} are as written")


if __name__ == "__main__":
    main()
