#!/usr/bin/python3
"""Fragments, IPv6 and neighbor discovery through vamreplay: Scapy makes the packets, and reads and joins what comes out.

usage: layer3_test.py BIN_DIR [unittest arguments]
"""

import pathlib
import sys
import unittest

from scapy.all import ICMP, IP, UDP, Ether, Raw, defragment, fragment, rdpcap
from scapy.layers.inet6 import (
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    ICMPv6PacketTooBig,
    IPv6,
    IPv6ExtHdrFragment,
    defragment6,
    fragment6,
)

import replay_traffic as traffic
import vamreplay_test

ENDS = {"src": "10.1.0.10", "dst": "10.2.0.10"}
IPV6 = """ipv6 unicast-routing
interface GigabitEthernet0/0
 ipv6 address 2001:db8:1::1/64
interface GigabitEthernet0/1
 ipv6 address 2001:db8:2::1/64
 ipv6 mtu 1280
ipv6 neighbor 2001:db8:1::10 GigabitEthernet0/0 02ff.0000.0110
ipv6 neighbor 2001:db8:2::7 GigabitEthernet0/1 02ff.0000.0207
"""


class Layer3(vamreplay_test.Replay):
    """One gateway on the software engine."""

    def through(self, gateway: str, port: str, packets: list) -> tuple[dict[str, int], list, list]:
        """The reasons, and the packets that left inside and on the wire."""
        capture = self.dir / "in.pcap"
        front = traffic.to_inside("1") if port == traffic.INSIDE else traffic.to_wire("2", "1")
        traffic.write(capture, [p if Ether in p else front / p for p in packets])
        report, out = self.replay(gateway, "none", port, capture)
        reasons = self.assert_summed(report, len(packets))
        return reasons, rdpcap(str(out[traffic.INSIDE])), rdpcap(str(out[traffic.WIRE]))


class FragmentTest(Layer3):
    def test_cut_before_encryption(self) -> None:
        sent = IP(**ENDS, id=4711) / UDP(sport=1, dport=2) / Raw(traffic.pattern(1472, 3))
        reasons, _, wire = self.through("1", traffic.INSIDE, [sent])
        self.assertEqual(reasons["fragmented"], 1)
        self.assertEqual(len(wire), 2)
        sa = traffic.association(traffic.SPI_AB, traffic.KEY_AB)
        parts = [sa.decrypt(IP(bytes(f[IP]))) for f in wire]
        self.assertTrue(all(len(f[IP]) <= traffic.MTU and f[IP].frag == 0 for f in wire))
        self.assertLessEqual(abs(len(parts[0]) - len(parts[1])), 16)
        (whole,) = defragment(parts)
        self.assertEqual(bytes(whole[IP].payload), bytes(IP(bytes(sent)).payload))

    def test_reassembled_before_decryption(self) -> None:
        sa = traffic.association(traffic.SPI_AB, traffic.KEY_AB)
        sent = [IP(**ENDS, id=n) / UDP(sport=1, dport=2) / Raw(traffic.pattern(1400 + n, n)) for n in range(3)]
        outer = [IP(bytes(sa.encrypt(p, seq_num=n + 1))) for n, p in enumerate(sent)]
        for n, packet in enumerate(outer):
            packet.id = 100 + n
        parts = [f for p in outer for f in reversed(fragment(p, 500))]
        parts = parts[::2] + parts[1::2]
        reasons, inside, _ = self.through("2", traffic.WIRE, parts)
        self.assertEqual(reasons["reassembled"], len(parts))
        self.assertEqual(len(inside), 3)
        got = {f[IP].id: bytes(f[IP].payload) for f in inside}
        self.assertEqual(got, {p.id: bytes(IP(bytes(p)).payload) for p in sent})

    def test_long_ping_of_the_gateway(self) -> None:
        ping = IP(src="10.1.0.10", dst="10.1.0.1", id=9) / ICMP(id=7, seq=1) / Raw(traffic.pattern(9000, 1))
        reasons, inside, _ = self.through("1", traffic.INSIDE, fragment(ping, 1480))
        self.assertEqual((reasons["local_delivered"], reasons["fragmented"]), (1, 1))
        (reply,) = defragment([IP(bytes(f[IP])) for f in inside])
        reply = IP(bytes(reply))
        self.assertEqual((reply[ICMP].type, reply[ICMP].id), (0, 7))
        self.assertEqual(bytes(reply[ICMP].payload), traffic.pattern(9000, 1))
        sum_of = reply[ICMP].chksum
        del reply[ICMP].chksum
        self.assertEqual(IP(bytes(reply))[ICMP].chksum, sum_of)


class Ipv6Test(Layer3):
    def setUp(self) -> None:
        super().setUp()
        with self.config["1"].open("a") as file:
            file.write(IPV6)
        # Addresses prove themselves before the second frame.
        self.first = traffic.to_inside("1") / IP(src="127.0.0.1", dst="10.2.0.10")

    def test_forwards_and_says_the_mtu(self) -> None:
        ends = IPv6(src="2001:db8:1::10", dst="2001:db8:2::7", hlim=9)
        good = ends / UDP(sport=1, dport=2) / Raw(traffic.pattern(100, 1))
        long = ends / UDP(sport=1, dport=2) / Raw(traffic.pattern(1240, 1))
        reasons, inside, wire = self.through("1", traffic.INSIDE, [self.first, good, long])
        out = [f[IPv6] for f in wire if UDP in f]
        self.assertEqual(len(out), 1)
        want = IPv6(bytes(good))
        want.hlim -= 1
        self.assertEqual(bytes(out[0]), bytes(want))
        self.assertEqual(reasons["mtu_exceeded"], 1)
        (error,) = [f for f in inside if ICMPv6PacketTooBig in f]
        self.assertEqual(error[ICMPv6PacketTooBig].mtu, 1280)
        self.assertEqual((error[IPv6].src, error[IPv6].dst), ("2001:db8:1::1", "2001:db8:1::10"))

    def test_neighbor_discovery(self) -> None:
        ask = (
            Ether(dst="33:33:ff:00:00:01", src="02:ff:00:00:01:99")
            / IPv6(src="2001:db8:1::99", dst="ff02::1:ff00:1", hlim=255)
            / ICMPv6ND_NS(tgt="2001:db8:1::1")
            / ICMPv6NDOptSrcLLAddr(lladdr="02:ff:00:00:01:99")
        )
        reasons, inside, wire = self.through("1", traffic.INSIDE, [self.first, ask])
        self.assertEqual(reasons["nd_consumed"], 1)
        (answer,) = [f for f in inside if ICMPv6ND_NA in f]
        self.assertEqual((answer.dst, answer[IPv6].hlim), ("02:ff:00:00:01:99", 255))
        na = answer[ICMPv6ND_NA]
        self.assertEqual((na.tgt, na.R, na.S, na.O), ("2001:db8:1::1", 1, 1, 1))
        self.assertEqual(answer[ICMPv6NDOptDstLLAddr].lladdr, "02:00:00:00:01:00")
        # Each port asked whether its two addresses are free (RFC 4862, 5.4.2).
        for frames, prefix in ((inside, "2001:db8:1::1"), (wire, "2001:db8:2::1")):
            probes = [f for f in frames if ICMPv6ND_NS in f and f[IPv6].src == "::"]
            targets = {p[ICMPv6ND_NS].tgt for p in probes}
            self.assertEqual(len(targets), 2)
            self.assertIn(prefix, targets)
            self.assertTrue(all(p.dst.startswith("33:33:ff") and p[IPv6].hlim == 255 for p in probes))
            self.assertFalse(any(ICMPv6NDOptSrcLLAddr in p for p in probes))

    def test_long_ping_of_the_gateway(self) -> None:
        data = traffic.pattern(4000, 2)
        ping = IPv6(src="2001:db8:1::10", dst="2001:db8:1::1") / IPv6ExtHdrFragment(id=5) / ICMPv6EchoRequest(id=7, data=data)
        reasons, inside, _ = self.through("1", traffic.INSIDE, [self.first, *fragment6(ping, 1280)])
        self.assertEqual((reasons["local_delivered"], reasons["fragmented"]), (1, 1))
        reply = defragment6([f[IPv6] for f in inside if IPv6ExtHdrFragment in f])
        reply = IPv6(bytes(reply))
        self.assertEqual(reply[ICMPv6EchoReply].id, 7)
        self.assertEqual(bytes(reply[ICMPv6EchoReply].data), data)


if __name__ == "__main__":
    vamreplay_test.BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
