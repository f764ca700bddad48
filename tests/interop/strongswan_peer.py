#!/usr/bin/python3
"""IKEv2 with strongSwan: set-up from both ends, data, rekeys, deletion, narrowing, fragments, a peer that dies.

    host a -- ga (vamd) -- wire -- gb (strongSwan, kernel-libipsec) -- host b
    10.1.0.10  10.1.0.1, 192.0.2.1   192.0.2.2, 10.2.0.1         10.2.0.10
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
from strongswan import Strongswan  # noqa: E402

SECRET = "of-both-9f31"
GUIDE = TOP / "docs/guides/ikev2.md"

VAMD = """hostname ga
engine card {card}
crypto ikev2 proposal P
{ike}crypto ikev2 policy POL
 proposal P
crypto ikev2 keyring KR
 peer B
  address 192.0.2.2
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
interface GigabitEthernet0/0
 device af-packet inside
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 device af-packet wire
 ip address 192.0.2.1 255.255.255.252
 crypto map TUNNEL
ip route 10.2.0.0 255.255.255.0 192.0.2.2
access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255
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


class StrongswanTest(gateways.GatewayTest):
    def setUp(self) -> None:
        super().setUp()
        self.net.inside("gb", "ip", "address", "add", "10.2.0.1/24", "dev", "inside")
        self.net.inside("gb", "ip", "address", "add", "192.0.2.2/30", "dev", "wire")

    def begin(
        self, suite: Suite = GCM, card: str = "none", entry: str = "", globals: str = "",
        ts: str = "10.2.0.0/24", conf: str = "", their_secret: str = SECRET,
    ) -> None:  # fmt: skip
        """Both gateways, without a tunnel. `entry`, `globals`: lines for ours; `ts`, `conf`: strongSwan's."""
        self.swan = Strongswan(self.net, "gb", conf)
        self.swan.load(SWANCTL.format(ike=suite.swan_ike, esp=suite.swan_esp, secret=their_secret, ts=ts))
        text = VAMD.format(
            card=card, ike=suite.ike, esp=suite.esp, entry=suite.entry + entry, secret=SECRET, globals=globals
        )
        self.start("ga", text, wait=False)
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

    # ---- set-up

    def test_first_packet_brings_the_tunnel_up(self) -> None:
        self.begin()
        # The trigger itself is kept and answered.
        self.assertEqual(self.ping(1), 1, self.why)
        self.check_up()

    def test_strongswan_begins(self) -> None:
        self.begin()
        self.swan.initiate()
        self.check_up()

    def test_cbc_modp2048_with_pfs(self) -> None:
        self.begin(CBC)
        self.assertEqual(self.ping(1), 1, self.why)
        self.check_up()
        self.swan.swanctl("--rekey", "--child", "tunnel")
        self.check_up()

    def test_chacha_x25519_with_pfs(self) -> None:
        self.begin(CHACHA)
        self.swan.initiate()
        self.check_up()
        self.swan.swanctl("--rekey", "--child", "tunnel")
        self.check_up()

    def test_card(self) -> None:
        self.begin(card="rtl")
        self.assertEqual(self.ping(3, wait=20), 3, self.why)
        self.assertEqual(self.flow("ga")["outbound_esp"][0]["engine"], "card")

    def test_narrowing(self) -> None:
        # The other side grants half of what the line says.
        self.begin(ts="10.2.0.0/25")
        self.assertEqual(self.ping(1), 1, self.why)
        self.check_up()

    def test_wrong_key(self) -> None:
        self.begin(their_secret="another")
        self.assertEqual(self.ping(1, wait=1), 0)
        self.assertNotIn("ESTABLISHED", self.swan.swanctl("--list-sas"))
        self.assertIn("192.0.2.2", self.cli("ga", "show crypto ikev2 diagnose error"))

    def test_as_the_guide_says(self) -> None:
        blocks = re.findall(r"^```(ios|swanctl|vamsh)\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
        kinds = [kind for kind, _ in blocks]
        self.assertEqual(kinds, ["ios", "swanctl", "vamsh", "vamsh"])
        self.swan = Strongswan(self.net, "gb")
        self.swan.load(blocks[1][1])
        self.start("ga", blocks[0][1], wait=False)
        self.wait("ga answers", lambda: self.answers("ga"))
        self.assertEqual(self.ping(1), 1, self.why)
        self.follow(blocks[2][1])
        self.follow(blocks[3][1])

    # ---- life

    def test_rekeys_lose_nothing(self) -> None:
        self.begin()
        self.swan.initiate()
        self.assertEqual(self.ping(1), 1, self.why)
        stream = self.net.start(
            "a", "ping", "-c", "600", "-i", "0.01", "-W", "5", "10.2.0.10", stdout=-1, text=True
        )
        for i in range(8):
            before = self.spi()
            of_ike = i % 4 == 3
            self.swan.swanctl("--rekey", *(("--ike", "tunnel") if of_ike else ("--child", "tunnel")))
            if not of_ike:
                self.wait("another SA that carries", lambda before=before: self.carries_another(before))
        out, _ = stream.communicate(timeout=60)
        self.assertRegex(out, r"600 packets transmitted, 600 received", self.why)
        self.assertNotIn("duplicates", out)

    def test_we_rekey_by_volume(self) -> None:
        self.begin(entry=" set security-association lifetime kilobytes 2560\n")
        self.assertEqual(self.ping(1), 1, self.why)
        before = self.spi()
        self.assertEqual(self.ping(2000, "-i", "0.002", "-s", "1300"), 2000, self.why)
        self.wait("another SA", lambda: self.spi() != before, 20)
        self.check_up()

    def test_deletion_by_either_end(self) -> None:
        self.begin()
        self.assertEqual(self.ping(1), 1, self.why)
        self.swan.swanctl("--terminate", "--ike", "tunnel")
        self.assertEqual(self.ping(1), 1, self.why)
        self.cli("ga", "clear crypto session")
        self.wait("strongSwan was told", lambda: "ESTABLISHED" not in self.swan.swanctl("--list-sas"), 20)
        self.assertEqual(self.ping(1), 1, self.why)

    def test_long_messages_in_fragments(self) -> None:
        self.begin(globals="crypto ikev2 fragmentation mtu 200\n", conf="fragment_size = 200")
        self.assertEqual(self.ping(1), 1, self.why)
        self.check_up()
        for sign in ("received fragment #1", "splitting IKE message"):
            self.assertIn(sign, self.swan.log())

    def test_peer_restarts(self) -> None:
        self.begin()
        self.assertEqual(self.ping(1), 1, self.why)
        self.swan.process.kill()
        self.swan.process.wait()
        self.net.socket("gb").unlink()
        self.swan = Strongswan(self.net, "gb")
        self.swan.load((self.work / "gb-swanctl.conf").read_text())
        self.swan.initiate()  # with INITIAL_CONTACT
        self.check_up()


if __name__ == "__main__":
    gateways.main()
