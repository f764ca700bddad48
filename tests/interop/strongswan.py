"""A strongSwan of its own for one namespace of a topology: IKE by charon, ESP in userland by kernel-libipsec, so that the
machine's kernel needs no IPsec (every packet is ESP in UDP, and strongSwan says that it is behind a NAT)."""

import pathlib
import re
import sys
import time
from dataclasses import dataclass

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools/demo"))

import topology  # noqa: E402

UP_SECONDS = 60

# kernel-libipsec stands before kernel-netlink: it takes the SAs, the latter addresses and routes. aesni first, as Debian
# loads it: its AES-GCM needed a seventh less processor time than openssl's; that one serves IKE, and machines without.
PLUGINS = (
    "random nonce aesni openssl aes sha1 sha2 hmac kdf gcm chapoly curve25519 pem pkcs1 pkcs8 x509 pubkey xcbc "
    "kernel-libipsec kernel-netlink socket-default vici updown"
)
CONF = """charon {{
  load_modular = no
  load = {plugins}
  {more}
  plugins {{
    vici {{
      socket = unix://{socket}
    }}
  }}
  filelog {{
    stderr {{
      default = {default}
      ike = {ike}
      net = {net}
    }}
  }}
}}
"""


@dataclass(frozen=True)
class IkeSa:
    """A line of `swanctl --list-sas`."""

    number: int
    state: str
    ours: int  # SPIs; ours is the gateway's, theirs strongSwan's
    theirs: int
    begun_by: str


IKE_SA = re.compile(r"^\w+: #(\d+), (\w+), IKEv2, (\w+)_i(\*?) (\w+)_r", re.M)


def read_ike_sas(listed: str) -> list[IkeSa]:
    """`*` stands after strongSwan's own SPI."""
    found = []
    for number, state, initiator, star, responder in IKE_SA.findall(listed):
        spis = (responder, initiator) if star else (initiator, responder)
        found.append(IkeSa(int(number), state, *(int(one, 16) for one in spis), "strongSwan" if star else "us"))
    return found


class Strongswan:
    """charon in namespace `name` of `net`. It ends with the topology. `quiet`: it logs errors only."""

    def __init__(self, net: topology.Topology, name: str, more: str = "", quiet: bool = False) -> None:
        self.net = net
        self.name = name
        conf = net.work / f"{name}-strongswan.conf"
        levels = {"default": 0, "ike": 0, "net": 0} if quiet else {"default": 1, "ike": 2, "net": 1}
        conf.write_text(CONF.format(plugins=PLUGINS, socket=net.socket(name), more=more, **levels))
        net.inside(name, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        # A run directory of its own, mounted after the namespace was entered: two charons can then live.
        with open(net.work / f"{name}.log", "wb") as log:
            self.process = net.start(
                name, "unshare", "-m", "sh", "-c",
                f"mount -t tmpfs tmpfs /run && STRONGSWAN_CONF={conf} exec /usr/lib/ipsec/charon",
                stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + UP_SECONDS
        while not net.socket(name).exists():
            if time.monotonic() > deadline:
                raise RuntimeError(f"charon of {name} does not answer\n{self.log()[-6000:]}")
            time.sleep(0.1)

    def load(self, text: str, seconds: float = 60) -> None:
        conf = self.net.work / f"{self.name}-swanctl.conf"
        conf.write_text(text)
        self.swanctl("--load-all", "--clear", "--file", str(conf), seconds=seconds)

    def swanctl(self, *words: str, check: bool = True, seconds: float = 60) -> str:
        uri = f"unix://{self.net.socket(self.name)}"
        done = topology.run("swanctl", words[0], "--uri", uri, *words[1:], check=False, timeout=seconds)
        if check and done.returncode != 0:
            raise RuntimeError(f"swanctl {' '.join(words)}: {done.stdout}{done.stderr}\n{self.log()[-6000:]}")
        return done.stdout

    def initiate(self, seconds: int = 20) -> None:
        self.swanctl("--initiate", "--child", "tunnel", "--timeout", str(seconds))

    def ike_sas(self) -> list[IkeSa]:
        return read_ike_sas(self.swanctl("--list-sas"))

    def log(self) -> str:
        return (self.net.work / f"{self.name}.log").read_text(errors="replace")

