"""A Linux kernel with its own IPsec, in user-mode-linux: no KVM, no privilege, a tap as its only wire."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
SERVED = (HERE / "guest_init.sh", HERE / "stream.py", HERE.parent / "net/echo.py")
NOBODY = "65534"
BOOT_SECONDS = 120  # 5 s on an idle machine


@dataclass
class State:
    """One xfrm state as `ip -s xfrm state` tells it."""

    spi: int
    proto: str  # esp, ah
    mode: str  # tunnel, transport
    udp: bool  # ESP in UDP
    esn: bool
    packets: int
    sequence_out: int
    errors: int  # replay window, replay and integrity failures together


class KernelGuest:
    """Boots in namespace `ns`, whose tap `tap` must belong to nobody. Its console goes to WORK/kernel.log. `setup` is a
    file of this folder that guest_init.sh reads, with `environment`."""

    def __init__(
        self, ns: str, tap: str, work: pathlib.Path, environment: dict[str, str] | None = None, setup: str = ""
    ) -> None:
        self.log = work / "kernel.log"
        self.files = files = work / "guest"
        files.mkdir(mode=0o755)
        words = [f"{name}={value}" for name, value in (environment or {}).items()]
        for path in (*SERVED, *([HERE / setup] if setup else [])):  # where nobody can read them
            shutil.copy(path, files)
        if setup:
            words.append(f"VAM_SETUP={files / setup}")
        sockets = work / "uml"
        sockets.mkdir()
        os.chown(sockets, int(NOBODY), int(NOBODY))
        with open(self.log, "wb") as console:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", ns, "setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups",
                 "linux.uml", f"uml_dir={sockets}/", "umid=peer", "mem=192M", "rootfstype=hostfs", "rootflags=/", "ro",
                 f"init={files}/guest_init.sh", f"VAM_SERVE={files}/stream.py", *words,
                 f"vec0:transport=tap,ifname={tap},depth=64", "con=null", "con0=null,fd:1", "quiet"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.nudge = subprocess.Popen(
            ["ip", "netns", "exec", ns, sys.executable, str(HERE / "guest_nudge.py"), tap], stdin=subprocess.PIPE
        )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while "guest: ready" not in self.console():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the kernel did not come up:\n{self.console()[-3000:]}")
            time.sleep(0.2)

    def console(self) -> str:
        return self.log.read_text(errors="replace")

    def close(self) -> None:
        self.nudge.communicate()
        if self.process.poll() is None:
            # The whole group: the guest's processes are processes of this machine.
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def read_states(text: str) -> dict[int, State]:
    """By SPI. A number that is not there is an error of this reader, hence an exception."""
    states = {}
    for block in re.split(r"^(?=src )", text, flags=re.MULTILINE):
        if not block.strip():
            continue
        window, replay, integrity = re.search(r"replay-window (\d+) replay (\d+) failed (\d+)", block).groups()
        high, low = re.search(r"(?:oseq-hi 0x([0-9a-f]+), )?oseq 0x([0-9a-f]+)", block).groups()
        proto, spi, mode = re.search(r"proto (\w+) spi 0x([0-9a-f]+)\S* reqid .* mode (\w+)", block).groups()
        current = re.search(r"lifetime current:\s+\d+\(bytes\), (\d+)\(packets\)", block)
        states[int(spi, 16)] = State(
            spi=int(spi, 16),
            proto=proto,
            mode=mode,
            udp="encap type" in block,
            esn=re.search(r"flag .*\besn\b", block) is not None,
            packets=int(current.group(1)),
            sequence_out=int(high or "0", 16) << 32 | int(low, 16),
            errors=int(window) + int(replay) + int(integrity),
        )
    return states
