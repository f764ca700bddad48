"""Network namespaces for two gateways and two hosts, and what runs in them."""

import json
import os
import pathlib
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent


def run(*words: str, check: bool = True, **more) -> subprocess.CompletedProcess:
    return subprocess.run(words, check=check, capture_output=True, text=True, **more)


def give_up(signum: int, _frame) -> None:
    """For signal.signal: what was made is removed, also when a test runner loses patience."""
    raise RuntimeError(f"ended by {signal.Signals(signum).name}")


class Topology:
    """host a -- gateway ga -- wire -- gateway gb -- host b. Everything it made is gone after close()."""

    def __init__(self, tag: str, work: pathlib.Path) -> None:
        self.tag = tag
        self.work = work
        self.processes: list[subprocess.Popen] = []

    def ns(self, name: str) -> str:
        return f"{self.tag}-{name}"

    def inside(self, name: str, *words: str, **more) -> subprocess.CompletedProcess:
        return run("ip", "netns", "exec", self.ns(name), *words, **more)

    def start(self, name: str, *words: str, **more) -> subprocess.Popen:
        process = subprocess.Popen(["ip", "netns", "exec", self.ns(name), *words], **more)
        self.processes.append(process)
        return process

    def build(self) -> None:
        for name in ("a", "ga", "gb", "b"):
            run("ip", "netns", "add", self.ns(name))
            self.inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            self.inside(name, "ip", "link", "set", "lo", "up")
        self._link("a", "eth0", "ga", "inside")
        self._link("ga", "wire", "gb", "wire")
        self._link("b", "eth0", "gb", "inside")
        for name, own, gateway in (("a", "10.1.0.10", "10.1.0.1"), ("b", "10.2.0.10", "10.2.0.1")):
            self.inside(name, "ip", "address", "add", f"{own}/24", "dev", "eth0")
            self.inside(name, "ip", "route", "add", "default", "via", gateway)

    def _link(self, one: str, one_if: str, two: str, two_if: str) -> None:
        run(
            "ip", "link", "add", one_if, "netns", self.ns(one), "type", "veth",
            "peer", "name", two_if, "netns", self.ns(two),
        )  # fmt: skip
        for name, interface in ((one, one_if), (two, two_if)):
            # Real frames with real checksums: no offload may leave them to a NIC that is not there.
            self.inside(
                name, "ethtool", "-K", interface,
                "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off",
                check=False,
            )  # fmt: skip
            self.inside(name, "ip", "link", "set", interface, "up")

    def start_gateway(self, bin_dir: pathlib.Path, name: str, config: pathlib.Path, *more: str) -> None:
        """With the state of an earlier one of that name, if there was one."""
        state = self.work / f"{name}-state"
        if not state.exists():
            state.mkdir(mode=0o700)
            run(str(bin_dir / "vamd"), "--init-state", "--state", str(state))
        with open(self.work / f"{name}.log", "ab") as log:
            self.start(
                name, str(bin_dir / "vamd"), "--config", str(config), "--socket", str(self.socket(name)),
                "--state", str(state), "--foreground", "--file-prefix", self.ns(name), *more,
                stdout=log, stderr=log,
            )  # fmt: skip

    def socket(self, name: str) -> pathlib.Path:
        return self.work / f"{name}.sock"

    def cli(self, bin_dir: pathlib.Path, name: str, command: str) -> str:
        return run(str(bin_dir / "vamsh"), "--socket", str(self.socket(name)), "-c", command).stdout

    def show(self, bin_dir: pathlib.Path, name: str, command: str) -> dict:
        return json.loads(self.cli(bin_dir, name, command + " | json"))

    def wait_until_up(self, bin_dir: pathlib.Path, name: str, seconds: float = 90) -> None:
        """Until every SA of the gateway is up; the last answer and the log in the error otherwise."""
        deadline = time.monotonic() + seconds
        problem = "no answer"
        while time.monotonic() < deadline:
            if self.socket(name).exists():
                try:
                    flows = flows_of(self.show(bin_dir, name, "show crypto ipsec sa"))
                    problem = "; ".join(f.get("down_reason", "") for f in flows) or "no flow"
                    if flows and not any(f.get("down_reason") for f in flows):
                        return
                except (subprocess.CalledProcessError, json.JSONDecodeError) as error:
                    problem = str(error)
            time.sleep(0.2)
        log = (self.work / f"{name}.log").read_text()[-3000:]
        raise RuntimeError(f"{name} is not up after {seconds} s: {problem}\n{log}")

    def close(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in ("a", "ga", "gb", "b"):
            run("ip", "netns", "delete", self.ns(name), check=False)


def flows_of(reply: dict) -> list[dict]:
    return [flow for interface in reply.get("interface", []) for flow in interface.get("flow", [])]


def tag_of_process(name: str) -> str:
    return f"{name}{os.getpid()}"
