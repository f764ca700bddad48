#!/usr/bin/python3
"""Runs in the namespace of host A: brings tunnels up, each proven by a ping through it, and prints JSON.

Without --vici the first packet of a tunnel asks for it; with it strongSwan is told to initiate first, for its userland ESP
cannot be asked by packets. At most --window tunnels are under way at once.
"""

import argparse
import json
import re
import socket
import statistics
import struct
import sys
import threading
import time

from vici import Vici

ECHO, ECHO_REPLY = 8, 0
AGAIN_SECONDS = 1.0


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def address(side: int, n: int) -> bytes:
    return bytes([10, 100 + side]) + struct.pack("!H", n + 1)


def echo(n: int) -> bytes:
    """An IPv4 packet; the kernel fills in length and checksum of its header."""
    body = struct.pack("!II", n, ~n & 0xFFFFFFFF) + b"openvam!"
    icmp = struct.pack("!BBHHH", ECHO, 0, 0, 0x5641, n & 0xFFFF) + body
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_ICMP, 0) + address(1, n) + address(2, n)
    return header + icmp


class Driver:
    def __init__(self, first: int, count: int, window: int, vici: str | None) -> None:
        self.waiting = list(range(first + count - 1, first - 1, -1))
        self.begun: dict[int, float] = {}
        self.sent: dict[int, float] = {}
        self.seconds: list[float] = []
        self.window = window
        self.failure: Exception | None = None
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.replies = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.replies.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.replies.settimeout(0.05)
        self.vici = vici
        self.control = Vici(vici) if vici else None
        self.listens = threading.Event()

    def send(self, n: int) -> None:
        self.sent[n] = time.monotonic()
        self.raw.sendto(echo(n), (socket.inet_ntoa(address(2, n)), 0))

    def begin(self) -> int | None:
        if not self.waiting:
            return None
        n = self.waiting.pop()
        self.begun[n] = time.monotonic()
        return n

    def listen(self) -> None:
        """A thread: strongSwan says what is up."""
        try:
            vici = Vici(self.vici)
            vici.register("child-updown")
            self.listens.set()
            while True:
                event = vici.event()
                name = re.search(rb"\x03\x02up\x00\x03yes.*?\x01.t(\d+)", event, re.DOTALL)
                if name and int(name[1]) in self.begun:
                    self.send(int(name[1]))
        except Exception as error:
            self.failure = error

    def ask(self, n: int) -> None:
        if self.control is None:
            return self.send(n)
        self.control.initiate(f"t{n}")

    def take(self) -> None:
        try:
            packet = self.replies.recv(2048)
        except TimeoutError:
            return
        icmp = packet[(packet[0] & 15) * 4 :]
        if len(icmp) < 24 or icmp[0] != ECHO_REPLY or icmp[16:24] != b"openvam!":
            return
        n, inverse = struct.unpack("!II", icmp[8:16])
        if n ^ inverse != 0xFFFFFFFF or n not in self.sent:
            return
        del self.sent[n]
        self.seconds.append(time.monotonic() - self.begun.pop(n))

    def again(self) -> None:
        now = time.monotonic()
        for n, at in list(self.sent.items()):
            if now - at > AGAIN_SECONDS:
                self.send(n)

    def run(self, limit: float) -> float:
        if self.vici:
            threading.Thread(target=self.listen, daemon=True).start()
            self.listens.wait(10)
        start = looked = time.monotonic()
        while self.waiting or self.begun:
            while len(self.begun) < self.window and (n := self.begin()) is not None:
                self.ask(n)
            self.take()
            now = time.monotonic()
            if now - looked > 0.1:
                looked = now
                self.again()
            if self.failure or now - start > limit:
                raise RuntimeError(f"{len(self.begun) + len(self.waiting)} tunnels are not up: {self.failure or 'too slow'}")
        return time.monotonic() - start


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--window", type=int, default=16)
    parser.add_argument("--limit", type=float, default=300, help="seconds")
    parser.add_argument("--vici")
    args = parser.parse_args()
    driver = Driver(args.first, args.count, args.window, args.vici)
    seconds = driver.run(args.limit)
    quantiles = statistics.quantiles(driver.seconds, n=100) if args.count > 1 else driver.seconds * 99
    print(json.dumps({
        "tunnels": args.count,
        "seconds": seconds,
        "per_second": args.count / seconds,
        "ms": {"median": quantiles[49] * 1e3, "p99": quantiles[98] * 1e3, "most": max(driver.seconds) * 1e3},
    }))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
