#!/usr/bin/python3
"""IKEv2 with strongSwan: post-quantum preshared keys, rekeys that we begin, repeated authentication, IKE SAs without a
child. By shared keys; `ike_end` at our end, for its clock goes faster.

    ga: ike_end, the ikev2 role's machine over sockets -- wire -- gb: strongSwan (charon, kernel-libipsec)
    192.0.2.1                                                     192.0.2.2
"""

import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
from between_sites import IDENTITIES, IKE  # noqa: E402
from ike_end import MAP, PORT, IkeEndTest, openssl  # noqa: E402
from strongswan import Strongswan  # noqa: E402

PPK = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

OURS = f"""{IKE}crypto ikev2 keyring KR
 peer B
  address 192.0.2.2
  pre-shared-key of-both-9f31
{{keyring}}crypto ikev2 profile PROF
{IDENTITIES} authentication local pre-share
 authentication remote pre-share
 keyring local KR
{{profile}}{MAP} set pfs group19
{PORT}"""

THEIRS = """connections {{
  tunnel {{
    version = 2
    local_addrs = 192.0.2.2
    remote_addrs = 192.0.2.1
    proposals = aes256gcm16-prfsha256-ecp256
    {connection}
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
        local_ts = 10.2.0.0/24
        remote_ts = 10.1.0.0/24
        esp_proposals = aes256gcm16-ecp256
      }}
    }}
  }}
}}
secrets {{
  ike-peer {{
    secret = of-both-9f31
  }}
  {secrets}
}}
"""


class ExtensionTest(IkeEndTest):
    def begin(self, keyring: str = "", profile: str = "", connection: str = "", secrets: str = "") -> None:
        """Lines for our keyring's peer and our profile; for strongSwan's connection and secrets."""
        self.swan = Strongswan(self.net, "gb")
        self.swan.load(THEIRS.format(connection=connection, secrets=secrets))
        (self.work / "ga.cfg").write_text(OURS.format(keyring=keyring, profile=profile))
        (self.work / "ga.der").write_bytes(openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER"))

    def both_begin(self, up: str) -> None:
        """Ours begins, then strongSwan; each comes up with that line."""
        self.run_end("call")
        self.assertEqual(self.await_line("up"), up)
        self.check_installed()
        self.stop_end()
        self.swan.swanctl("--terminate", "--ike", "tunnel", "--force", check=False)
        self.run_end()
        self.swan.initiate()
        self.assertEqual(self.await_line("up"), up)
        self.check_installed()
        self.stop_end()

    def check_installed(self) -> None:
        def is_installed() -> bool:
            listed = self.swan.swanctl("--list-sas")
            return "ESTABLISHED" in listed and "INSTALLED" in listed

        self.wait("strongSwan has it too", is_installed, 10)

    # ---- post-quantum preshared keys (RFC 8784)

    def begin_ppk(self, ours: str, theirs: str, their_id: str = "q1", their_key: str = PPK) -> None:
        """`ours`: " required" or nothing; `theirs`: "yes" or "no". An empty id: strongSwan has no key."""
        self.begin(
            keyring=f"  ppk manual id q1 key hex {PPK}{ours}\n",
            connection=f"ppk_id = {their_id}\n    ppk_required = {theirs}" if their_id else "",
            secrets=f"ppk-one {{\n    id = {their_id}\n    secret = 0x{their_key}\n  }}" if their_id else "",
        )

    def test_ppk(self) -> None:
        self.begin_ppk("", "no")
        self.both_begin("up PSK PSK ppk q1")
        self.assertIn("using PPK for PPK_ID 'q1'", self.swan.log())

    def test_ppk_that_both_require(self) -> None:
        self.begin_ppk(" required", "yes")
        self.both_begin("up PSK PSK ppk q1")
        # The next IKE SA has its keys from those with it: else neither end could read the other.
        self.run_end("call")
        self.await_line("up")
        self.swan.swanctl("--rekey", "--ike", "tunnel")
        self.await_line("down replaced")
        self.swan.swanctl("--rekey", "--child", "tunnel")
        self.wait("the child is rekeyed", lambda: "CHILD_SA closed" in self.swan.log(), 20)
        self.check_installed()

    def test_ppk_of_one_end_alone(self) -> None:
        self.begin_ppk("", "", their_id="")
        self.both_begin("up PSK PSK")

    def test_ppk_that_the_other_end_does_not_know(self) -> None:
        self.begin_ppk("", "no", their_id="q2")
        # strongSwan wants its own, though it need not be; we take the proof without.
        self.run_end("call")
        self.assertIn("failed refused_by_peer", self.await_line("failed"))
        self.assertIn("received PPK_ID 'q1', but require 'q2'", self.swan.log())
        self.stop_end()
        self.run_end()
        self.swan.initiate()
        self.assertEqual(self.await_line("up"), "up PSK PSK")
        self.check_installed()

    def test_ppk_that_we_require(self) -> None:
        self.begin_ppk(" required", "no", their_id="q2")
        self.run_end("call")
        self.assertIn("failed", self.await_line("failed"))
        self.stop_end()
        self.run_end()
        self.swan.swanctl("--initiate", "--child", "tunnel", "--timeout", "5", check=False)
        self.assertIn("failed no_ppk", self.await_line("failed"))
        self.assertNotIn("ESTABLISHED", self.swan.swanctl("--list-sas"))

    def test_ppk_that_strongswan_lacks_and_we_require(self) -> None:
        self.begin_ppk(" required", "", their_id="")
        self.run_end("call")
        self.assertIn("failed no_ppk", self.await_line("failed"))

    def test_another_ppk_of_the_same_name(self) -> None:
        self.begin_ppk("", "no", their_key=PPK[::-1])
        self.run_end("call")
        self.assertIn("failed refused_by_peer", self.await_line("failed"))

    # ---- rekeys of the IKE SA that we begin

    def test_we_rekey_the_ike_sa(self) -> None:
        self.begin(profile=" lifetime 120\n")
        for call in (True, False):
            with self.subTest(call=call):
                self.run_end(*(("call", "20") if call else ("20",)))
                if not call:
                    self.swan.initiate()
                self.await_line("up")
                before = {(one.ours, one.theirs) for one in self.swan.ike_sas()}
                self.assertIn("down replaced", self.await_line("down"))
                # The child went along, and what is said under the new keys is understood.
                closed = self.swan.log().count("CHILD_SA closed")
                self.swan.swanctl("--rekey", "--child", "tunnel")
                self.wait("the child is rekeyed", lambda n=closed: self.swan.log().count("CHILD_SA closed") > n, 20)
                listed = self.swan.swanctl("--list-sas")
                self.assertEqual((listed.count("ESTABLISHED"), listed.count("INSTALLED")), (1, 1), listed)
                self.assertTrue(before.isdisjoint((one.ours, one.theirs) for one in self.swan.ike_sas()), listed)
                self.stop_end()
                self.swan.swanctl("--terminate", "--ike", "tunnel", "--force", check=False)

    # ---- repeated authentication (RFC 4478)

    def test_we_call_again(self) -> None:
        # A strongSwan of this version that was called says no AUTH_LIFETIME: the time is our profile's.
        self.begin(profile=" reauth 120\n")
        self.run_end("call", "10")
        self.assertEqual(self.await_line("up"), "up PSK PSK")
        # Another IKE SA beside the old one, then the old one goes.
        self.assertEqual(self.await_line("up", 20), "up PSK PSK")
        self.assertEqual(self.swan.swanctl("--list-sas").count("INSTALLED"), 2)
        self.assertIn("down replaced", self.await_line("down"))
        listed = self.swan.swanctl("--list-sas")
        self.assertEqual(listed.count("INSTALLED"), 1, listed)
        self.assertEqual(listed.count("ESTABLISHED"), 1, listed)

    def test_we_ask_for_it(self) -> None:
        # strongSwan begins `over_time` before the time that we tell.
        self.begin(profile=" reauth 120\n", connection="over_time = 112s")
        self.run_end()
        self.swan.initiate()
        self.await_line("up")
        self.assertEqual(self.await_line("up", 20), "up PSK PSK")
        self.assertIn("received AUTH_LIFETIME of 120s", self.swan.log())
        self.check_installed()

    # ---- IKE SAs without a child at first (RFC 6023)

    def test_childless_for_both(self) -> None:
        self.begin(profile=" childless force\n", connection="childless = force")
        self.both_begin("up PSK PSK")

    def test_childless_where_we_can(self) -> None:
        self.begin(connection="childless = force")
        self.run_end()
        self.swan.initiate()
        self.await_line("up")
        self.check_installed()

    def test_childless_where_strongswan_can(self) -> None:
        self.begin(profile=" childless prefer\n", connection="childless = allow")
        self.run_end("call")
        self.await_line("up")
        self.check_installed()
        self.assertIn("CREATE_CHILD_SA request 2", self.swan.log())

    def test_childless_that_strongswan_does_not_do(self) -> None:
        self.begin(profile=" childless force\n", connection="childless = never")
        self.run_end("call")
        self.assertIn("failed childless", self.await_line("failed"))


if __name__ == "__main__":
    gateways.main()
