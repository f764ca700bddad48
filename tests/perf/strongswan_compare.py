#!/usr/bin/python3
"""The gateway with its software engine against strongSwan's kernel-libipsec: one TCP stream, same hosts, same MSS.

Runs alternate; what counts is the median. Exit code 1 when OpenVAM is not the faster one.
"""

import argparse
import json
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile
import time

from pairs import StrongswanPair, VamPair, processor_seconds, topology

HOST_B = "10.2.0.10"


def listen(pair: topology.Topology) -> None:
    pair.start("b", "iperf3", "-s", "-1", "-B", HOST_B, stdout=topology.subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while ":5201" not in pair.inside("b", "ss", "-lnt").stdout:
        if time.monotonic() > deadline:
            raise RuntimeError("iperf3 does not listen")
        time.sleep(0.1)


def stream(pair: topology.Topology, seconds: int, mss: int) -> dict:
    """Mb/s at the receiver, and processor seconds of both gateways for each gigabyte received."""
    gateways = list(pair.processes)
    pair.inside("a", "ping", "-c", "2", "-i", "0.2", "-W", "5", HOST_B)  # ARP and routes are settled
    listen(pair)
    before = processor_seconds(gateways)
    done = pair.inside(
        "a", "iperf3", "-c", HOST_B, "-t", str(seconds), "-M", str(mss), "-J", timeout=seconds + 60
    )
    used = processor_seconds(gateways) - before
    end = json.loads(done.stdout)["end"]
    received = end["sum_received"]
    return {
        "mbps": received["bits_per_second"] / 1e6,
        "cpu_seconds_per_gb": used / (received["bytes"] / 1e9),
        "retransmits": end["sum_sent"]["retransmits"],
    }


def one_run(kind: type, args: argparse.Namespace, index: int) -> dict:
    work = pathlib.Path(tempfile.mkdtemp(prefix="openvam-perf-"))
    pair = kind(topology.tag_of_process("vp") + f"x{index}", work)
    try:
        pair.bring_up(args.bin)
        figures = stream(pair, args.seconds, args.mss)
        figures["engine"] = pair.engine_used(args.bin)
        return figures
    finally:
        pair.close()
        shutil.rmtree(work, ignore_errors=True)


def summary(runs: list[dict]) -> dict:
    def middle(key: str) -> float:
        return round(statistics.median(run[key] for run in runs), 2)

    return {
        "engine": runs[0]["engine"],
        "mbps": middle("mbps"),
        "cpu_seconds_per_gb": middle("cpu_seconds_per_gb"),
        "retransmits": middle("retransmits"),
        "mbps_of_runs": [round(run["mbps"], 1) for run in runs],
    }


def print_table(results: dict[str, dict]) -> None:
    print(f"\n{'':28}{'Mb/s':>9}{'CPU s/GB':>10}{'resent':>8}  runs, Mb/s")
    for name, row in results.items():
        runs = " ".join(f"{mbps:.0f}" for mbps in row["mbps_of_runs"])
        print(f"{name:28}{row['mbps']:9.1f}{row['cpu_seconds_per_gb']:10.2f}{row['retransmits']:8.0f}  {runs}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=lambda x: pathlib.Path(x).resolve(), required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--mss", type=int, default=1300)
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures to this file")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, topology.give_up)
    signal.signal(signal.SIGALRM, topology.give_up)
    signal.alarm(args.runs * 2 * (args.seconds + 40))
    runs: dict[type, list[dict]] = {VamPair: [], StrongswanPair: []}
    for index in range(args.runs):
        for kind, done in runs.items():
            done.append(one_run(kind, args, index))
            print(f"run {index + 1}  {kind.name:28}{done[-1]['mbps']:9.1f} Mb/s", flush=True)
    results = {kind.name: summary(done) for kind, done in runs.items()}
    print_table(results)
    at = {"mss": args.mss, "seconds": args.seconds, "runs": args.runs, "streams": 1, "transform": "esp-gcm 128"}
    text = json.dumps({"at": at, "results": results}, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")
    ahead = results[VamPair.name]["mbps"] / results[StrongswanPair.name]["mbps"]
    print(f"{VamPair.name} is {ahead:.2f} times as fast")
    return 0 if ahead > 1 else 1


if __name__ == "__main__":
    sys.exit(main())
