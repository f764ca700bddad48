"""The other ends of a gateway with manually keyed tunnels: host, peer and wire, as raw frames of this process.

    host side  a:eth0 ---- ga:inside  [ vamd ]  ga:wire ---- gb:wire  peer side

Nothing but the gateway under test runs: the frames of host and peer are made and read here, with OpenSSL's AES-GCM (the
`cryptography` package) and `struct`. Every frame that leaves the gateway is read; a capture that lost one is refused.
"""

import ctypes
import dataclasses
import hashlib
import hmac
import os
import pathlib
import random
import socket
import struct
import threading
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_STATISTICS = 263, 6
ETH_P_IP = 0x0800
HOST_MAC, PEER_MAC = bytes.fromhex("0200000000aa"), bytes.fromhex("0200000000bb")
LOCAL, REMOTE = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source: bytes, destination: bytes, protocol: int, payload: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, source, destination)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


class Tap:
    """All IPv4 frames that come out of one interface of a namespace, and a way to send there."""

    def __init__(self, namespace: str, interface: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        try:
            if libc.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
            self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
            self.socket.bind((interface, ETH_P_IP))
            self.socket.setblocking(False)
        finally:
            libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)

    def frames(self):
        while True:
            try:
                yield self.socket.recv(2048)
            except BlockingIOError:
                return

    def send(self, frame: bytes) -> None:
        try:
            self.socket.send(frame)
        except OSError:  # the other end of the link has no room: as on any wire
            pass

    def lost(self) -> int:
        return struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]


@dataclasses.dataclass
class Key:
    """One cipher key with its salt, and what became of its numbers."""

    material: bytes
    esn: bool
    inbound: bool
    highest: int = 0  # of the numbers seen in use: sent by the gateway, or delivered by it
    used: set = dataclasses.field(default_factory=set)

    def __post_init__(self) -> None:
        self.aead = AESGCM(self.material[:-4])

    def aad(self, spi: int, number: int) -> bytes:
        return struct.pack(">IQ", spi, number) if self.esn else struct.pack(">II", spi, number)

    def nonce(self, iv: bytes) -> bytes:
        return self.material[-4:] + iv


@dataclasses.dataclass
class Tunnel:
    """One crypto map entry, seen from outside the gateway. Inbound: what the peer sends to it."""

    index: int
    bits: int
    esn: bool
    window: int  # 0: none
    inbound: Key
    outbound: Key
    inbound_spi: int
    outbound_spi: int
    number: int = 0  # the peer's last
    sent: list = dataclasses.field(default_factory=list)  # (number, frame) of the peer

    def entry(self) -> str:
        lines = [f"crypto map M {10 + self.index} ipsec-manual", " set peer 192.0.2.2"]
        lines.append(f" set transform-set T{self.bits}")
        lines.append(f" match address {101 + self.index}")
        lines.append(f" set session-key inbound esp {self.inbound_spi} cipher {self.inbound.material.hex()}")
        lines.append(self.outbound_key())
        if self.esn:
            lines.append(" set security-association esn")
        if self.window:
            lines.append(f" set security-association replay window-size {self.window}")
        access = f"access-list {101 + self.index} permit ip 10.1.{self.index}.0 0.0.0.255 10.2.{self.index}.0 0.0.0.255"
        return "\n".join([*lines, access]) + "\n"

    def outbound_key(self) -> str:
        return f" set session-key outbound esp {self.outbound_spi} cipher {self.outbound.material.hex()}"

    def host(self) -> bytes:
        return bytes([10, 1, self.index, 10])

    def far_host(self) -> bytes:
        return bytes([10, 2, self.index, 10])


def make_tunnels(rng: random.Random, count: int) -> list[Tunnel]:
    tunnels = []
    for i in range(count):
        bits = (128, 192, 256)[i % 3]
        esn = i % 3 == 1
        window = 0 if i % 4 == 3 else rng.choice((64, 128, 1024))
        keys = [Key(rng.randbytes(bits // 8 + 4), esn, inbound) for inbound in (True, False)]
        tunnels.append(Tunnel(i, bits, esn, window, *keys, 1000 + i, 2000 + i))
    return tunnels


def configuration(card: str, tunnels: list[Tunnel]) -> str:
    text = f"hostname restarts\nengine card {card}\ncrypto ipsec manual-counter-mode enable\n"
    text += "".join(f"crypto ipsec transform-set T{bits} esp-gcm {bits}\n" for bits in (128, 192, 256))
    text += "".join(t.entry() for t in tunnels)
    text += "interface inside\n device af-packet inside\n ip address 10.1.0.1 255.255.0.0\n"
    text += "interface wire\n device af-packet wire\n ip address 192.0.2.1 255.255.255.252\n crypto map M\n"
    text += "ip route 10.2.0.0 255.255.0.0 192.0.2.2\narp 192.0.2.2 0200.0000.00bb arpa\n"
    text += "".join(f"arp 10.1.{t.index}.10 0200.0000.00aa arpa\n" for t in tunnels)
    return text


class Traffic:
    """Sends both ways all the time and reads what comes out; the judge of every packet.

    `faults` holds a sentence for each law broken: a (key, IV) pair that came twice, an inbound packet that was delivered
    twice, a packet that is no ESP of a known SA. `replay` lets the peer's earlier packets of the windowed tunnels be sent
    again between the new ones.
    """

    TICK = 0.004

    def __init__(self, net, tunnels: list[Tunnel], rng: random.Random) -> None:
        self.tunnels = tunnels
        self.rng = rng
        self.lock = threading.Lock()  # of all that follows; tunnels too
        self.host, self.peer = Tap(net.ns("a"), "eth0"), Tap(net.ns("gb"), "wire")
        self.gateway_macs = [
            bytes.fromhex(net.inside("ga", "cat", f"/sys/class/net/{i}/address").stdout.strip().replace(":", ""))
            for i in ("inside", "wire")
        ]
        self.keys = {t.outbound_spi: t.outbound for t in tunnels}  # every outbound SPI that ever was
        self.faults: list[str] = []
        self.esp = self.delivered = self.replayed = self.jumps = 0
        # Before new numbers come, a window that forgot them would take the old ones.
        self.peers_silent = False
        self.stop_event = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stop_event.set()
        if self.thread.is_alive():
            self.thread.join()

    def close(self) -> None:
        self.stop()
        self.host.socket.close()
        self.peer.socket.close()

    def fault(self, text: str) -> None:
        if len(self.faults) < 20:
            self.faults.append(text)

    def _run(self) -> None:
        turn = 0
        try:
            while not self.stop_event.wait(self.TICK):
                with self.lock:
                    for _ in range(2):
                        self._send(self.tunnels[turn % len(self.tunnels)])
                        turn += 1
                    self._read()
        except Exception as error:
            self.fault(f"the traffic stopped: {error!r}")
            raise

    def _send(self, tunnel: Tunnel) -> None:
        inside, wire = self.gateway_macs
        for _ in range(self.rng.choice((1, 2, 6))):
            inner = self._inner(tunnel.host(), tunnel.far_host(), b"out of the gateway")
            self.host.send(inside + HOST_MAC + b"\x08\0" + inner)
            if self.peers_silent:
                continue
            frame = wire + PEER_MAC + b"\x08\0" + self._esp(tunnel)
            self.peer.send(frame)
            if tunnel.window:
                tunnel.sent.append((tunnel.number, frame))
        if len(tunnel.sent) > 2000:
            # The later half, and something of all ages.
            tunnel.sent = self.rng.sample(tunnel.sent[:1000], 300) + tunnel.sent[1000:]

    def _inner(self, source: bytes, destination: bytes, payload: bytes) -> bytes:
        return ipv4(source, destination, 17, struct.pack(">HHHH", 1, 2, 8 + len(payload), 0) + payload)

    def _esp(self, tunnel: Tunnel) -> bytes:
        tunnel.number += 1
        number = tunnel.number
        inner = self._inner(tunnel.far_host(), tunnel.host(), struct.pack(">HQ", tunnel.index, number))
        pad = -(len(inner) + 2) % 4
        text = inner + bytes(range(1, pad + 1)) + bytes([pad, 4])
        iv = struct.pack(">Q", number)
        key, spi = tunnel.inbound, tunnel.inbound_spi
        sealed = key.aead.encrypt(key.nonce(iv), text, key.aad(spi, number))
        return ipv4(REMOTE, LOCAL, 50, struct.pack(">II", spi, number & 0xFFFFFFFF) + iv + sealed)

    def jump(self, limit: int) -> None:
        """The peers restart: their numbers go on further up."""
        with self.lock:
            for tunnel in self.tunnels:
                tunnel.number += self.rng.randrange(limit)
            self.jumps += 1

    def replay(self, count: int) -> None:
        """Earlier packets of the peers once more: the last ones before now, and some of all ages."""
        with self.lock:
            for tunnel in self.tunnels:
                again = tunnel.sent[-count:] + self.rng.sample(tunnel.sent, min(count, len(tunnel.sent)))
                for _, frame in again:
                    self.peer.send(frame)
                self.replayed += len(again)
                self._read()

    def read(self) -> None:
        with self.lock:
            self._read()

    def _read(self) -> None:
        for frame in self.peer.frames():
            self._judge_wire(frame)
        for frame in self.host.frames():
            self._judge_delivered(frame)

    def _judge_wire(self, frame: bytes) -> None:
        packet = frame[14:]
        if packet[9] != 50 or packet[12:16] != LOCAL:
            return self.fault(f"not ESP on the wire: {frame.hex()}")
        spi, low, iv = *struct.unpack_from(">II", packet, 20), packet[28:36]
        key = self.keys.get(spi)
        if key is None:
            return self.fault(f"SPI {spi} was never configured")
        number = int.from_bytes(iv, "big")
        self.esp += 1
        if number & 0xFFFFFFFF != low:
            self.fault(f"SPI {spi}: IV {number} is not the sequence number {low}")
        if number in key.used:
            self.fault(f"SPI {spi}: number and IV {number} came before under this key")
        key.used.add(number)
        key.highest = max(key.highest, number)
        # That it is this key that the number was used with.
        total = struct.unpack_from(">H", packet, 2)[0]
        try:
            inner = key.aead.decrypt(key.nonce(iv), packet[36:total], key.aad(spi, number))
        except InvalidTag:
            return self.fault(f"SPI {spi}: IV {number} was not made with its key")
        if b"out of the gateway" not in inner:
            self.fault(f"SPI {spi}: IV {number} carries something else")

    def _judge_delivered(self, frame: bytes) -> None:
        packet = frame[14:]
        if packet[9] != 17 or frame[:6] != HOST_MAC:
            return  # what the gateway says itself
        index, number = struct.unpack_from(">HQ", packet, 28)
        tunnel = self.tunnels[index]
        self.delivered += 1
        if not tunnel.window:
            return
        key = tunnel.inbound
        if number in key.used:
            self.fault(f"tunnel {index}: packet {number} was delivered twice")
        key.used.add(number)
        key.highest = max(key.highest, number)

    def swap_keys(self, spi: int) -> tuple[Tunnel, Tunnel]:
        """The outbound SAs of two tunnels change their keys and get new SPIs: the numbers must go with the keys."""
        with self.lock:
            one, two = self.rng.choice(same_kind(self.tunnels))
            one.outbound, two.outbound = two.outbound, one.outbound
            for tunnel in (one, two):
                tunnel.outbound_spi = spi + tunnel.index
                self.keys[tunnel.outbound_spi] = tunnel.outbound
        return one, two

    def lost(self) -> int:
        return self.peer.lost() + self.host.lost()


def same_kind(tunnels: list[Tunnel]) -> list[tuple[Tunnel, Tunnel]]:
    return [(a, b) for a in tunnels for b in tunnels if a.index < b.index and (a.bits, a.esn) == (b.bits, b.esn)]


NUMBER_PLACES = 32768
NUMBER_COPY = 4096 + 64 * NUMBER_PLACES  # from the start of one copy to that of the other
NO_RECORD = bytes(64)


def persisted(path: pathlib.Path) -> dict:
    """The number file as sw/mgmt/number_file.h has it: {key id: first number that no one was given}, and the secret."""
    raw = path.read_bytes()
    heads = [raw[at : at + 72] for at in (0, NUMBER_COPY)]
    secrets = {h[8:40] for h in heads if h[:8] == b"VAMNUMB2" and hashlib.sha256(h[:40]).digest() == h[40:]}
    if len(secrets) != 1:
        raise AssertionError("no whole secret in the number file")
    numbers: dict[bytes, int] = {}
    for place in range(NUMBER_PLACES):
        forms = [raw[at : at + 64] for at in (4096 + 64 * place, NUMBER_COPY + 4096 + 64 * place)]
        given = [f for f in forms if f != NO_RECORD]
        whole = [f for f in given if hashlib.sha256(place.to_bytes(8, "big") + f[:32]).digest() == f[32:]]
        if len(given) == 2 and not whole:
            raise AssertionError(f"no whole record at place {place} of the number file")
        for form in whole:
            numbers[form[:16]] = max(numbers.get(form[:16], 0), int.from_bytes(form[16:24], "big"))
    return {"secret": secrets.pop(), "next": numbers}


def first_unreserved(state: dict, key: Key) -> int:
    name = hmac.new(state["secret"], key.material[:-4], hashlib.sha256).digest()[:16]
    return state["next"].get(name, 1)


def wait_for(condition, seconds: float, what: str) -> float:
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.002)
    return time.monotonic() - started
