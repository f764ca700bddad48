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

# Raw frames from 198.18.0.0/15, each from another address with another SPI; complete, so each would be answered.
FLOOD = r"""
import random, socket, struct, sys, time
mac, rate, seconds = bytes.fromhex(sys.argv[1].replace(":", "")), int(sys.argv[2]), float(sys.argv[3])
def payload(following, body):
    return struct.pack("!BBH", following, 0, 4 + len(body)) + body
def transform(more, kind, number, attribute=b""):
    return struct.pack("!BBHBBH", 3 * more, 0, 8 + len(attribute), kind, 0, number) + attribute
# AES-GCM-128, PRF_HMAC_SHA2_256, X25519
transforms = transform(1, 1, 20, struct.pack("!HH", 0x800E, 128)) + transform(1, 2, 5) + transform(0, 4, 31)
proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 3) + transforms
body = payload(34, proposal) + payload(40, struct.pack("!HH", 31, 0) + bytes([9] * 32)) + payload(0, b"n" * 32)
message = bytes(16) + struct.pack("!BBBBII", 33, 0x20, 34, 0x08, 0, 28 + len(body)) + body
udp = struct.pack("!HHHH", 500, 500, 8 + len(message), 0) + message
ip = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0xC6120000, 0xC0000202)
frame = bytearray(mac + b"\x02\0\0\0\0\x09" + b"\x08\0" + ip + udp)
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
print('{"sent": %d, "refused": %d}' % (sent, refused))
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
    script.write_text(FLOOD)
    attack = net.start(
        "ga", "/usr/bin/python3", str(script), mac, str(args.rate), str(args.seconds), stdout=subprocess.PIPE, text=True
    )
    time.sleep(0.5)  # of its start; then the flood is on
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
