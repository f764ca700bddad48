#!/usr/bin/python3
"""IKEv2 with strongSwan: set-up from both ends, data, rekeys, deletion, narrowing, fragments, a peer that dies."""

import ipaddress
import re

from strongswan_case import CBC, CHACHA, TOP, Strongswan, StrongswanCase, gateways  # puts tests/net into the path

GUIDE = TOP / "docs/guides/ikev2.md"


class StrongswanTest(StrongswanCase):
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
        self.check_selectors("10.2.0.0/25")

    def test_we_narrow(self) -> None:
        self.begin(ts="10.2.0.0/16")
        self.swan.initiate()
        self.check_up()
        self.check_selectors("10.2.0.0/24")

    def check_selectors(self, remote: str) -> None:
        agreed = self.cli("ga", "show crypto ikev2 sa detailed")
        network = ipaddress.ip_network(remote)
        self.assertIn(f"remote selector {network[0]}/0 - {network[-1]}/65535", agreed)
        self.assertIn("local selector  10.1.0.0/0 - 10.1.0.255/65535", agreed)
        self.assertRegex(self.swan.swanctl("--list-sas"), rf"local +{re.escape(remote)}\n")

    def test_wrong_key(self) -> None:
        self.begin(their_secret="another")
        self.assertEqual(self.ping(1, wait=1), 0)
        self.assertNotIn("ESTABLISHED", self.swan.swanctl("--list-sas"))
        self.assertIn("192.0.2.2", self.cli("ga", "show crypto ikev2 diagnose error"))

    def test_as_the_guide_says(self) -> None:
        blocks = re.findall(r"^```(ios|swanctl|vamsh)\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
        kinds = [kind for kind, _ in blocks]
        self.assertEqual(kinds, ["ios", "swanctl", "vamsh", "vamsh", "ios"])
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
        stream = self.net.start("a", *gateways.echo_words(600, interval=0.01), stdout=-1, text=True)
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
