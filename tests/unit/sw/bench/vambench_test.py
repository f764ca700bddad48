#!/usr/bin/env python3
"""Runs vambench --quick --json and reads it back: names, units, and figures within what the card promises."""
import json
import subprocess
import sys


def main():
    run = subprocess.run([sys.argv[1], "--quick", "--json"], check=True, capture_output=True, text=True)
    figures = json.loads(run.stdout)["figures"]
    names = {figure["name"] for figure in figures}
    wanted = {"card.cycles_per_packet", "card.bits_per_cycle", "card.latency_cycles", "engine.gcm.bits_per_cycle",
              "engine.gcm.bubbles", "soft.gbps", "soft.mpps", "openssl.gbps", "policy.lookups_per_second",
              "soft.ipcomp_mbps", "soft.ipcomp_ratio",
              "sim.cycles_per_second"}
    if wanted - names:
        sys.exit(f"missing: {sorted(wanted - names)}")
    for figure in figures:
        at = figure["at"]
        if figure["name"] == "card.cycles_per_packet" and at["size"] == "64" and figure["value"] > 12:
            sys.exit(f"more than 12 cycles per packet: {figure}")
        if figure["name"] == "card.latency_cycles" and at["read_latency"] == "0" and figure["value"] > 240:
            sys.exit(f"more than 240 cycles of latency: {figure}")
        if figure["name"] == "engine.gcm.bubbles" and figure["value"] != 0:
            sys.exit(f"bubbles in the lane: {figure}")


main()
