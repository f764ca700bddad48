#!/usr/bin/python3
"""Two gateways that negotiate by IKEv2: the first packet, the card, rekeys under traffic, deletion."""

import gateways
from ikev2_pair import GATEWAYS, Ikev2Pair


class Ikev2Test(Ikev2Pair):
    def test_first_packet(self) -> None:
        self.begin()
        # The packet that asked for the tunnel is kept, and answered.
        self.assertEqual(self.ping(1), 1, self.why)
        self.assertEqual(self.ping(50), 50, self.why)
        for name in GATEWAYS:
            self.assertTrue(self.has_ike_sa(name), self.why)
            self.assertIn("UP-ACTIVE", self.cli(name, "show crypto session"), self.why)

    def test_card(self) -> None:
        self.begin(card="model")
        self.assertEqual(self.ping(1), 1, self.why)
        self.assertEqual(self.ping(20), 20, self.why)
        self.assertEqual(self.flow("ga")["outbound_esp"][0]["engine"], "card")

    def test_rekeys_by_volume_lose_nothing(self) -> None:
        # The software engine counts the bytes, or the card does and says when they are nearly used up.
        for card, engine, count in (("none", "software", 6000), ("model", "card", 2500)):
            with self.subTest(card):
                self.begin(card=card, entry=" set security-association lifetime kilobytes 2560\n")
                self.assertEqual(self.ping(1), 1, self.why)
                first = {name: self.spi(name) for name in GATEWAYS}
                words = gateways.echo_words(count, interval=0.002)
                out = self.net.inside("a", *words, "-s", "1300", check=False, timeout=120).stdout
                self.assertIn(f"{count} packets transmitted, {count} received", out, self.why)
                self.assertNotIn("duplicates", out)
                for name in GATEWAYS:
                    self.assertNotEqual(self.spi(name), first[name])
                    for way in ("inbound_esp", "outbound_esp"):
                        self.assertEqual(self.flow(name)[way][-1]["engine"], engine)

    def test_reauthentication_loses_nothing(self) -> None:
        # The shortest time that can be set: the other IKE SA is made after a minute.
        self.begin(globals=" reauth 120\n")
        self.assertEqual(self.ping(1), 1, self.state())
        first = {name: self.spi(name) for name in GATEWAYS}
        words = gateways.echo_words(7000, interval=0.01)
        out = self.net.inside("a", *words, check=False, timeout=150).stdout
        self.assertRegex(out, r"7000 packets transmitted, 7000 received", self.state())
        self.assertNotIn("duplicates", out)
        for name in GATEWAYS:
            self.assertNotEqual(self.spi(name), first[name])
            self.assertIn("Reauthentication: within", self.cli(name, "show crypto ikev2 sa detailed"))

    def test_cleared_sessions_come_back(self) -> None:
        self.begin()
        for name in ("ga", "gb"):
            self.assertEqual(self.ping(1), 1, self.why)
            self.assertNotIn("%", self.cli(name, "clear crypto session"))
            for other in GATEWAYS:
                self.wait(f"{other} has none", lambda other=other: not self.has_ike_sa(other))
        self.assertEqual(self.ping(3), 3, self.why)


if __name__ == "__main__":
    gateways.main()
