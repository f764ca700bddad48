"""Host a, a gateway, and a kernel in user-mode-linux behind a bridge.

host a -- gateway ga (vamd) -- bridge -- tap -- kernel: kernel_guest.py boots it.
"""

import json
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools/demo"))

import topology  # noqa: E402
from kernel_guest import NOBODY  # noqa: E402

STREAM = str(pathlib.Path(__file__).resolve().parent / "stream.py")
GUEST = "2001:db8:99::2"


class Network(topology.Topology):
    """10.1.0.0/24 and 2001:db8:1::/64 behind the gateway; 192.0.2.0/24 and 2001:db8:99::/64 are the wire."""

    def build(self) -> None:
        for name in ("a", "ga", "wire"):
            topology.run("ip", "netns", "add", self.ns(name))
            # The gateway's own kernel must not speak IPv6 on the ports.
            if name == "ga":
                self.inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            else:
                self.inside(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
            self.inside(name, "ip", "link", "set", "lo", "up")
        self._link("a", "eth0", "ga", "inside")
        self._link("ga", "wire", "wire", "gateway")
        for address, gateway in (("10.1.0.10/24", "10.1.0.1"), ("2001:db8:1::10/64", "2001:db8:1::1")):
            self.inside("a", "ip", "address", "add", address, "dev", "eth0")
            self.inside("a", "ip", "route", "add", "default", "via", gateway)
        self.inside("wire", "ip", "tuntap", "add", "dev", "kernel", "mode", "tap", "user", NOBODY)
        self.inside("wire", "ip", "link", "add", "wire", "type", "bridge")
        for port in ("gateway", "kernel"):
            self.inside("wire", "ip", "link", "set", port, "master", "wire")
            self.inside("wire", "ip", "link", "set", port, "up")
        # User-mode-linux takes no frames that a NIC would have to cut.
        self.inside("wire", "ethtool", "-K", "wire", "tso", "off", "gso", "off", check=False)
        # The bridge's own address is how the test asks the kernel, beside the tunnel; IPv6, for the others may change.
        self.inside("wire", "ip", "address", "add", "2001:db8:99::3/64", "dev", "wire", "nodad")
        self.inside("wire", "ip", "link", "set", "wire", "up")

    def close(self) -> None:
        super().close()
        topology.run("ip", "netns", "delete", self.ns("wire"), check=False)

    def ask_kernel(self, word: str, body: str = "", seconds: float = 60) -> str:
        return self.inside(
            "wire", sys.executable, STREAM, "ask", GUEST, word, input=body, timeout=seconds
        ).stdout  # fmt: skip

    def run_in_kernel(self, *words: str, given: str = "", check: bool = True, seconds: float = 60) -> str:
        """The output of a command in the guest, errors too."""
        answer = json.loads(self.ask_kernel("run", json.dumps({"words": words, "input": given}), seconds))
        if check and answer["code"] != 0:
            raise RuntimeError(f"in the kernel: {' '.join(words)}: {answer['output'][-3000:]}")
        return answer["output"]
