"""Configurations and captures for vamreplay: what a gateway gets from inside and from the wire."""

import pathlib

from scapy.all import ICMP, IP, TCP, UDP, Ether, Raw, wrpcap
from scapy.layers.ipsec import ESP, SecurityAssociation

INSIDE, WIRE = "GigabitEthernet0/0", "GigabitEthernet0/1"
KEY_AB = bytes(range(16)) + b"\xca\xfe\xba\xbe"
KEY_BA = bytes(range(0xF0, 0x100)) + b"\xfa\xce\xdb\xad"
SPI_AB, SPI_BA = 2002, 1001
MTU = 1500


def config(self: str, peer: str, extra: str = "") -> str:
    """Gateway 1 or 2: 10.N.0.0/24 inside, 192.0.2.N on the wire."""
    out_key, in_key = (KEY_AB, KEY_BA) if self == "1" else (KEY_BA, KEY_AB)
    out_spi, in_spi = (SPI_AB, SPI_BA) if self == "1" else (SPI_BA, SPI_AB)
    return f"""hostname gateway-{self}
crypto ipsec manual-counter-mode enable
crypto ipsec transform-set GCM esp-gcm 128
crypto map TUNNEL 10 ipsec-manual
 set peer 192.0.2.{peer}
 set session-key inbound esp {in_spi} cipher {in_key.hex()}
 set session-key outbound esp {out_spi} cipher {out_key.hex()}
 set security-association replay window-size 64
 set transform-set GCM
 match address 101
interface {INSIDE}
 ip address 10.{self}.0.1 255.255.255.0
 mac-address 0200.0000.0{self}00
interface {WIRE}
 ip address 192.0.2.{self} 255.255.255.0
 mac-address 0200.0000.0{self}01
 crypto map TUNNEL
ip route 10.{peer}.0.0 255.255.255.0 192.0.2.{peer}
arp 192.0.2.{peer} 0200.0000.0{peer}01 arpa
arp 10.{self}.0.10 02ff.0000.0{self}10 arpa
access-list 101 permit ip 10.{self}.0.0 0.0.0.255 10.{peer}.0.0 0.0.0.255
{extra}"""


def to_inside(self: str):
    return Ether(dst=f"02:00:00:00:0{self}:00", src=f"02:ff:00:00:0{self}:10")


def to_wire(self: str, peer: str):
    return Ether(dst=f"02:00:00:00:0{self}:01", src=f"02:00:00:00:0{peer}:01")


def pattern(size: int, seed: int) -> bytes:
    return bytes((i * 7 + seed * 13 + 1) & 0xFF for i in range(size))


def inner_packets() -> list:
    """Packets that the tunnel must carry: every length class, protocol and padding."""
    ends = {"src": "10.1.0.10", "dst": "10.2.0.10"}
    sizes = [0, 1, 2, 3, 5, 15, 16, 17, 31, 100, 511, 1000, 1417, 1418]
    out = [IP(**ends, id=n, tos=n % 4) / UDP(sport=1000 + n, dport=2000) / Raw(pattern(s, n)) for n, s in enumerate(sizes)]
    out += [IP(**ends, id=50 + n) / TCP(sport=80, dport=90 + n, flags="S") / Raw(pattern(40 * n, n)) for n in range(4)]
    out += [IP(**ends, id=60) / ICMP() / Raw(pattern(56, 1)), IP(**ends, id=61, flags="DF", proto=200)]
    return out


def outbound_capture(path: pathlib.Path) -> tuple[int, int]:
    """What the inside of gateway 1 sends; frames in all, and those that must become ESP."""
    good = inner_packets()
    ends = {"src": "10.1.0.10", "dst": "10.2.0.10"}
    refused = [
        IP(**ends, ttl=1) / UDP() / b"too old",
        IP(**ends, chksum=0x1234) / UDP() / b"bad checksum",
        IP(**ends, flags="DF") / UDP() / Raw(pattern(1419, 3)),  # one byte more than the tunnel's MTU
        IP(src="10.1.0.10", dst="198.51.100.1") / UDP() / b"no route",
        IP(src="127.0.0.1", dst="10.2.0.10") / UDP() / b"martian",
    ]
    frames = [to_inside("1") / p for p in good[:7] + refused + good[7:]]
    frames.append(Ether(dst="02:00:00:00:01:00", type=0x88CC) / Raw(pattern(50, 1)))
    frames.append(to_inside("1") / IP(src="10.1.0.10", dst="10.1.0.1") / ICMP(id=7, seq=1) / b"ping of the gateway")
    write(path, frames)
    return len(frames), len(good)


def write(path: pathlib.Path, frames: list) -> None:
    for n, frame in enumerate(frames):
        frame.time = 1_700_000_000 + n * 0.001
    wrpcap(str(path), frames, linktype=1)


def association(spi: int, key: bytes) -> SecurityAssociation:
    source, destination = ("192.0.2.1", "192.0.2.2") if key == KEY_AB else ("192.0.2.2", "192.0.2.1")
    return SecurityAssociation(
        ESP, spi=spi, crypt_algo="AES-GCM", crypt_key=key, crypt_icv_size=16, tunnel_header=IP(src=source, dst=destination)
    )


def inbound_capture(path: pathlib.Path) -> tuple[int, dict[str, int]]:
    """ESP made by Scapy for gateway 2, and what an attacker makes of it; frames in all, and the reasons expected."""
    sa = association(SPI_AB, KEY_AB)
    good = [IP(bytes(sa.encrypt(p, seq_num=n + 1))) for n, p in enumerate(inner_packets())]
    wrong_inner = IP(src="10.9.0.10", dst="10.2.0.10") / UDP() / b"not of this tunnel"
    # Numbers that no good packet has: a known number would end as a duplicate before its ICV is looked at.
    fresh = [IP(bytes(sa.encrypt(inner_packets()[n], seq_num=50 + n))) for n in range(3)]
    bad = [flipped(fresh[0], -1), flipped(fresh[1], 40), flipped(fresh[2], 30)]
    bad += [good[3], good[5]]  # replayed
    bad.append(IP(bytes(association(777, KEY_AB).encrypt(inner_packets()[0], seq_num=1))))
    bad.append(IP(bytes(sa.encrypt(wrong_inner, seq_num=40))))
    bad.append(IP(src="10.1.0.10", dst="10.2.0.10") / UDP() / b"in clear")
    bad.append(IP(src="192.0.2.1", dst="192.0.2.2", proto=50) / Raw(b"\0\0\x07\xd2\0"))
    frames = [to_wire("2", "1") / p for p in good[:9] + bad + good[9:]]
    write(path, frames)
    reasons = {"replay_duplicate": 2, "icv_failed": 3, "no_sa": 1, "selector_mismatch": 1, "policy_cleartext": 1, "esp_short": 1}
    return len(frames), reasons


def flipped(packet, at: int):
    raw = bytearray(bytes(packet))
    raw[at] ^= 0x10
    return IP(bytes(raw))
