#!/usr/bin/python3
"""MOBIKE (RFC 4555) with strongSwan: tunnels that go on when an address changes, its own or ours. And redirection (RFC 5685).

    host a -- ga (vamd) -- wire -- gb (strongSwan, kernel-libipsec) -- host b
    10.1.0.10  10.1.0.1, 192.0.2.1   192.0.2.2 and others, 10.2.0.1   10.2.0.10
"""

import pathlib
import re
import select
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
from strongswan import Strongswan  # noqa: E402
from strongswan_case import StrongswanCase, ours, theirs  # noqa: E402

# From where it is; it takes a call from anywhere.
THEIRS = theirs().replace("192.0.2.2", "%any")
MOST_LOST = 150  # packets, one each 10 ms, on a machine that does other things too


class WithStrongswan(StrongswanCase):
    def setUp(self) -> None:
        super().setUp()
        # Else the kernel takes the other addresses of the network away with the first one.
        self.net.inside("gb", "sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=1")

    def address(self, what: str, which: str) -> None:
        self.net.inside("gb", "ip", "address", what, f"{which}/24", "dev", "wire")

    def moves(self, one: str, other: str) -> None:
        self.address("add", other)
        self.address("del", one)

    def begin_end(self, address: str, *more: str, globals: str = "") -> None:
        """One of ours at this address, whose lines come from now on."""
        self.net.inside("ga", "ip", "address", "add", f"{address}/24", "dev", "wire")
        config = self.work / f"{address}.cfg"
        text = ours(globals=globals).replace("crypto map TUNNEL", "crypto map M")
        config.write_text(text.replace("ip address 192.0.2.1 ", f"ip address {address} "))
        key = self.work / "ga.der"  # that nobody asks for
        words = ["openssl", "genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", str(key)]
        subprocess.run(words, check=True, capture_output=True)
        words = [str(self.BIN / "ike_end"), str(config), str(key), address, *more]
        self.end = self.net.start("ga", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.said = ""
        self.await_line("ready")

    def await_line(self, wanted: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not select.select([self.end.stdout], [], [], 1)[0]:
                continue
            line = self.end.stdout.readline().decode()
            self.said += line
            if line.startswith(wanted):
                return
        self.fail(f"{wanted} is not in:\n{self.said}\n{self.swan.log()[-6000:]}")


class ExchangeTest(WithStrongswan):
    """The exchanges alone: our machine over sockets (ike_end), with a forwarder in memory."""

    def begin(self, *more: str, globals: str = "") -> None:
        self.swan = Strongswan(self.net, "gb")
        self.swan.load(THEIRS)
        self.begin_end("192.0.2.1", *more, globals=globals)

    def test_strongswan_moves(self) -> None:
        self.begin()
        self.swan.initiate()
        self.await_line("up PSK PSK")
        for one, other in (("192.0.2.2", "192.0.2.7"), ("192.0.2.7", "192.0.2.8")):
            self.moves(one, other)
            self.await_line(f"moved {other}")
        self.assertIn("ESTABLISHED", self.swan.swanctl("--list-sas"))
        self.swan.swanctl("--rekey", "--child", "tunnel")
        self.await_line("up PSK PSK")
        self.assertNotIn("down", self.said)

    def test_strongswan_sends_us_on(self) -> None:
        self.begin("call", globals="crypto ikev2 redirect client\n")
        self.await_line("up PSK PSK")
        self.address("add", "192.0.2.7")
        self.swan.swanctl("--redirect", "--ike", "tunnel", "--gateway", "192.0.2.7")
        self.await_line("up PSK PSK")
        self.await_line("down redirected")
        self.assertEqual(len(re.findall("ESTABLISHED", self.swan.swanctl("--list-sas"))), 1)

    def test_strongswan_is_sent_on_by_the_first_answer(self) -> None:
        self.begin(globals="crypto ikev2 redirect gateway init 192.0.2.7\n")
        self.begin_end("192.0.2.7")
        self.swan.initiate()
        self.await_line("up PSK PSK")
        listed = self.swan.swanctl("--list-sas")
        self.assertEqual(len(re.findall("ESTABLISHED", listed)), 1, listed)
        self.assertIn("@ 192.0.2.7", listed)

    def test_strongswan_is_sent_on_by_ike_auth(self) -> None:
        """As far as strongSwan 5.9.8 gets: it proves who we are, calls the other gateway, and ends itself by a double free."""
        self.begin(globals="crypto ikev2 redirect gateway auth 192.0.2.7\n")
        self.swan.swanctl("--initiate", "--child", "tunnel", "--timeout", "5", check=False)
        read = (
            r"parsed IKE_AUTH response 1 \[ IDr AUTH N\(REDIR\) \](?s:.*)"
            r"authentication of 'ga.example' with pre-shared key successful(?s:.*)redirected to 192.0.2.7"
        )
        self.wait("it goes on", lambda: re.search(read, self.swan.log()), seconds=20)


class MovesTest(WithStrongswan):
    """Whole gateways, and packets through them."""

    def begin(self, globals: str = "") -> None:
        self.swan = Strongswan(self.net, "gb")
        self.swan.load(THEIRS)
        self.begin_vamd(ours(globals=f"{globals}crypto logging ikev2\n"))

    def detail(self) -> str:
        return self.cli("ga", "show crypto ikev2 sa detailed")

    def stream(self, seconds: int) -> subprocess.Popen:
        """A packet each 10 ms for so long."""
        words = gateways.echo_words(seconds * 100, interval=0.01, wait=1)
        return self.net.start("a", *words, stdout=-1, text=True)

    def lost(self, stream: subprocess.Popen, first: str = "") -> int:
        out, _ = stream.communicate(timeout=60)
        sent, received = re.search(r"(\d+) packets transmitted, (\d+) received", first + out).groups()
        return int(sent) - int(received)

    def move_under_a_stream(self, change: object, known: object) -> None:
        stream = self.stream(3)
        first = stream.stdout.readline()
        change()
        self.wait("it is known", known)
        lost = self.lost(stream, first)
        print(f"{lost} of 300 packets lost", flush=True)
        self.assertLess(lost, MOST_LOST, self.why)
        self.assertEqual(self.ping(20), 20, self.why)
        self.assertEqual(self.swan.swanctl("--list-sas").count("ESTABLISHED"), 1)

    def check_who_rekeyed(self) -> None:
        """kernel-libipsec cannot tell an SA over: strongSwan rekeys the child at the new address, and we do not."""
        log = self.swan.log()
        self.assertIn("queueing CHILD_REKEY task", log)
        self.assertNotIn("parsed CREATE_CHILD_SA request", log)
        self.assertNotIn("an SA is not moved", (self.work / "ga.log").read_text())

    def test_strongswan_moves_as_initiator(self) -> None:
        self.begin()
        self.swan.initiate()
        self.assertEqual(self.ping(3), 3, self.why)
        self.assertIn("MOBIKE enabled, moved by the peer", self.detail())
        for one, other in (("192.0.2.2", "192.0.2.7"), ("192.0.2.7", "192.0.2.8")):
            self.move_under_a_stream(
                lambda one=one, other=other: self.moves(one, other),
                lambda other=other: f"{other}/4500" in self.detail(),
            )
        self.check_who_rekeyed()
        self.assertIn("Set up between: 192.0.2.1 and 192.0.2.2", self.detail())
        self.assertIn("SA MOVED", self.cli("ga", "show logging"))
        # Both kinds of rekey go on from there.
        self.swan.swanctl("--rekey", "--ike", "tunnel")
        self.swan.swanctl("--rekey", "--child", "tunnel")
        self.assertEqual(self.ping(20), 20, self.why)
        self.move_under_a_stream(
            lambda: self.moves("192.0.2.8", "192.0.2.9"), lambda: "192.0.2.9/4500" in self.detail()
        )

    def test_we_move_as_initiator(self) -> None:
        self.begin()
        self.swan.load(THEIRS.replace("remote_addrs = 192.0.2.1", "remote_addrs = %any"))
        self.assertEqual(self.ping(3), 3, self.why)
        self.move_under_a_stream(
            lambda: self.configure("interface GigabitEthernet0/1", "ip address 192.0.2.33 255.255.255.0"),
            lambda: "192.0.2.33" in self.swan.swanctl("--list-sas"),
        )
        self.check_who_rekeyed()

    def test_strongswan_that_was_called_loses_its_address(self) -> None:
        """It tells us where it is now; liveness, that would find it lost, is off."""
        self.begin()
        self.assertEqual(self.ping(3), 3, self.why)
        self.assertIn("MOBIKE enabled, moved by this side", self.detail())
        for one, other in (("192.0.2.2", "192.0.2.7"), ("192.0.2.7", "192.0.2.8")):
            self.move_under_a_stream(
                lambda one=one, other=other: self.moves(one, other),
                lambda other=other: f"{other}/4500" in self.detail(),
            )
        self.check_who_rekeyed()

    def test_strongswan_sends_us_to_another_address(self) -> None:
        self.begin(globals="crypto ikev2 redirect client max-redirects 2\n")
        self.address("add", "192.0.2.7")
        self.assertEqual(self.ping(3), 3, self.state())
        stream = self.stream(4)
        self.swan.swanctl("--redirect", "--ike", "tunnel", "--gateway", "192.0.2.7")
        self.wait("we have gone there", lambda: "Redirected from: 192.0.2.2" in self.detail())
        self.wait("the old one has gone", lambda: "192.0.2.2/4500" not in self.detail())
        self.assertLess(self.lost(stream), 10, self.state())
        self.assertEqual(self.ping(20), 20, self.state())
        self.assertEqual(len(re.findall("ESTABLISHED", self.swan.swanctl("--list-sas"))), 1)

    def test_strongswan_is_sent_on_while_it_is_up(self) -> None:
        """Where it goes is a machine over sockets beside vamd: two gateways on one wire."""
        self.begin()
        self.swan.initiate()
        self.assertEqual(self.ping(3), 3, self.state())
        self.begin_end("192.0.2.7")
        self.assertIn("told to go: 1", self.cli("ga", "clear crypto ikev2 sa redirect 192.0.2.7"))
        self.await_line("up PSK PSK")
        self.assertIn("while up: 1", self.cli("ga", "show crypto ikev2 stats"))
        self.wait("it has left", lambda: "READY" not in self.cli("ga", "show crypto ikev2 sa"))
        self.assertIn("@ 192.0.2.7", self.swan.swanctl("--list-sas"))

    def test_not_without_the_agreement(self) -> None:
        self.begin(globals=" no mobike\n")
        self.swan.initiate()
        self.assertEqual(self.ping(3), 3, self.state())
        self.assertNotIn("MOBIKE", self.detail())


if __name__ == "__main__":
    gateways.main()
