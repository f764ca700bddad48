#!/usr/bin/python3
"""Without an SA, and without vamd, nothing of the protected traffic is on the wire. (A card that fails:
tests/unit/sw/offload/card_failure_test.cc.)

usage: fail_closed_test.py BIN_DIR [unittest arguments]
"""

import contextlib
import os
import pathlib
import re
import secrets
import signal
import subprocess

from gateways import GatewayTest, configuration, main


def children(pid: int) -> list[int]:
    """All processes below one."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


class FailClosedTest(GatewayTest):
    def setUp(self) -> None:
        super().setUp()
        self.marker = secrets.token_bytes(16)

    def assert_nothing_in_clear(self, capture: subprocess.Popen, esp: bool) -> None:
        crossing = self.crossing(capture, self.marker)
        self.assertEqual(bool(crossing.esp), esp, crossing.esp)

    def marked_ping(self, count: int) -> int:
        return self.ping(count, "-p", self.marker.hex())

    def test_configuration_without_keys(self) -> None:
        text = re.sub(r"(?m)^ set session-key .*\n", "", configuration("gateway-a"))
        self.start("ga", text, wait=False)
        self.start("gb", configuration("gateway-b"))
        self.wait_for_cli("ga")
        capture = self.capture()
        self.assertEqual(self.marked_ping(5), 0)
        self.assert_nothing_in_clear(capture, esp=False)
        self.assertGreaterEqual(self.reasons("ga").get("policy_discard", 0), 5)

    def wait_for_cli(self, name: str) -> None:
        """Until the configuration is in force: the interfaces have their addresses."""
        for _ in range(300):
            try:
                if "10.1.0.1" in self.net.cli(self.BIN, name, "show interfaces"):
                    return
            except subprocess.CalledProcessError:
                pass
            self.net.inside(name, "ping", "-c", "1", "-W", "0.1", "127.0.0.1", check=False)
        self.fail("no command line")

    def test_sa_removed_under_traffic(self) -> None:
        self.start("ga", configuration("gateway-a"), wait=False)
        self.start("gb", configuration("gateway-b"))
        self.net.wait_until_up(self.BIN, "ga")
        capture = self.capture()
        self.assertEqual(self.marked_ping(5), 5)
        statements = "configure terminal\ncrypto map TUNNEL 10 ipsec-manual\nno set session-key outbound esp\nend\nexit\n"
        words = [str(self.BIN / "vamsh"), "--socket", str(self.net.socket("ga"))]
        done = subprocess.run(words, input=statements, capture_output=True, text=True, timeout=30)
        self.assertIn("no outbound session key is set", done.stdout)
        self.assertNotEqual(self.flow("ga").get("down_reason", ""), "")
        self.assertEqual(self.marked_ping(5), 0)
        self.assert_nothing_in_clear(capture, esp=True)
        self.assertGreaterEqual(self.reasons("ga").get("policy_discard", 0), 5)

    def test_vamd_killed_under_traffic(self) -> None:
        vamd = self.start("ga", configuration("gateway-a"), wait=False)
        self.start("gb", configuration("gateway-b"))
        self.net.wait_until_up(self.BIN, "ga")
        capture = self.capture()
        self.assertEqual(self.marked_ping(5), 5)
        running = self.net.start(
            "a", "ping", "-i", "0.01", "-w", "3", "-p", self.marker.hex(), "10.2.0.10", stdout=subprocess.DEVNULL
        )
        for pid in [vamd.pid, *children(vamd.pid)]:
            with contextlib.suppress(ProcessLookupError):  # roles end with their supervisor
                os.kill(pid, signal.SIGKILL)
        running.wait(20)
        self.assertEqual(self.marked_ping(3), 0)
        self.assert_nothing_in_clear(capture, esp=True)


if __name__ == "__main__":
    main()
