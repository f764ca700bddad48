#!/usr/bin/python3
"""IKEv2 with strongSwan over a Linux kernel's own IPsec: raw ESP and AH, ESN, transport mode, IPv6.

    host a -- ga (vamd) -- bridge -- tap -- kernel in user-mode-linux, with strongSwan (kernel-netlink)
    10.1.0.10  192.0.2.1, 2001:db8:99::1    192.0.2.2, 2001:db8:99::2; behind it 10.2.N.1 and 2001:db8:2::1
"""

import re
import subprocess
import threading

from guest_case import GuestTest, gateways, received

SECRET = "of-both-7a60"
PLUGINS = (
    "random nonce aesni openssl aes sha1 sha2 hmac kdf gcm chapoly curve25519 pem pkcs1 x509 pubkey "
    "kernel-netlink socket-default vici updown"
)
VICI = "unix:///run/charon.vici"
CONF = f"""charon {{
  load_modular = no
  load = {PLUGINS}
  plugins {{
    vici {{
      socket = {VICI}
    }}
  }}
  filelog {{
    stderr {{
      default = 1
      ike = 2
    }}
  }}
}}
"""
START = f"""STRONGSWAN_CONF=/run/strongswan.conf /usr/lib/ipsec/charon >/run/charon.log 2>&1 </dev/null &
echo $! >/run/charon.own.pid
until [ -S /run/charon.vici ] && STRONGSWAN_CONF=/run/strongswan.conf swanctl --stats --uri {VICI} >/dev/null 2>&1; do
  kill -0 $(cat /run/charon.own.pid) || exit 1
  sleep 0.1
done"""
END = """kill $(cat /run/charon.own.pid)
while kill -0 $(cat /run/charon.own.pid) 2>/dev/null; do sleep 0.1; done"""

VAMD = """hostname ga
ipv6 unicast-routing
crypto legacy-algorithms enable
crypto logging ikev2
crypto ikev2 proposal P
 encryption aes-gcm-256
 prf sha256
 group 19
crypto ikev2 policy POL
 proposal P
crypto ikev2 profile PROF
 match identity remote fqdn kernel.example
 identity local fqdn ga.example
 authentication remote pre-share key {secret}
 authentication local pre-share key {secret}
{entries}interface GigabitEthernet0/0
 device af-packet inside
 ip address 10.1.0.1 255.255.255.0
 ipv6 address 2001:db8:1::1/64
interface GigabitEthernet0/1
 device af-packet wire
 ip address 192.0.2.1 255.255.255.0
{wire}{maps}ip route 10.2.0.0 255.255.0.0 192.0.2.2
ipv6 route 2001:db8:2::/64 2001:db8:99::2
"""
WIRE_V6 = " ipv6 address 2001:db8:99::1/64\n"
ENTRY = """crypto ipsec transform-set T{n} {transforms}
{mode}{access}crypto map {family}TUNNEL {n} ipsec-isakmp
 set peer {peer}
 set transform-set T{n}
 set ikev2-profile PROF
{more} match address L{n}
"""
SWANCTL = """connections {{
  tunnel {{
    version = 2
    local_addrs = {local}
    remote_addrs = {remote}
    proposals = aes256gcm16-prfsha256-ecp256
    {conn}
    local {{
      auth = psk
      id = kernel.example
    }}
    remote {{
      auth = psk
      id = ga.example
    }}
    children {{
{children}    }}
  }}
}}
secrets {{
  ike-peer {{
    secret = {secret}
  }}
}}
"""
CHILD = """      t{n} {{
        mode = {mode}
        local_ts = {local}
        remote_ts = {remote}
        {kind}_proposals = {proposal}
        replay_window = 1024
        rekey_time = 0
      }}
"""


class Suite:
    """One transform set, in the words of both sides; `esn` adds to both."""

    def __init__(self, ours: str, theirs: str, esn: bool = False, transport: bool = False) -> None:
        self.ours, self.esn, self.transport = ours, esn, transport
        self.theirs = theirs + ("-esn" if esn else "-noesn")
        self.kind = "ah" if ours.startswith("ah-") else "esp"


MOST_BY_MOVE = 200  # packets, one each 10 ms, on a machine that does other things too
ESN_GCM = Suite("esp-gcm 256", "aes256gcm16", esn=True)
SUITES = (
    ESN_GCM,
    Suite("esp-gcm 128", "aes128gcm16"),
    Suite("esp-gcm 192 icv 12", "aes192gcm12", esn=True),
    Suite("esp-gcm 256 icv 8", "aes256gcm8"),
    Suite("esp-gmac 256", "aes256gmac", esn=True),
    Suite("esp-ccm 128 icv 16", "aes128ccm16"),
    Suite("esp-ccm 256 icv 8", "aes256ccm8", esn=True),
    Suite("esp-chacha20-poly1305", "chacha20poly1305", esn=True),
    Suite("esp-aes 128 esp-sha256-hmac", "aes128-sha256", esn=True),
    Suite("esp-aes 192 esp-sha384-hmac", "aes192-sha384"),
    Suite("esp-aes 256 esp-sha512-hmac", "aes256-sha512", esn=True),
    Suite("esp-aes 128 esp-aes-xcbc", "aes128-aesxcbc"),
    Suite("esp-aes 256 esp-aes-cmac", "aes256-aescmac", esn=True),
    Suite("esp-aes-ctr 256 esp-sha256-hmac", "aes256ctr-sha256", esn=True),
    Suite("esp-null esp-sha256-hmac", "null-sha256", esn=True),
    Suite("esp-3des esp-sha-hmac", "3des-sha1"),
    Suite("ah-sha256-hmac", "sha256", esn=True),
    Suite("ah-sha512-hmac", "sha512"),
    Suite("ah-aes-xcbc", "aesxcbc"),
    Suite("ah-aes-cmac", "aescmac", esn=True),
)


class StrongswanCase(GuestTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_in_kernel("/run/strongswan.conf", CONF)
        self.in_kernel("sh", "-c", START)
        self.addCleanup(self.in_kernel, "sh", "-c", END)

    def swanctl(self, *words: str, check: bool = True) -> str:
        return self.in_kernel(
            "env", "STRONGSWAN_CONF=/run/strongswan.conf", "swanctl", words[0], "--uri", VICI, *words[1:], check=check
        )

    def state(self) -> str:
        return super().state() + self.in_kernel("tail", "-n", "60", "/run/charon.log")

    def setup_tunnels(
        self, *suites: Suite, v6: bool = False, more: str = "", conn: str = "", wire: str = WIRE_V6
    ) -> None:
        """Entry n and child tn for suite n, from 1: 10.1.0.0/24 and 10.2.n.0/24, or both gateways themselves in transport
        mode. With `v6` 2001:db8:1::/64 and 2001:db8:2::/64, by one suite."""
        entries, children = "", ""
        for n, suite in enumerate(suites, 1):
            if v6:
                ours, theirs = ("host 2001:db8:99::1", "host 2001:db8:99::2") if suite.transport else \
                    ("2001:db8:1::/64", "2001:db8:2::/64")  # fmt: skip
                access = f"ipv6 access-list L{n}\n permit ipv6 {ours} {theirs}\n"
            else:
                ours, theirs = ("host 192.0.2.1", "host 192.0.2.2") if suite.transport else \
                    ("10.1.0.0 0.0.0.255", f"10.2.{n}.0 0.0.0.255")  # fmt: skip
                access = f"ip access-list extended L{n}\n permit ip {ours} {theirs}\n"
            entries += ENTRY.format(
                n=n, transforms=suite.ours, access=access, family="ipv6 " if v6 else "",
                mode=" mode transport\n" if suite.transport else "", peer="2001:db8:99::2" if v6 else "192.0.2.2",
                more=(" set security-association esn\n" if suite.esn else "") + more,
            )  # fmt: skip
            nets = ("2001:db8:2::/64", "2001:db8:1::/64") if v6 else (f"10.2.{n}.0/24", "10.1.0.0/24")
            local, remote = ("dynamic", "dynamic") if suite.transport else nets
            children += CHILD.format(
                n=n, mode="transport" if suite.transport else "tunnel", local=local, remote=remote,
                kind=suite.kind, proposal=suite.theirs,
            )  # fmt: skip
            if not v6:
                self.in_kernel("ip", "address", "replace", f"10.2.{n}.1/24", "dev", "lo")
        ends = ("2001:db8:99::2", "2001:db8:99::1") if v6 else ("192.0.2.2", "192.0.2.1")
        self.write_in_kernel(
            "/run/swanctl.conf",
            SWANCTL.format(local=ends[0], remote=ends[1], children=children, secret=SECRET, conn=conn),
        )
        self.swanctl("--load-all", "--clear", "--file", "/run/swanctl.conf")
        maps = " ipv6 crypto map TUNNEL\n" if v6 else " crypto map TUNNEL\n"
        self.begin(VAMD.format(secret=SECRET, entries=entries, maps=maps, wire=wire))

    def flow_to(self, n: int) -> dict:
        for flow in self.flows():
            if flow["remote_ident"]["address"] == f"10.2.{n}.0":
                return flow
        self.fail(f"no flow to 10.2.{n}.0\n{self.state()}")

    def newest(self) -> str:
        return self.flows()[0]["inbound_esp"][-1]["spi"]

    def initiate(self, child: str = "t1") -> None:
        self.swanctl("--initiate", "--child", child, "--timeout", "20")

    def rekey(self, *what: str) -> None:
        self.swanctl("--rekey", *what)


class KernelStrongswanTest(StrongswanCase):
    def test_transport_mode(self) -> None:
        for suite in (
            Suite("esp-gcm 256", "aes256gcm16", esn=True, transport=True),
            Suite("esp-aes 256 esp-sha512-hmac", "aes256-sha512", transport=True),
            Suite("ah-sha256-hmac", "sha256", esn=True, transport=True),
        ):
            with self.subTest(suite.ours):
                self.setup_tunnels(suite)
                self.check_transport(suite, "192.0.2.2", "192.0.2.1")
                self.swanctl("--terminate", "--ike", "tunnel")
                self.initiate()
                self.check_transport(suite, "192.0.2.2", "192.0.2.1")

    def check_transport(self, suite: Suite, theirs: str, ours: str) -> None:
        # An IPv6 address of ours is used when nobody has answered for it.
        self.wait("an answer", lambda: "(1/1)" in self.cli("ga", f"ping {theirs} repeat 1 timeout 5"))
        self.assertIn("(20/20)", self.cli("ga", f"ping {theirs} repeat 20 size 1300 timeout 5"), self.why)
        self.assertEqual(self.ping_from_kernel(ours, 5), 5, self.why)
        for state in self.check_counts(self.flows()[0], 25):
            self.assertEqual((state.proto, state.mode, state.udp), (suite.kind, "transport", False))

    def test_ipv6_tunnel(self) -> None:
        for suite in (ESN_GCM, Suite("esp-aes 128 esp-sha256-hmac", "aes128-sha256"), Suite("ah-sha256-hmac", "sha256")):
            with self.subTest(suite.ours):
                self.setup_tunnels(suite, v6=True)
                self.check_ipv6(suite)
                self.swanctl("--terminate", "--ike", "tunnel")
                self.initiate()
                self.check_ipv6(suite)
                self.rekey("--child", "t1")
                self.rekey("--ike", "tunnel")
                self.check_ipv6(suite)

    def check_ipv6(self, suite: Suite) -> None:
        self.bring_up("2001:db8:2::1")
        self.assertEqual(self.ping_from_a("2001:db8:2::1", 5), 5, self.why)
        self.assertEqual(self.ping_from_a("2001:db8:2::1", 5, "-s", "1200"), 5, self.why)
        self.assertEqual(self.ping_from_kernel("2001:db8:1::10", 5), 5, self.why)
        self.stream("put", "2001:db8:2::1", 200_000, 1)
        self.stream("get", "2001:db8:2::1", 200_000, 2)
        for _, state in self.pairs(self.flows()[0]):
            self.assertEqual((state.proto, state.mode, state.udp, state.errors), (suite.kind, "tunnel", False, 0))

    def test_ipv6_transport(self) -> None:
        suite = Suite("esp-gcm 128", "aes128gcm16", esn=True, transport=True)
        self.setup_tunnels(suite, v6=True)
        self.check_transport(suite, "2001:db8:99::2", "2001:db8:99::1")
        self.swanctl("--terminate", "--ike", "tunnel")
        self.initiate()
        self.check_transport(suite, "2001:db8:99::2", "2001:db8:99::1")

    def test_esp_in_udp_when_strongswan_says_so(self) -> None:
        self.setup_tunnels(ESN_GCM, conn="encap = yes")
        self.bring_up("10.2.1.1")
        self.assertEqual(self.ping_from_a("10.2.1.1", 20), 20, self.why)
        self.assertTrue(all(state.udp for state in self.check_counts(self.flow_to(1), 20)), self.why)

    def test_streams_over_raw_esp(self) -> None:
        """Bulk data with ESN both ways while both kinds of SAs are rekeyed; on the wire there is ESP and IKE only."""
        self.setup_tunnels(ESN_GCM)
        capture = self.capture_wire()
        self.bring_up("10.2.1.1")
        failures = []

        enough = threading.Event()

        def transfer() -> None:
            try:
                while not enough.is_set():
                    for word in ("put", "get"):
                        self.stream(word, "10.2.1.1", 1_000_000, 77)
            except AssertionError as problem:
                failures.append(problem)

        thread = threading.Thread(target=transfer)
        thread.start()
        rekeys = 6
        for n in range(rekeys):
            self.rekey(*(("--ike", "tunnel") if n % 3 == 2 else ("--child", "t1")))
        enough.set()
        thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.ping_from_a("10.2.1.1", 5), 5)
        seen = self.protocols(capture)
        self.assertGreater(seen.pop("esp"), 1500)
        self.assertGreaterEqual(seen.pop("ike"), 4 * rekeys)
        self.assertEqual(seen, {}, "nothing else between the gateways")

    def capture_wire(self) -> subprocess.Popen:
        """Of the kernel's port of the bridge; not what the test asks the kernel by the bridge's own address."""
        words = ["tcpdump", "-i", "kernel", "-w", str(self.work / "kernel.pcap"), "-s", "64", "-B", "65536", "-U",
                 "ip and host 192.0.2.1 and host 192.0.2.2 or ip net 10.0.0.0/8"]  # fmt: skip
        process = self.net.start("wire", *words, stderr=subprocess.PIPE, text=True)
        while True:
            line = process.stderr.readline()
            if not line or "listening on" in line:
                return process

    def protocols(self, capture: subprocess.Popen) -> dict[str, int]:
        capture.terminate()
        capture.communicate(timeout=20)
        said = subprocess.run(
            ["tcpdump", "-nr", str(self.work / "kernel.pcap")], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        out: dict[str, int] = {}
        for line in said:
            ike = re.search(r"192\.0\.2\.\d\.(500|4500) > 192\.0\.2\.\d\.(500|4500):", line) and "UDP-encap: ESP" not in line
            word = "ike" if ike else "esp" if re.search(r"192\.0\.2\.\d > 192\.0\.2\.\d: ESP", line) else line
            out[word] = out.get(word, 0) + 1
        return out

    def test_deletion_by_either_end(self) -> None:
        self.setup_tunnels(ESN_GCM, SUITES[1])
        for n in (1, 2):
            self.bring_up(f"10.2.{n}.1")
        self.assertEqual(len(self.states()), 4)
        self.swanctl("--terminate", "--child", "t2")
        self.assertEqual(len(self.states()), 2)
        self.wait("ours is gone", lambda: not self.flow_to(2).get("inbound_esp"))
        self.bring_up("10.2.1.1")
        self.bring_up("10.2.2.1")
        self.swanctl("--terminate", "--ike", "tunnel")
        self.wait("ours are gone", lambda: "READY" not in self.cli("ga", "show crypto ikev2 sa"))
        self.bring_up("10.2.1.1")
        self.cli("ga", "clear crypto session")
        self.wait("the kernel has none", lambda: not self.states(), 20)
        self.bring_up("10.2.1.1")

    # ---- addresses that change (RFC 4555)

    def spis(self) -> list[str]:
        """Of the SAs that both ends have, both ways."""
        return [ours["spi"] for ours, _ in self.pairs(self.flow_to(1))]

    def lost_while(self, change: object, done: object, most: int = MOST_BY_MOVE) -> int:
        """Of 300 packets, one each 10 ms, while addresses change; afterwards none is lost any more."""
        words = gateways.echo_words(300, "10.2.1.1", interval=0.01, wait=1)
        stream = self.net.start("a", *words, stdout=-1, text=True)
        first = stream.stdout.readline()
        change()
        self.wait("the other end knows", done)
        lost = 300 - received(first + stream.communicate(timeout=60)[0])
        print(f"{lost} of 300 packets lost", flush=True)
        self.assertLess(lost, most, self.why)
        self.assertEqual(self.ping_from_a("10.2.1.1", 20), 20, self.why)
        self.assertEqual(self.swanctl("--list-sas").count("ESTABLISHED"), 1)
        return lost

    def moves(self, one: str, other: str) -> None:
        self.in_kernel("sh", "-c", f"ip address add {other}/24 dev vec0 && ip address del {one}/24 dev vec0")

    def in_states(self, one: str, other: str) -> bool:
        """Whether the kernel has SAs between these, both ways."""
        states = self.in_kernel("ip", "xfrm", "state")
        return all(f"src {a} dst {b}" in states for a, b in ((one, other), (other, one)))

    def begin_moving(self, wire: str = "") -> None:
        # Else the kernel takes all addresses of the network away with the first one.
        self.in_kernel("sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=1")
        self.addCleanup(self.in_kernel, "sh", "-c", "ip -4 address flush dev vec0; ip address add 192.0.2.2/24 dev vec0;"
                        "ip route replace 10.1.0.0/24 via 192.0.2.1 src 10.2.0.1")  # fmt: skip
        self.setup_tunnels(ESN_GCM, wire=wire)

    def test_strongswan_moves(self) -> None:
        self.begin_moving()
        self.initiate()
        self.bring_up("10.2.1.1")
        before = self.spis()
        for one, other in (("192.0.2.2", "192.0.2.7"), ("192.0.2.7", "192.0.2.8")):
            self.lost_while(
                lambda one=one, other=other: self.moves(one, other),
                lambda other=other: f"{other}/4500" in self.cli("ga", "show crypto ikev2 sa"),
            )
            self.assertTrue(self.in_states("192.0.2.1", other), self.why)
            self.assertEqual(self.spis(), before, "the very same SAs")

    def test_we_move(self) -> None:
        self.begin_moving()
        self.bring_up("10.2.1.1")
        before = self.spis()
        self.lost_while(
            lambda: self.configure("interface GigabitEthernet0/1", "ip address 192.0.2.33 255.255.255.0"),
            lambda: self.in_states("192.0.2.33", "192.0.2.2"),
        )
        self.assertEqual(self.spis(), before, "the very same SAs")

    def test_strongswan_moves_to_ipv6(self) -> None:
        """The only way that is left; the SAs of IPv4 are rekeyed."""
        self.begin_moving(wire=WIRE_V6)
        self.initiate()
        self.bring_up("10.2.1.1")
        before = self.spis()
        self.lost_while(
            lambda: self.in_kernel("ip", "address", "del", "192.0.2.2/24", "dev", "vec0"),
            lambda: self.in_states("2001:db8:99::1", "2001:db8:99::2"),
            most=300,  # rekeyed with loss until then (docs/status.md): some exchanges, whose messages may be lost
        )
        self.assertNotEqual(self.spis(), before)


class EveryTransformTest(StrongswanCase):
    def test_every_transform(self) -> None:
        """By the first packet of each line, then by strongSwan: many children of one IKE SA."""
        self.setup_tunnels(*SUITES)
        for n, suite in enumerate(SUITES, 1):
            self.check_one_way("us", suite, n)
        self.assertEqual(self.swanctl("--list-sas").count("ESTABLISHED"), 1, self.why)
        self.swanctl("--terminate", "--ike", "tunnel")
        for n, suite in enumerate(SUITES, 1):
            self.initiate(f"t{n}")
            self.check_one_way("strongSwan", suite, n)

    def check_one_way(self, name: str, suite: Suite, n: int) -> None:
        with self.subTest(suite.ours, esn=suite.esn, begun_by=name):
            target, source = f"10.2.{n}.1", f"10.2.{n}.1"
            self.bring_up(target)
            self.assertEqual(self.ping_from_a(target, 2), 2, self.why)
            self.assertEqual(self.ping_from_a(target, 1, "-s", "1200"), 1, self.why)
            self.assertEqual(self.ping_from_kernel("10.1.0.10", 2, "-I", source), 2, self.why)
            for theirs in self.check_counts(self.flow_to(n), 5):
                self.assertEqual((theirs.proto, theirs.mode, theirs.udp), (suite.kind, "tunnel", False))
                self.assertEqual(theirs.esn, suite.esn)

    def test_rekeys_lose_nothing(self) -> None:
        """strongSwan's by command, ours by volume."""
        self.setup_tunnels(ESN_GCM, more=" set security-association lifetime kilobytes 5120\n")
        self.initiate()
        words = gateways.echo_words(4000, "10.2.1.1", interval=0.002)
        ping = self.net.start("a", *words, "-s", "1300", stdout=subprocess.PIPE, text=True)
        for i in range(6):
            self.rekey(*(("--ike", "tunnel") if i % 3 == 2 else ("--child", "t1")))
        out, _ = ping.communicate(timeout=120)
        self.assertEqual(received(out), 4000, self.why)
        self.assertNotIn("duplicates", out)
        before = self.newest()
        self.assertEqual(self.ping_from_a("10.2.1.1", 4000, "-i", "0.002", "-s", "1300"), 4000, self.why)
        self.wait("we rekeyed by volume", lambda: self.newest() != before)
        self.assertEqual(self.ping_from_a("10.2.1.1", 20), 20, self.why)
        self.assertEqual(self.swanctl("--list-sas").count("ESTABLISHED"), 1)


if __name__ == "__main__":
    gateways.main()
