#!/usr/bin/python3
"""A gateway that sends its client to another one, which sends it back (RFC 5685).

    host a -- ga --+-- gb -- host b
                   +-- gc -- host c

Hosts b and c have one address, as if they were one behind both gateways.
"""

import subprocess

import gateways
import ikev2_pair
from topology import run

CLIENT = "crypto ikev2 redirect client\n"


class RedirectTest(ikev2_pair.RoleCase):
    def setUp(self) -> None:
        super().setUp()
        self.processes: dict[str, subprocess.Popen] = {}
        self.net.inside("ga", "ip", "link", "delete", "wire")
        for name in ("gc", "c", "switch"):
            run("ip", "netns", "add", self.net.ns(name))
            self.addCleanup(run, "ip", "netns", "delete", self.net.ns(name), check=False)
            self.net.inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            self.net.inside(name, "ip", "link", "set", "lo", "up")
        self.net._link("c", "eth0", "gc", "inside")
        self.net.inside("c", "ip", "address", "add", "10.2.0.10/24", "dev", "eth0")
        self.net.inside("c", "ip", "route", "add", "default", "via", "10.2.0.1")
        self.net.inside("switch", "ip", "link", "add", "bridge", "type", "bridge")
        self.net.inside("switch", "ip", "link", "set", "bridge", "up")
        for name in ("ga", "gb", "gc"):
            self.net._link(name, "wire", "switch", name)
            self.net.inside("switch", "ip", "link", "set", name, "master", "bridge")
        # Before the namespaces of this case go, what runs in them.
        self.addCleanup(self.net.close)

    def begin(self, redirect: str = "", client: str = CLIENT) -> None:
        """`redirect`: lines of gb."""
        for name, own, globals in (("ga", 1, client), ("gb", 2, redirect), ("gc", 3, "")):
            text = ikev2_pair.CONFIG.format(
                name=name, own=own, peer=2 if own == 1 else 1, card="none", entry="", globals=globals,
                transform="esp-gcm 256",
            )  # fmt: skip
            text = text.replace("255.255.255.252", "255.255.255.0").replace("10.3.0.", "10.2.0.")
            if name == "ga":
                text = text.replace("  address 192.0.2.2\n", "  address 192.0.2.0 255.255.255.0\n")
                text = text.replace("remote address 192.0.2.2 255.255.255.255", "remote address 192.0.2.0 255.255.255.0")
            self.processes[name] = self.start(name, text, wait=False)
        for name in self.processes:
            self.wait(f"{name} answers", lambda name=name: self.answers(name))

    def state(self) -> str:
        commands = ("show crypto ikev2 sa detailed", "show crypto ikev2 stats", "show crypto ipsec sa")
        return "\n".join([*(self.cli(name, one) for name in self.processes for one in commands), super().state()])

    def with_only(self, name: str) -> bool:
        """The client's tunnel is with this gateway alone."""
        up = [one for one in ("gb", "gc") if "READY" in self.cli(one, "show crypto ikev2 sa")]
        return up == [name] and self.cli("ga", "show crypto ikev2 sa").count("READY") == 1

    def drain(self, name: str, to: str) -> None:
        """Under a stream of pings, of which none is lost."""
        pings = self.pings(600)
        self.assertIn("told to go: 1", self.cli(name, f"clear crypto ikev2 sa redirect {to}"))
        self.assertEqual(self.loss(pings, 600).lost, 0, self.why)

    def test_first_answer_then_back(self) -> None:
        self.begin("crypto ikev2 redirect gateway init 192.0.2.3\n")
        self.assertEqual(self.ping(1, wait=5), 1, self.why)
        self.assertTrue(self.with_only("gc"), self.why)
        self.assertIn("Redirected from: 192.0.2.2", self.cli("ga", "show crypto ikev2 sa detailed"))
        self.assertIn("by IKE_SA_INIT: 1 ", self.cli("gb", "show crypto ikev2 stats"))
        # Who comes from there is served, and not sent to and fro.
        self.drain("gc", "192.0.2.2")
        self.wait("it is back", lambda: self.with_only("gb"))
        self.assertEqual(self.ping(20), 20, self.why)

    def test_ike_auth(self) -> None:
        self.begin("crypto ikev2 redirect gateway auth 192.0.2.3\n")
        self.assertEqual(self.ping(1, wait=5), 1, self.why)
        self.wait("it is there", lambda: self.with_only("gc"))
        self.assertIn("IKE_AUTH: 1 ", self.cli("gb", "show crypto ikev2 stats"))
        self.assertEqual(self.ping(20), 20, self.why)

    def test_a_client_that_does_not_follow(self) -> None:
        self.begin("crypto ikev2 redirect gateway init 192.0.2.3\n", client="")
        self.assertEqual(self.ping(1, wait=5), 1, self.why)
        self.assertTrue(self.with_only("gb"), self.why)
        said = self.cli("gb", "clear crypto ikev2 sa redirect 192.0.2.3")
        self.assertIn("told to go: 0", said)
        self.assertIn("left: 1", said)
        self.assertEqual(self.ping(20), 20, self.why)


if __name__ == "__main__":
    gateways.main()
