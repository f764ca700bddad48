#!/usr/bin/env python3
"""Turns Wycheproof JSON into the text form of the NIST CAVP response files, so that one reader takes both.

usage: tools/vectors.py aes_gcm_test.json [N] >tests/vectors/wycheproof_aes_gcm.rsp

N: of the tests that have the same comment (but for its number) and no flag, the first N and no more, where all would be
megabytes.

Every test of the JSON becomes one record. Of AEADs, a record that must be refused ends in FAIL, as in the CAVP decrypt
files. Of key exchanges and signatures, Result is valid, invalid or acceptable, and what a group of tests shares, like the
public key, stands once before them.
"""

import collections
import json
import sys


# Of each kind of test: the names of what its groups share, and of what its tests have. AEADs are written by render_aead().
AGREEMENT = ({}, {"Public": "public", "Private": "private", "Shared": "shared"})
VERIFYING = {"Msg": "msg", "Sig": "sig"}
KINDS = {
    "EcdhEcpointTest": AGREEMENT,
    "XdhComp": AGREEMENT,
    "EcdsaVerify": ({"Key": "publicKeyDer", "Sha": "sha"}, VERIFYING),
    "EcdsaP1363Verify": ({"Key": "publicKeyDer", "Sha": "sha"}, VERIFYING),
    "EddsaVerify": ({"Key": "publicKeyDer"}, VERIFYING),
    "MLKEMEncapsTest": ({"Set": "parameterSet"}, {"M": "m", "Ek": "ek", "C": "c", "K": "K"}),
    "MLKEMTest": ({"Set": "parameterSet"}, {"Seed": "seed", "Ek": "ek", "C": "c", "K": "K"}),
    "RsassaPkcs1Verify": ({"Key": "publicKeyDer", "Sha": "sha"}, VERIFYING),
    "RsassaPssVerify": ({"Key": "publicKeyDer", "Sha": "sha", "MgfSha": "mgfSha", "SaltBytes": "sLen"}, VERIFYING),
}


def field(name: str, value) -> str:
    return f"{name} = {value}".rstrip()


def render_aead(test: dict) -> str:
    if test["result"] not in ("valid", "invalid"):
        raise ValueError(f"test {test['tcId']}: result {test['result']} has no place in the text form")
    lines = [f"# {', '.join(test['flags'])}" + (f": {test['comment']}" if test["comment"] else "")]
    lines += [field("Count", test["tcId"])]
    names = (("Key", "key"), ("IV", "iv"), ("AAD", "aad"), ("CT", "ct"), ("Tag", "tag"))
    lines += [field(name, test[key]) for name, key in names]
    lines += [field("PT", test["msg"]) if test["result"] == "valid" else "FAIL"]
    return "\n".join(lines)


def render(test: dict, names: dict) -> str:
    lines = [field("Count", test["tcId"])]
    lines += [field("Flags", " ".join(test["flags"]))] if test["flags"] else []
    lines += [field(name, test.get(key, "")) for name, key in names.items()]
    lines += [field("Result", test["result"])]
    return "\n".join(lines)


def choose(tests: dict, most: int) -> None:
    seen = collections.Counter()
    for group in tests["testGroups"]:
        kept = []
        for test in group["tests"]:
            kind = test.get("comment", "").rstrip("0123456789")
            seen[kind] += not test["flags"]
            if test["flags"] or seen[kind] <= most:
                kept.append(test)
        group["tests"] = kept


def blocks(tests: dict):
    """The records, and before those of a group what it shares."""
    for group in tests["testGroups"]:
        kind = KINDS.get(group["type"])
        if kind is None:
            yield from (render_aead(test) for test in group["tests"])
            continue
        if kind[0]:
            yield "\n".join(field(name, group[key]) for name, key in kind[0].items())
        yield from (render(test, kind[1]) for test in group["tests"])


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        tests = json.load(file)
    found = sum(len(group["tests"]) for group in tests["testGroups"])
    if found != tests["numberOfTests"]:
        print(f"vectors: {found} tests, the file promises {tests['numberOfTests']}", file=sys.stderr)
        return 1
    if len(sys.argv) == 3:
        choose(tests, int(sys.argv[2]))
        found = f"{sum(len(group['tests']) for group in tests['testGroups'])} of {found}"
    print(f"# Wycheproof {tests['algorithm']}, {found} tests; provenance: tests/vectors/README.md")
    for block in blocks(tests):
        print("\n" + block)
    return 0


if __name__ == "__main__":
    sys.exit(main())
