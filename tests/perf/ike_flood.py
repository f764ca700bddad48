#!/usr/bin/python3
"""A flood of spoofed IKE_SA_INIT requests against a gateway with a tunnel that is up, and a peer that wants in meanwhile.

Passes when the tunnel loses no ping and the peer is in within 3 seconds.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from ike_pairs import VamPair, topology

HERE = pathlib.Path(__file__).resolve().parent
MOST_SECONDS = 3.0

# Raw frames from 198.18.0.0/15, each from another address with other SPIs: the packet is complete and would be answered.
FLOOD = r"""
import random, socket, struct, sys, time
sys.path[:0] = [{interop!r}]
from scapy.all import IP, UDP, Ether, raw
from scapy.contrib.ikev2 import (IKEv2, IKEv2_KE, IKEv2_Nonce, IKEv2_Proposal, IKEv2_SA, IKEv2_Transform)
mac, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
transforms = (IKEv2_Transform(transform_type=1, transform_id=20, key_length=128) /
              IKEv2_Transform(transform_type=2, transform_id=5) / IKEv2_Transform(transform_type=4, transform_id=31))
proposal = IKEv2_Proposal(trans_nb=3, trans=transforms)
message = (IKEv2(init_SPI=b"12345678", next_payload="SA", exch_type="IKE_SA_INIT", flags="Initiator") /
           IKEv2_SA(next_payload="KE", prop=proposal) / IKEv2_KE(next_payload="Nonce", group=31, ke=b"\x09" * 32) /
           IKEv2_Nonce(nonce=b"n" * 32))
frame = bytearray(raw(Ether(dst=mac) / IP(src="198.18.0.1", dst="192.0.2.2") / UDP(sport=500, dport=500, chksum=0) / message))
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("wire", 0))
out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
start = time.monotonic()
sent = refused = 0
chance = random.Random(7)
while (now := time.monotonic() - start) < seconds:
    for _ in range(max(0, int(now * rate) - sent)):
        address = chance.getrandbits(17)
        frame[26:30] = struct.pack("!I", 0xC6120000 | address)
        frame[24:26] = b"\0\0"
        total = sum(struct.unpack("!10H", frame[14:34]))
        total = (total & 0xffff) + (total >> 16)
        frame[24:26] = struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff)
        frame[42:50] = chance.randbytes(8)
        try:
            out.send(frame)
        except OSError:
            refused += 1
        sent += 1
    time.sleep(0.001)
print('{{"sent": %d, "refused": %d}}' % (sent, refused))
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=lambda x: pathlib.Path(x).resolve(), required=True)
    parser.add_argument("--rate", type=int, default=50_000, help="requests a second")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--expect-none", action="store_true", help="exit code 1 when the figures are not reached")
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="openvam-flood-"))
    net = VamPair(topology.tag_of_process("vf"), work)
    try:
        result = flood(net, args)
    finally:
        net.close()
        shutil.rmtree(work, ignore_errors=True)
    print(json.dumps(result))
    good = result["lost"] == 0 and result["new_peer_seconds"] <= MOST_SECONDS and result["refused"] == 0
    return 1 if args.expect_none and not good else 0


def drive(net: VamPair, first: int) -> float:
    words = ["--first", str(first), "--count", "1", "--limit", "30"]
    begin = time.monotonic()
    net.inside("a", sys.executable, str(HERE / "ike_driver.py"), *words, timeout=60)
    return time.monotonic() - begin


def flood(net: VamPair, args: argparse.Namespace) -> dict:
    net.bring_up(args.bin, 2, "x25519")
    start_up = drive(net, 0)
    mac = net.inside("gb", "cat", "/sys/class/net/wire/address").stdout.strip()
    script = net.work / "flood.py"
    script.write_text(FLOOD.format(interop=str(HERE)))
    attack = net.start(
        "ga", "/usr/bin/python3", str(script), mac, str(args.rate), str(args.seconds), stdout=subprocess.PIPE, text=True
    )
    time.sleep(1.5)  # of scapy's start; then the flood is on
    count = int(args.seconds - 2) * 100
    words = ["ping", "-I", "10.101.0.1", "-c", str(count), "-i", "0.01", "-W", "3", "10.102.0.1"]
    pings = net.start("a", *words, stdout=subprocess.PIPE, text=True)
    time.sleep(2)
    seconds = drive(net, 1)
    text, _ = pings.communicate(timeout=args.seconds + 30)
    sent = json.loads(attack.communicate(timeout=args.seconds + 30)[0])
    received = int(re.search(r"(\d+) received", text).group(1))
    stats = json.loads(net.answer(args.bin, "gb", "show crypto ikev2 stats | json"))
    return {
        "requests": sent["sent"],
        "refused": sent["refused"],
        "pings": count,
        "lost": count - received,
        "new_peer_seconds": round(seconds, 2),
        "new_peer_seconds_without": round(start_up, 2),
        "cookie_challenges": int(stats.get("cookie_challenges", 0)),
    }


if __name__ == "__main__":
    sys.exit(main())
