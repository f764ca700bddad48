#!/usr/bin/python3
"""IKEv2 through complete gateways: set-ups a second, latency, memory, loading, and what rekeys cost.

Prints {"figures": [...]} as vambench does, which calls it for `vambench --only ike`. As root; everything happens in
namespaces of its own.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from ike_pairs import GATEWAYS, StrongswanPair, VamPair, configuration, host, topology

HERE = pathlib.Path(__file__).resolve().parent
FIGURES = []
ROLES = ("fwd", "ikev2", "mgmt")
LEAST_REKEYS = 1000


def figure(name: str, value: float, unit: str, **at: object) -> None:
    FIGURES.append({"name": name, "value": value, "unit": unit, "at": {key: str(said) for key, said in at.items()}})
    said = ", ".join(f"{key} {value}" for key, value in at.items())
    print(f"{name:30}{value:12.4g} {unit:4} {said}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def pair_of(kind: type, args: argparse.Namespace, tunnels: int, group: str = "x25519", **more: object):
    work = pathlib.Path(tempfile.mkdtemp(prefix="openvam-ike-"))
    pair = kind(topology.tag_of_process("vi") + f"x{len(FIGURES)}", work)
    try:
        pair.bring_up(args.bin, tunnels, group, **more)
        yield pair
    finally:
        pair.close()
        shutil.rmtree(work, ignore_errors=True)


def drive(pair: topology.Topology, count: int, window: int = 16, first: int = 0) -> dict:
    words = ["--first", str(first), "--count", str(count), "--window", str(window), *pair.driver_words()]
    done = pair.inside(pair.driver_at, sys.executable, str(HERE / "ike_driver.py"), *words, check=False, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{logs(pair)}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def logs(pair: topology.Topology) -> str:
    return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(pair.work.glob("*.log")))


def measure_setups(args: argparse.Namespace) -> None:
    for group in args.groups:
        with pair_of(VamPair, args, args.tunnels + 1, group) as pair:
            drive(pair, 1)  # the gateways know their neighbours then
            done = drive(pair, args.tunnels, first=1)
        at = {"version": 2, "group": group, "tunnels": args.tunnels}
        figure("ike.setups_per_second", done["per_second"], "/s", **at, peer="self")
    for tunnels in args.strongswan_tunnels:
        # One at a time: strongSwan 5.9.8 with kernel-libipsec forgets set-ups that are begun while others are.
        with pair_of(StrongswanPair, args, tunnels + 1) as pair:
            drive(pair, 1)
            done = drive(pair, tunnels, window=1, first=1)
        at = {"version": 2, "group": "x25519", "tunnels": tunnels}
        figure("ike.setups_per_second", done["per_second"], "/s", **at, peer="strongswan")


def measure_latency(args: argparse.Namespace) -> None:
    """One tunnel at a time, in gateways that know each other's hardware addresses by then."""
    with pair_of(VamPair, args, 101) as pair:
        drive(pair, 1)
        done = drive(pair, 100, window=1, first=1)
    figure("ike.setup_ms", done["ms"]["median"], "ms", group="x25519", of="median")
    figure("ike.setup_ms", done["ms"]["p99"], "ms", group="x25519", of="p99")


def memory_of(pair: topology.Topology, name: str) -> dict[str, int]:
    """Anonymous resident bytes of each role of a gateway: no huge pages, no shared files."""
    out = {}
    processes = topology.run("ip", "netns", "pids", pair.ns(name)).stdout.split()
    for pid in processes:
        comm = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        if not comm.startswith("vamd-"):
            continue
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon"))
        out[comm.removeprefix("vamd-")] = int(kilobytes) * 1024
    return out


def settled_memory_of(pair: topology.Topology, name: str) -> dict[str, int]:
    """When the roles have given back what they needed to load their configuration (HeapTrimmer: 2 s behind it)."""
    before, since = memory_of(pair, name), time.monotonic()
    while time.monotonic() - since < 3:
        time.sleep(0.2)
        now = memory_of(pair, name)
        if now != before:
            before, since = now, time.monotonic()
    return before


def stats_of(pair: VamPair, args: argparse.Namespace, name: str) -> dict:
    return json.loads(pair.answer(args.bin, name, "show crypto ikev2 stats | json"))


def difference(after: dict[str, int], before: dict[str, int], tunnels: int, roles: tuple[str, ...]) -> float:
    return sum(after[role] - before[role] for role in roles) / tunnels


def measure_memory(args: argparse.Namespace) -> None:
    """Definition: design.md, section 9. The SAs live 120 s, so that the gateway is soon in the middle of its rekeys."""
    tunnels = args.memory_tunnels
    with pair_of(VamPair, args, 1) as pair:
        drive(pair, 1)
        empty = settled_memory_of(pair, "gb")
    entry = " set security-association lifetime seconds 120\n set security-association replay window-size 1024\n"
    begin = time.monotonic()
    with pair_of(VamPair, args, tunnels, entry=entry, profile=" lifetime 120\n") as pair:
        figure("ike.config_load_seconds", time.monotonic() - begin, "s", tunnels=tunnels, gateways=2)
        loaded = settled_memory_of(pair, "gb")
        drive(pair, 1)
        done = drive(pair, tunnels - 1, window=32, first=1)
        figure("ike.setups_per_second", done["per_second"], "/s", version=2, group="x25519", tunnels=tunnels,
               peer="self", lifetime=120)  # fmt: skip
        up = memory_of(pair, "gb")
        most = dict(up)
        deadline = time.monotonic() + 240
        while True:
            stats = stats_of(pair, args, "gb")
            now = memory_of(pair, "gb")
            if sum(now.values()) > sum(most.values()):
                most = now
            if int(stats["children_up"]) >= 2 * tunnels and int(stats["ike_rekeys"]) >= tunnels // 2:
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"the tunnels are not rekeyed: {stats}\n{logs(pair)}")
            time.sleep(1)
        at = {"tunnels": tunnels, "window": 1024}
        figure("ike.bytes_per_tunnel", difference(up, loaded, tunnels, ("fwd", "ikev2")), "B", **at, part="sas")
        figure("ike.bytes_per_tunnel", difference(most, loaded, tunnels, ("fwd", "ikev2")), "B", **at, part="sas",
               when="rekeying")  # fmt: skip
        for role in ("fwd", "ikev2"):
            figure("ike.bytes_per_tunnel", difference(most, loaded, tunnels, (role,)), "B", **at, part="sas",
                   when="rekeying", role=role)  # fmt: skip
        figure("ike.bytes_per_tunnel", difference(loaded, empty, tunnels, ROLES), "B", **at, part="configuration")


def measure_load(args: argparse.Namespace) -> None:
    """One gateway alone: from its start until it forwards by the configuration."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="openvam-ike-"))
    pair = VamPair(topology.tag_of_process("vl"), work)
    try:
        pair.build()
        path = work / "ga.cfg"
        path.write_text(configuration("ga", args.memory_tunnels, "x25519"))
        begin = time.monotonic()
        pair.start_gateway(args.bin, "ga", path, "--memory", "256")
        pair.wait_until_loaded(args.bin, "ga")
        figure("ike.config_load_seconds", time.monotonic() - begin, "s", tunnels=args.memory_tunnels, gateways=1)
    finally:
        pair.close()
        shutil.rmtree(work, ignore_errors=True)


def measure_rekeys(args: argparse.Namespace) -> None:
    """Children by volume and IKE SAs by time, at both ends, so that they collide; every datagram is counted."""
    tunnels = 100
    entry = " set security-association lifetime kilobytes 2560\n"
    with pair_of(VamPair, args, tunnels, entry=entry, profile=" lifetime 120\n") as pair:
        drive(pair, tunnels)
        before = {name: stats_of(pair, args, name) for name in GATEWAYS}
        stream = str(HERE / "ike_stream.py")
        echo = pair.start("b", sys.executable, stream, "echo", str(tunnels), stdout=topology.subprocess.PIPE)
        echo.stdout.readline()
        words = ["send", str(tunnels), str(args.rekey_rate), str(args.rekey_seconds)]
        done = pair.inside("a", sys.executable, stream, *words, timeout=args.rekey_seconds + 120)
        result = json.loads(done.stdout)
        after = {name: stats_of(pair, args, name) for name in GATEWAYS}
        children = int(after["gb"]["children_up"]) - int(before["gb"]["children_up"])
        ikes = int(after["gb"].get("ike_rekeys", 0)) - int(before["gb"].get("ike_rekeys", 0))
        at = {"rekeys": children + ikes, "of_ike_sas": ikes, "packets": 2 * result["sent"]}
        figure("ike.rekey_packets_lost", result["lost"], "", **at)
        figure("ike.rekey_packets_duplicated", result["duplicated"], "", **at)
        if result["lost"] or result["duplicated"]:
            print(result, file=sys.stderr)
            for name in GATEWAYS:
                for command in ("show counters", "show crypto ikev2 stats"):
                    print(pair.answer(args.bin, name, command), file=sys.stderr)


def measure_places(args: argparse.Namespace) -> None:
    """More tunnels than gb's card has places for. The busy ones come last and find it full; with two rekeys they get a place."""
    tunnels, busy = args.memory_tunnels, 200
    entry = " set security-association lifetime seconds 120\n"
    with pair_of(VamPair, args, tunnels, entry=entry, cards={"gb": "model"}) as pair:
        drive(pair, tunnels - busy, window=32, first=busy)
        drive(pair, busy)
        at = {"tunnels": tunnels, "busy": busy}
        figure("ike.busy_sas_on_card", busy_on_card(pair, args, busy), "", **at, when="set up")
        stream = str(HERE / "ike_stream.py")
        echo = pair.start("b", sys.executable, stream, "echo", str(busy), stdout=topology.subprocess.PIPE)
        echo.stdout.readline()
        words = [sys.executable, stream, "send", str(busy), "1000", "250"]
        sender = pair.start("a", *words, stdout=topology.subprocess.PIPE, text=True)
        for _ in range(2):
            time.sleep(95)
            drive(pair, tunnels - busy, window=32, first=busy)  # an SA that carried nothing is not rekeyed
        result = json.loads(sender.communicate(timeout=120)[0])
        stats = stats_of(pair, args, "gb")
        at |= {"children_made": stats["children_up"], "children": stats["children"], "packets_lost": result["lost"]}
        figure("ike.busy_sas_on_card", busy_on_card(pair, args, busy), "", **at, when="rekeyed")


def busy_on_card(pair: VamPair, args: argparse.Namespace, busy: int) -> int:
    """Of the newest SAs of both directions of so many tunnels."""
    flows = topology.flows_of(json.loads(pair.answer(args.bin, "gb", "show crypto ipsec sa | json")))
    hosts = {f"10.101.{host(n)}" for n in range(busy)}
    found = [one for one in flows if one["remote_ident"]["address"] in hosts]
    return sum(one[way][-1]["engine"] == "card" for one in found for way in ("inbound_esp", "outbound_esp") if one.get(way))


MEASURES = {
    "setups_per_second": measure_setups,
    "setup_ms": measure_latency,
    "bytes_per_tunnel": measure_memory,
    "config_load_seconds": measure_load,
    "rekey_packets": measure_rekeys,
    "places": measure_places,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=lambda x: pathlib.Path(x).resolve(), required=True)
    parser.add_argument("--only", choices=list(MEASURES), action="append")
    parser.add_argument("--tunnels", type=int, default=5000, help="of each run of set-ups")
    parser.add_argument("--groups", nargs="*", default=["x25519", "ecp256", "modp2048"], help="of set-ups")
    parser.add_argument("--strongswan-tunnels", type=int, nargs="*", default=[1000], help="of each run of strongSwan's")
    parser.add_argument("--memory-tunnels", type=int, default=10_000)
    parser.add_argument("--rekey-seconds", type=float, default=280)
    parser.add_argument("--rekey-rate", type=int, default=6000, help="datagrams a second, which come back")
    parser.add_argument("--expect-none", action="store_true",
                        help=f"exit code 1 when rekeys lost or doubled a packet, or were fewer than {LEAST_REKEYS}")  # fmt: skip
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, topology.give_up)
    for name in args.only or MEASURES:
        MEASURES[name](args)
    print(json.dumps({"figures": FIGURES}))
    counted = [f for f in FIGURES if f["name"].startswith("ike.rekey_packets")]
    bad = any(f["value"] or int(f["at"]["rekeys"]) < LEAST_REKEYS for f in counted)
    return 1 if args.expect_none and bad else 0


if __name__ == "__main__":
    sys.exit(main())
