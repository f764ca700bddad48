"""Cases with a gateway and one kernel in user-mode-linux, which is booted once for all cases of a class."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/net"))

import gateways  # noqa: E402
from guest_network import STREAM, Network, topology  # noqa: E402
from kernel_guest import KernelGuest, State, read_states  # noqa: E402


class GuestTest(gateways.GatewayTest):
    """Each case begins with no gateway, and no SA in the kernel; what it says of both is for the end of the case."""

    net: Network
    SETUP = ""  # of KernelGuest
    ENVIRONMENT: dict[str, str] = {}

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="openvam-interop-")
        cls.addClassCleanup(folder.cleanup)
        work = pathlib.Path(folder.name)
        work.chmod(0o755)
        cls.net = Network(topology.tag_of_process("vkn"), work)
        cls.addClassCleanup(cls.net.close)
        cls.net.build()
        cls.guest = KernelGuest(cls.net.ns("wire"), "kernel", work, cls.ENVIRONMENT, cls.SETUP)
        cls.addClassCleanup(cls.guest.close)
        cls.guest.wait_until_ready()

    def setUp(self) -> None:
        self.work = self.net.work = gateways.work_folder(self)
        self.addCleanup(self.end_gateway)
        self.net.run_in_kernel("sh", "-c", "ip xfrm state flush && ip xfrm policy flush")

    def end_gateway(self) -> None:
        while self.net.processes:
            process = self.net.processes.pop()
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def begin(self, text: str) -> None:
        """A new gateway, without what an earlier one kept."""
        self.end_gateway()
        shutil.rmtree(self.work / "ga-state", ignore_errors=True)
        self.start("ga", text, wait=False)
        self.wait("ga answers", lambda: self.answers("ga"))
        self.wait("its ports are up", lambda: self.cli("ga", "show ip interface brief").count(" up") >= 2)

    def in_kernel(self, *words: str, given: str = "", check: bool = True, seconds: float = 60) -> str:
        return self.net.run_in_kernel(*words, given=given, check=check, seconds=seconds)

    def write_in_kernel(self, path: str, text: str) -> None:
        self.in_kernel("sh", "-c", f"umask 077; cat >{path}", given=text)

    def state(self) -> str:
        commands = ("show crypto ikev2 sa detailed", "show crypto ikev2 diagnose error", "show crypto ipsec sa", "show counters")
        theirs = self.in_kernel("sh", "-c", "ip -s xfrm state; ip xfrm policy; cat /proc/net/xfrm_stat; dmesg | tail -n 5")
        return "\n".join([*(self.cli("ga", one) for one in commands), theirs, super().state()])

    # ---- traffic

    def ping_from_a(self, address: str, count: int, *more: str, wait: int = 5) -> int:
        words = gateways.echo_words(count, address, wait=wait)
        return received(self.net.inside("a", *words, *more, check=False).stdout)

    def bring_up(self, address: str) -> None:
        """By the packet that asks for the tunnel. It is kept and answered, but for addresses of IPv6 that are not ours yet, and
        when the machine is so busy that this gives up."""
        self.wait(f"{address} answers", lambda: self.ping_from_a(address, 1, wait=1) == 1)

    def ping_from_kernel(self, address: str, count: int, *more: str) -> int:
        words = gateways.echo_words(count, address)
        words[1] = str(self.guest.files / "echo.py")
        return received(self.in_kernel(*words, *more, check=False))

    def stream(self, word: str, address: str, size: int, seed: int) -> None:
        """`put` or `get` of `size` bytes, each of which arrives as it was."""
        words = [sys.executable, STREAM, word, address, str(size), str(seed)]
        done = self.net.inside("a", *words, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, gateways.Later(lambda: f"{word}: {done.stderr[-500:]}\n{self.state()}"))

    # ---- SAs

    def states(self) -> dict[int, State]:
        return read_states(self.net.ask_kernel("xfrm"))

    def flows(self) -> list[dict]:
        return topology.flows_of(self.net.show(self.BIN, "ga", "show crypto ipsec sa"))

    def pairs(self, flow: dict) -> list[tuple[dict, State]]:
        """The newest SAs of a flow of ours with the kernel's; they are in both, or it is a failure. Inbound ones before
        them drain, which the kernel does not do."""
        states = self.states()
        newest = [ours[-1] for key, ours in flow.items() if ours and re.fullmatch(r"(in|out)bound_(esp|ah)", key)]
        self.assertEqual(len(newest), 2, self.why)
        self.assertLessEqual({int(one["spi"]) for one in newest}, states.keys(), self.why)
        return [(one, states[int(one["spi"])]) for one in newest]

    def check_counts(self, flow: dict, least: int) -> list[State]:
        """What one side sent, the other accepted, and neither refused a packet. The kernel's states."""
        pairs = self.pairs(flow)
        for ours, theirs in pairs:
            self.assertGreaterEqual(theirs.packets, least, self.why)
            self.assertEqual(int(ours["packets"]), theirs.packets, self.why)
            self.assertEqual(theirs.errors, 0, self.why)
            self.assertEqual(bool(ours.get("esn")), theirs.esn, self.why)
        self.assertEqual(int(flow.get("recv_errors", 0)), 0, self.why)
        return [theirs for _, theirs in pairs]


def received(said: str) -> int:
    found = re.search(r"(\d+) received", said)
    return int(found.group(1)) if found else 0
