#!/usr/bin/python3
"""IKEv2 with strongSwan by certificates, through whole gateways: keys come by PKCS#12 and stay in the signer.

    host a -- ga (vamd) -- wire -- gb (strongSwan, kernel-libipsec) -- host b
    10.1.0.10  10.1.0.1, 192.0.2.1   192.0.2.2, 10.2.0.1         10.2.0.10
"""

import hashlib
import os
import pathlib
import signal
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
import strongswan_certificates as by_socket  # noqa: E402
from between_sites import ENTRY, IDENTITIES, IKE, PORTS  # noqa: E402
from strongswan import Strongswan  # noqa: E402
from strongswan_case import StrongswanCase  # noqa: E402
from strongswan_certificates import KEYS, THEIRS, openssl  # noqa: E402

VAMD = f"""hostname ga
engine card none
crypto pki trustpoint T
 revocation-check none
{IKE}crypto ikev2 profile PROF
{IDENTITIES} authentication local {{local}}
 authentication remote {{remote}}
 pki trustpoint T
{ENTRY}{PORTS}"""
SERVER = "198.51.100.80"
AUTHORITY = """authorities {{
  example {{
    cacert = {folder}/ca.pem
    cert_uri_base = http://{server}/
  }}
}}
"""
PASSPHRASE = "of-the-file-71"


class GatewayCertificateTest(StrongswanCase):
    authority, issue, give_key = \
        by_socket.CertificateTest.authority, by_socket.CertificateTest.issue, by_socket.CertificateTest.give_key

    def begin_gateways(self, ours: str, theirs: str, ours_more: str = "", swan: str = "", theirs_more: str = "") -> None:
        self.authority("ca")
        self.issue("ga", ours)
        self.issue("gb", theirs)
        self.give_key()
        self.swan = Strongswan(self.net, "gb", more=swan)
        self.swan.load(THEIRS.format(folder=self.work, auth="pubkey", remote_auth="pubkey") + theirs_more)
        openssl(
            "pkcs12", "-export", "-inkey", self.work / "ga.key", "-in", self.work / "ga.pem", "-certfile",
            self.work / "ca.pem", "-passout", f"pass:{PASSPHRASE}", "-out", self.work / "ga.p12",
        )  # fmt: skip
        text = VAMD.format(local=KEYS[ours][1], remote=KEYS[theirs][1]) + ours_more
        self.begin_vamd(text)
        said = self.cli("ga", f"crypto pki import T pkcs12 {self.work / 'ga.p12'} password {PASSPHRASE}")
        self.assertIn("Imported PKCS12 file successfully", said)

    def check(self, ours: str, theirs: str) -> None:
        """Begun by the first packet, then by strongSwan."""
        self.begin_gateways(ours, theirs)
        self.assertEqual(self.ping(3, wait=5), 3, self.state() + self.cli("ga", "show crypto ikev2 diagnose error"))
        detail = self.cli("ga", "show crypto ikev2 sa detailed")
        self.assertIn(f"Auth sign: {KEYS[ours][2]}, Auth verify: {KEYS[theirs][2]}", detail)
        self.assertIn("Remote certificate: CN=gb,O=Example", detail)
        self.swan.swanctl("--terminate", "--ike", "tunnel")
        self.swan.initiate()
        self.assertEqual(self.ping(3, wait=5), 3, self.why)

    def test_rsa_gateways(self) -> None:
        self.check("rsa", "rsa")

    def test_p256_gateways(self) -> None:
        self.check("p256", "p256")

    def test_ed25519_gateways(self) -> None:
        self.check("ed25519", "ed25519")

    def test_signer_dies(self) -> None:
        """No packet needs it; the next one has the keys again and signs."""
        self.begin_gateways("p256", "p256")
        self.wait("up", lambda: self.ping(1) == 1)
        stream = self.pings(1000)
        before = self.role("ga", "signer")
        os.kill(before, signal.SIGKILL)
        self.wait("it is back", lambda: self.role("ga", "signer") not in (0, before))
        self.assertEqual(self.loss(stream, 1000).lost, 0, self.why)
        self.swan.swanctl("--terminate", "--ike", "tunnel")
        self.wait("up again", lambda: self.ping(1) == 1)
        self.assertIn("ESTABLISHED", self.swan.swanctl("--list-sas"))

    def serve_certificate(self) -> pathlib.Path:
        """strongSwan's certificate by HTTP, named by its hash, at an address that anybody could ask; the server's log."""
        folder = self.work / "www"
        folder.mkdir()
        der = openssl("x509", "-in", self.work / "gb.pem", "-outform", "DER")
        (folder / hashlib.sha1(der).hexdigest()).write_bytes(der)
        self.net.inside("ga", "ip", "address", "add", f"{SERVER}/32", "dev", "lo")
        self.net.inside("ga", "ip", "link", "set", "lo", "up")
        log = self.work / "www.log"
        words = [sys.executable, "-u", "-m", "http.server", "80", "--bind", SERVER, "--directory", str(folder)]
        with open(log, "wb") as out:
            self.net.start("ga", *words, stdout=out, stderr=out)
        self.wait("the server serves", lambda: b"Serving HTTP" in log.read_bytes())
        return log

    def hash_and_url(self, ours_more: str) -> pathlib.Path:
        base = AUTHORITY.format(folder=self.work, server=SERVER)
        self.begin_gateways("p256", "p256", ours_more, "hash_and_url = yes", base)
        return self.serve_certificate()

    def test_hash_and_url(self) -> None:
        log = self.hash_and_url("crypto ikev2 http-url cert\ncrypto ikev2 certificate-cache 10\n")
        self.assertEqual(self.ping(3, wait=5), 3, self.state() + self.cli("ga", "show crypto ikev2 diagnose error"))
        self.assertIn("Remote certificate: CN=gb,O=Example", self.cli("ga", "show crypto ikev2 sa detailed"))
        self.assertEqual(log.read_text().count('"GET /'), 1)
        self.swan.swanctl("--terminate", "--ike", "tunnel")
        self.swan.initiate()
        self.assertEqual(self.ping(3, wait=5), 3, self.state())
        self.assertEqual(log.read_text().count('"GET /'), 1, "it is kept")

    def test_no_lookup_unless_it_is_configured(self) -> None:
        """strongSwan then sends the certificate itself."""
        log = self.hash_and_url("")
        self.assertEqual(self.ping(3, wait=5), 3, self.state())
        self.assertEqual(log.read_text().count('"GET /'), 0)


if __name__ == "__main__":
    gateways.main()
