"""House rules that are about files: size stops, line width, tabs, names, READMEs (CONTRIBUTING.md)."""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]

# Hard stops in lines. Generated files, vectors and third-party files are exempt.
STOPS = [
    (r"^tests/.*\.(cc|h|sv|py|sh)$", 900),
    (r"\.sv$", 700),
    (r"\.(cc|cpp)$", 700),
    (r"\.h$", 350),
    (r"/README\.md$", 120),
    (r"^README\.md$", 150),
    (r"\.(py|sh)$", 600),
]
EXEMPT = re.compile(r"(^|/)gen/|^third_party/|^tests/vectors/|^docs/reference/")
WIDTH = {".sv": 100, ".svh": 100, ".cc": 100, ".h": 100, ".rdl": 200}  # descriptions stay on their line
SOURCE = {".sv", ".svh", ".cc", ".h", ".py", ".sh", ".cmake", ".proto", ".rdl"}
# Second-level folders that explain themselves.
README_PARENTS = ["rtl", "driver", "sw", "sim", "tests", "boards"]
README_EXEMPT = {"rtl/regs/gen", "driver/gen"}


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True)
    return [f for f in done.stdout.split("\n") if f and (TOP / f).is_file()]


def check_file(name: str) -> list[str]:
    path = TOP / name
    problems = []
    if EXEMPT.search(name):
        return problems
    suffix = path.suffix
    text = path.read_text(errors="replace") if suffix in SOURCE or suffix == ".md" else ""
    lines = text.splitlines()
    stop = next((limit for pattern, limit in STOPS if re.search(pattern, name)), None)
    if stop and len(lines) > stop:
        problems.append(f"{name}: {len(lines)} lines, the stop is {stop}")
    if suffix in SOURCE:
        for number, line in enumerate(lines, 1):
            if "\t" in line and path.name != "Makefile":
                problems.append(f"{name}:{number}: tab")
            if line != line.rstrip():
                problems.append(f"{name}:{number}: trailing space")
            if len(line) > WIDTH.get(suffix, 130):
                problems.append(f"{name}:{number}: {len(line)} columns, at most {WIDTH.get(suffix, 130)}")
    if suffix == ".sv" and name.startswith("rtl/"):
        modules = re.findall(r"^(?:module|package)\s+(\w+)", text, re.M)
        if modules != [path.stem]:
            problems.append(f"{name}: holds {modules}, expected one module or package named {path.stem}")
    if suffix == ".h" and "#ifndef VAM_" not in text:
        problems.append(f"{name}: no VAM_..._H_ include guard")
    return problems


def check_readmes(files: list[str]) -> list[str]:
    folders = {"/".join(f.split("/")[:2]) for f in files if f.count("/") >= 2 and f.split("/")[0] in README_PARENTS}
    return [f"{d}: no README.md" for d in sorted(folders - README_EXEMPT) if not (TOP / d / "README.md").is_file()]


def main() -> int:
    files = tracked()
    problems = [p for f in files for p in check_file(f)] + check_readmes(files)
    print("\n".join(problems[:200]))
    print(f"tree: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
