#!/usr/bin/python3
"""IPv6 in IPv6 by a gateway's own program, with Scapy as the peer, both ways.

usage: ipv6_tunnel_test.py BIN_DIR [unittest arguments]

An IPv4 crypto map takes no IPv6 peer, nor an IPv6 map an IPv4 one: neither is carried in the other, and the last test
looks at the words that say so.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from scapy.all import UDP, Ether, IPv6, Raw, rdpcap, wrpcap
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.layers.ipsec import AH, ESP, SecurityAssociation

BIN = pathlib.Path()
INSIDE, WIRE = "GigabitEthernet0/0", "GigabitEthernet0/1"
OUT_KEY = bytes(range(16)) + b"\xca\xfe\xba\xbe"
IN_KEY = bytes(range(0xF0, 0x100)) + b"\xfa\xce\xdb\xad"
AH_OUT, AH_IN = bytes(range(32)), bytes(range(100, 132))
OUT_SPI, IN_SPI = 2002, 1001
HOST, FAR_HOST = "2001:db8:1::10", "2001:db8:2::10"
SELF, PEER = "2001:db8:99::1", "2001:db8:99::2"

CONFIG = f"""ipv6 unicast-routing
crypto ipsec manual-counter-mode enable
crypto ipsec transform-set GCM esp-gcm 128
crypto ipsec transform-set AUTH ah-sha256-hmac
ipv6 access-list SECRET
 permit ipv6 2001:db8:1::/64 2001:db8:2::/64
ipv6 access-list SIGNED
 permit ipv6 2001:db8:1::/64 2001:db8:3::/64
crypto map ipv6 TUNNEL 10 ipsec-manual
 set peer {PEER}
 set session-key inbound esp {IN_SPI} cipher {IN_KEY.hex()}
 set session-key outbound esp {OUT_SPI} cipher {OUT_KEY.hex()}
 set security-association replay window-size 64
 set transform-set GCM
 match address SECRET
crypto map ipv6 TUNNEL 20 ipsec-manual
 set peer {PEER}
 set session-key inbound ah 3001 {AH_IN.hex()}
 set session-key outbound ah 3002 {AH_OUT.hex()}
 set transform-set AUTH
 match address SIGNED
interface {INSIDE}
 ipv6 address 2001:db8:1::1/64
 mac-address 0200.0000.0100
interface {WIRE}
 ipv6 address {SELF}/64
 mac-address 0200.0000.0101
 ipv6 crypto map TUNNEL
ipv6 route 2001:db8:2::/64 {PEER}
ipv6 route 2001:db8:3::/64 {PEER}
ipv6 neighbor {PEER} {WIRE} 0200.0000.0201
ipv6 neighbor {HOST} {INSIDE} 02ff.0000.0110
"""

FROM_HOST = Ether(dst="02:00:00:00:01:00", src="02:ff:00:00:01:10")
FROM_PEER = Ether(dst="02:00:00:00:01:01", src="02:00:00:00:02:01")


def association(spi: int, outbound: bool, auth: bytes | None = None) -> SecurityAssociation:
    header = IPv6(src=SELF, dst=PEER) if outbound else IPv6(src=PEER, dst=SELF)
    if auth:
        return SecurityAssociation(AH, spi=spi, auth_algo="SHA2-256-128", auth_key=auth, tunnel_header=header)
    key = OUT_KEY if outbound else IN_KEY
    return SecurityAssociation(
        ESP, spi=spi, crypt_algo="AES-GCM", crypt_key=key, crypt_icv_size=16, tunnel_header=header
    )


def packets(source: str, destination: str) -> list:
    ends = {"src": source, "dst": destination}
    out = [IPv6(**ends, fl=n, tc=n % 4) / UDP(sport=1000 + n, dport=2000) / Raw(bytes([n]) * size)
           for n, size in enumerate([0, 1, 2, 3, 15, 16, 17, 500, 1200])]  # fmt: skip
    out.append(IPv6(**ends) / ICMPv6EchoRequest(id=3, seq=4) / Raw(b"ping"))
    out.append(IPv6(**ends) / IPv6ExtHdrDestOpt() / UDP(sport=5, dport=6) / Raw(b"behind options"))
    out.append(IPv6(**ends) / IPv6ExtHdrFragment(offset=10, id=77) / Raw(b"a later fragment"))
    return [IPv6(bytes(p)) for p in out]


class Ipv6TunnelTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="ipv6-tunnel-test-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def run_replay(self, config: str, *words: str) -> subprocess.CompletedProcess:
        path = self.dir / "gateway.cfg"
        path.write_text(config)
        command = [str(BIN / "vamreplay"), "--config", str(path), "--card", "none", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=self.dir)

    def replay(self, port: str, frames: list) -> tuple[dict[str, int], dict[str, list]]:
        """Reasons, and the frames that each port sent. The first frame starts the clock; the others come when the
        addresses are known to be unique."""
        capture = self.dir / "in.pcap"
        frames = [Ether(dst="02:00:00:00:01:00", type=0x88CC) / Raw(bytes(46)), *frames]
        for n, frame in enumerate(frames):
            frame.time = 1_700_000_000 + (5 if n else 0) + n * 0.001
        wrpcap(str(capture), frames, linktype=1)
        out = {p: self.dir / f"out{p[-1]}.pcap" for p in (INSIDE, WIRE)}
        words = ["--in", f"{port}={capture}", "--json"]
        for name, path in out.items():
            words += ["--out", f"{name}={path}"]
        done = self.run_replay(CONFIG, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        reasons = {r["reason"]: int(r["packets"]) for r in json.loads(done.stdout)["reasons"]["reason"]}
        return reasons, {p: [f[IPv6] for f in rdpcap(str(path)) if IPv6 in f] for p, path in out.items()}

    def assert_same(self, got: IPv6, sent: IPv6, hops: int = 1) -> None:
        want = IPv6(bytes(sent))
        want.hlim -= hops
        self.assertEqual(bytes(got).hex(), bytes(want).hex())

    def test_scapy_reads_what_the_gateway_protects(self) -> None:
        secret = packets(HOST, FAR_HOST)
        signed = packets(HOST, "2001:db8:3::10")
        _, out = self.replay(INSIDE, [FROM_HOST / p for p in secret + signed])
        outer = [p for p in out[WIRE] if p.nh in (50, 51)]
        self.assertEqual(len(outer), len(secret) + len(signed))
        esp, ah = association(OUT_SPI, True), association(3002, True, AH_OUT)
        for number, (packet, sent) in enumerate(zip([p for p in outer if p.nh == 50], secret), 1):
            self.assertEqual((packet.src, packet.dst), (SELF, PEER))
            self.assertEqual((packet[ESP].spi, packet[ESP].seq), (OUT_SPI, number))
            self.assert_same(esp.decrypt(IPv6(bytes(packet))), sent)
        for number, (packet, sent) in enumerate(zip([p for p in outer if p.nh == 51], signed), 1):
            self.assertEqual((packet[AH].spi, packet[AH].seq), (3002, number))
            ah.decrypt(IPv6(bytes(packet)))  # raises where the ICV is wrong
            self.assert_same(IPv6(bytes(packet)[40 + 4 * (packet[AH].payloadlen + 2):]), sent)

    def test_the_gateway_reads_what_scapy_protects(self) -> None:
        secret = packets(FAR_HOST, HOST)
        esp = association(IN_SPI, False)
        made = [IPv6(bytes(esp.encrypt(p, seq_num=n))) for n, p in enumerate(secret, 1)]
        forged = bytearray(bytes(esp.encrypt(secret[0], seq_num=50)))
        forged[-1] ^= 1
        clear = packets(FAR_HOST, HOST)[0]
        foreign = IPv6(src="2001:db8:7::7", dst=HOST) / UDP() / b"not of this tunnel"
        wrong = IPv6(bytes(esp.encrypt(IPv6(bytes(foreign)), seq_num=60)))
        frames = [FROM_PEER / p for p in [*made, IPv6(bytes(forged)), made[2], clear, wrong]]
        reasons, out = self.replay(WIRE, frames)
        for reason in ("icv_failed", "replay_duplicate", "policy_cleartext", "selector_mismatch"):
            self.assertEqual(reasons.get(reason), 1, f"{reason} of {reasons}")
        delivered = [p for p in out[INSIDE] if p.dst == HOST]
        self.assertEqual(len(delivered), len(secret))
        for got, sent in zip(delivered, secret):
            self.assert_same(got, sent)

    def test_too_long_is_told_with_the_mtu_of_the_tunnel(self) -> None:
        long = IPv6(src=HOST, dst=FAR_HOST) / UDP(sport=1, dport=2) / Raw(bytes(1440))
        reasons, out = self.replay(INSIDE, [FROM_HOST / long])
        self.assertEqual(reasons.get("mtu_exceeded"), 1)
        told = [p for p in out[INSIDE] if p.dst == HOST]
        self.assertEqual(len(told), 1)
        self.assertEqual(type(told[0].payload).__name__, "ICMPv6PacketTooBig")
        # ESP with GCM: outer header 40, ESP header and IV 16, trailer 2, ICV 16; the rest in units of 4.
        self.assertEqual(told[0].payload.mtu, (1500 - 40 - 16 - 16) // 4 * 4 - 2)

    def test_the_other_version_is_refused_by_name(self) -> None:
        done = self.run_replay(CONFIG.replace(f" set peer {PEER}", " set peer 192.0.2.2", 1), "--json")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("an IPv6 crypto map has IPv6 peers", done.stderr)
        text = CONFIG + f"crypto map FOUR 10 ipsec-manual\n set peer {PEER}\n"
        done = self.run_replay(text, "--json")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("an IPv6 peer needs an IPv6 map", done.stderr)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
