#!/usr/bin/python3
"""A gateway whose peer has a name: resolved by a name server on its host, missing, changing.

host a -- ga -- wire -- gb -- host b, as gateways.py makes them; gb knows ga by its address.
"""

import json
import os
import pathlib
import subprocess
import sys

import gateways
import ikev2_pair

NAME = "gw-b.example.com"


class PeerNamesTest(gateways.GatewayTest):
    def ping(self, count: int, *more: str, wait: int = 5) -> int:
        return super().ping(count, *more, wait=wait)

    def begin_by_name(self, peer: str, more: str = "ip name-server 127.0.0.1\n") -> None:
        for name, own in ikev2_pair.GATEWAYS.items():
            text = ikev2_pair.CONFIG.format(
                name=name, own=own, peer=3 - own, card="none", entry="", globals="", transform="esp-gcm 256"
            )
            if name == "ga":
                text = more + text.replace(" set peer 192.0.2.2\n", f" set peer {peer}\n")
            self.start(name, text, wait=False)
        for name in ikev2_pair.GATEWAYS:
            self.wait(f"{name} answers", lambda name=name: self.answers(name))

    def serve(self) -> None:
        self.records = self.work / "names.json"
        self.know()
        self.net.inside("ga", "ip", "link", "set", "lo", "up")
        script = pathlib.Path(__file__).with_name("name_server.py")
        words = [sys.executable, "-u", str(script), "127.0.0.1", str(self.records)]
        server = self.net.start("ga", *words, stdout=subprocess.PIPE, text=True)
        self.assertEqual(server.stdout.readline(), "serving\n")

    def know(self, *addresses: str, ttl: int = 1) -> None:
        """What the name server says from now on; no address: there is no such name."""
        names = {NAME: {"ttl": ttl, "addresses": addresses}} if addresses else {}
        new = self.records.with_suffix(".new")
        new.write_text(json.dumps(names))
        os.replace(new, self.records)

    def reason(self) -> str:
        """Why the entry is down."""
        return self.flow("ga").get("down_reason", "")

    def state(self) -> str:
        return self.cli("ga", "show hosts") + super().state()

    def test_first_packet(self) -> None:
        self.serve()
        self.know("192.0.2.2")
        self.begin_by_name(f"{NAME} dynamic")
        self.wait("the name is resolved", lambda: "192.0.2.2" in self.cli("ga", "show hosts"))
        self.assertIn(f"Peer = {NAME} (192.0.2.2)", self.cli("ga", "show crypto map"))
        self.assertEqual(self.ping(1), 1, self.state())
        # Another name for nobody: what is up stays up.
        self.know("192.0.2.1", ttl=3600)
        self.wait("it changes", lambda: "192.0.2.1" in self.cli("ga", "show hosts"), seconds=90)
        self.assertEqual(self.ping(20), 20, self.state())

    def test_a_name_that_comes_later(self) -> None:
        self.serve()
        self.begin_by_name(NAME)
        self.wait("the reason is told", lambda: "There is no such name." in self.reason())
        self.assertEqual(self.ping(1, wait=1), 0)
        self.know("192.0.2.2")
        self.assertGreaterEqual(self.ping(3, "-i", "2", wait=10), 1, self.state())
        self.assertEqual(self.ping(5), 5, self.state())

    def test_hosts_of_the_configuration(self) -> None:
        self.begin_by_name(NAME, more=f"no ip domain lookup\nip host {NAME} 192.0.2.9 192.0.2.2\n")
        self.assertIn("perm", self.cli("ga", "show hosts"))
        self.assertIn("192.0.2.9", self.cli("ga", "show crypto map"))

    def test_nobody_answers(self) -> None:
        self.begin_by_name(NAME)
        self.net.inside("ga", "ip", "link", "set", "lo", "up")
        self.wait("the reason is told", lambda: "No name server answers." in self.reason())


if __name__ == "__main__":
    gateways.main()
