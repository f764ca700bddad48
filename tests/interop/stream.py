"""Bulk data over TCP between a host and the kernel peer; both ends know every byte from a seed.

serve                         in the guest: answers put, get, xfrm, run, stop, each connection in a thread
put|get ADDRESS BYTES SEED    one direction; exit code 0 if every byte arrived as it was
ask ADDRESS WORD              prints the answer to WORD (xfrm: the guest's states; stop: it halts; run: runs what standard
                              input says in JSON, {"words": [...], "input": "..."}: {"code": 0, "output": "..."})
"""

import hashlib
import json
import os
import random
import socket
import subprocess
import sys
import threading

PORT = 7000
CHUNK = 1 << 16
# Fewer bytes under way than the wires have room for, so that no frame is lost and counters of both ends must agree.
SOCKET_BUFFER = 1 << 17


def data(seed: int, size: int):
    source = random.Random(seed)
    while size > 0:
        yield source.randbytes(min(CHUNK, size))
        size -= CHUNK


def digest(chunks) -> str:
    total = hashlib.sha256()
    for chunk in chunks:
        total.update(chunk)
    return total.hexdigest()


def received(stream):
    while chunk := stream.read(CHUNK):
        yield chunk


def output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def limit(connection: socket.socket) -> socket.socket:
    """Before it connects or listens: what it accepts inherits the sizes."""
    for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        connection.setsockopt(socket.SOL_SOCKET, buffer, SOCKET_BUFFER)
    return connection


def run(words: list[str], given: str) -> bytes:
    done = subprocess.run(words, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return json.dumps({"code": done.returncode, "output": done.stdout}).encode()


def answer(connection: socket.socket) -> None:
    """One request."""
    with connection, connection.makefile("rwb") as stream:
        word, *arguments = stream.readline().decode().split()
        if word == "put":
            stream.write(digest(received(stream)).encode())
        elif word == "get":
            size, seed = map(int, arguments)
            for chunk in data(seed, size):
                stream.write(chunk)
        elif word == "xfrm":
            stream.write(output("ip", "-s", "xfrm", "state").encode())
        elif word == "run":
            asked = json.loads(stream.read())
            stream.write(run(asked["words"], asked["input"]))
    if word == "stop":
        os._exit(0)


def serve() -> int:
    listener = limit(socket.create_server(("", PORT), family=socket.AF_INET6, dualstack_ipv6=True))
    print("guest: ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def request(address: str, line: str, body=()) -> list[bytes]:
    connection = limit(socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET))
    connection.settimeout(60)
    with connection, connection.makefile("rwb") as stream:
        connection.connect((address, PORT))
        stream.write(line.encode() + b"\n")
        for chunk in body:
            stream.write(chunk)
        stream.flush()
        connection.shutdown(socket.SHUT_WR)
        return list(received(stream))


def put(address: str, size: int, seed: int) -> bool:
    return b"".join(request(address, "put", data(seed, size))).decode() == digest(data(seed, size))


def get(address: str, size: int, seed: int) -> bool:
    return digest(request(address, f"get {size} {seed}")) == digest(data(seed, size))


def main(words: list[str]) -> int:
    if words == ["serve"]:
        return serve()
    if words[0] == "ask":
        body = [sys.stdin.buffer.read()] if words[2] == "run" else []
        sys.stdout.buffer.write(b"".join(request(words[1], words[2], body)))
        return 0
    ok = {"put": put, "get": get}[words[0]](words[1], int(words[2]), int(words[3]))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
