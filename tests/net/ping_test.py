#!/usr/bin/python3
"""`ping` at the command line of a gateway: through the tunnel to the other one, and where nobody answers.

usage: ping_test.py BIN_DIR [unittest arguments]
"""

import json
import re
import secrets
import subprocess

from gateways import GatewayTest, configuration, main

RATE = re.compile(r"Success rate is (\d+) percent \((\d+)/(\d+)\)")


class PingTest(GatewayTest):
    def setUp(self) -> None:
        super().setUp()
        self.start("ga", configuration("gateway-a"), wait=False)
        self.start("gb", configuration("gateway-b"))
        self.net.wait_until_up(self.BIN, "ga")

    def vamsh(self, line: str) -> subprocess.CompletedProcess:
        words = [str(self.BIN / "vamsh"), "--socket", str(self.net.socket("ga")), "-c", line]
        return subprocess.run(words, capture_output=True, text=True, timeout=60)

    def test_through_the_tunnel(self) -> None:
        marker = secrets.token_bytes(2)
        capture = self.capture()
        before, theirs_before = self.flow("ga"), self.flow("gb")
        done = self.vamsh(f"ping 10.2.0.1 source 10.1.0.1 repeat 75 data {marker.hex()} validate")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "Type escape sequence to abort.")
        self.assertEqual(lines[1], "Sending 75, 100-byte ICMP Echos to 10.2.0.1, timeout is 2 seconds:")
        self.assertIn("Packet sent with a source address of 10.1.0.1", lines)
        self.assertIn("Reply data will be validated", lines)
        self.assertEqual(lines[-3:-1], ["!" * 70, "!" * 5])
        self.assertRegex(lines[-1], r"^Success rate is 100 percent \(75/75\), round-trip min/avg/max = \d+/\d+/\d+ ms$")
        ours, theirs = self.flow("ga"), self.flow("gb")
        for name in ("pkts_encaps", "pkts_decaps"):
            self.assertEqual(int(ours[name]) - int(before[name]), 75)
            self.assertEqual(int(theirs[name]) - int(theirs_before[name]), 75)
        # A run of the marker is in every request: none is on the wire in clear.
        crossing = self.crossing(capture, marker * 8)
        self.assertEqual(sum(crossing.esp.values()), 150)

    def test_in_fragments(self) -> None:
        """The longest packet there is, protected in parts: the other gateway puts it together, and answers in parts."""
        # Until the neighbour is known it has room for fewer parts.
        self.assertEqual(self.vamsh("ping 10.2.0.1 source 10.1.0.1 repeat 1").returncode, 0)
        done = self.vamsh("ping 10.2.0.1 source 10.1.0.1 size 18024 repeat 3 validate")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("!!!\nSuccess rate is 100 percent (3/3)", done.stdout)

    def test_nobody_answers(self) -> None:
        done = self.vamsh("ping 10.2.0.99 source 10.1.0.1 repeat 2 timeout 1 | json")
        self.assertEqual(done.returncode, 1)
        reply = json.loads(done.stdout)
        self.assertEqual((reply["body"], reply["sent"], reply["received"]), ("ping", 2, 0))
        self.assertEqual(reply["timed_out"] + reply["unreachable"], 2)
        done = self.vamsh("ping 10.2.0.1 source 10.1.0.1 df-bit size 1500 repeat 3")
        self.assertEqual(done.returncode, 1)
        self.assertIn("MMM\n", done.stdout)
        self.assertIn("Dropped by this gateway: 3 (mtu_exceeded)", done.stdout)
        self.assertEqual(RATE.search(done.stdout).groups(), ("0", "0", "3"))
        done = self.vamsh("ping 10.2.0.1 source 10.1.0.77")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("% Invalid source address- IP address not on any of our up interfaces", done.stderr)
        self.assertEqual(self.vamsh("ping").returncode, 2)

    def test_a_closed_vamsh_ends_its_ping(self) -> None:
        words = [str(self.BIN / "vamsh"), "--socket", str(self.net.socket("ga")), "-c",
                 "ping 10.2.0.1 source 10.1.0.1 repeat 2147483647"]  # fmt: skip
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        seen = ""
        while "!" not in seen:
            seen += process.stdout.read(1)
        process.kill()
        process.communicate(timeout=20)
        # The eight places are free again, and nothing is sent any more once fwd has heard of it.
        for _ in range(10):
            self.assertEqual(self.vamsh("ping 10.2.0.1 source 10.1.0.1 repeat 1").returncode, 0)
        first = int(self.flow("ga")["pkts_encaps"])
        self.assertEqual(self.vamsh("ping 10.1.0.1 repeat 1").returncode, 0)
        self.assertEqual(int(self.flow("ga")["pkts_encaps"]), first)


if __name__ == "__main__":
    main()
