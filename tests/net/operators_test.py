#!/usr/bin/python3
"""What operators get of two gateways that negotiate: metrics, the key log, session messages; faults that a test build
makes. Oracles: prometheus_client's parser, Wireshark's dissectors."""

import os
import re
import signal
import stat
import subprocess
import sys

import gateways
from ikev2_pair import GATEWAYS, Ikev2Pair

sys.path.insert(0, str(gateways.TOP / "tests/unit/sw/mgmt"))

import read_metrics  # noqa: E402

GET = "import sys, urllib.request as r; sys.stdout.write(r.urlopen('http://127.0.0.1:9464/metrics', timeout=20).read().decode())"
MORE = "crypto logging session\nmetrics listen port 9464\n"


class Operators(Ikev2Pair):
    def scrape(self, name: str) -> dict[tuple, float]:
        """Samples by name and labels, as the independent parser reads them."""
        text = self.net.inside(name, sys.executable, "-c", GET).stdout
        families = read_metrics.read(text)
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in families.values()
            for sample in family.samples
        }

    def total(self, samples: dict[tuple, float], name: str, **labels: str) -> float:
        """The sum of the samples that have these labels among others."""
        wanted = set(labels.items())
        return sum(value for (found, *of), value in samples.items() if found == name and wanted <= set(of))

    def log_of(self, name: str) -> str:
        return self.cli(name, "show logging")

    def test_metrics(self) -> None:
        self.begin(card="model", globals=MORE, cards={"gb": "none"})
        before = {name: self.scrape(name) for name in GATEWAYS}
        self.assertEqual(self.total(before["ga"], "vam_ike_sas", state="up"), 0)
        self.assertEqual(self.ping(20), 20, self.state())
        self.wait("a new text", lambda: self.total(self.scrape("ga"), "vam_ike_sas", state="up") == 1)
        ga, gb = self.scrape("ga"), self.scrape("gb")
        for samples, side, engine in ((ga, "initiator", "card"), (gb, "responder", "software")):
            self.assertEqual(self.total(samples, "vam_scrape_answered"), 2)
            self.assertEqual(self.total(samples, "vam_role_up", role="ikev2"), 1)
            self.assertEqual(self.total(samples, "vam_ike_sas", side=side, state="up", version="2"), 1)
            self.assertEqual(self.total(samples, "vam_ike_children"), 1)
            self.assertEqual(self.total(samples, "vam_ike_established_total", side=side), 1)
            self.assertEqual(self.total(samples, "vam_ike_setup_duration_seconds_count", side=side), 1)
            self.assertGreater(self.total(samples, "vam_ike_setup_duration_seconds_sum", side=side), 0)
            self.assertEqual(self.total(samples, "vam_ipsec_sas", engine=engine, state="up"), 2, samples)
            for direction in ("in", "out"):
                packets = self.total(samples, "vam_engine_packets_total", engine=engine, direction=direction)
                self.assertGreaterEqual(packets, 20)
            ended = self.total(samples, "vam_packets_ended_total")
            offered = self.total(samples, "vam_packets_offered_total")
            self.assertEqual(ended + self.total(samples, "vam_packets_in_flight"), offered)
        # Why it is not on the card.
        [reason] = {dict(of)["reason"] for (found, *of) in gb if found == "vam_ipsec_sas"}
        self.assertNotEqual(reason, "")
        # As the command says.
        counted = self.net.show(self.BIN, "gb", "show crypto ikev2 stats")
        messages = {row["name"]: row for row in counted["exchange"]}
        self.assertEqual(self.total(gb, "vam_ike_messages_total", exchange="IKE_AUTH", direction="received", kind="request"),
                         int(messages["IKE_AUTH"]["received_requests"]))  # fmt: skip
        # A role that ends is counted, and comes back.
        os.kill(self.role("ga", "ikev2"), signal.SIGKILL)
        self.wait("it is counted", lambda: self.total(self.scrape("ga"), "vam_role_restarts_total", role="ikev2") == 1)
        self.wait("it is back", lambda: self.total(self.scrape("ga"), "vam_scrape_answered", role="ikev2") == 1)
        # Without the statement nobody listens.
        self.cli("ga", "configure terminal\nno metrics listen\nend")
        self.wait("nobody listens", lambda: self.net.inside("ga", sys.executable, "-c", GET, check=False).returncode != 0)

    def test_session_messages(self) -> None:
        self.begin(globals=MORE)
        self.assertEqual(self.ping(1), 1, self.state())
        for name, peer in (("ga", 2), ("gb", 1)):
            self.wait("a session is up", lambda name=name: "SESSION_STATUS" in self.log_of(name))
            pattern = rf"%CRYPTO-5-SESSION_STATUS: Crypto session is UP\. Peer 192\.0\.2\.{peer}:4500 Id: 192\.0\.2\.{peer}"
            self.assertRegex(self.log_of(name), pattern)
        self.cli("ga", "clear crypto session")
        for name, peer in (("ga", 2), ("gb", 1)):
            pattern = rf"SESSION_STATUS: Crypto session is DOWN\. Peer 192\.0\.2\.{peer}"
            self.wait("it is down", lambda name=name, pattern=pattern: re.search(pattern, self.log_of(name)))

    def tshark(self, *words: str) -> str:
        """What Wireshark's dissectors say of the capture with the key log of ga."""
        folder = self.work / "wireshark-config/wireshark"
        folder.mkdir(parents=True, exist_ok=True)
        for table in ("ikev2_decryption_table", "esp_sa"):
            (folder / table).write_bytes((self.work / "ga-state" / table).read_bytes())
        env = {**os.environ, "XDG_CONFIG_HOME": str(folder.parent), "HOME": str(self.work)}
        done = subprocess.run(
            ["tshark", "-r", str(self.work / "wire.pcap"), "-o", "esp.enable_encryption_decode:TRUE", *words],
            env=env, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("WARNING", done.stderr)
        return done.stdout

    def captured(self, what: str) -> int:
        """Packets of a display filter; the capture may still grow."""
        words = ["tshark", "-r", str(self.work / "wire.pcap"), "-Y", what]
        return subprocess.run(words, capture_output=True, text=True, timeout=120).stdout.count("\n")

    def test_key_log(self) -> None:
        for proposal, transform in (
            ("", "esp-gcm 256"),
            ("crypto ikev2 proposal P\n encryption aes-cbc-256\n integrity sha256\n group 19\n"
             "crypto ikev2 policy Q\n proposal P\n", "esp-aes 256 esp-sha256-hmac"),
        ):  # fmt: skip
            with self.subTest(transform):
                self.key_log(proposal, transform)
                self.doCleanups()
                self.setUp()

    def key_log(self, proposal: str, transform: str) -> None:
        self.begin(globals=proposal, transform=transform)
        for table in ("ikev2_decryption_table", "esp_sa"):
            status = (self.work / "ga-state" / table).stat()
            self.assertEqual((stat.S_IMODE(status.st_mode), status.st_size), (0o600, 0))
        # Never without privilege.
        self.assertIn("Invalid input", self.cli("ga", "disable\ndebug crypto ikev2 keys"))
        self.assertIn("IKEv2 key logging is on", self.cli("ga", "debug crypto ikev2 keys"))
        self.assertIn("IKEv2 key logging is on", self.cli("ga", "show debugging"))
        capture = self.capture()
        self.assertEqual(self.ping(5), 5, self.state())
        self.assertEqual(self.log_of("ga").count("IKEV2_KEY_LOG"), 1)
        self.wait("the keys are there", lambda: (self.work / "ga-state/esp_sa").read_text().count("\n") >= 2)
        self.wait("the capture holds them", lambda: self.captured("esp") >= 10)
        capture.terminate()
        capture.communicate(timeout=20)
        # IKE_AUTH: both messages, with their AUTH payloads (39) and identities.
        auth = self.tshark("-Y", "isakmp.exchangetype == 35", "-T", "fields", "-e", "isakmp.typepayload")
        self.assertEqual([row.split(",").count("39") for row in auth.split()], [1, 1], auth)
        # ESP: echo requests and replies, with the addresses of the hosts.
        inner = self.tshark("-Y", "esp && icmp", "-T", "fields", "-e", "ip.src", "-e", "icmp.type")
        self.assertEqual(sorted(inner.split("\n"))[1:], sorted(
            ["192.0.2.1,10.1.0.10\t8"] * 5 + ["192.0.2.2,10.2.0.10\t0"] * 5))  # fmt: skip
        # Switched off, nothing is added; gb was never asked.
        self.assertIn("is off", self.cli("ga", "undebug crypto ikev2 keys"))
        size = (self.work / "ga-state/ikev2_decryption_table").stat().st_size
        self.cli("ga", "clear crypto session")
        self.wait("a new tunnel", lambda: self.ping(1) == 1)
        self.assertEqual((self.work / "ga-state/ikev2_decryption_table").stat().st_size, size)
        self.assertEqual((self.work / "gb-state/ikev2_decryption_table").stat().st_size, 0)


class Impaired(Ikev2Pair):
    """A gateway that spoils its own messages, beside one that does not."""

    def setUp(self) -> None:
        super().setUp()
        # `vamd` of a test build, under the name that everything starts.
        self.bin = self.work / "bin"
        self.bin.mkdir()
        (self.bin / "vamd").symlink_to(self.BIN / "vamd_impaired")
        (self.bin / "vamsh").symlink_to(self.BIN / "vamsh")
        real, self.BIN = self.BIN, self.bin
        self.addCleanup(setattr, self, "BIN", real)

    def test_each_fault_ends_in_a_counter_and_a_tunnel(self) -> None:
        self.begin()
        self.assertIn("test build", self.cli("ga", "show version"))
        self.assertEqual(self.cli("ga", "show impair"), "Nothing is impaired\n")
        rules = {
            "impair ikev2 drop outgoing for ike-sa-init nth 1": None,
            "impair ikev2 duplicate incoming for ike-auth nth 1": ("ga", "outside_window"),
            "impair ikev2 delay 300 outgoing for ike-auth nth 1": None,
            "impair ikev2 corrupt incoming for ike-auth nth 1": ("ga", "wrong_icv"),
            "impair ikev2 mutate message-id outgoing for ike-auth nth 1": ("gb", "outside_window"),
            "impair ikev2 mutate exchange outgoing for ike-auth nth 1": ("gb", "unexpected"),
            "impair ikev2 mutate length incoming for ike-auth nth 1": ("ga", "malformed"),
            "impair ikev2 mutate payload incoming for ike-auth nth 1": ("ga", "malformed"),
            "impair ikev2 replay incoming nth 2": ("ga", None),
        }
        for line, counter in rules.items():
            with self.subTest(line):
                self.assertEqual(self.cli("ga", line), "")
                before = self.causes(counter[0]) if counter else {}
                self.cli("ga", "clear crypto session")
                self.wait(f"a tunnel: {line}", lambda: self.ping(1, wait=8) == 1 and self.has_ike_sa("ga"))
                show = self.net.show(self.BIN, "ga", "show impair")
                self.assertEqual(int(show["rule"][0]["done"]), 1, show)
                if counter:
                    after = self.causes(counter[0])
                    grown = {cause for cause, count in after.items() if count > before.get(cause, 0)}
                    self.assertIn(counter[1], grown | {None}, (line, grown))
                self.assertEqual(self.cli("ga", "no impair"), "")
        self.assertEqual(self.ping(10), 10, self.state())

    def test_comes_back_by_a_ticket(self) -> None:
        # gb does not hear ga's liveness for a while, until ga takes it for dead; it has lost nothing.
        self.begin(globals=" session-resumption\n dpd 10 2 periodic\n")
        self.assertEqual(self.ping(1), 1, self.state())
        first = self.spi("gb")
        self.assertIn("Ticket of the peer: ", self.cli("ga", "show crypto ikev2 sa detailed"))
        self.assertIn("Ticket given to the peer: ", self.cli("gb", "show crypto ikev2 sa detailed"))
        self.assertEqual(self.cli("gb", "impair ikev2 drop incoming for informational"), "")
        self.wait("ga has given gb up", lambda: not self.has_ike_sa("ga"))
        self.assertEqual(self.cli("gb", "no impair"), "")
        self.assertEqual(self.ping(5), 5, self.state())
        for name in GATEWAYS:
            self.assertIn("Resumed by a ticket", self.cli(name, "show crypto ikev2 sa detailed"), self.state())
            self.assertEqual(self.cli(name, "show crypto ikev2 sa").count("READY"), 1, self.state())
        self.assertNotEqual(self.spi("gb"), first)
        self.assertIn("came up: 1 ", self.cli("ga", "show crypto ikev2 stats"))
        self.assertIn("came up by them: 1 ", self.cli("gb", "show crypto ikev2 stats"))
        # A cleared session has no ticket.
        self.assertNotIn("%", self.cli("ga", "clear crypto session"))
        self.wait("gb has none", lambda: not self.has_ike_sa("gb"))
        self.assertEqual(self.ping(3), 3, self.state())
        self.assertNotIn("Resumed", self.cli("ga", "show crypto ikev2 sa detailed"))

    def causes(self, name: str) -> dict[str, int]:
        stats = self.net.show(self.BIN, name, "show crypto ikev2 stats")
        return {row["reason"]: int(row["packets"]) for row in stats.get("cause", [])}


if __name__ == "__main__":
    gateways.main()
