#!/usr/bin/env python3
"""A card with one byte-lane bug in its RTL, and the proof that the suite sees it.

usage: seeded_card.py make SOURCE OUT    writes SOURCE with the bug; fails unless its line is there exactly once
       seeded_card.py check TEST         runs TEST over the card with the bug: it must fail, for the right reason

The bug: where a result is turned to its destination's alignment, lanes 5 and 6 are swapped for one turn of sixteen.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

GOOD = "assign window     = 128'({beat_i.data, hold_q} >> {skip_q, 3'd0});"
BAD = """logic [127:0] turned;
  assign turned = 128'({beat_i.data, hold_q} >> {skip_q, 3'd0});
  assign window = (skip_q == 4'd9) ?
      {turned[127:56], turned[47:40], turned[55:48], turned[39:0]} : turned;"""

# A case that must see the bug, and one that must not: its destinations are aligned.
CATCHES = "EveryAlignment/rtl"
BLIND = "OuterHeaderFields/rtl"


def make(source: str, out: str) -> None:
    text = pathlib.Path(source).read_text(encoding="ascii")
    if text.count(GOOD) != 1:
        sys.exit(f"{source}: the line to break is there {text.count(GOOD)} times, not once: {GOOD}")
    pathlib.Path(out).write_text(text.replace(GOOD, BAD), encoding="ascii")


def swapped(failure: str) -> str:
    """Empty if bytes are unequal and the wrong ones are those of their neighbours; else what the failure is."""
    if "FormatHex(answer.bytes)" not in failure:
        return failure
    texts = re.findall(r'Which is: "([0-9a-f]*)"', failure)
    if len(texts) != 2:
        return failure
    got, want = (bytes.fromhex(text) for text in texts)
    if len(got) != len(want):
        return f"{len(got)} bytes, not {len(want)}"
    wrong = [i for i in range(len(got)) if got[i] != want[i]]
    # The neighbour of a byte at the end, of the packet or of a segment, is not written.
    strange = [i for i in wrong if i + 1 < len(got) and got[i] not in (want[i - 1], want[i + 1])]
    if not wrong or strange:
        return f"bytes {strange} of {wrong} are wrong and not those of their neighbours"
    return ""


def check(test: str) -> None:
    with tempfile.TemporaryDirectory(prefix="seeded-card-") as folder:
        report = pathlib.Path(folder) / "report.json"
        command = [test, "--gtest_filter=*/rtl", f"--gtest_output=json:{report}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
        if done.returncode != 1:
            print(done.stdout[-4000:])
            sys.exit(f"the suite ended with {done.returncode}, not with failed tests")
        suites = json.loads(report.read_text())["testsuites"]
    cases = {case["name"]: case.get("failures", []) for suite in suites for case in suite["testsuite"]}
    failed = sorted(name for name, failures in cases.items() if failures)
    for name in failed:
        for failure in cases[name]:
            if other := swapped(failure["failure"]):
                sys.exit(f"{name} failed for another reason: {other}")
    print(f"{len(cases)} cases, failed for swapped bytes: {', '.join(failed)}")
    if not cases.get(CATCHES):
        sys.exit(f"{CATCHES} did not see the bug")
    if cases.get(BLIND, ["absent"]):
        sys.exit(f"{BLIND} failed, so the bug is not the one that was seeded")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
