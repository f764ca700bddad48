#!/usr/bin/python3
"""IKEv2 with strongSwan by certificates: every kind of key at each end, begun by either, and what must fail.

    ga: ike_end, the ikev2 role's machine over sockets -- wire -- gb: strongSwan (charon, kernel-libipsec)
    192.0.2.1                                                     192.0.2.2
"""

import pathlib
import shutil
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
from between_sites import IDENTITIES, IKE  # noqa: E402
from ike_end import MAP, PORT, IkeEndTest, openssl  # noqa: E402
from strongswan import Strongswan  # noqa: E402

# What openssl makes, and our words for it.
KEYS = {
    "rsa": (["rsa:2048"], "rsa-sig", "RSA"),
    "p256": (["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ecdsa-sig", "ECDSA"),
    "p384": (["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "ecdsa-sig", "ECDSA"),
    "p521": (["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "ecdsa-sig", "ECDSA"),
    "ed25519": (["ed25519"], "eddsa-sig", "EdDSA"),
    "ed448": (["ed448"], "eddsa-sig", "EdDSA"),
}

OURS = f"""crypto pki trustpoint T
 rsakeypair K
 revocation-check none
crypto pki certificate chain T
{{chain}}{IKE}crypto ikev2 profile PROF
{IDENTITIES} authentication local {{local}}
 authentication remote {{remote}}
 pki trustpoint T
{MAP}{PORT}"""

THEIRS = """connections {{
  tunnel {{
    version = 2
    local_addrs = 192.0.2.2
    remote_addrs = 192.0.2.1
    proposals = aes256gcm16-prfsha256-ecp256
    send_cert = always
    local {{
      auth = {auth}
      id = gb.example
      certs = {folder}/gb.pem
    }}
    remote {{
      auth = {remote_auth}
      id = ga.example
      cacerts = {folder}/ca.pem
    }}
    children {{
      tunnel {{
        local_ts = 10.2.0.0/24
        remote_ts = 10.1.0.0/24
        esp_proposals = aes256gcm16
      }}
    }}
  }}
}}
"""


class CertificateTest(IkeEndTest):
    # ---- certificates

    def authority(self, name: str, *more: str) -> None:
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 10,
            "-keyout", self.work / f"{name}.key", "-out", self.work / f"{name}.pem", "-subj", f"/O=Example/CN={name}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", *more,
        )  # fmt: skip

    def issue(self, name: str, key: str, ca: str = "ca", extensions: str = "") -> None:
        """A certificate of `ca` for `name`.example."""
        path = self.work / name
        openssl(
            "req", "-newkey", *KEYS[key][0], "-nodes", "-keyout", f"{path}.key", "-out", f"{path}.csr",
            "-subj", f"/O=Example/CN={name}",
        )  # fmt: skip
        (self.work / f"{name}.ext").write_text(extensions or f"subjectAltName=DNS:{name}.example\n")
        openssl(
            "x509", "-req", "-in", f"{path}.csr", "-CA", self.work / f"{ca}.pem", "-CAkey", self.work / f"{ca}.key",
            "-out", f"{path}.pem", "-days", 10, "-extfile", f"{path}.ext",
        )  # fmt: skip

    def chain_lines(self, name: str, ca: bool) -> str:
        path = self.work / f"{name}.pem"
        serial = openssl("x509", "-in", path, "-noout", "-serial").decode().strip().removeprefix("serial=")
        der = openssl("x509", "-in", path, "-outform", "DER").hex()
        lines = "".join(f"  {der[i : i + 64]}\n" for i in range(0, len(der), 64))
        return f" certificate {'ca ' if ca else ''}{serial}\n{lines}  quit\n"

    def give_key(self) -> None:
        """swanctl loads every key of the folder beside its file."""
        folder = self.work / "private"
        folder.mkdir(exist_ok=True)
        shutil.copy(self.work / "gb.key", folder / "gb.key")

    # ---- the two ends

    def begin(self, ours: str, theirs: str, conf: str = "", auth: str = "pubkey", chain: tuple[str, ...] = ()) -> None:
        """`chain`: names of our intermediates, which sign our certificate."""
        self.authority("ca")
        above = "ca"
        for name in chain:
            self.issue(name, "p256", above, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
            above = name
        self.issue("ga", ours, above)
        self.issue("gb", theirs)
        self.kinds = f"{KEYS[ours][2]} {KEYS[theirs][2]}"
        self.give_key()
        self.swan = Strongswan(self.net, "gb", conf)
        self.swan.load(THEIRS.format(folder=self.work, auth=auth, remote_auth="pubkey"))
        lines = "".join(self.chain_lines(name, True) for name in ("ca", *chain)) + self.chain_lines("ga", False)
        text = OURS.format(chain=lines, local=KEYS[ours][1], remote=KEYS[theirs][1])
        (self.work / "ga.cfg").write_text(text)
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", self.work / "ga.key", "-outform", "DER", "-out",
                self.work / "ga.der")  # fmt: skip

    def both_begin(self, subject: str = "CN=gb,O=Example") -> None:
        """Ours begins, then strongSwan."""
        self.run_end("call")
        self.assertEqual(self.await_line("up"), f"up {self.kinds} {subject}")
        listed = self.swan.swanctl("--list-sas")
        self.assertIn("ESTABLISHED", listed)
        self.assertIn("INSTALLED", listed)
        self.stop_end()
        self.swan.swanctl("--terminate", "--ike", "tunnel", "--force", check=False)
        self.run_end()
        self.swan.initiate()
        self.assertEqual(self.await_line("up"), f"up {self.kinds} {subject}")
        self.end.stdin.close()

    # ---- every kind of key

    def test_rsa(self) -> None:
        self.begin("rsa", "rsa")
        self.both_begin()

    def test_rsa_pss_from_both(self) -> None:
        self.begin("rsa", "rsa", "rsa_pss = yes")
        self.both_begin()
        self.assertIn("'gb.example' (myself) with RSA_EMSA_PSS_SHA2_256_SALT_32", self.swan.log())
        self.assertIn("'ga.example' with RSA_EMSA_PSS_SHA2_256_SALT_32", self.swan.log())

    def test_p256(self) -> None:
        self.begin("p256", "p256")
        self.both_begin()

    def test_p384_and_p521(self) -> None:
        self.begin("p384", "p521")
        self.both_begin()

    def test_ed25519(self) -> None:
        self.begin("ed25519", "ed25519")
        self.both_begin()

    def test_ed448(self) -> None:
        self.begin("ed448", "ed448")
        self.both_begin()

    def test_rsa_and_ed25519(self) -> None:
        self.begin("rsa", "ed25519")
        self.both_begin()

    def test_intermediates_are_sent(self) -> None:
        self.begin("p256", "rsa", chain=("upper", "lower"))
        self.both_begin()

    # RFC 4754: what those say who do not know of RFC 7427.
    def test_the_older_methods(self) -> None:
        self.begin("p256", "p384", "signature_authentication = no")
        self.both_begin()

    # ---- what must fail

    def test_a_certificate_of_another_authority(self) -> None:
        self.begin("p256", "p256")
        self.authority("other")
        self.issue("gb", "p256", "other")
        self.give_key()
        self.swan.swanctl("--load-all", "--clear", "--file", str(self.work / "gb-swanctl.conf"))
        self.run_end("call")
        self.assertIn("failed certificate_refused", self.await_line("failed"))

    def test_a_name_that_is_not_in_the_certificate(self) -> None:
        self.begin("p256", "p256")
        self.issue("gb", "p256", "ca", "subjectAltName=DNS:other.example,DNS:gb.example.org\n")
        self.give_key()
        text = THEIRS.format(folder=self.work, auth="pubkey", remote_auth="pubkey")
        self.swan.load(text)
        self.run_end("call")
        self.assertRegex(self.await_line("failed"), "failed (identity_not_in_certificate|no_profile)")


if __name__ == "__main__":
    gateways.main()
