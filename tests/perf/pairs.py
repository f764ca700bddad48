"""Two gateways that carry one tunnel between the same two hosts: OpenVAM's, and strongSwan's with kernel-libipsec.

Both are AES-128-GCM ESP in userland, and leave hosts, addresses, wires and offloads as topology.Topology makes them.
"""

import os
import pathlib
import secrets
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tools/demo"), str(TOP / "tests/interop")]

import topology  # noqa: E402
from strongswan import Strongswan  # noqa: E402

GATEWAYS = {"ga": 1, "gb": 2}  # 10.N.0.0/24 behind 192.0.2.N

VAMD_CONFIG = """hostname {name}
engine card none
crypto ipsec manual-counter-mode enable
crypto ipsec transform-set GCM esp-gcm 128
crypto map TUNNEL 10 ipsec-manual
 set peer 192.0.2.{peer}
 set session-key inbound esp {peer}001 cipher {key_in}
 set session-key outbound esp {own}001 cipher {key_out}
 set security-association esn
 set security-association replay window-size 64
 set transform-set GCM
 match address 101
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


class VamPair(topology.Topology):
    name = "OpenVAM"

    def bring_up(self, bin_dir: pathlib.Path) -> None:
        self.build()
        keys = {own: secrets.token_hex(20) for own in GATEWAYS.values()}
        for name, own in GATEWAYS.items():
            peer = 3 - own
            config = self.work / f"{name}.cfg"
            config.write_text(
                VAMD_CONFIG.format(name=name, own=own, peer=peer, key_in=keys[peer], key_out=keys[own])
            )
            self.start_gateway(bin_dir, name, config)
        for name in GATEWAYS:
            self.wait_until_up(bin_dir, name)

    def engine_used(self, bin_dir: pathlib.Path) -> str:
        flow = topology.flows_of(self.show(bin_dir, "ga", "show crypto ipsec sa"))[0]
        if int(flow["outbound_esp"][0]["packets"]) == 0:
            raise RuntimeError("no packet went through the tunnel")
        return f"{flow['outbound_esp'][0]['engine']} engine, {flow['outbound_esp'][0]['transform']}"


SWANCTL_CONF = """connections {{
  tunnel {{
    version = 2
    local_addrs = 192.0.2.{own}
    remote_addrs = 192.0.2.{peer}
    proposals = aes128-sha256-ecp256
    local {{
      auth = psk
      id = gw{own}
    }}
    remote {{
      auth = psk
      id = gw{peer}
    }}
    children {{
      tunnel {{
        local_ts = 10.{own}.0.0/24
        remote_ts = 10.{peer}.0.0/24
        esp_proposals = aes128gcm16
      }}
    }}
  }}
}}
secrets {{
  ike-peer {{
    secret = {secret}
  }}
}}
"""


class StrongswanPair(topology.Topology):
    name = "strongSwan kernel-libipsec"

    def bring_up(self, bin_dir: pathlib.Path) -> None:
        del bin_dir  # as VamPair's
        self.build()
        secret = secrets.token_hex(16)
        self.charons = {}
        for name, own in GATEWAYS.items():
            self.inside(name, "ip", "address", "add", f"10.{own}.0.1/24", "dev", "inside")
            self.inside(name, "ip", "address", "add", f"192.0.2.{own}/30", "dev", "wire")
            self.charons[name] = Strongswan(self, name)
        for name, own in GATEWAYS.items():
            self.charons[name].load(SWANCTL_CONF.format(own=own, peer=3 - own, secret=secret))
        self.charons["ga"].swanctl("--initiate", "--child", "tunnel")

    def engine_used(self, bin_dir: pathlib.Path) -> str:
        del bin_dir
        listed = self.charons["ga"].swanctl("--list-sas")
        if "AES_GCM_16-128" not in listed:
            raise RuntimeError(f"not the transform that is compared:\n{listed}")
        if " 0 bytes" in listed:
            raise RuntimeError(f"no packet went through the tunnel:\n{listed}")
        return "libipsec, AES_GCM_16-128 in UDP"


def processor_seconds(roots: list[subprocess.Popen]) -> float:
    """User and system time of these processes and all their descendants, so far."""
    parents: dict[int, tuple[int, int]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(entry.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    wanted = {process.pid for process in roots}
    while more := {pid for pid, (parent, _) in parents.items() if parent in wanted} - wanted:
        wanted |= more
    return sum(parents[pid][1] for pid in wanted if pid in parents) / os.sysconf("SC_CLK_TCK")
