"""Two gateways with thousands of IKEv2 tunnels between the same two addresses: OpenVAM's, and strongSwan's.

Tunnel n protects one host on each side, 10.101.x.y and 10.102.x.y with x.y = n + 1, and has identities, a profile and a
preshared key of its own. Hosts, addresses and wires are those of topology.Topology for both.
"""

import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tools/demo"), str(TOP / "tests/interop")]

import topology  # noqa: E402
from strongswan import Strongswan  # noqa: E402

GATEWAYS = {"ga": 1, "gb": 2}  # 10.N.0.0/24 and 10.10N.0.0/16 behind 192.0.2.N
IOS_GROUPS = {"x25519": 31, "ecp256": 19, "modp2048": 14}
DH = {"x25519": "curve25519", "ecp256": "ecp256", "modp2048": "modp2048"}

HEAD = """hostname {name}
engine card {card}
no crypto ikev2 limit max-in-negotiation-sa
crypto ikev2 proposal ONE
 encryption aes-gcm-128
 prf sha256
 group {group}
crypto ikev2 policy ONE
 match fvrf any
 proposal ONE
{globals}crypto ipsec transform-set GCM esp-gcm 128
interface GigabitEthernet0/0
 device af-packet inside
 ip address 10.{own}.0.1 255.255.255.0
interface GigabitEthernet0/1
 device af-packet wire
 ip address 192.0.2.{own} 255.255.255.252
 crypto map MANY
ip route 10.10{own}.0.0 255.255.0.0 10.{own}.0.10
ip route 10.10{peer}.0.0 255.255.0.0 192.0.2.{peer}
"""
TUNNEL = """crypto ikev2 profile T{n}
 match identity remote fqdn t{n}.gw{peer}.example
 identity local fqdn t{n}.gw{own}.example
 authentication local pre-share key {secret}
 authentication remote pre-share key {secret}
{profile}ip access-list extended T{n}
 permit ip host 10.10{own}.{host} host 10.10{peer}.{host}
crypto map MANY {sequence} ipsec-isakmp
 set peer 192.0.2.{peer}
 set transform-set GCM
 set ikev2-profile T{n}
{entry} match address T{n}
"""


def host(n: int) -> str:
    """The last two bytes of both hosts of a tunnel."""
    return f"{(n + 1) >> 8}.{(n + 1) & 255}"


def secret(n: int) -> str:
    return f"of-tunnel-{n}-71ce"


def configuration(name: str, tunnels: int, group: str, globals: str = "", profile: str = "", entry: str = "",
                  card: str = "none") -> str:  # fmt: skip
    own = GATEWAYS[name]
    common = {"own": own, "peer": 3 - own, "profile": profile, "entry": entry}
    parts = [HEAD.format(name=name, card=card, group=IOS_GROUPS[group], globals=globals, own=own, peer=3 - own)]
    for n in range(tunnels):
        parts.append(TUNNEL.format(n=n, host=host(n), sequence=n + 1, secret=secret(n), **common))
    return "".join(parts)


class Hosts(topology.Topology):
    """Both hosts have the addresses of all tunnels; the kernel of B answers pings."""

    def build(self) -> None:
        super().build()
        for name, own in (("a", 1), ("b", 2)):
            self.inside(name, "ip", "route", "add", "local", f"10.10{own}.0.0/16", "dev", "lo")


class VamPair(Hosts):
    name = "self"
    driver_at = "a"

    def bring_up(
        self, bin_dir: pathlib.Path, tunnels: int, group: str, cards: dict[str, str] | None = None, **more: str
    ) -> None:
        self.build()
        for name in GATEWAYS:
            path = self.work / f"{name}.cfg"
            path.write_text(configuration(name, tunnels, group, card=(cards or {}).get(name, "none"), **more))
            self.start_gateway(bin_dir, name, path, "--memory", "256")
        for name in GATEWAYS:
            self.wait_until_loaded(bin_dir, name)

    def wait_until_loaded(self, bin_dir: pathlib.Path, name: str) -> None:
        deadline = topology.time.monotonic() + 120
        while "in flight" not in self.answer(bin_dir, name, "show counters"):
            if topology.time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not up\n{(self.work / f'{name}.log').read_text()[-3000:]}")
            topology.time.sleep(0.1)

    def answer(self, bin_dir: pathlib.Path, name: str, command: str) -> str:
        """What vamsh prints; "" while nobody answers."""
        words = [str(bin_dir / "vamsh"), "--socket", str(self.socket(name)), "-c", command]
        return topology.run(*words, check=False, timeout=120).stdout

    def driver_words(self) -> list[str]:
        return []


CONNECTION = """  t{n} {{
    version = 2
    mobike = no
    local_addrs = 192.0.2.{own}
    remote_addrs = 192.0.2.{peer}
    proposals = aes128gcm16-prfsha256-{dh}
    local {{
      auth = psk
      id = t{n}.gw{own}.example
    }}
    remote {{
      auth = psk
      id = t{n}.gw{peer}.example
    }}
    children {{
      t{n} {{
        local_ts = 10.10{own}.{host}/32
        remote_ts = 10.10{peer}.{host}/32
        esp_proposals = aes128gcm16
      }}
    }}
  }}
"""
SECRET = """  ike-{n} {{
    id-1 = t{n}.gw1.example
    id-2 = t{n}.gw2.example
    secret = {secret}
  }}
"""
# What strongSwan's documentation advises for many SAs; no limits on half-open ones.
CHARON = """ikesa_table_size = 4096
  ikesa_table_segments = 16
  cookie_threshold = 0
  cookie_threshold_ip = 0
  block_threshold = 0
  init_limit_half_open = 0
  threads = 32
  process_route = no
  plugins {
    kernel-netlink {
      roam_events = no
    }
  }
"""


class StrongswanPair(topology.Topology):
    """The gateways are the hosts: kernel-libipsec takes no tunnel for addresses that are not its own. That is less work."""

    name = "strongswan"
    driver_at = "ga"

    def bring_up(self, bin_dir: pathlib.Path, tunnels: int, group: str) -> None:
        del bin_dir  # as VamPair's
        self.build()
        self.charons = {}
        for name, own in GATEWAYS.items():
            self.inside(name, "ip", "address", "add", f"10.{own}.0.1/24", "dev", "inside")
            self.inside(name, "ip", "address", "add", f"192.0.2.{own}/30", "dev", "wire")
            addresses = "".join(f"address add 10.10{own}.{host(n)}/32 dev lo\n" for n in range(tunnels))
            self.inside(name, "ip", "-batch", "-", input=addresses)
            self.charons[name] = Strongswan(self, name, more=CHARON, quiet=True)
        for name, own in GATEWAYS.items():
            common = {"own": own, "peer": 3 - own, "dh": DH[group]}
            connections = "".join(CONNECTION.format(n=n, host=host(n), **common) for n in range(tunnels))
            secrets = "".join(SECRET.format(n=n, secret=secret(n)) for n in range(tunnels))
            self.charons[name].load(f"connections {{\n{connections}}}\nsecrets {{\n{secrets}}}\n", seconds=300)

    def driver_words(self) -> list[str]:
        return ["--vici", str(self.socket("ga"))]
