#!/usr/bin/python3
"""What operators get of two gateways that negotiate: metrics and session messages.
Oracle: prometheus_client's parser."""

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
            self.assertRegex(self.log_of(name), rf"%CRYPTO-5-SESSION_STATUS: Crypto session is UP\. Peer 192\.0\.2\.{peer}:500")
        self.cli("ga", "clear crypto session")
        for name, peer in (("ga", 2), ("gb", 1)):
            pattern = rf"SESSION_STATUS: Crypto session is DOWN\. Peer 192\.0\.2\.{peer}"
            self.wait("it is down", lambda name=name, pattern=pattern: re.search(pattern, self.log_of(name)))


if __name__ == "__main__":
    gateways.main()
