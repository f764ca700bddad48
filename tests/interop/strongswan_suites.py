#!/usr/bin/python3
"""IKEv2 with strongSwan: algorithms of IKE by a table, a peer that is lost at either end, an address translator, iperf3."""

import json
import pathlib
import re
import signal
import subprocess
import sys

from strongswan import IkeSa
from strongswan_case import StrongswanCase, Suite, gateways, theirs, topology

RELAY = str(pathlib.Path(__file__).resolve().parent / "nat_relay.py")

# Our cipher, integrity, PRF and group, and strongSwan's words. The first four are those of Suite B (RFC 6379).
SUITES = (
    ("aes-gcm-128", "", "sha256", 19, "aes128gcm16-prfsha256-ecp256"),
    ("aes-gcm-256", "", "sha384", 20, "aes256gcm16-prfsha384-ecp384"),
    ("aes-cbc-128", "sha256", "", 19, "aes128-sha256-ecp256"),
    ("aes-cbc-256", "sha384", "", 20, "aes256-sha384-ecp384"),
    ("aes-cbc-256", "sha512", "", 21, "aes256-sha512-ecp521"),
    ("aes-cbc-192", "sha256", "", 15, "aes192-sha256-modp3072"),
    ("aes-cbc-128", "sha256", "sha512", 14, "aes128-sha256-prfsha512-modp2048"),
    ("aes-gcm-192", "", "sha512", 16, "aes192gcm16-prfsha512-modp4096"),
    ("aes-gcm-256", "", "sha256", 17, "aes256gcm16-prfsha256-modp6144"),
    ("aes-gcm-128", "", "sha512", 18, "aes128gcm16-prfsha512-modp8192"),
    ("aes-gcm-256", "", "sha512", 32, "aes256gcm16-prfsha512-curve448"),
    ("chacha20-poly1305", "", "sha256", 31, "chacha20poly1305-prfsha256-curve25519"),
    # strongSwan as Debian packs it has no CMAC.
    ("aes-gcm-128-icv-8", "", "sha256", 31, "aes128gcm8-prfsha256-curve25519"),
    ("aes-gcm-256-icv-12", "", "sha384", 19, "aes256gcm12-prfsha384-ecp256"),
    ("aes-gcm-192-icv-12", "", "aes-xcbc", 14, "aes192gcm12-prfaesxcbc-modp2048"),
    ("aes-cbc-128", "aes-xcbc", "", 19, "aes128-aesxcbc-ecp256"),
    ("aes-cbc-256", "aes-xcbc", "sha256", 31, "aes256-aesxcbc-prfsha256-curve25519"),
    ("aes-cbc-128", "sha1", "", 5, "aes128-sha1-modp1536"),
    ("3des", "md5", "", 2, "3des-md5-modp1024"),
)
BLOCKS = {"aes-cbc-128": "AES-CBC, keysize: 128", "aes-cbc-192": "AES-CBC, keysize: 192", "aes-cbc-256": "AES-CBC, keysize: 256",
          "aes-gcm-128": "AES-GCM, keysize: 128", "aes-gcm-192": "AES-GCM, keysize: 192",
          "aes-gcm-256": "AES-GCM, keysize: 256", "3des": "3DES"}  # fmt: skip


def proposal(suite: tuple) -> str:
    """The lines of ours."""
    cipher, integrity, prf, group, _ = suite
    words = (("encryption", cipher), ("integrity", integrity), ("prf", prf), ("group", group))
    return "".join(f" {word} {value}\n" for word, value in words if value)


class StrongswanSuitesTest(StrongswanCase):
    def only_ike_sa(self, before: IkeSa | None = None) -> IkeSa:
        """The one that both ends have, once it is the only one, and not the one before."""
        seen: list[IkeSa] = []

        def is_alone() -> bool:
            seen[:] = self.swan.ike_sas()
            ours = re.findall(r"Local spi: (\w+) +Remote spi: (\w+)", self.detail())
            return (
                [one.state for one in seen] == ["ESTABLISHED"]
                and [tuple(int(spi, 16) for spi in one) for one in ours] == [(seen[0].ours, seen[0].theirs)]
                and (before is None or before.number != seen[0].number)
            )

        self.wait("one IKE SA at both ends", is_alone)
        return seen[0]

    def detail(self) -> str:
        return self.cli("ga", "show crypto ikev2 sa detailed")

    def no_ike_sa(self) -> bool:
        return not self.swan.ike_sas() and "Local spi" not in self.detail()

    def check_suite(self, suite: tuple, begun_by: str) -> None:
        """strongSwan has no trap and the pings come from behind us: each set-up is begun once, by who shall."""
        cipher, _, _, group, words = suite
        self.wait("nothing is left of the one before", self.no_ike_sa)
        self.swan.load(theirs(Suite("", words, "", "aes256gcm16")))
        if begun_by == "strongSwan":
            self.swan.initiate()
        self.assertEqual(self.ping(3), 3, self.why)
        first = self.only_ike_sa()
        self.assertEqual(first.begun_by, begun_by)
        self.check_algorithms(cipher, group)
        # The command only asks for it.
        self.swan.swanctl("--rekey", "--ike-id", str(first.number))
        second = self.only_ike_sa(before=first)
        self.check_algorithms(cipher, group)
        self.assertEqual(self.ping(3), 3, self.why)
        self.swan.swanctl("--terminate", "--ike-id", str(second.number))

    def check_algorithms(self, cipher: str, group: int) -> None:
        said = self.detail()
        self.assertIn(f"DH Grp:{group},", said)
        self.assertIn(BLOCKS.get(cipher.partition("-icv")[0], ""), said)

    def test_algorithms_of_ike(self) -> None:
        """Set up and rekeyed; strongSwan knows one suite at a time. When we begin, the group is guessed wrong first."""
        more = "crypto legacy-algorithms enable\n"
        for n, suite in enumerate(SUITES[1:]):
            more += f"crypto ikev2 proposal P{n}\n{proposal(suite)}crypto ikev2 policy POL\n proposal P{n}\n"
        self.begin(Suite(proposal(SUITES[0]), "", "esp-gcm 256", ""), globals=more, load=False)
        for n, suite in enumerate(SUITES):
            begun_by = ("us", "strongSwan")[n % 2]
            with self.subTest(suite[4], begun_by=begun_by):
                self.check_suite(suite, begun_by)
        self.wait("nothing is left of the last", self.no_ike_sa)
        # What nobody offers.
        self.swan.load(theirs(Suite("", "aes256-sha256-ecp256bp", "", "aes256gcm16")))
        self.assertEqual(self.ping(1, wait=1), 0)
        self.assertIn("192.0.2.2", self.cli("ga", "show crypto ikev2 diagnose error"))

    # ---- a peer that is lost

    def test_we_find_it_lost(self) -> None:
        self.begin(globals="crypto ikev2 dpd 10 2 periodic\n")
        self.wait("up", lambda: self.ping(1) == 1)
        self.swan.process.send_signal(signal.SIGSTOP)
        self.wait("given up", lambda: "READY" not in self.cli("ga", "show crypto ikev2 sa"), 90)
        self.swan.process.send_signal(signal.SIGCONT)
        self.wait("up again", lambda: self.ping(1) == 1)
        self.assertEqual(self.ping(20), 20, self.why)

    def test_strongswan_finds_us_lost(self) -> None:
        self.begin(conf="retransmit_tries = 2\n  retransmit_timeout = 0.5\n  retransmit_base = 1")
        text = theirs()
        self.swan.load(text.replace("fragmentation = yes", "fragmentation = yes\n    dpd_delay = 1s"))
        self.swan.initiate()
        self.assertEqual(self.ping(3), 3, self.why)
        for sign in ("sending DPD request", "parsed INFORMATIONAL response"):
            self.wait(sign, lambda sign=sign: sign in self.swan.log())
        self.assertIn("ESTABLISHED", self.swan.swanctl("--list-sas"))
        self.processes["ga"].kill()
        self.wait("given up", lambda: "ESTABLISHED" not in self.swan.swanctl("--list-sas"), 60)

    # ---- an address translator

    def test_through_a_translator(self) -> None:
        """Addresses and ports of both are changed on the way: from 4500 on, ESP in UDP with ports that nobody chose."""
        nat = self.net.ns("nat")
        topology.run("ip", "netns", "add", nat)
        self.addCleanup(topology.run, "ip", "netns", "delete", nat)
        self.net.inside("gb", "ip", "link", "set", "wire", "netns", nat)
        self.net._link("nat", "near", "gb", "wire")
        ends = (("nat", "192.0.2.2/30", "wire"), ("nat", "10.9.0.1/24", "near"), ("gb", "10.9.0.2/24", "wire"))
        for name, address, device in ends:
            self.net.inside(name, "ip", "address", "add", address, "dev", device)
            self.net.inside(name, "ip", "link", "set", device, "up")
        self.begin(globals="crypto ikev2 nat keepalive 5\n", load=False)
        relay = self.net.start("nat", sys.executable, RELAY, stdout=subprocess.PIPE, text=True)
        self.assertEqual(relay.stdout.readline(), "ready\n")
        text = theirs()
        self.swan.load(text.replace("192.0.2.2", "10.9.0.2").replace("192.0.2.1", "10.9.0.1"))
        self.swan.initiate()
        self.assertEqual(self.ping(20), 20, self.why)
        detail = self.cli("ga", "show crypto ikev2 sa detailed")
        self.assertIn("192.0.2.2/44500", detail)
        self.assertIn("NAT-T is detected", detail)
        self.swan.swanctl("--rekey", "--child", "tunnel")
        self.swan.swanctl("--rekey", "--ike", "tunnel")
        self.assertEqual(self.ping(20), 20, self.why)

    # ---- bulk data

    def iperf(self, size: str) -> None:
        server = self.net.start("b", "iperf3", "-s", "-1", "--forceflush", stdout=subprocess.PIPE, text=True)
        self.assertIn("-", server.stdout.readline())
        words = ["iperf3", "-c", "10.2.0.10", "-n", size, "-M", "1200", "-J"]
        said = json.loads(self.net.inside("a", *words, check=False, timeout=170).stdout)
        self.assertNotIn("error", said, self.why)
        print(f"{size}: {said['end']['sum_received']['bits_per_second'] / 1e6:.1f} Mb/s", flush=True)
        server.wait(20)

    def test_iperf_software(self) -> None:
        self.begin()
        self.wait("up", lambda: self.ping(1) == 1)
        self.iperf("40M")
        self.assertEqual(self.flow("ga")["outbound_esp"][0]["engine"], "software")

    def test_iperf_card(self) -> None:
        self.begin(card="rtl")
        self.wait("up", lambda: self.ping(1, wait=20) == 1)
        self.iperf("1M")
        self.assertEqual(self.flow("ga")["outbound_esp"][0]["engine"], "card")


if __name__ == "__main__":
    gateways.main()
