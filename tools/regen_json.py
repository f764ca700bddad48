#!/usr/bin/env python3
"""docs/reference/json.md from the comments and fields of sw/api/show.proto; --check only compares."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
PROTO = TOP / "sw/api/show.proto"
PAGE = TOP / "docs/reference/json.md"
RENDER = TOP / "sw/mgmt/render.h"

HEAD = """# JSON of the show commands

Written by `tools/regen.py` from `sw/api/show.proto`: the text and the JSON of a command come from the same message.

`show ... | json` prints one object. Its first two members say what it is; the others are the fields of that body, all of
them, also those that are 0 or empty:

    {"schema_version": %(version)s, "body": "ipsec_sa", "interface": [...]}

- `schema_version` is %(version)s. It grows when a field goes or changes its meaning. New fields and new bodies do not change
  it: skip what you do not know.
- `body` is the name of one of the bodies below.
- Numbers of 64 bits (`uint64`, `int64`) are strings, as protobuf's JSON has them; `optional` ones are left out where they
  do not apply.
- Addresses are text; names are the configuration's; counters are never reset by a read.
- A long answer is put together from pieces that are read one after the other: counters of different elements are of
  different moments, and an interface stands in the array once for each piece that has flows of it.
- A command that fails prints `{"error": "..."}`, a full sentence, and `vamsh -c` exits with 1. When it fails in the middle
  of a long answer, the object that was begun is closed with the member `error` beside what was printed.
- `show tech-support ipsec | json` has the body `tech_support`: `section` is an array of {`command`, `answer`}, each answer
  an object as above. Filters inside it (`| include ...`) do not act on JSON.

## Bodies

| body | message | what it answers |
|---|---|---|
"""


def comment_text(lines: list[str]) -> str:
    return " ".join(line.strip().lstrip("/").strip() for line in lines).strip().replace("|", "\\|")


def parse(text: str) -> tuple[list[tuple[str, str]], dict[str, tuple[str, list[tuple[str, str, str]]]]]:
    bodies, messages = [], {}
    pending: list[str] = []
    name, oneof, enum = None, False, False
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("//"):
            if messages.get(name) and messages[name][1] and bare.startswith("//") and line.startswith("        "):
                continue
            pending.append(bare)
            continue
        if match := re.match(r"message (\w+) \{", bare):
            name = match.group(1)
            messages[name] = (comment_text(pending), [])
        elif bare.startswith("oneof body"):
            oneof = True
        elif bare.startswith("enum "):
            enum = True
        elif bare == "}":
            if oneof or enum:
                oneof = enum = False
            else:
                name = None
        elif match := re.match(r"(repeated |optional )?(\w+) (\w+) =\s*\d+;\s*(?://\s*(.*))?", bare):
            label, kind, field, note = match.groups()
            if oneof:
                bodies.append((field, kind))
            elif name:
                shown = f"array of {kind}" if label == "repeated " else (label or "") + kind
                said = " ".join(filter(None, [comment_text(pending), (note or "").replace("|", "\\|")]))
                messages[name][1].append((field, shown, said))
        pending = []
    return bodies, messages


def reachable(kinds: list[str], messages: dict) -> set[str]:
    """The messages that have one of these names, or are fields of those."""
    found: set[str] = set()
    while kinds:
        kind = kinds.pop()
        if kind in messages and kind not in found:
            found.add(kind)
            kinds += [shown.split()[-1] for _, shown, _ in messages[kind][1]]
    return found


def page() -> str:
    text = PROTO.read_text()
    bodies, messages = parse(text)
    imported = {}
    for path in re.findall(r'^import "(sw/api/\w+\.proto)";', text, re.M):
        imported |= parse((TOP / path).read_text())[1]
    kinds = [kind for _, kind in bodies] + [shown.split()[-1] for _, fields in messages.values() for _, shown, _ in fields]
    needed = reachable(kinds, imported)
    messages |= {name: what for name, what in imported.items() if name in needed}
    version = re.search(r"kJsonSchemaVersion = (\d+)", RENDER.read_text()).group(1)
    out = HEAD % {"version": version}
    for field, kind in bodies:
        out += f"| `{field}` | [{kind}](#{kind.lower()}) | {messages[kind][0]} |\n"
    out += "\n## Messages\n"
    for name, (said, fields) in messages.items():
        if name in ("ShowRequest", "ShowReply", "ShowCursor"):
            continue
        out += f"\n### {name}\n"
        if said:
            out += f"\n{said}\n"
        out += "\n| field | type | meaning |\n|---|---|---|\n"
        for field, kind, note in fields:
            out += f"| `{field}` | {kind} | {note} |\n"
    return out


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text() != text:
            print("docs/reference/json.md: not up to date (tools/regen_json.py)")
            return 1
        return 0
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
