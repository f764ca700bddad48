"""Two gateways that negotiate by IKEv2 with a preshared key, and streams of pings that are counted.

host a -- ga -- wire -- gb -- host b, as gateways.py makes them; nothing but the two vamds speaks IKE.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass

import gateways

CONFIG = """hostname {name}
engine card {card}
crypto logging ikev2
crypto ikev2 keyring KR
 peer OTHER
  address 192.0.2.{peer}
  pre-shared-key of-both-e1c0
crypto ikev2 profile PROF
 match identity remote address 192.0.2.{peer} 255.255.255.255
 authentication remote pre-share
 authentication local pre-share
 keyring local KR
{globals}crypto ipsec transform-set ESP {transform}
crypto map TUNNEL 10 ipsec-isakmp
 set peer 192.0.2.{peer}
 set transform-set ESP
 set ikev2-profile PROF
{entry} match address 101
interface GigabitEthernet0/0
 device af-packet inside
 ip address 10.{own}.0.1 255.255.255.0
interface GigabitEthernet0/1
 device af-packet wire
 ip address 192.0.2.{own} 255.255.255.252
 crypto map TUNNEL
ip route 10.{peer}.0.0 255.255.255.0 192.0.2.{peer}
access-list 101 permit ip 10.{own}.0.0 0.0.0.255 10.{peer}.0.0 0.0.0.255
"""
GATEWAYS = {"ga": 1, "gb": 2}  # 10.N.0.0/24 behind 192.0.2.N


@dataclass
class Loss:
    """Of a stream of pings."""

    sent: int
    lost: int
    longest: int  # lost one after the other
    doubled: bool

    def __str__(self) -> str:
        return f"{self.lost} of {self.sent} lost, {self.longest} one after the other{', some doubled' * self.doubled}"


def loss_of(said: str, sent: int) -> Loss:
    """Of what ping printed; a request that is answered twice has DUP! in its second line."""
    seen = {int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", said)}
    longest = run = 0
    for n in range(1, sent + 1):
        run = 0 if n in seen else run + 1
        longest = max(longest, run)
    return Loss(sent, sent - len(seen), longest, "DUP!" in said)


class RoleCase(gateways.GatewayTest):
    """Cases that look at the processes of a gateway."""

    processes: dict[str, subprocess.Popen]

    def role(self, name: str, role: str) -> int:
        """The process of a role; 0 while there is none."""
        children = subprocess.run(
            ["ps", "--ppid", str(self.processes[name].pid), "-o", "pid=,comm="], capture_output=True, text=True
        ).stdout
        found = re.search(rf"(\d+) vamd-{role}", children)
        return int(found.group(1)) if found else 0

    def pings(self, count: int, *more: str) -> subprocess.Popen:
        """200 a second from host A to host B; the first ones are answered."""
        words = gateways.echo_words(count, interval=0.005)
        process = self.net.start("a", *words, *more, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.first_lines = [process.stdout.readline() for _ in range(21)]
        return process

    def loss(self, process: subprocess.Popen, count: int) -> Loss:
        out, _ = process.communicate(timeout=120)
        return loss_of("".join(self.first_lines) + out, count)


class Ikev2Pair(RoleCase):
    def setUp(self) -> None:
        super().setUp()
        self.processes = {}

    def end(self) -> None:
        for name, process in self.processes.items():
            process.terminate()
            process.wait(20)
            shutil.rmtree(self.work / f"{name}-state")
        self.processes = {}

    def start_again(self, name: str) -> None:
        """A gateway that was killed, by the configuration that it had."""
        self.processes[name] = self.start(name, (self.work / f"{name}.cfg").read_text(), wait=False)
        self.wait(f"{name} answers", lambda: self.answers(name))

    def begin(
        self, card: str = "none", entry: str = "", globals: str = "", cards: dict[str, str] | None = None,
        transform: str = "esp-gcm 256",
    ) -> None:  # fmt: skip
        """New gateways, in the place of those before. `cards`: of those that have another one."""
        self.end()
        for name, own in GATEWAYS.items():
            text = CONFIG.format(
                name=name, own=own, peer=3 - own, card=(cards or {}).get(name, card), entry=entry, globals=globals,
                transform=transform,
            )  # fmt: skip
            self.processes[name] = self.start(name, text, wait=False)
        for name in GATEWAYS:
            self.wait(f"{name} answers", lambda name=name: self.answers(name))

    def state(self) -> str:
        commands = ("show crypto ikev2 sa detailed", "show crypto ipsec sa", "show counters")
        return "\n".join([*(self.cli(name, one) for name in GATEWAYS for one in commands), super().state()])

    def ping(self, count: int, *more: str, wait: int = 5) -> int:
        return super().ping(count, *more, wait=wait)

    def has_ike_sa(self, name: str) -> bool:
        return "READY" in self.cli(name, "show crypto ikev2 sa")

    def spi(self, name: str) -> str:
        return self.flow(name)["inbound_esp"][-1]["spi"]  # those before it drain
