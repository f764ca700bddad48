#!/usr/bin/python3
"""vamreplay on captures: deterministic, the same bytes from every engine, readable for an independent implementation.

usage: vamreplay_test.py BIN_DIR [unittest arguments]
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from scapy.all import ESP as ESP_LAYER  # noqa: F401  (registers protocol 50)
from scapy.all import IP, Ether, Raw, rdpcap, wrpcap
from scapy.layers.ipsec import ESP

import replay_traffic as traffic

BIN = pathlib.Path()
ENGINES = ("none", "model", "rtl")


class Replay(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="vamreplay-test-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.config = {n: self.dir / f"gateway-{n}.cfg" for n in "12"}
        for n, path in self.config.items():
            path.write_text(traffic.config(n, "2" if n == "1" else "1"))

    def run_replay(self, *words: str) -> subprocess.CompletedProcess:
        command = [str(BIN / "vamreplay"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=self.dir)

    def replay(self, gateway: str, card: str, port: str, capture: pathlib.Path, tag: str = "") -> tuple[dict, dict]:
        """The report, and what each port sent."""
        out = {p: self.dir / f"{gateway}-{card}{tag}-{p[-1]}.pcap" for p in (traffic.INSIDE, traffic.WIRE)}
        words = ["--config", self.config[gateway], "--card", card, "--in", f"{port}={capture}", "--json"]
        for name, path in out.items():
            words += ["--out", f"{name}={path}"]
        done = self.run_replay(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), out

    def assert_summed(self, report: dict, received: int) -> dict[str, int]:
        reasons = {r["reason"]: int(r["packets"]) for r in report["reasons"]["reason"]}
        self.assertEqual(sum(reasons.values()), int(report["reasons"]["offered"]))
        self.assertGreaterEqual(int(report["reasons"]["offered"]), received)
        inputs = sum(int(i.get("packets_input", 0)) for i in report["interfaces"]["interface"])
        self.assertEqual(inputs, received)
        return reasons

    def assert_engine(self, report: dict, card: str, packets: int) -> None:
        engines = {e["name"]: e for e in report["crypto_engine"]["engine"]}
        used = engines["software" if card == "none" else "card"]
        idle = engines["card" if card == "none" else "software"]
        count = lambda e: int(e.get("packets_out", 0)) + int(e.get("packets_in", 0))  # noqa: E731
        self.assertEqual((count(used), count(idle)), (packets, 0))


class OutboundTest(Replay):
    def test_engines_agree_and_scapy_reads_the_inner_packets(self) -> None:
        capture = self.dir / "in.pcap"
        offered, protected = traffic.outbound_capture(capture)
        bytes_of, reasons_of = {}, {}
        for card in ENGINES:
            report, out = self.replay("1", card, traffic.INSIDE, capture)
            reasons_of[card] = self.assert_summed(report, offered)
            self.assert_engine(report, card, protected)
            bytes_of[card] = (out[traffic.WIRE].read_bytes(), out[traffic.INSIDE].read_bytes())
        for card in ENGINES[1:]:
            self.assertEqual(reasons_of[card], reasons_of["none"], card)
            self.assertTrue(bytes_of[card] == bytes_of["none"], f"{card} sent other bytes than the software engine")
        for reason in ("ttl_expired", "ip_checksum", "mtu_exceeded", "no_route", "martian",
                       "unknown_ethertype", "local_delivered"):  # fmt: skip
            self.assertEqual(reasons_of["none"].get(reason), 1, reason)
        self.read_back(self.dir / "1-rtl-1.pcap")

    def read_back(self, wire: pathlib.Path) -> None:
        sa = traffic.association(traffic.SPI_AB, traffic.KEY_AB)
        frames = rdpcap(str(wire))
        inner = traffic.inner_packets()
        self.assertEqual(len(frames), len(inner))
        for number, (frame, sent) in enumerate(zip(frames, inner), 1):
            outer = frame[IP]
            self.assertEqual((outer.src, outer.dst, outer.proto), ("192.0.2.1", "192.0.2.2", 50))
            self.assertEqual((outer[ESP].spi, outer[ESP].seq), (traffic.SPI_AB, number))
            got = sa.decrypt(IP(bytes(outer)))
            want = IP(bytes(sent))
            want.ttl -= 1
            del want.chksum
            self.assertEqual(bytes(got), bytes(IP(bytes(want))), f"packet {number}")

    def test_two_runs_are_identical(self) -> None:
        capture = self.dir / "in.pcap"
        traffic.outbound_capture(capture)
        for card in ENGINES:
            runs = [self.replay("1", card, traffic.INSIDE, capture, tag) for tag in ("a", "b")]
            self.assertEqual(runs[0][0], runs[1][0], card)
            for port in (traffic.INSIDE, traffic.WIRE):
                self.assertTrue(runs[0][1][port].read_bytes() == runs[1][1][port].read_bytes(), card)


class InboundTest(Replay):
    def test_engines_agree_on_good_and_forged_packets(self) -> None:
        capture = self.dir / "in.pcap"
        offered, expected = traffic.inbound_capture(capture)
        inner = traffic.inner_packets()
        first = None
        for card in ENGINES:
            report, out = self.replay("2", card, traffic.WIRE, capture)
            reasons = self.assert_summed(report, offered)
            for reason, packets in expected.items():
                self.assertEqual(reasons.get(reason), packets, f"{card}: {reason} of {reasons}")
            sent = (out[traffic.INSIDE].read_bytes(), out[traffic.WIRE].read_bytes())
            first = first or (sent, reasons)
            self.assertEqual(reasons, first[1], card)
            self.assertTrue(sent == first[0], f"{card} sent other bytes than the software engine")
            frames = rdpcap(str(out[traffic.INSIDE]))
            self.assertEqual([f[IP].id for f in frames], [p.id for p in inner], card)
            for frame, packet in zip(frames, inner):
                self.assertEqual(bytes(frame[IP].payload), bytes(IP(bytes(packet)).payload))


class RefusalTest(Replay):
    def refused(self, text: str, *words: str) -> None:
        done = self.run_replay("--config", self.config["1"], *words)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_bad_arguments_are_refused(self) -> None:
        port = traffic.INSIDE
        capture = self.dir / "in.pcap"
        traffic.write(capture, [Ether() / IP() / Raw(b"x")])
        self.refused("not PORT=FILE", "--in", "capture.pcap")
        self.refused("not PORT=FILE", "--in", f"{port}=")
        self.refused("not PORT=FILE", "--in", f"={capture}")
        self.refused("named twice", "--in", f"{port}={capture}", f"{port}={capture}")
        self.refused("no such interface", "--in", f"Ethernet9/9={capture}")
        self.refused("could not be opened", "--in", f"{port}={self.dir}/absent.pcap")
        self.refused("could not be written", "--out", f"{port}={self.dir}/absent/out.pcap")
        self.refused("--card", "--card", "gold")

    def test_bad_captures_and_configurations_are_refused(self) -> None:
        raw = self.dir / "raw.pcap"
        wrpcap(str(raw), [IP() / b"x"], linktype=101)
        self.refused("not Ethernet", "--in", f"{traffic.INSIDE}={raw}")
        garbage = self.dir / "garbage.pcap"
        garbage.write_bytes(b"not a capture at all, but long enough for a header")
        self.refused("could not be opened", "--in", f"{traffic.INSIDE}={garbage}")
        self.config["1"].write_text(traffic.config("1", "2") + "frobnicate everything\n")
        self.refused("frobnicate")

    def test_cut_capture_is_an_error(self) -> None:
        capture = self.dir / "in.pcap"
        traffic.outbound_capture(capture)
        capture.write_bytes(capture.read_bytes()[:-5])
        self.refused("ends early", "--in", f"{traffic.INSIDE}={capture}")


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
