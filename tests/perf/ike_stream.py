#!/usr/bin/python3
"""UDP through many tunnels at once, every datagram counted.

    echo COUNT                      in the namespace of host B: returns every datagram
    send COUNT RATE SECONDS         in that of host A: RATE datagrams a second over all tunnels; prints JSON
"""

import json
import selectors
import socket
import struct
import sys
import time

from ike_pairs import host

PORT = 7001
SO_RCVBUFFORCE = 33  # Linux, root; not in Python 3.11
BYTES = 1200
QUIET_SECONDS = 5.0  # for the last ones to come back
STEP_SECONDS = 0.002
MOST_AT_ONCE = 50  # datagrams: what a pause of the machine held up is not sent all at once


def sockets(side: int, count: int) -> list[socket.socket]:
    out = []
    for n in range(count):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
        one.setblocking(False)
        one.bind((address(side, n), PORT))
        out.append(one)
    return out


def address(side: int, n: int) -> str:
    return f"10.10{side}.{host(n)}"


def watched(all_sockets: list[socket.socket]) -> selectors.BaseSelector:
    selector = selectors.EpollSelector()
    for one in all_sockets:
        selector.register(one, selectors.EVENT_READ)
    return selector


def datagrams(one: socket.socket):
    while True:
        try:
            yield one.recvfrom(2048)
        except BlockingIOError:
            return


def echo(count: int) -> None:
    selector = watched(sockets(2, count))
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            for data, sender in datagrams(key.fileobj):
                key.fileobj.sendto(data, sender)


class Sender:
    def __init__(self, count: int) -> None:
        self.sockets = sockets(1, count)
        self.selector = watched(self.sockets)
        self.back = bytearray()
        self.next = 0
        self.last_back = 0.0

    def send_one(self) -> None:
        number = self.next
        self.next += 1
        self.back.append(0)
        n = number % len(self.sockets)
        self.sockets[n].sendto(struct.pack("!Q", number).ljust(BYTES, b"."), (address(2, n), PORT))

    def take(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            for data, _ in datagrams(key.fileobj):
                (number,) = struct.unpack("!Q", data[:8])
                self.back[number] = min(self.back[number] + 1, 2)
                self.last_back = time.monotonic()

    def run(self, rate: int, seconds: float) -> dict:
        start = time.monotonic()
        late = 0.0  # seconds that are not made up for
        while (now := time.monotonic() - start) < seconds:
            due = int((now - late) * rate) - self.next
            if due > MOST_AT_ONCE:
                late += (due - MOST_AT_ONCE) / rate
            for _ in range(min(due, MOST_AT_ONCE)):
                self.send_one()
            self.take(STEP_SECONDS)
        self.last_back = time.monotonic()
        while 0 in self.back and time.monotonic() - self.last_back < QUIET_SECONDS:
            self.take(0.1)
        lost = [number for number, times in enumerate(self.back) if times == 0]
        return {
            "sent": self.next,
            "lost": len(lost),
            "duplicated": sum(times > 1 for times in self.back),
            "lost_tunnels": sorted({number % len(self.sockets) for number in lost})[:20],
            "lost_at_seconds": [round(number / rate, 2) for number in lost[:20]],
        }


def main(words: list[str]) -> int:
    if words[0] == "echo":
        echo(int(words[1]))
    else:
        print(json.dumps(Sender(int(words[1])).run(int(words[2]), float(words[3]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
