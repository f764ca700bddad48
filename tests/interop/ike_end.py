"""Cases with ike_end, the ikev2 role's machine over sockets, at one end and strongSwan at the other.

    ga: ike_end -- wire -- gb: strongSwan (charon, kernel-libipsec)
    192.0.2.1              192.0.2.2
"""

import select
import subprocess
import time

import gateways
from between_sites import ENTRY

# What goes behind the profile in the configuration of ike_end; lines for the entry go between.
MAP = ENTRY.replace("TUNNEL", "M")
PORT = """interface g0
 device tap g0
 ip address 192.0.2.1 255.255.255.252
 crypto map M
access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255
"""


def openssl(*words: object) -> bytes:
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True).stdout


class IkeEndTest(gateways.GatewayTest):
    """The cases write `ga.cfg` and `ga.der`, and begin `self.swan`."""

    def setUp(self) -> None:
        super().setUp()
        self.net.inside("ga", "ip", "address", "add", "192.0.2.1/30", "dev", "wire")
        self.net.inside("gb", "ip", "address", "add", "10.2.0.1/24", "dev", "inside")
        self.net.inside("gb", "ip", "address", "add", "192.0.2.2/30", "dev", "wire")
        self.said = ""

    def run_end(self, *more: str) -> None:
        words = [str(self.BIN / "ike_end"), str(self.work / "ga.cfg"), str(self.work / "ga.der"), "192.0.2.1", *more]
        self.end = self.net.start("ga", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.await_line("ready")

    def stop_end(self) -> None:
        self.end.stdin.close()
        self.end.wait(10)
        self.end.stdout.close()

    def await_line(self, word: str, seconds: float = 20) -> str:
        deadline = time.monotonic() + seconds
        line = ""
        while time.monotonic() < deadline:
            if not select.select([self.end.stdout], [], [], 1)[0]:
                continue
            line = self.end.stdout.readline().decode()
            self.said += line
            if not line or line.startswith((word, "failed")):
                break
        self.assertTrue(line.startswith(word), f"{self.said}\n{self.swan.log()[-4000:]}")
        return line.strip()
