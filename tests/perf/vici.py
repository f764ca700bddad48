"""The least of strongSwan's VICI protocol: one command at a time over one connection.

A packet is a 32-bit length (network order) and that many bytes: its type; the length and the text of its name; then elements.
"""

import socket
import struct

REQUEST, RESPONSE, UNKNOWN = 0, 1, 2
KEY_VALUE = 3


class Vici:
    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def ask(self, command: str, **values: str) -> bytes:
        """The elements of the answer, as they came."""
        packet = bytes([REQUEST, len(command)]) + command.encode()
        for key, value in values.items():
            packet += bytes([KEY_VALUE, len(key)]) + key.encode()
            packet += struct.pack("!H", len(value)) + value.encode()
        self.socket.sendall(struct.pack("!I", len(packet)) + packet)
        (length,) = struct.unpack("!I", self.take(4))
        answer = self.take(length)
        if answer[:1] != bytes([RESPONSE]):
            raise RuntimeError(f"vici: {command} is answered by type {answer[0]}")
        return answer[1:]

    def initiate(self, child: str, milliseconds: int = 30_000) -> None:
        """Returns when the child is up."""
        answer = self.ask("initiate", child=child, timeout=str(milliseconds))
        if b"\x07success\x00\x03yes" not in answer:
            raise RuntimeError(f"vici: {child}: {answer!r}")

    def take(self, length: int) -> bytes:
        out = b""
        while len(out) < length:
            more = self.socket.recv(length - len(out))
            if not more:
                raise RuntimeError("vici: the connection was closed")
            out += more
        return out
