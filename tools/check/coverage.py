"""docs/coverage.md, docs/cve-lessons.md: every row has a known state, a file that exists, and tests that exist.

A row is  | id | state | file | test | note |  with state done, partial or refused; `test` names a test file, or a test case
as file:Case.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLES = ("docs/coverage.md", "docs/cve-lessons.md")


def cells(line: str) -> list[str]:
    return [c.strip().strip("`") for c in line.strip().strip("|").split("|")]


def check_lesson(where: str, row: list[str]) -> list[str]:
    """Each has a test that is named after it, or after one of its kind that the note lists."""
    named = {row[0].removeprefix("CVE-")} | set(re.findall(r"\b20\d\d-\d+\b", row[4]))
    tests = {m.replace("_", "-") for m in re.findall(r":Cve(20\d\d_\d+)_", row[3])}
    return [] if named & tests else [f"{where}: no test has its number in its name"]


def check_row(where: str, row: list[str]) -> list[str]:
    if len(row) != 5:
        return [f"{where}: {len(row)} cells, expected 5"]
    _, state, source, test, note = row
    out = []
    if state not in ("done", "partial", "refused"):
        out.append(f"{where}: state '{state}'")
    if state != "done" and not note:
        out.append(f"{where}: {state} needs a reason")
    for name in filter(None, (x.strip(" `") for x in source.split(","))):
        if not (TOP / name).exists():
            out.append(f"{where}: no file {name}")
    tests = [x.strip(" `") for x in test.split(",") if x.strip(" `")]
    if not tests:
        out.append(f"{where}: names no test")
    for name in tests:
        path, _, case = name.partition(":")
        if not (TOP / path).is_file():
            out.append(f"{where}: no test file {path}")
        elif case and not re.search(rf"\b{re.escape(case)}\b", (TOP / path).read_text()):
            out.append(f"{where}: no test {case} in {path}")
    return out


def main() -> int:
    problems, rows = [], 0
    for name in TABLES:
        for number, line in enumerate((TOP / name).read_text().splitlines(), 1):
            row = cells(line) if line.startswith("|") else []
            if row and re.match(r"^[A-Z]+(-[A-Z]+)?-?\d", row[0]):
                rows += 1
                problems += check_row(f"{name}:{number}: {row[0]}", row)
                if row[0].startswith("CVE-"):
                    problems += check_lesson(f"{name}:{number}: {row[0]}", row)
    print("\n".join(problems))
    print(f"coverage: {rows} rows, {len(problems)} problems")
    return 1 if problems or rows == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
