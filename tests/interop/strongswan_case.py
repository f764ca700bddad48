"""What cases with strongSwan as the peer of a gateway share.

    host a -- ga (vamd) -- wire -- gb (strongSwan, kernel-libipsec) -- host b
    10.1.0.10  10.1.0.1, 192.0.2.1   192.0.2.2, 10.2.0.1         10.2.0.10
"""

import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
from between_sites import PORTS  # noqa: E402
from ikev2_pair import RoleCase  # noqa: E402
from strongswan import Strongswan, topology  # noqa: E402,F401

SECRET = "of-both-9f31"

VAMD = """hostname ga
engine card {card}
crypto ikev2 proposal P
{ike}crypto ikev2 policy POL
 proposal P
crypto ikev2 keyring KR
 peer B
  address 192.0.2.0 255.255.255.0
  pre-shared-key {secret}
crypto ikev2 profile PROF
 match identity remote fqdn gb.example
 identity local fqdn ga.example
 authentication remote pre-share
 authentication local pre-share
 keyring local KR
{globals}crypto ipsec transform-set ESP {esp}
crypto map TUNNEL 10 ipsec-isakmp
 set peer 192.0.2.2
 set transform-set ESP
 set ikev2-profile PROF
{entry} match address 101
"""

SWANCTL = """connections {{
  tunnel {{
    version = 2
    local_addrs = 192.0.2.2
    remote_addrs = 192.0.2.1
    proposals = {ike}
    fragmentation = yes
    local {{
      auth = psk
      id = gb.example
    }}
    remote {{
      auth = psk
      id = ga.example
    }}
    children {{
      tunnel {{
        local_ts = {ts}
        remote_ts = 10.1.0.0/24
        esp_proposals = {esp}
        rekey_time = 0
      }}
    }}
  }}
}}
secrets {{
  ike-peer {{
    secret = {secret}
  }}
}}
"""


class Suite:
    """One combination of algorithms, in the words of both sides."""

    def __init__(self, ike: str, swan_ike: str, esp: str, swan_esp: str, entry: str = "") -> None:
        self.ike, self.swan_ike, self.esp, self.swan_esp, self.entry = ike, swan_ike, esp, swan_esp, entry


GCM = Suite(
    " encryption aes-gcm-256\n prf sha256\n group 19\n", "aes256gcm16-prfsha256-ecp256", "esp-gcm 256", "aes256gcm16"
)
CBC = Suite(
    " encryption aes-cbc-128\n integrity sha256\n group 14\n",
    "aes128-sha256-modp2048",
    "esp-aes 128 esp-sha256-hmac",
    "aes128-sha256-modp2048",
    " set pfs group14\n",
)
CHACHA = Suite(
    " encryption chacha20-poly1305\n prf sha512\n group 31\n",
    "chacha20poly1305-prfsha512-curve25519",
    "esp-chacha20-poly1305",
    "chacha20poly1305-curve25519",
    " set pfs group31\n",
)


def ours(suite: Suite = GCM, card: str = "none", entry: str = "", globals: str = "") -> str:
    """The configuration of ga. `globals` begins within the profile."""
    text = VAMD.format(
        card=card, ike=suite.ike, esp=suite.esp, entry=suite.entry + entry, secret=SECRET, globals=globals
    )
    return text + PORTS


def theirs(suite: Suite = GCM, secret: str = SECRET, ts: str = "10.2.0.0/24") -> str:
    return SWANCTL.format(ike=suite.swan_ike, esp=suite.swan_esp, secret=secret, ts=ts)


class StrongswanCase(RoleCase):
    def setUp(self) -> None:
        super().setUp()
        self.net.inside("gb", "ip", "address", "add", "10.2.0.1/24", "dev", "inside")
        self.net.inside("gb", "ip", "address", "add", "192.0.2.2/24", "dev", "wire")

    def begin(
        self, suite: Suite = GCM, card: str = "none", entry: str = "", globals: str = "",
        ts: str = "10.2.0.0/24", conf: str = "", their_secret: str = SECRET, load: bool = True,
    ) -> None:  # fmt: skip
        """Both gateways, without a tunnel. `entry`, `globals`: lines for ours; `ts`, `conf`: strongSwan's, which has no
        connection yet without `load`."""
        self.swan = Strongswan(self.net, "gb", conf)
        if load:
            self.swan.load(theirs(suite, their_secret, ts))
        self.begin_vamd(ours(suite, card, entry, globals))

    def begin_vamd(self, text: str) -> None:
        self.processes = {"ga": self.start("ga", text, wait=False)}
        self.wait("ga answers", lambda: self.answers("ga"))

    def state(self) -> str:
        commands = ("show crypto ikev2 sa detailed", "show crypto ipsec sa", "show counters", "show logging")
        return "\n".join([*(self.cli("ga", one) for one in commands), super().state()])

    def ping(self, count: int, *more: str, wait: int = 5) -> int:
        return super().ping(count, *more, wait=wait)

    def spi(self) -> str:
        """Of what comes in, by the newest SA."""
        return self.flow("ga")["inbound_esp"][-1]["spi"]

    def carries_another(self, before: str) -> bool:
        newest = self.flow("ga")["inbound_esp"][-1]
        return newest["spi"] != before and int(newest["packets"]) > 0

    def check_up(self) -> None:
        """Data both ways, and each end has counted it."""
        self.assertEqual(self.ping(20), 20, self.why)
        listed = self.swan.swanctl("--list-sas")
        self.assertIn("ESTABLISHED", listed)
        self.assertIn("INSTALLED", listed)
        self.assertNotIn(" 0 bytes", listed)
