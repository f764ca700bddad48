#!/usr/bin/python3
"""Scapy's opinion of IKEv2 messages, for scapy_test.cc.

scapy_ikev2.py dissect FILE    for every line of hex: what Scapy sees in that message, as one line of text
scapy_ikev2.py build COUNT SEED  COUNT messages that Scapy builds: hex, a blank, the same text

The text names the header's fields and, behind " | ", each payload's. Scapy 2.5 takes a notify's SPI for data twice, so the
messages here have none; it does not look into DELETE. Lengths that it computes wrongly are given to it.
"""
import ipaddress
import random
import sys

from scapy.all import conf, raw
from scapy.contrib import ikev2

conf.verb = 0


def proposals(p):
    while isinstance(p, ikev2.IKEv2_payload_Proposal):
        words = [str(p.proposal), str(p.proto), bytes(p.SPI).hex() or "-"]
        t = p.trans
        while isinstance(t, ikev2.IKEv2_payload_Transform):
            bits = t.key_length & 0xFFFF if t.length > 8 else 0
            words.append(f"{t.transform_type}/{t.transform_id}/{bits}")
            t = t.payload
        yield " ".join(words)
        p = p.payload


def selector(s):
    v4 = s.TS_type == 7
    first, last = (s.starting_address_v4, s.ending_address_v4) if v4 else (s.starting_address_v6, s.ending_address_v6)
    return f"{s.IP_protocol_ID} {s.start_port} {s.end_port} {packed(first)} {packed(last)}"


def packed(address):
    return ipaddress.ip_address(address).packed.hex()


def value(v):
    return packed(v) if isinstance(v, str) else bytes(v).hex()


def text_of(p):
    name = type(p).__name__.removeprefix("IKEv2_payload_")
    if name == "SA":
        return "; ".join(proposals(p.prop))
    if name == "KE":
        return f"{p.group} {p.load.hex()}"
    if name in ("IDi", "IDr"):
        return f"{p.IDtype} {value(p.ID)}"
    if name == "CERTREQ" or name == "CERT_STR":
        return f"{p.cert_type} {p.cert_data.hex()}"
    if name == "CERT_CRT":  # taken apart as X.509 and put together again
        return f"{p.cert_type} {raw(p.x509Cert).hex()}"
    if name == "AUTH":
        return f"{p.auth_type} {p.load.hex()}"
    if name == "Notify":
        return f"{p.type} {p.load.hex()}"
    if name in ("TSi", "TSr"):
        return "; ".join(selector(s) for s in p.traffic_selector)
    if name == "CP":
        return f"{p.CFGType} " + " ".join(f"{a.type}={value(a.value)}" for a in p.attributes)
    if name == "Encrypted_Fragment":
        return f"{p.frag_number}/{p.frag_total} {p.load.hex()}"
    if name in ("VendorID", "Delete"):
        return p.vendorID.hex()
    return p.load.hex()


def describe(message):
    m = ikev2.IKEv2(message)
    version, flags = m.version, int(m.flags)
    lines = [f"{bytes(m.init_SPI).hex()} {bytes(m.resp_SPI).hex()} {version} {m.exch_type} {flags} {m.id} {m.length}"]
    kind, p = m.next_payload, m.payload
    while kind != 0:
        lines.append(f"{kind} {text_of(p)}".rstrip())
        if kind in (46, 53):  # what follows is inside
            break
        kind, p = p.next_payload, p.payload
    return " | ".join(lines)


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def some(self, least, most):
        return self.r.randbytes(self.r.randint(least, most))

    def transforms(self):
        chain = None
        size = count = self.r.randint(1, 6)
        for i in reversed(range(size)):
            kind = {"transform_type": self.r.randint(1, 5), "transform_id": self.r.randint(0, 40)}
            if self.r.random() < 0.4:
                kind |= {"length": 12, "key_length": self.r.choice([128, 192, 256])}
            t = ikev2.IKEv2_payload_Transform(next_payload=0 if i == size - 1 else 3, **kind)
            chain = t if chain is None else t / chain
        return chain, count

    def sa(self):
        chain = None
        size = self.r.randint(1, 4)
        for number in reversed(range(1, size + 1)):
            trans, count = self.transforms()
            proto = self.r.choice([1, 2, 3])
            spi = self.r.choice([b"", self.some(8, 8)]) if proto == 1 else self.some(4, 4)
            p = ikev2.IKEv2_payload_Proposal(
                next_payload=0 if number == size else 2,
                proposal=number,
                proto=proto,
                SPI=spi,
                SPIsize=len(spi),
                trans_nb=count,
                trans=trans,
            )
            chain = p if chain is None else p / chain
        return ikev2.IKEv2_payload_SA(prop=chain)

    def selectors(self, kind):
        chosen = []
        for _ in range(self.r.randint(1, 5)):
            ports = sorted(self.r.choices(range(65536), k=2))
            common = {"IP_protocol_ID": self.r.randint(0, 255), "start_port": ports[0], "end_port": ports[1]}
            if self.r.random() < 0.5:
                a, b = (str(ipaddress.IPv4Address(x)) for x in sorted(self.r.getrandbits(32) for _ in "ab"))
                chosen.append(
                    ikev2.IPv4TrafficSelector(length=16, starting_address_v4=a, ending_address_v4=b, **common)
                )
            else:
                a, b = (str(ipaddress.IPv6Address(x)) for x in sorted(self.r.getrandbits(128) for _ in "ab"))
                chosen.append(
                    ikev2.IPv6TrafficSelector(length=40, starting_address_v6=a, ending_address_v6=b, **common)
                )
        size = 8 + sum(s.length for s in chosen)
        return kind(number_of_TSs=len(chosen), traffic_selector=chosen, length=size)

    def configuration(self):
        attributes = [ikev2.ConfigurationAttribute(type=t, length=0, value=b"") for t in (1, 8)]
        attributes.append(ikev2.ConfigurationAttribute(type=3, length=4, value="10.2.0.53"))
        attributes.append(ikev2.ConfigurationAttribute(type=10, length=16, value="fd02::35"))
        name = self.some(1, 20)
        attributes.append(ikev2.ConfigurationAttribute(type=7, length=len(name), value=name))
        size = 8 + sum(len(raw(a)) for a in attributes)
        return ikev2.IKEv2_payload_CP(CFGType=self.r.randint(1, 4), attributes=attributes, length=size)

    def payload(self):
        data = self.some(20, 60)
        size = 8 + len(data)
        return self.r.choice(
            [
                self.sa,
                lambda: ikev2.IKEv2_payload_KE(group=self.r.choice([14, 19, 31, 1025]), load=data),
                lambda: ikev2.IKEv2_payload_IDi(IDtype=11, ID=data, length=size),
                lambda: ikev2.IKEv2_payload_IDr(IDtype=1, ID="192.0.2.1", length=12),
                lambda: ikev2.IKEv2_payload_IDi(IDtype=5, ID="2001:db8::1", length=24),
                lambda: ikev2.IKEv2_payload_CERTREQ(cert_type=4, cert_data=data),
                lambda: ikev2.IKEv2_payload_AUTH(auth_type=self.r.choice([1, 2, 14]), load=data),
                lambda: ikev2.IKEv2_payload_Nonce(load=data),
                lambda: ikev2.IKEv2_payload_Notify(
                    proto=0, SPIsize=0, type=self.r.choice([14, 16388, 16406, 24576]), load=data
                ),
                lambda: ikev2.IKEv2_payload_VendorID(vendorID=data),
                lambda: self.selectors(ikev2.IKEv2_payload_TSi),
                lambda: self.selectors(ikev2.IKEv2_payload_TSr),
                self.configuration,
            ]
        )()

    def message(self):
        parts = [self.payload() for _ in range(self.r.randint(0, 8))]
        if self.r.random() < 0.2:
            parts.append(ikev2.IKEv2_payload_Encrypted(load=self.some(1, 80), next_payload=35))
        elif self.r.random() < 0.2:
            parts.append(
                ikev2.IKEv2_payload_Encrypted_Fragment(
                    load=self.some(1, 80), frag_number=1, frag_total=self.r.randint(1, 9), next_payload=35
                )
            )
        header = ikev2.IKEv2(
            init_SPI=self.some(8, 8),
            resp_SPI=self.some(8, 8),
            version=0x20,
            exch_type=self.r.choice([34, 35, 36, 37, 38]),
            flags=self.r.choice([0x00, 0x08, 0x20, 0x28]),
            id=self.r.getrandbits(32),
            next_payload=number_of(parts[0]) if parts else 0,
        )
        message = header
        for i, part in enumerate(parts):
            if part.next_payload is None:
                part.next_payload = number_of(parts[i + 1]) if i + 1 < len(parts) else 0
            message = message / part
        return raw(message)


def number_of(part):
    return ikev2.IKEv2_payload_type.index(type(part).__name__.removeprefix("IKEv2_payload_"))


def main():
    if sys.argv[1] == "dissect":
        with open(sys.argv[2]) as lines:
            for line in lines:
                print(describe(bytes.fromhex(line.strip())))
        return 0
    maker = Maker(int(sys.argv[3]))
    for _ in range(int(sys.argv[2])):
        message = maker.message()
        print(message.hex(), describe(message))
    return 0


if __name__ == "__main__":
    sys.exit(main())
