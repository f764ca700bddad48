#!/usr/bin/python3
"""Two gateways that negotiate by IKEv2: the first packet, rekeys under traffic, roles that die.

host a -- ga -- wire -- gb -- host b, as gateways.py makes them; nothing but the two vamds speaks IKE.
"""

import os
import re
import signal
import subprocess

import gateways

CONFIG = """hostname {name}
engine card {card}
crypto logging ikev2
crypto ikev2 keyring KR
 peer OTHER
  address 192.0.2.{peer}
  pre-shared-key of-both-e1c0
crypto ikev2 profile PROF
 match identity remote address 192.0.2.{peer} 255.255.255.255
 authentication remote pre-share
 authentication local pre-share
 keyring local KR
{globals}crypto ipsec transform-set ESP esp-gcm 256
crypto map TUNNEL 10 ipsec-isakmp
 set peer 192.0.2.{peer}
 set transform-set ESP
 set ikev2-profile PROF
{entry} match address 101
interface GigabitEthernet0/0
 device af-packet inside
 ip address 10.{own}.0.1 255.255.255.0
interface GigabitEthernet0/1
 device af-packet wire
 ip address 192.0.2.{own} 255.255.255.252
 crypto map TUNNEL
ip route 10.{peer}.0.0 255.255.255.0 192.0.2.{peer}
access-list 101 permit ip 10.{own}.0.0 0.0.0.255 10.{peer}.0.0 0.0.0.255
"""
GATEWAYS = {"ga": 1, "gb": 2}  # 10.N.0.0/24 behind 192.0.2.N


class Ikev2Test(gateways.GatewayTest):
    def begin(self, card: str = "none", entry: str = "", globals: str = "") -> None:
        self.processes = {}
        for name, own in GATEWAYS.items():
            text = CONFIG.format(name=name, own=own, peer=3 - own, card=card, entry=entry, globals=globals)
            self.processes[name] = self.start(name, text, wait=False)
        for name in GATEWAYS:
            self.wait(f"{name} answers", lambda name=name: self.answers(name))

    def state(self) -> str:
        commands = ("show crypto ikev2 sa detailed", "show crypto ipsec sa", "show counters")
        return "\n".join([*(self.cli(name, one) for name in GATEWAYS for one in commands), super().state()])

    def ping(self, count: int, *more: str, wait: int = 5) -> int:
        return super().ping(count, *more, wait=wait)

    def role(self, name: str, role: str) -> int:
        """The process of a role."""
        children = subprocess.run(
            ["ps", "--ppid", str(self.processes[name].pid), "-o", "pid=,comm="], capture_output=True, text=True
        ).stdout
        return int(re.search(rf"(\d+) vamd-{role}", children).group(1))

    def has_ike_sa(self, name: str) -> bool:
        return "READY" in self.cli(name, "show crypto ikev2 sa")

    def spi(self, name: str) -> str:
        return self.flow(name)["inbound_esp"][-1]["spi"]  # those before it drain

    def test_first_packet(self) -> None:
        self.begin()
        # The packet that asked for the tunnel is kept, and answered.
        self.assertEqual(self.ping(1), 1, self.state())
        self.assertEqual(self.ping(50), 50, self.state())
        for name in GATEWAYS:
            self.assertTrue(self.has_ike_sa(name), self.state())
            self.assertIn("UP-ACTIVE", self.cli(name, "show crypto session"), self.state())

    def test_card(self) -> None:
        self.begin(card="model")
        self.assertEqual(self.ping(1), 1, self.state())
        self.assertEqual(self.ping(20), 20, self.state())
        self.assertEqual(self.flow("ga")["outbound_esp"][0]["engine"], "card")

    def test_rekeys_by_volume_lose_nothing(self) -> None:
        self.begin(entry=" set security-association lifetime kilobytes 2560\n")
        self.assertEqual(self.ping(1), 1, self.state())
        first = {name: self.spi(name) for name in GATEWAYS}
        words = ["ping", "-c", "6000", "-i", "0.002", "-s", "1300", "-W", "5", "10.2.0.10"]
        out = self.net.inside("a", *words, check=False, timeout=120).stdout
        self.assertRegex(out, r"6000 packets transmitted, 6000 received", self.state())
        self.assertNotIn("duplicates", out)
        for name in GATEWAYS:
            self.assertNotEqual(self.spi(name), first[name])

    def test_cleared_sessions_come_back(self) -> None:
        self.begin()
        for name in ("ga", "gb"):
            self.assertEqual(self.ping(1), 1, self.state())
            self.assertNotIn("%", self.cli(name, "clear crypto session"))
            for other in GATEWAYS:
                self.wait(f"{other} has none", lambda other=other: not self.has_ike_sa(other))
        self.assertEqual(self.ping(3), 3, self.state())

    def test_ike_role_dies(self) -> None:
        self.begin()
        self.assertEqual(self.ping(1), 1, self.state())
        first = self.spi("ga")
        stream = self.net.start(
            "a", "ping", "-c", "300", "-i", "0.01", "-W", "5", "10.2.0.10", stdout=subprocess.PIPE, text=True
        )
        os.kill(self.role("ga", "ikev2"), signal.SIGKILL)
        out, _ = stream.communicate(timeout=60)
        # Its SAs live on in fwd, until the new role has made others.
        self.assertRegex(out, r"300 packets transmitted, 300 received", self.state())
        self.assertNotIn("duplicates", out)
        self.wait("the new role has an IKE SA", lambda: self.ping(1) == 1 and self.has_ike_sa("ga"))
        self.wait("and SAs of its own", lambda: self.spi("ga") != first and len(self.flow("ga")["inbound_esp"]) == 1)
        self.assertEqual(self.ping(20), 20, self.state())

    def test_forwarder_dies(self) -> None:
        self.begin(globals="crypto ikev2 dpd 10 2 periodic\n")
        self.assertEqual(self.ping(1), 1, self.state())
        os.kill(self.role("ga", "fwd"), signal.SIGKILL)
        self.wait("packets pass again", lambda: self.ping(1) == 1)
        self.assertEqual(self.ping(20), 20, self.state())


if __name__ == "__main__":
    gateways.main()
