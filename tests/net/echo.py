#!/usr/bin/python3
"""Echo requests whose answers are waited for. ping(8) waits for the last ones as long as two round trips took, or one
interval: on a machine that stands still for 50 ms it counts an answer as lost that comes.

usage: echo.py [-c COUNT] [-i SECONDS] [-W SECONDS] [-s BYTES] [-p HEX] [-I SOURCE] ADDRESS

Options are those of ping; -W is the time from the last request on. Says each answer as ping does, and the sums.
"""

import argparse
import os
import select
import socket
import struct
import sys
import time

SO_RCVBUFFORCE = 33
REQUEST, ANSWER = {4: 8, 6: 128}, {4: 0, 6: 129}


def checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Echo:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.version = 6 if ":" in options.address else 4
        family, protocol = {4: (socket.AF_INET, socket.IPPROTO_ICMP), 6: (socket.AF_INET6, socket.IPPROTO_ICMPV6)}[
            self.version
        ]
        self.socket = socket.socket(family, socket.SOCK_RAW, protocol)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        if options.source:
            self.socket.bind((options.source, 0))
        self.socket.connect((options.address, 0))
        self.ident = os.getpid() & 0xFFFF
        pattern = bytes.fromhex(options.pattern) or bytes(range(256))
        self.data = (pattern * (options.size // len(pattern) + 1))[: options.size]
        self.seen: set[int] = set()
        self.doubled = 0

    def send(self, number: int) -> None:
        packet = struct.pack(">BBHHH", REQUEST[self.version], 0, 0, self.ident, number) + self.data
        if self.version == 4:  # of ICMPv6 the kernel makes it
            packet = packet[:2] + struct.pack(">H", checksum(packet)) + packet[4:]
        try:
            self.socket.send(packet)
        except OSError as error:  # unreachable, or no room: as lost as on the way
            print(f"icmp_seq={number} {error.strerror}", flush=True)

    def receive(self) -> None:
        try:
            packet = self.socket.recv(65536)
        except OSError:  # what an ICMP error says of an earlier request
            return
        ttl = ""
        if self.version == 4:
            ttl, packet = f" ttl={packet[8]}", packet[4 * (packet[0] & 15) :]
        kind, _, _, ident, number = struct.unpack_from(">BBHHH", packet)
        if kind != ANSWER[self.version] or ident != self.ident or packet[8:] != self.data:
            return
        again = number in self.seen
        self.doubled += again
        self.seen.add(number)
        print(f"icmp_seq={number}{ttl or ' ttl=-'}{' DUP!' if again else ''}", flush=True)

    def run(self) -> int:
        """The number of answers."""
        count = self.options.count
        sent, until = 0, time.monotonic()
        while True:
            now = time.monotonic()
            if sent < count and now >= until:
                sent += 1
                self.send(sent)
                # Whoever was late does not catch up: a burst fills buffers, and is another test.
                until = now + (self.options.interval if sent < count else self.options.wait)
            elif len(self.seen) == count or now >= until:
                return len(self.seen)
            elif select.select([self.socket], [], [], until - now)[0]:
                self.receive()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", dest="count", type=int, default=1)
    parser.add_argument("-i", dest="interval", type=float, default=1)
    parser.add_argument("-W", dest="wait", type=float, default=5)
    parser.add_argument("-s", dest="size", type=int, default=56)
    parser.add_argument("-p", dest="pattern", default="")
    parser.add_argument("-I", dest="source", default="")
    parser.add_argument("address")
    options = parser.parse_args()
    echo = Echo(options)
    received = echo.run()
    doubled = f", +{echo.doubled} duplicates" if echo.doubled else ""
    print(f"{options.count} packets transmitted, {received} received{doubled}", flush=True)
    return 0 if received == options.count else 1


if __name__ == "__main__":
    sys.exit(main())
