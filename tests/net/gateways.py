"""Two gateways in namespaces, as ./demo has them, with the card that a test wants on the first one."""

import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
DEMO = TOP / "tools/demo"
sys.path.insert(0, str(DEMO))

import first_hour_test  # noqa: E402
import topology  # noqa: E402
import wire  # noqa: E402

ECHO = str(pathlib.Path(__file__).resolve().parent / "echo.py")

SEND = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('wire', 0))
s.send(bytes.fromhex(sys.argv[1]))
"""


def configuration(name: str, card: str = "none") -> str:
    """gateway-a or gateway-b of the demo with `engine card` replaced."""
    text = (DEMO / f"{name}.cfg").read_text()
    changed, count = re.subn(r"(?m)^engine card \w+$", f"engine card {card}", text)
    assert count == 1
    return changed


def echo_words(count: int, address: str = "10.2.0.10", interval: float = 0.05, wait: float = 5) -> list[str]:
    """A command that sends so many echo requests and waits for the answers."""
    return [sys.executable, ECHO, "-c", str(count), "-i", str(interval), "-W", str(wait), address]


def work_folder(case: unittest.TestCase) -> pathlib.Path:
    """A directory that goes with the case."""
    folder = tempfile.TemporaryDirectory(prefix="openvam-net-")
    case.addCleanup(folder.cleanup)
    return pathlib.Path(folder.name)


class Later:
    """A message that is only made when somebody reads it: of an assertion that failed."""

    def __init__(self, say: object) -> None:
        self.say = say

    def __str__(self) -> str:
        return self.say()


class GatewayTest(unittest.TestCase):
    """Each case has a network of its own; nothing of it is left afterwards, however the case ends."""

    BIN = pathlib.Path()

    @property
    def why(self) -> Later:
        """state(), for assertions."""
        return Later(self.state)

    def setUp(self) -> None:
        self.work = work_folder(self)
        self.net = topology.Topology(topology.tag_of_process("net"), self.work)
        self.addCleanup(self.net.close)
        self.net.build()

    def start(self, name: str, text: str, wait: bool = True, more: tuple[str, ...] = ()) -> subprocess.Popen:
        path = self.work / f"{name}.cfg"
        path.write_text(text)
        self.net.start_gateway(self.BIN, name, path, *more)
        if wait:
            self.net.wait_until_up(self.BIN, name)
        return self.net.processes[-1]

    def cli(self, name: str, command: str) -> str:
        """What vamsh prints, errors too."""
        words = [str(self.BIN / "vamsh"), "--socket", str(self.net.socket(name)), "-c", command]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def configure(self, *lines: str) -> None:
        """Lines of the configuration mode, typed at ga."""
        words = [str(self.BIN / "vamsh"), "--socket", str(self.net.socket("ga"))]
        text = "\n".join(["configure terminal", *lines, "end", ""])
        subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, check=True)

    def follow(self, session: str) -> None:
        """The commands of a block of a guide, typed at ga: of each the lines below it come in its output, in their order."""
        output, at = "", 0
        for line in session.splitlines():
            typed = first_hour_test.TYPED.match(line)
            if typed:
                output, at = self.cli("ga", typed.group(1)), 0
                continue
            found = re.compile(first_hour_test.expected_pattern(line), re.M).search(output, at)
            self.assertIsNotNone(found, f"not in the output: {line!r}\n{output}\n{self.state()}")
            at = found.end()

    def wait(self, what: str, true: object, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                self.fail(f"not within {seconds} s: {what}\n{self.state()}")
            time.sleep(0.1)

    def state(self) -> str:
        """All that helps to see why a case failed."""
        return "\n".join(path.read_text(errors="replace")[-6000:] for path in sorted(self.work.glob("*.log")))

    def capture(self) -> subprocess.Popen:
        words = ["tcpdump", "-i", "wire", "-w", str(self.work / "wire.pcap"), "-s", "0", "-B", "65536", "-U"]
        process = self.net.start("ga", *words, stderr=subprocess.PIPE, text=True)
        while True:
            line = process.stderr.readline()
            if not line or "listening on" in line:
                return process

    def crossing(self, capture: subprocess.Popen, marker: bytes, ike: bool = False) -> wire.Crossing:
        """What the capture holds, and nothing in clear: the scan must find the one clear packet that is injected here,
        and no other. `ike`: the gateways negotiate."""
        mac = self.net.inside("gb", "cat", "/sys/class/net/wire/address").stdout.strip()
        control = wire.clear_udp_frame(bytes.fromhex(mac.replace(":", "")), marker)
        self.net.inside("ga", sys.executable, "-c", SEND, control.hex())
        path = self.work / "wire.pcap"
        deadline = time.monotonic() + 20
        while control not in path.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.05)
        capture.terminate()
        _, errors = capture.communicate(timeout=20)
        self.assertIn("0 packets dropped by kernel", errors)
        crossing = wire.read(path, marker)
        self.assertEqual(crossing.with_marker, [control])
        self.assertEqual(crossing.other, [control])
        self.assertEqual(crossing.ike > 0, ike)
        return crossing

    def ping(self, count: int, *more: str, wait: int = 2) -> int:
        """Echo requests from host A to host B; how many were answered."""
        done = self.net.inside("a", *echo_words(count, wait=wait), *more, check=False)
        return int(re.search(r"(\d+) received", done.stdout).group(1))

    def reasons(self, name: str) -> dict[str, int]:
        """How the packets of a gateway ended; every one that was offered must have."""
        reply = self.net.show(self.BIN, name, "show counters")
        reasons = {row["reason"]: int(row["packets"]) for row in reply.get("reason", [])}
        self.assertEqual(sum(reasons.values()) + int(reply.get("in_flight", 0)), int(reply.get("offered", 0)))
        return reasons

    def flow(self, name: str) -> dict:
        return topology.flows_of(self.net.show(self.BIN, name, "show crypto ipsec sa"))[0]

    def answers(self, name: str) -> bool:
        """Whether the gateway forwards by its configuration."""
        return "in flight" in self.cli(name, "show counters")


def give_up(signum: int, _frame: object) -> None:
    """So that what was made is removed, also when a test runner loses patience."""
    raise KeyboardInterrupt(f"ended by {signal.Signals(signum).name}")


def main() -> None:
    signal.signal(signal.SIGTERM, give_up)
    GatewayTest.BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
