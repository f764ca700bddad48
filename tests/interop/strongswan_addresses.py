#!/usr/bin/python3
"""Addresses by the configuration payload: strongSwan as a road warrior that gets one from our pool, and as the gateway that
assigns one to us.

    host a -- ga (vamd) -- wire -- gb (strongSwan, kernel-libipsec) -- host b
    10.1.0.10  10.1.0.1, 192.0.2.1   192.0.2.2, 10.2.0.1         10.2.0.10
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
from between_sites import IKE  # noqa: E402
from ikev2_pair import RoleCase  # noqa: E402
from strongswan import Strongswan  # noqa: E402

BEGIN = f"""hostname ga
engine card none
{IKE}crypto ikev2 keyring KR
 peer B
  address 192.0.2.2
  pre-shared-key of-both-9f31
crypto ipsec transform-set ESP esp-gcm 256
interface GigabitEthernet0/0
 device af-packet inside
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 device af-packet wire
 ip address 192.0.2.1 255.255.255.252
 crypto map TUNNEL
"""
PROFILE = """crypto ikev2 profile PROF
 match identity remote fqdn domain example
 identity local fqdn ga.example
 authentication remote pre-share
 authentication local pre-share
 keyring local KR
"""
# We assign.
SERVER = (
    BEGIN
    + """crypto ikev2 authorization policy ROAD
 pool POOL
 dns 10.1.0.53
 wins 10.1.0.42
 netmask 255.255.255.0
 route set access-list 7
access-list 7 permit 10.1.0.0 0.0.0.255
ip local pool POOL 10.9.0.1 10.9.0.1
"""
    + PROFILE
    + """ aaa authorization group psk list default ROAD
crypto dynamic-map ROAD 10
 set transform-set ESP
 set ikev2-profile PROF
crypto map TUNNEL 10 ipsec-isakmp dynamic ROAD
ip route 10.9.0.0 255.255.255.0 192.0.2.2
"""
)
# We ask.
CLIENT = (
    BEGIN
    + PROFILE
    + """ config-exchange request address
crypto map TUNNEL 10 ipsec-isakmp
 set peer 192.0.2.2
 set transform-set ESP
 set ikev2-profile PROF
 match address 101
ip route 10.2.0.0 255.255.255.0 192.0.2.2
ip route 10.9.0.0 255.255.255.0 10.1.0.10
access-list 101 permit ip 10.9.0.0 0.0.0.255 10.2.0.0 0.0.0.255
"""
)

CONNECTION = """  {name} {{
    version = 2
    local_addrs = 192.0.2.2
    remote_addrs = 192.0.2.1
    proposals = aes256gcm16-prfsha256-ecp256
    {more}
    local {{
      auth = psk
      id = {identity}
    }}
    remote {{
      auth = psk
      id = ga.example
    }}
    children {{
      {name} {{
        {ts}
        esp_proposals = aes256gcm16
        rekey_time = 0
      }}
    }}
  }}
"""
SECRETS = """secrets {
  ike-peer {
    secret = of-both-9f31
  }
}
"""
POOLS = """pools {
  road {
    addrs = 10.9.0.0/24
    dns = 10.2.0.53
    subnet = 10.2.0.0/24
  }
}
"""


def connection(name: str, identity: str, more: str, ts: str) -> str:
    return CONNECTION.format(name=name, identity=identity, more=more, ts=ts)


class AddressesTest(RoleCase):
    def setUp(self) -> None:
        super().setUp()
        self.net.inside("gb", "ip", "address", "add", "10.2.0.1/24", "dev", "inside")
        self.net.inside("gb", "ip", "address", "add", "192.0.2.2/30", "dev", "wire")
        self.swan = Strongswan(self.net, "gb")

    def begin(self, ours: str, theirs: str) -> None:
        self.swan.load(theirs)
        self.processes = {"ga": self.start("ga", ours, wait=False)}
        self.wait("ga answers", lambda: self.answers("ga"))

    def state(self) -> str:
        commands = ("show crypto ikev2 sa detailed", "show ip local pool POOL", "show crypto ikev2 stats")
        return "\n".join([*(self.cli("ga", one) for one in commands), self.swan.log()[-6000:], super().state()])

    def road_warriors(self) -> None:
        """Two of them at one host; nothing is up yet."""
        ask = "vips = 0.0.0.0"
        both = connection("tunnel", "gb.example", ask, "remote_ts = 10.1.0.0/24") + connection(
            "second", "gc.example", ask, "remote_ts = 10.1.0.0/24"
        )
        self.begin(SERVER, "connections {\n" + both + "}\n" + SECRETS)

    def pool(self) -> tuple[int, int]:
        """Free and in use."""
        found = re.search(r"POOL +10\.9\.0\.1 +10\.9\.0\.1 +(\d+) +(\d+)", self.cli("ga", "show ip local pool"))
        self.assertIsNotNone(found, self.state())
        return int(found.group(1)), int(found.group(2))

    def ping_from(self, name: str, source: str, to: str, count: int = 10) -> int:
        said = self.net.inside(name, *gateways.echo_words(count, to), "-I", source, check=False).stdout
        return len(set(re.findall(r"icmp_seq=(\d+) ttl", said)))

    def test_a_road_warrior_gets_an_address(self) -> None:
        self.road_warriors()
        self.assertEqual(self.pool(), (1, 0))
        self.swan.initiate()
        listed = self.swan.swanctl("--list-sas")
        self.assertIn("10.9.0.1", listed, self.state())
        self.assertIn("10.9.0.1/32", listed)
        self.assertEqual(self.ping_from("gb", "10.9.0.1", "10.1.0.10"), 10, self.state())
        self.assertEqual(self.pool(), (0, 1))
        detail = self.cli("ga", "show crypto ikev2 sa detailed")
        self.assertIn("Assigned host addr: 10.9.0.1", detail)
        self.assertIn("10.9.0.1", self.cli("ga", "show ip local pool POOL"))
        self.assertIn("gb.example", self.cli("ga", "show ip local pool POOL"))
        # It keeps the address when the IKE SA is made anew.
        self.swan.swanctl("--rekey", "--ike", "tunnel")
        self.wait("rekeyed", lambda: "IKEv2 SA rekeys: 1" in self.cli("ga", "show crypto ikev2 stats"))
        self.assertEqual(self.pool(), (0, 1))
        self.assertEqual(self.ping_from("gb", "10.9.0.1", "10.1.0.10"), 10, self.state())

    def test_an_empty_pool_and_its_return(self) -> None:
        self.road_warriors()
        self.swan.initiate()
        said = self.swan.swanctl("--initiate", "--child", "second", "--timeout", "20", check=False)
        self.assertNotIn("initiate completed successfully", said)
        self.assertIn("INT_ADDR_FAIL", self.swan.log(), self.state())
        self.assertIn("no_address", self.cli("ga", "show crypto ikev2 stats"))
        # It costs the first one nothing.
        self.assertEqual(self.ping_from("gb", "10.9.0.1", "10.1.0.10"), 10, self.state())
        self.swan.swanctl("--terminate", "--ike", "tunnel")
        self.wait("the address is free again", lambda: self.pool() == (1, 0))
        self.swan.swanctl("--terminate", "--ike", "second", "--force", check=False)
        self.swan.swanctl("--initiate", "--child", "second", "--timeout", "20")
        self.assertEqual(self.ping_from("gb", "10.9.0.1", "10.1.0.10"), 10, self.state())
        self.assertIn("gc.example", self.cli("ga", "show ip local pool POOL"))

    def test_a_peer_without_asking_is_refused(self) -> None:
        plain = connection("tunnel", "gb.example", "", "local_ts = 10.2.0.0/24\n        remote_ts = 10.1.0.0/24")
        self.begin(SERVER, "connections {\n" + plain + "}\n" + SECRETS)
        said = self.swan.swanctl("--initiate", "--child", "tunnel", "--timeout", "20", check=False)
        self.assertNotIn("initiate completed successfully", said)
        self.assertIn("FAIL_CP_REQ", self.swan.log(), self.state())
        self.assertEqual(self.pool(), (1, 0))

    def test_we_are_the_road_warrior(self) -> None:
        theirs = connection("tunnel", "gb.example", "pools = road", "local_ts = 10.2.0.0/24")
        self.begin(CLIENT, "connections {\n" + theirs + "}\n" + SECRETS + POOLS)
        self.net.inside("a", "ip", "address", "add", "10.9.0.1/32", "dev", "lo")
        self.net.inside("a", "ip", "link", "set", "lo", "up")
        self.wait("up", lambda: self.ping_from("a", "10.9.0.1", "10.2.0.10", 1) == 1, 30)
        self.assertEqual(self.ping_from("a", "10.9.0.1", "10.2.0.10"), 10, self.state())
        detail = self.cli("ga", "show crypto ikev2 sa detailed")
        self.assertIn("Pushed IP address: 10.9.0.1", detail)
        self.assertIn("Pushed DNS server: 10.2.0.53", detail)
        self.assertIn("10.2.0.0/24", detail)


if __name__ == "__main__":
    gateways.main()
