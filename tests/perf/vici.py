"""The least of strongSwan's VICI protocol: one command at a time over one connection.

A packet is a 32-bit length (network order) and that many bytes: its type; the length and the text of its name; then elements.
"""

import socket
import struct

REQUEST, RESPONSE = 0, 1
EVENT_REGISTER, EVENT_CONFIRM, EVENT = 3, 5, 7
KEY_VALUE = 3


class Vici:
    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def ask(self, command: str, **values: str) -> bytes:
        """The elements of the answer, as they came."""
        elements = b""
        for key, value in values.items():
            elements += bytes([KEY_VALUE, len(key)]) + key.encode()
            elements += struct.pack("!H", len(value)) + value.encode()
        self.put(REQUEST, command, elements)
        return self.take(RESPONSE)

    def initiate(self, child: str) -> None:
        """Returns at once: whether it comes up is told by events."""
        answer = self.ask("initiate", child=child, timeout="-1")
        if b"\x07success\x00\x03yes" not in answer:
            raise RuntimeError(f"vici: {child}: {answer!r}")

    def register(self, event: str) -> None:
        self.put(EVENT_REGISTER, event)
        self.take(EVENT_CONFIRM)

    def event(self) -> bytes:
        """The next one: its name and its elements."""
        return self.take(EVENT)

    def put(self, kind: int, name: str, elements: bytes = b"") -> None:
        packet = bytes([kind, len(name)]) + name.encode() + elements
        self.socket.sendall(struct.pack("!I", len(packet)) + packet)

    def take(self, kind: int) -> bytes:
        (length,) = struct.unpack("!I", self.read(4))
        answer = self.read(length)
        if answer[0] != kind:
            raise RuntimeError(f"vici: a packet of type {answer[0]}, not {kind}")
        return answer[1:]

    def read(self, length: int) -> bytes:
        out = b""
        while len(out) < length:
            more = self.socket.recv(length - len(out))
            if not more:
                raise RuntimeError("vici: the connection was closed")
            out += more
        return out
