"""The include law of docs/ARCHITECTURE.md: which folder may include which."""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]

# Folder -> folders it may include beside itself. tests/ may include everything; nothing may include tests/ but tests/.
ALLOWED = {
    "sw/base": [],
    "sw/net": ["sw/base"],
    "sw/crypto": ["sw/base"],
    "sw/ipsec": ["sw/base", "sw/net", "sw/crypto"],
    "sw/offload": ["sw/base", "sw/net", "sw/ipsec", "driver", "sim"],
    "sw/fwd": ["sw/base", "sw/net", "sw/ipsec", "sw/offload", "sw/api", "sw/config", "sw/vamd"],
    "sw/config": ["sw/base", "sw/net"],
    "sw/api": ["sw/base", "sw/net"],
    "sw/mgmt": ["sw/base", "sw/net", "sw/crypto", "sw/api", "sw/config", "sw/vamd", "sw/pki"],
    "sw/vamd": ["sw/base", "sw/net", "sw/api", "sw/config", "sw/fwd", "sw/mgmt", "sw/ike", "sw/pki"],
    "sw/vamsh": ["sw/base", "sw/api"],
    "sw/bench": ["sw/base", "sw/net", "sw/config", "sw/crypto", "sw/ipsec", "sw/offload", "sw/fwd", "driver", "sim"],
    "sw/ike": ["sw/base", "sw/net", "sw/crypto", "sw/api", "sw/config", "sw/vamd", "sw/pki"],
    "sw/pki": ["sw/base", "sw/net", "sw/crypto", "sw/api", "sw/vamd"],
    "driver": ["sw/base"],
    "sim": ["sw/base", "driver"],  # not sw/ipsec, not sw/crypto: the model is a second opinion on them
}
# Prefix of files -> folders that they may include too, and why.
EXCEPTIONS = {
    "driver/tools": ["sim"],  # a tool opens any card, simulated ones too
}


def folder_of(name: str) -> str | None:
    for folder in sorted(list(ALLOWED), key=len, reverse=True):
        if name.startswith(folder + "/"):
            return folder
    return None


def problems_of(name: str) -> list[str]:
    folder = folder_of(name)
    if folder is None:
        return [f"{name}: its folder is not in the include law (ALLOWED)"]
    allowed = [folder, *ALLOWED[folder]]
    for prefix, more in EXCEPTIONS.items():
        if name.startswith(prefix + "/"):
            allowed += more
    out = []
    for number, line in enumerate((TOP / name).read_text().splitlines(), 1):
        match = re.match(r'\s*#include "([^"]+)"', line)
        if not match:
            continue
        target = match.group(1)
        if ".." in target:
            out.append(f"{name}:{number}: include with ..")
        inside = target.split("/")[0] in ("sw", "driver", "sim", "tests", "rtl", "hls")
        if inside and not any(target.startswith(a + "/") for a in allowed):
            out.append(f"{name}:{number}: {folder} may not include {target}")
    return out


def main() -> int:
    files = subprocess.run(
        ["git", "ls-files", "sw", "driver", "sim"], cwd=TOP, capture_output=True, text=True, check=True
    ).stdout.split()
    sources = [f for f in files if f.endswith((".h", ".cc")) and (TOP / f).is_file()]
    problems = [p for f in sources for p in problems_of(f)]
    print("\n".join(problems))
    print(f"includes: {len(sources)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
