#!/usr/bin/python3
"""IKEv2 with libreswan over a Linux kernel's own IPsec: preshared keys and certificates, rekeys of both kinds from both ends.

    host a -- ga (vamd) -- bridge -- tap -- kernel in user-mode-linux, with libreswan (pluto)
    10.1.0.10  192.0.2.1                    192.0.2.2; behind it 10.2.0.1

libreswan's package cannot be installed beside strongSwan's: tools/setup.sh --nightly puts it, and what it needs, into .peers.
"""

import pathlib
import subprocess

from between_sites import PORTS
from guest_case import TOP, GuestTest, gateways, received

PACKAGES = TOP / ".peers/libreswan"
SECRET = "of-both-02d7"
PASSPHRASE = "of-the-file-55"

VAMD = """hostname ga
crypto logging ikev2
crypto pki trustpoint T
 revocation-check none
crypto ikev2 proposal P
{ike}crypto ikev2 policy POL
 proposal P
crypto ikev2 profile PROF
 match identity remote fqdn kernel.example
 identity local fqdn ga.example
{auth}crypto ipsec transform-set ESP {esp}
crypto map TUNNEL 10 ipsec-isakmp
 set peer 192.0.2.2
 set transform-set ESP
 set ikev2-profile PROF
{entry} match address 101
"""
SHARED_KEY = f""" authentication remote pre-share key {SECRET}
 authentication local pre-share key {SECRET}
"""
CERTIFICATE = """ authentication remote {0}
 authentication local {0}
 pki trustpoint T
"""

CONNECTION = """config setup
conn tunnel
  ikev2=insist
  left=192.0.2.2
  leftid=@kernel.example
  leftsubnet=10.2.0.0/24
  leftupdown=%disabled
  right=192.0.2.1
  rightid=@ga.example
  rightsubnet=10.1.0.0/24
  replay-window=128
  auto=add
{more}"""
START = """set -e
rm -rf /run/pluto /run/nss /run/ipsec.d
mkdir -p /run/pluto /run/nss /run/ipsec.d
certutil -N -d sql:/run/nss --empty-password
for file in /run/*.p12; do
  [ ! -e $file ] || pk12util -i $file -d sql:/run/nss -W $PASSPHRASE
done
if [ -e /run/ca.pem ]; then certutil -A -n ca -t CT,, -d sql:/run/nss -a -i /run/ca.pem; fi
pluto --nofork --config /run/ipsec.conf --secretsfile /run/ipsec.secrets --nssdir /run/nss --rundir /run/pluto \
  --ipsecdir /run/ipsec.d --use-xfrm --no-dnssec --logfile /run/pluto.log </dev/null >/run/pluto.err 2>&1 &
echo $! >/run/pluto.own.pid
# It adds the connection itself, and then listens.
until whack --rundir /run/pluto --status 2>/dev/null | grep -q '"tunnel": .* oriented;'; do
  kill -0 $(cat /run/pluto.own.pid)
  sleep 0.1
done
"""
END = """whack --rundir /run/pluto --shutdown
while kill -0 $(cat /run/pluto.own.pid) 2>/dev/null; do sleep 0.1; done
rm -f /run/*.p12 /run/ca.pem"""

GCM = (" encryption aes-gcm-256\n prf sha256\n group 19\n", "aes_gcm256-sha2_256;dh19")
CBC = (" encryption aes-cbc-256\n integrity sha512\n group 14\n", "aes256-sha2_512;dh14")
CHACHA = (" encryption chacha20-poly1305\n prf sha512\n group 31\n", "chacha20_poly1305-sha2_512;dh31")
# Our IKE, theirs; our transform set and lines of the entry; theirs.
SUITES = (
    (GCM, "esp-gcm 256", " set security-association esn\n", "esp=aes_gcm256\n  esn=yes\n  pfs=no"),
    (GCM, "esp-gcm 128", " set pfs group19\n", "esp=aes_gcm128;dh19\n  esn=no"),
    (CBC, "esp-aes 256 esp-sha512-hmac", " set pfs group14\n", "esp=aes256-sha2_512;dh14\n  esn=no"),
    (CHACHA, "esp-chacha20-poly1305", " set pfs group31\n set security-association esn\n",
     "esp=chacha20_poly1305;dh31\n  esn=yes"),
)  # fmt: skip
KEYS = {"rsa": (["rsa:2048"], "rsa-sig", "rsa-sha2"),
        "p256": (["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ecdsa-sig", "ecdsa-sha2")}  # fmt: skip


def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class KernelLibreswanTest(GuestTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.root = pathlib.Path(cls.net.work) / "libreswan"
        packages = sorted(PACKAGES.glob("*.deb"))
        if not packages:
            raise RuntimeError(f"no packages in {PACKAGES}: tools/setup.sh --nightly")
        for package in packages:
            subprocess.run(["dpkg", "-x", str(package), str(cls.root)], check=True)
        # Where pluto looks for its addconn; over the machine's folder, in the guest alone.
        script = f"mount -t tmpfs tmpfs /usr/libexec && ln -s {cls.root}/usr/libexec/ipsec /usr/libexec/ipsec"
        cls.net.run_in_kernel("sh", "-c", script)

    def theirs(self, command: str, check: bool = True) -> str:
        """A shell command in the guest, with libreswan's programs."""
        return self.in_kernel(
            "env", f"PATH={self.root}/usr/libexec/ipsec:{self.root}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            f"LD_LIBRARY_PATH={self.root}/usr/lib/x86_64-linux-gnu", f"PASSPHRASE={PASSPHRASE}", "sh", "-c", command,
            check=check,
        )  # fmt: skip

    def whack(self, words: str) -> str:
        return self.theirs(f"whack --rundir /run/pluto {words}")

    def state(self) -> str:
        return super().state() + self.in_kernel("sh", "-c", "tail -n 80 /run/pluto.log; cat /run/pluto.err", check=False)

    def setup_tunnel(self, ike: tuple[str, str], esp: str, entry: str, theirs: str, auth: str = SHARED_KEY,
                     their_auth: str = "authby=secret") -> None:  # fmt: skip
        more = f"  ike={ike[1]}\n  {theirs}\n  {their_auth}\n"
        self.write_in_kernel("/run/ipsec.conf", CONNECTION.format(more=more))
        self.write_in_kernel("/run/ipsec.secrets", f'@kernel.example @ga.example : PSK "{SECRET}"\n')
        self.begin(VAMD.format(ike=ike[0], esp=esp, entry=entry, auth=auth) + PORTS)
        self.addCleanup(self.theirs, END, check=False)
        self.theirs(START)

    def newest(self) -> str:
        flow = self.flows()[0]
        return flow["inbound_esp"][-1]["spi"] if flow.get("inbound_esp") else ""

    def check_up(self) -> None:
        self.assertEqual(self.ping_from_a("10.2.0.1", 5), 5, self.why)
        self.assertEqual(self.ping_from_a("10.2.0.1", 3, "-s", "1300"), 3, self.why)
        self.assertEqual(self.ping_from_kernel("10.1.0.10", 5, "-I", "10.2.0.1"), 5, self.why)
        for ours, theirs in self.pairs(self.flows()[0]):
            self.assertEqual((theirs.mode, theirs.udp, theirs.errors), ("tunnel", False, 0))
            self.assertEqual(bool(ours.get("esn")), theirs.esn)

    def end_theirs(self) -> None:
        self.whack("--terminate --name tunnel")
        self.wait("ours are gone", lambda: "READY" not in self.cli("ga", "show crypto ikev2 sa"))

    def rekey(self, kind: str) -> None:
        before = self.newest()
        self.whack(f"--rekey-{kind} --name tunnel")
        if kind == "ipsec":
            self.wait("another SA", lambda: self.newest() != before, 20)

    def test_suites(self) -> None:
        """Begun by the first packet, then by libreswan; rekeyed by libreswan."""
        for suite in SUITES:
            with self.subTest(suite[1]):
                self.setup_tunnel(*suite)
                self.bring_up("10.2.0.1")
                self.check_up()
                self.end_theirs()
                self.whack("--initiate --name tunnel")
                self.check_up()
                self.rekey("ipsec")
                self.check_up()
                self.rekey("ike")
                self.check_up()
                self.theirs(END)

    def test_rekeys_lose_nothing(self) -> None:
        """libreswan's by command, ours by volume; the child and the IKE SA were made by libreswan."""
        ike, esp, entry, theirs = SUITES[0]
        self.setup_tunnel(ike, esp, entry + " set security-association lifetime kilobytes 5120\n", theirs)
        self.whack("--initiate --name tunnel")
        words = gateways.echo_words(4000, "10.2.0.1", interval=0.002)
        ping = self.net.start("a", *words, "-s", "1300", stdout=subprocess.PIPE, text=True)
        for i in range(8):
            self.rekey("ike" if i % 4 == 3 else "ipsec")
        out, _ = ping.communicate(timeout=120)
        self.assertEqual(received(out), 4000, self.why)
        self.assertNotIn("duplicates", out)
        # When we begin, libreswan sends by the new SA behind its response, before we have installed it: these are held.
        before = self.newest()
        self.assertEqual(self.ping_from_a("10.2.0.1", 4000, "-i", "0.002", "-s", "1300"), 4000, self.why)
        self.wait("we rekeyed by volume", lambda: self.newest() != before)
        self.assertEqual(self.ping_from_a("10.2.0.1", 20), 20, self.why)

    def test_deletion_by_either_end(self) -> None:
        self.setup_tunnel(*SUITES[0])
        self.bring_up("10.2.0.1")
        self.end_theirs()
        self.bring_up("10.2.0.1")
        self.cli("ga", "clear crypto session")
        self.wait("the kernel has none", lambda: not self.states(), 20)
        self.bring_up("10.2.0.1")

    def issue(self, name: str, key: str) -> None:
        """NAME.p12 of a CA for NAME.example."""
        path = self.work / name
        if not (self.work / "ca.pem").exists():
            openssl("req", "-x509", "-newkey", *KEYS[key][0], "-nodes", "-days", 10, "-keyout", self.work / "ca.key",
                    "-out", self.work / "ca.pem", "-subj", "/O=Example/CN=ca",
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
        openssl("req", "-newkey", *KEYS[key][0], "-nodes", "-keyout", f"{path}.key", "-out", f"{path}.csr",
                "-subj", f"/O=Example/CN={name}")  # fmt: skip
        (self.work / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}.example\nkeyUsage=digitalSignature\n")
        openssl("x509", "-req", "-in", f"{path}.csr", "-CA", self.work / "ca.pem", "-CAkey", self.work / "ca.key",
                "-out", f"{path}.pem", "-days", 10, "-extfile", f"{path}.ext")  # fmt: skip
        openssl("pkcs12", "-export", "-inkey", f"{path}.key", "-in", f"{path}.pem", "-certfile", self.work / "ca.pem",
                "-name", name, "-passout", f"pass:{PASSPHRASE}", "-out", f"{path}.p12")  # fmt: skip

    def check_certificates(self, key: str) -> None:
        for name in ("ga", "kernel"):
            self.issue(name, key)
        for name in ("kernel.p12", "ca.pem"):
            data = (self.work / name).read_bytes().hex()
            self.in_kernel("python3", "-c", f"open('/run/{name}', 'wb').write(bytes.fromhex(input()))", given=data)
        self.setup_tunnel(
            *SUITES[0], auth=CERTIFICATE.format(KEYS[key][1]),
            their_auth=f"authby={KEYS[key][2]}\n  leftcert=kernel\n  rightca=%same\n  leftsendcert=always",
        )  # fmt: skip
        said = self.cli("ga", f"crypto pki import T pkcs12 {self.work / 'ga.p12'} password {PASSPHRASE}")
        self.assertIn("Imported PKCS12 file successfully", said)
        self.bring_up("10.2.0.1")
        self.check_up()
        self.end_theirs()
        self.whack("--initiate --name tunnel")
        self.check_up()

    def test_rsa_certificates(self) -> None:
        self.check_certificates("rsa")

    def test_p256_certificates(self) -> None:
        self.check_certificates("p256")


if __name__ == "__main__":
    gateways.main()
