#!/usr/bin/env python3
"""Turns Wycheproof AEAD JSON into the text form of the NIST CAVP response files, so that one reader takes both.

usage: tools/vectors.py aes_gcm_test.json >tests/vectors/wycheproof_aes_gcm.rsp

Every test of the JSON becomes one record. A record that must be refused ends in FAIL, as in the CAVP decrypt files.
"""

import json
import sys


def records(tests: dict):
    for group in tests["testGroups"]:
        for test in group["tests"]:
            if test["result"] not in ("valid", "invalid"):
                raise ValueError(f"test {test['tcId']}: result {test['result']} has no place in the text form")
            yield test


def render(test: dict) -> str:
    lines = [f"# {', '.join(test['flags'])}" + (f": {test['comment']}" if test["comment"] else "")]
    lines += [f"Count = {test['tcId']}"]
    names = (("Key", "key"), ("IV", "iv"), ("AAD", "aad"), ("CT", "ct"), ("Tag", "tag"))
    lines += [f"{name} = {test[field]}".rstrip() for name, field in names]
    lines += [f"PT = {test['msg']}".rstrip() if test["result"] == "valid" else "FAIL"]
    return "\n".join(lines)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        tests = json.load(file)
    found = list(records(tests))
    if len(found) != tests["numberOfTests"]:
        print(f"vectors: {len(found)} tests, the file promises {tests['numberOfTests']}", file=sys.stderr)
        return 1
    print(f"# Wycheproof {tests['algorithm']}, {len(found)} tests; provenance: tests/vectors/README.md")
    for test in found:
        print("\n" + render(test))
    return 0


if __name__ == "__main__":
    sys.exit(main())
