#!/usr/bin/python3
"""Two gateways with certificates of a CA by openssl, as docs/guides/pki.md says: its blocks are run in their order.

host a -- gw1 (ga) -- wire -- gw2 (gb) -- host b, as gateways.py makes them.
"""

import os
import pathlib
import re
import signal
import subprocess

import gateways

GUIDE = gateways.TOP / "docs/guides/pki.md"
# Every way of an exportable key out of one gateway, and into another.
EXPORT = """
vamsh -c "crypto pki export EXAMPLE pkcs12 terminal password sesame-1234" > p12.txt
sed '1,/^$/d; /^$/,$d' p12.txt | base64 -d > gw1.p12
openssl pkcs12 -in gw1.p12 -passin pass:sesame-1234 -noenc -info -out all.pem
grep -q "CN = gw1.example.com" all.pem
vamsh -c "crypto pki export EXAMPLE pem terminal password sesame-1234" > pem.txt
openssl pkey -in pem.txt -passin pass:sesame-1234 -pubout | diff - <(openssl x509 -in gw1.pem -noout -pubkey)
"""
IMPORT = """
(echo "crypto pki import COPY pkcs12 terminal password sesame-1234"; base64 gw1.p12; echo quit) | vamsh
(echo "crypto pki import PLAIN pem terminal password sesame-1234"
 sed -n '/BEGIN ENCRYPTED/,/END ENCRYPTED/p' pem.txt; cat gw1.pem ca.pem; echo quit) | vamsh
vamsh -c "crypto pki import FILE pkcs12 $PWD/gw1.p12 password sesame-1234"
"""
NAMES = {"ga": "gw1", "gb": "gw2"}


def mirrored(text: str) -> str:
    """gw2's configuration out of gw1's."""
    pairs = {"gw1": "gw2", "192.0.2.1": "192.0.2.2", "10.1.0": "10.2.0"}
    pairs |= {there: here for here, there in pairs.items()}
    return re.sub("|".join(map(re.escape, pairs)), lambda found: pairs[found[0]], text)


class PkiTest(gateways.GatewayTest):
    def setUp(self) -> None:
        super().setUp()
        self.blocks = re.findall(r"^```([a-z-]+)\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)

    def block(self, kind: str, index: int = 0) -> str:
        return [text for name, text in self.blocks if name == kind][index]

    def state(self) -> str:
        commands = ("show crypto ikev2 profile", "show crypto ikev2 sa detailed", "show crypto ikev2 diagnose error")
        more = ("show crypto pki trustpoints status", "show crypto ipsec sa", "show logging")
        return "\n".join([*(self.cli(name, one) for name in NAMES for one in commands + more), super().state()])

    def ping(self, count: int, *more: str, wait: int = 5) -> int:
        return super().ping(count, *more, wait=wait)

    def sh(self, script: str, gateway: str = "") -> str:
        """A block of commands, each of which must succeed."""
        env = {**os.environ, "PATH": f"{self.BIN}:{os.environ['PATH']}"}
        if gateway:
            env |= {"GW": NAMES[gateway], "VAM_SOCKET": str(self.net.socket(gateway))}
        words = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(words, cwd=self.work, env=env, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + self.state())
        return done.stdout

    def begin(self) -> None:
        """Both gateways with their certificates."""
        for name in NAMES:
            text = self.block("ios")
            self.start(name, text if name == "ga" else mirrored(text), wait=False)
        for name in NAMES:
            self.wait(f"{name} answers", lambda name=name: self.answers(name))
        self.assertIn("has no certificate of this system", self.cli("ga", "show crypto ikev2 profile"))
        self.sh(self.block("sh"))
        for name in NAMES:
            self.sh(self.block("sh-each"), name)

    def serve(self, folder: pathlib.Path) -> None:
        """The files of a folder by HTTP on gw1's host."""
        self.net.inside("ga", "ip", "link", "set", "lo", "up")
        words = ["python3", "-u", "-m", "http.server", "8080", "--bind", "127.0.0.1", "--directory", str(folder)]
        server = self.net.start("ga", *words, stdout=subprocess.PIPE, text=True)
        self.assertIn("Serving HTTP", server.stdout.readline())

    def test_as_the_guide_says(self) -> None:
        self.begin()
        self.assertEqual(self.ping(1), 1, self.state())
        self.assertEqual(self.ping(20), 20, self.state())
        self.follow(self.block("vamsh"))
        self.sh(self.block("sh", 1))
        self.serve(self.work)
        self.sh(f"(echo configure terminal; cat <<'E'\n{self.block('ios-more')}E\necho end) | vamsh", "ga")
        clear, errors = self.block("vamsh", 1).split("\n", 1)
        self.follow(clear)
        self.wait("it is gone", lambda: "READY" not in self.cli("ga", "show crypto ikev2 sa"))
        self.assertEqual(self.ping(1, wait=2), 0)
        self.follow(errors)

    def test_a_good_list_lets_the_peer_in(self) -> None:
        self.begin()
        revoke = re.compile(r"^.*-revoke.*\n", re.M)
        self.sh(revoke.sub("", self.block("sh", 1)))
        self.serve(self.work)
        self.sh(f"(echo configure terminal; cat <<'E'\n{self.block('ios-more')}E\necho end) | vamsh", "ga")
        self.assertEqual(self.ping(1), 1, self.state())

    def test_keys_travel_and_openssl_reads_them(self) -> None:
        for name in NAMES:
            text = self.block("ios")
            self.start(name, text if name == "ga" else mirrored(text), wait=False)
        for name in NAMES:
            self.wait(f"{name} answers", lambda name=name: self.answers(name))
        self.sh(self.block("sh"))
        self.sh(self.block("sh-each").replace("label GATEWAY", "label GATEWAY exportable"), "ga")
        self.sh(EXPORT, "ga")
        self.sh(IMPORT, "gb")
        wanted = self.sh("openssl x509 -in gw1.pem -noout -pubkey | openssl pkey -pubin -outform DER | xxd -p -u -c 500")
        for label in ("COPY", "PLAIN", "FILE"):
            shown = re.sub(r"\s", "", self.cli("gb", f"show crypto key mypubkey ec {label}"))
            self.assertIn(wanted.strip(), shown)
            self.assertIn("CN=gw1.example.com", self.cli("gb", f"show crypto pki certificates {label}"))
        self.assertIn("% ", self.cli("gb", "crypto pki export COPY pem terminal password sesame-1234"))

    def test_self_signed(self) -> None:
        self.start("ga", self.block("ios").replace("terminal pem", "selfsigned"), wait=False)
        self.wait("ga answers", lambda: self.answers("ga"))
        self.sh('vamsh -c "crypto key generate rsa label GATEWAY"; vamsh -c "crypto pki enroll EXAMPLE"', "ga")
        self.sh('vamsh -c "show crypto pki certificates EXAMPLE pem" > own.txt', "ga")
        text = self.sh("sed -n '/BEGIN/,/END/p' own.txt > own.pem; openssl verify -CAfile own.pem own.pem; "
                       "openssl x509 -in own.pem -noout -text")  # fmt: skip
        self.assertIn("DNS:gw1.example.com", text)
        self.assertIn("own.pem: OK", text)

    def children(self, pid: int, name: str) -> list[int]:
        out = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid=,comm="], capture_output=True, text=True).stdout
        return [int(found) for found in re.findall(rf"^ *(\d+) {name}$", out, re.M)]

    def test_the_processes_that_fetch_end_with_mgmt(self) -> None:
        vamd = self.start("ga", self.block("ios"), wait=False)
        self.wait("ga answers", lambda: self.answers("ga"))
        [mgmt] = self.children(vamd.pid, "vamd-mgmt")
        [keeper] = self.children(mgmt, "vamd-fetchers")
        [worker] = self.children(keeper, "vamd-fetch")
        os.kill(mgmt, signal.SIGKILL)
        for pid in (keeper, worker):
            self.wait("it is gone", lambda pid=pid: not pathlib.Path(f"/proc/{pid}").exists())
        self.wait("mgmt is back", lambda: self.children(vamd.pid, "vamd-mgmt") not in ([], [mgmt]))
        [mgmt] = self.children(vamd.pid, "vamd-mgmt")
        self.wait("with others", lambda: len(self.children(mgmt, "vamd-fetchers")) == 1)


if __name__ == "__main__":
    gateways.main()
