#!/usr/bin/python3
"""Ping and TCP through two gateways, for every engine of the first one.

usage: tunnel_test.py BIN_DIR [unittest arguments]
"""

import hashlib
import secrets
import subprocess
import sys

from gateways import GatewayTest, configuration, main

FETCH = """
import hashlib, sys, time, urllib.request
for _ in range(50):
    try:
        data = urllib.request.urlopen('http://10.2.0.10:8080/file', timeout=60).read()
        break
    except OSError:
        time.sleep(0.1)
print(hashlib.sha256(data).hexdigest())
"""


class TunnelTest(GatewayTest):
    def carry(self, card: str, pings: int, size: int, workers: int = 1) -> None:
        more = ("--workers", str(workers))
        self.start("ga", configuration("gateway-a", card), wait=False, more=more)
        self.start("gb", configuration("gateway-b"), more=more)
        self.net.wait_until_up(self.BIN, "ga")
        marker = secrets.token_bytes(16)
        capture = self.capture()
        self.assertEqual(self.ping(pings, "-p", marker.hex()), pings)
        self.assertEqual(self.ping(5, "-s", "1300", "-p", marker.hex()), 5)
        self.download(size, marker)
        self.judge("card" if card != "none" else "software", self.crossing(capture, marker))

    def download(self, size: int, marker: bytes) -> None:
        folder = self.work / "www"
        folder.mkdir()
        data = b"".join(marker + secrets.token_bytes(48) for _ in range(size // 64))
        (folder / "file").write_bytes(data)
        self.net.start("b", sys.executable, "-m", "http.server", "8080", "--directory", str(folder),
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        got = self.net.inside("a", sys.executable, "-c", FETCH, timeout=120).stdout.strip()
        self.assertEqual(got, hashlib.sha256(data).hexdigest())

    def judge(self, engine: str, crossing) -> None:
        ours, theirs = self.flow("ga"), self.flow("gb")
        for sa in (ours["outbound_esp"][0], ours["inbound_esp"][0]):
            self.assertEqual(sa["engine"], engine)
            self.assertEqual(int(sa["packets"]), crossing.esp[int(sa["spi"])])
        self.assertEqual(int(ours["pkts_encaps"]), int(theirs["pkts_decaps"]))
        self.assertEqual(int(ours["pkts_decaps"]), int(theirs["pkts_encaps"]))
        for name in ("ga", "gb"):
            reasons = self.reasons(name)
            # The injected clear packet: gateway B refuses it, gateway A sees it leave beside itself, for another station.
            self.assertEqual(reasons.pop("policy_cleartext", 0), 1 if name == "gb" else 0)
            self.assertEqual(reasons.pop("l2_malformed", 0), 1 if name == "ga" else 0)
            # TCP learns the tunnel's MTU from a packet with DF that does not fit.
            self.assertLessEqual(set(reasons), {"ok", "arp_consumed", "mtu_exceeded"})

    def test_software(self) -> None:
        self.carry("none", 20, 2_000_000)

    def test_two_workers(self) -> None:
        """The software engine of both gateways in a thread: confined with the rest, and it does all the work."""
        self.carry("none", 20, 2_000_000, workers=2)
        for name in ("ga", "gb"):
            software = self.net.show(self.BIN, name, "show crypto engine")["engine"][1]
            (worker,) = software["worker"]
            self.assertEqual((worker["number"], worker["state"], worker["sa_in_use"]), (1, "up", 2))
            flow = self.flow(name)
            crossed = int(flow["pkts_encaps"]) + int(flow["pkts_decaps"])
            self.assertEqual(int(worker["packets"]), crossed)
            self.assertEqual(int(worker.get("refused", 0)), 0)

    def test_model(self) -> None:
        self.carry("model", 20, 500_000)

    def test_rtl(self) -> None:
        self.carry("rtl", 10, 100_000)


if __name__ == "__main__":
    main()
