#!/usr/bin/python3
"""Numbers of manual keys over crashes: vamd and its roles are killed at random points under traffic, and no (key, IV) pair
repeats on the wire, no inbound packet is delivered twice, and nothing leaves without a sound number file.

usage: manual_numbers_test.py BIN_DIR [unittest arguments]
VAM_KILLS sets the number of kills (default 200), VAM_TEST_SEED the seed.
"""

import ctypes
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

import gateways
from gateways import topology
from manual_peer import NUMBER_COPY, Traffic, configuration, first_unreserved, make_tunnels, persisted, wait_for

PR_SET_CHILD_SUBREAPER = 36
KILLS = int(os.environ.get("VAM_KILLS", "200"))
SEED = int(os.environ.get("VAM_TEST_SEED", "1"))
SHARES = {"none": 2, "model": 1}  # gateways that run at the same time, by card


class Gateway:
    """One vamd in a network of its own, and the traffic through it."""

    def __init__(self, bin_dir: pathlib.Path, work: pathlib.Path, name: str, card: str, seed: str) -> None:
        self.bin, self.work, self.card = bin_dir, work / name, card
        self.work.mkdir()
        self.rng = random.Random(seed)
        self.net = topology.Topology(topology.tag_of_process(f"num{name}"), self.work)
        self.net.build()
        self.tunnels = make_tunnels(self.rng, 6)
        self.traffic = Traffic(self.net, self.tunnels, random.Random(seed + " traffic"))
        self.state, self.socket = self.work / "state", self.work / "sock"
        self.vamd: subprocess.Popen | None = None
        self.kills = {"vamd": 0, "supervisor": 0, "fwd": 0, "mgmt": 0}
        self.clears = self.swaps = self.lives = 0
        self.start_seconds: list[float] = []

    def init_state(self) -> None:
        topology.run(str(self.bin / "vamd"), "--init-state", "--state", str(self.state))

    def start(self) -> None:
        path = self.work / "start.cfg"
        with self.traffic.lock:
            path.write_text(configuration(self.card, self.tunnels))
        words = ["ip", "netns", "exec", self.net.ns("ga"), str(self.bin / "vamd"), "--config", str(path)]
        words += ["--socket", str(self.socket), "--state", str(self.state), "--foreground"]
        words += ["--file-prefix", self.net.ns("ga"), "--log-level", "warning"]
        with open(self.work / "log", "ab") as log:
            # A process group of its own, so that nothing of it outlives kill_all.
            self.vamd = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        self.lives += 1

    def roles(self) -> dict[str, int]:
        found = {}
        for task in pathlib.Path(f"/proc/{self.vamd.pid}/task").glob("*/children"):
            for pid in map(int, task.read_text().split()):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if b"--role" in words:
                    found[words[words.index(b"--role") + 1].decode()] = pid
        return found

    def kill_all(self, everything: bool = True) -> None:
        """SIGKILL for vamd and its roles, or for the supervisor alone, whose roles must not outlive it."""
        (os.killpg if everything else os.kill)(self.vamd.pid, signal.SIGKILL)
        try:
            while True:  # this process is the reaper of orphans
                os.waitpid(-self.vamd.pid, 0)
        except ChildProcessError:
            self.vamd.poll()
        self.socket.unlink(missing_ok=True)

    def signal_role(self, name: str, number: int = signal.SIGKILL) -> bool:
        try:
            os.kill(self.roles()[name], number)
        except (KeyError, ProcessLookupError, FileNotFoundError):
            return False  # it is not there at this moment: being restarted
        return True

    def vamsh(self, *lines: str) -> str:
        words = [str(self.bin / "vamsh"), "--socket", str(self.socket)]
        text = "\n".join(lines) + "\nexit\n"
        return subprocess.run(words, input=text, capture_output=True, text=True, timeout=60).stdout

    def swap_keys(self) -> None:
        pair = self.traffic.swap_keys(10_000 + 10 * self.swaps)
        self.swaps += 1
        without = [f"crypto map M {10 + t.index} ipsec-manual\nno set session-key outbound esp" for t in pair]
        anew = [f"crypto map M {10 + t.index} ipsec-manual\n{t.outbound_key()}" for t in pair]
        if self.rng.random() < 0.5:
            self.vamsh("configure terminal", *without, *anew, "end")
        else:
            self.vamsh("configure terminal", *without, "end", "configure terminal", *anew, "end")

    def check_numbers(self) -> None:
        """Every number that was in use until now was on the disk before."""
        self.traffic.read()
        state = persisted(self.state / "numbers")
        with self.traffic.lock:
            for tunnel in self.tunnels:
                for key in (tunnel.outbound, tunnel.inbound) if tunnel.window else (tunnel.outbound,):
                    end = first_unreserved(state, key)
                    if key.used and key.highest >= end:
                        self.traffic.fault(f"number {key.highest} in use, reserved on disk only below {end}: {key.inbound=}")

    def come_up(self, seen: int) -> None:
        """To a random point: mostly some time after ESP came out, else of the start itself. Everything that the peers have
        sent before comes first."""
        self.traffic.peers_silent = True
        if self.rng.random() < 0.75:
            seconds = wait_for(lambda: self.traffic.esp > seen or self.traffic.faults, 60, "ESP after a start")
            self.start_seconds.append(seconds)
        else:
            time.sleep(self.rng.uniform(0, 0.4))
        self.traffic.replay(30)
        if self.rng.random() < 0.8:
            self.traffic.jump(1000)
        self.traffic.peers_silent = False
        time.sleep(self.rng.uniform(0, 0.25))

    def live(self) -> None:
        """One life of vamd with some kills of roles, and its end."""
        seen = self.traffic.esp
        self.start()
        self.come_up(seen)
        # Few of each in a life: the supervisor's back-off doubles.
        for what in self.rng.choices(["fwd", "mgmt", "clear", "swap", "replay"], [3, 3, 3, 2, 3], k=self.rng.randrange(1, 6)):
            seen = self.traffic.esp
            if what == "clear":
                self.vamsh("clear crypto sa")
                self.clears += 1
            elif what == "swap":
                self.swap_keys()
            elif what == "replay":
                self.traffic.replay(30)
            elif self.signal_role(what):
                self.kills[what] += 1
                if what == "fwd":
                    self.come_up(seen)
            time.sleep(self.rng.uniform(0, 0.05))
            self.traffic.replay(5)
        if self.rng.random() < 0.4 and self.signal_role("mgmt", signal.SIGSTOP):
            # Nobody reserves numbers now, and the peers send beyond what is reserved.
            self.traffic.jump(1000)
            time.sleep(self.rng.uniform(0.05, 0.15))
        everything = self.rng.random() < 0.5
        self.kill_all(everything)
        self.check_numbers()
        self.kills["vamd" if everything else "supervisor"] += 1

    def close(self) -> None:
        self.traffic.close()
        if self.vamd is not None and self.vamd.returncode is None:
            self.kill_all()
        self.net.close()


class ManualNumbersTest(unittest.TestCase):
    BIN = pathlib.Path()

    def setUp(self) -> None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.work = gateways.work_folder(self)

    def gateway(self, name: str, card: str) -> Gateway:
        gateway = Gateway(self.BIN, self.work, name, card, f"{SEED} {name}")
        self.addCleanup(gateway.close)
        return gateway


class KillTest(ManualNumbersTest):
    def test_no_number_is_used_twice_over_kills(self) -> None:
        print(f"VAM_TEST_SEED={SEED} VAM_KILLS={KILLS}", flush=True)
        started = time.monotonic()
        cards = [card for card, count in SHARES.items() for _ in range(count)]
        group = [self.gateway(f"{n}", card) for n, card in enumerate(cards)]
        errors: list[BaseException] = []

        def total() -> int:
            return sum(sum(g.kills.values()) for g in group)

        def run(gateway: Gateway) -> None:
            try:
                gateway.init_state()
                gateway.traffic.start()
                while total() < KILLS and not errors and not gateway.traffic.faults:
                    gateway.live()
            except BaseException as error:  # noqa: BLE001  (shown by the main thread)
                errors.append(error)

        threads = [threading.Thread(target=run, args=(g,)) for g in group]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for gateway in group:
            self.report(gateway)
        print(f"{total()} kills in {time.monotonic() - started:.0f} s", flush=True)
        for error in errors:
            raise error
        for gateway in group:
            gateway.traffic.stop()
            self.judge(gateway)
        self.assertGreaterEqual(total(), KILLS)

    def report(self, gateway: Gateway) -> None:
        t = gateway.traffic
        up = sorted(gateway.start_seconds)
        print(
            f"card {gateway.card}: kills {gateway.kills}, {gateway.lives} lives, {gateway.clears} clears, {gateway.swaps}"
            f" key swaps, {t.jumps} jumps; {t.esp} ESP captured, {t.delivered} delivered, {t.replayed} replayed;"
            f" start to first ESP: median {up[len(up) // 2] if up else 0:.2f} s",
            flush=True,
        )

    def judge(self, gateway: Gateway) -> None:
        self.assertEqual(gateway.traffic.faults, [], f"seed {SEED}; log: {gateway.work}/log")
        self.assertEqual(gateway.traffic.lost(), 0, "frames lost by the capture")
        # Otherwise the test means nothing.
        self.assertGreater(gateway.traffic.esp, 20 * gateway.lives)
        self.assertGreater(gateway.traffic.delivered, 10 * gateway.lives)
        self.assertGreater(gateway.traffic.replayed, 100 * gateway.lives)
        for tunnel in gateway.tunnels:
            self.assertTrue(tunnel.outbound.used)
            self.assertTrue(tunnel.inbound.used or not tunnel.window)


class NumberFileTest(ManualNumbersTest):
    """What is on the wire when the number file is not as it should be."""

    def run_with(self, spoil) -> Gateway:
        gateway = self.gateway("file", "none")
        gateway.init_state()
        gateway.traffic.start()
        gateway.start()
        wait_for(lambda: gateway.traffic.esp > 50, 60, "ESP with a good file")
        gateway.kill_all()
        gateway.check_numbers()
        spoil(gateway.state / "numbers")
        gateway.before = gateway.traffic.esp
        gateway.start()
        return gateway

    def assert_down(self, gateway: Gateway, reason: str) -> None:
        def show(command: str) -> dict:
            words = [str(self.BIN / "vamsh"), "--socket", str(gateway.socket), "-c", command + " | json"]
            done = subprocess.run(words, capture_output=True, text=True, timeout=30)
            return json.loads(done.stdout) if done.returncode == 0 else {}

        def reasons() -> set[str]:
            return {f.get("down_reason", "") for f in topology.flows_of(show("show crypto ipsec sa"))}

        def dropped() -> int:
            rows = show("show counters").get("reason", [])
            return sum(int(row["packets"]) for row in rows if row["reason"] == "policy_no_sa")

        wait_for(lambda: dropped() > 200, 60, "drops without an SA")
        self.assertEqual(len(reasons()), 1, reasons())
        self.assertIn(reason, reasons().pop())
        gateway.vamsh("clear crypto sa")
        before = dropped()
        wait_for(lambda: dropped() > before + 100, 60, "drops after a clear")
        gateway.traffic.read()
        self.assertEqual(gateway.traffic.esp, gateway.before, "ESP left without numbers")
        self.assertEqual(gateway.traffic.faults, [])

    def test_missing(self) -> None:
        gateway = self.run_with(lambda path: path.unlink())
        self.assert_down(gateway, "the number file is missing; give new keys")
        self.assertFalse((gateway.state / "numbers").exists())

    def test_corrupt(self) -> None:
        def spoil(path: pathlib.Path) -> None:
            flip(path, 4096 + 20)
            flip(path, NUMBER_COPY + 4096 + 30)

        self.assert_down(self.run_with(spoil), "the number file is corrupt; give new keys")

    def test_cut_short(self) -> None:
        self.assert_down(self.run_with(lambda path: os.truncate(path, 0)), "the number file is corrupt; give new keys")

    def assert_goes_on_with_one_copy(self, bad: int) -> None:
        def spoil(path: pathlib.Path) -> None:
            before = persisted(path)
            flip(path, bad)
            self.assertEqual(persisted(path), before, "the other copy knows less")

        gateway = self.run_with(spoil)
        wait_for(lambda: gateway.traffic.esp > gateway.before + 200 or gateway.traffic.faults, 60, "ESP with one copy")
        gateway.kill_all()
        gateway.check_numbers()
        self.assertEqual(gateway.traffic.faults, [])

    def test_bad_first_copy(self) -> None:
        self.assert_goes_on_with_one_copy(4096 + 20)

    def test_bad_second_copy(self) -> None:
        self.assert_goes_on_with_one_copy(NUMBER_COPY + 4096 + 20)

    def test_bad_secret(self) -> None:
        self.assert_goes_on_with_one_copy(20)


def flip(path: pathlib.Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 0x5A
    path.write_bytes(raw)


if __name__ == "__main__":
    ManualNumbersTest.BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
