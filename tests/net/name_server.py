"""A name server by UDP (RFC 1035) for tests: answers what a JSON file says when it is asked.

name_server.py ADDRESS FILE; FILE: {"gw.example.com": {"ttl": 5, "addresses": ["192.0.2.2"]}}. Other names do not exist.
"""

import ipaddress
import json
import pathlib
import socket
import struct
import sys

TYPES = {4: 1, 6: 28}


def answer(question: bytes, names: dict) -> bytes:
    at, labels = 12, []
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode().lower())
        at += 1 + question[at]
    end = at + 5
    wanted = struct.unpack_from("!H", question, at + 1)[0]
    entry = names.get(".".join(labels))
    records = b""
    count = 0
    for text in entry["addresses"] if entry else ():
        address = ipaddress.ip_address(text)
        if TYPES[address.version] != wanted:
            continue
        count += 1
        data = address.packed
        records += struct.pack("!HHHIH", 0xC00C, wanted, 1, entry["ttl"], len(data)) + data
    flags = 0x8580 | (0 if entry else 3)
    return question[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + question[12:end] + records


def main() -> None:
    address, path = sys.argv[1], pathlib.Path(sys.argv[2])
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    print("serving", flush=True)
    while True:
        question, client = server.recvfrom(512)
        server.sendto(answer(question, json.loads(path.read_text())), client)


if __name__ == "__main__":
    main()
