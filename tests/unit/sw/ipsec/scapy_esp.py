#!/usr/bin/python3
"""An independent reader and writer of ESP and AH packets, for scapy_test.cc.

scapy_esp.py open FILE   every line must decrypt to its inner packet; exit status 1 otherwise
scapy_esp.py seal FILE   prints the outer packet of every line in hex

A line is name=value pairs: proto (esp, ah), crypt, key, icv, auth, authkey, tunnel (4, 6, none), spi, seq, esn (0, 1),
inner (hex); for open also outer. What Scapy lacks is made here from the primitives of python3-cryptography: ESN and
separate integrity in ESP, short GCM tags, GMAC, AES-XCBC.
"""
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy.all import IP, IPv6, Raw, conf, raw
from scapy.layers import ipsec
from scapy.layers.ipsec import AH, ESP, AuthAlgo, IPSecIntegrityError, SecurityAssociation

conf.verb = 0


def aes(key, block):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


class Xcbc:
    """RFC 3566, 4, step by step."""

    def __init__(self, key):
        self.k1, self.k2, self.k3 = (aes(key, bytes([n]) * 16) for n in (1, 2, 3))
        self.data = b""

    def update(self, data):
        self.data += data

    def finalize(self):
        blocks = [self.data[i:i + 16] for i in range(0, len(self.data), 16)] or [b""]
        state = bytes(16)
        for block in blocks[:-1]:
            state = aes(self.k1, xor(state, block))
        last = blocks[-1]
        if len(last) == 16:
            return aes(self.k1, xor(xor(state, last), self.k2))
        last = last + b"\x80" + bytes(15 - len(last))
        return aes(self.k1, xor(xor(state, last), self.k3))


class XcbcAlgo(AuthAlgo):
    def new_mac(self, key):
        return Xcbc(key)


ipsec.AUTH_ALGOS["AES-XCBC-96"] = XcbcAlgo("AES-XCBC-96", mac=Xcbc, digestmod=None, icv_size=12, key_size=(16,))


class EspEsnAlgo:
    """Any algorithm of Scapy's with the upper half of the number behind an ESP packet (RFC 4303, 2.2.1)."""

    def __init__(self, algo, high):
        self.algo, self.icv_size, self.high = algo, algo.icv_size, struct.pack("!L", high)

    def code(self, data, key):
        mac = self.algo.new_mac(key)
        mac.update(data + self.high)
        return mac.finalize()[:self.icv_size]

    def sign(self, esp, key, **_):
        esp.data += self.code(raw(esp), key)
        return esp

    def verify(self, esp, key, **_):
        data = raw(esp)
        if self.code(data[:-self.icv_size], key) != data[-self.icv_size:]:
            raise IPSecIntegrityError("ESN")


class GmacAhAlgo:
    """RFC 4543, 4: IV and tag fill AH's ICV field, which counts as zeros."""

    icv_size = 24

    def tag(self, packet, key, iv, esn_en, esn, sending):
        clone = raw(ipsec.zero_mutable_fields(packet.copy(), sending=sending))
        if esn_en:
            clone += struct.pack("!L", esn)
        return AESGCM(key[:-4]).encrypt(key[-4:] + iv, b"", clone)

    def sign(self, packet, key, esn_en=False, esn=0):
        iv = struct.pack("!LL", 0xabad1dea, packet[AH].seq)
        packet[AH].icv = iv + self.tag(packet, key, iv, esn_en, esn, True)
        return packet

    def verify(self, packet, key, esn_en=False, esn=0):
        ah = packet[AH]
        ah.padding, ah.icv = ah.icv[24:], ah.icv[:24]
        icv = bytes(ah.icv)
        if self.tag(packet, key, icv[:8], esn_en, esn, False) != icv[8:]:
            raise IPSecIntegrityError("GMAC")


class Line:
    def __init__(self, text):
        fields = dict(pair.split("=", 1) for pair in text.split())
        self.proto, self.crypt, self.auth = fields["proto"], fields["crypt"], fields["auth"]
        self.key, self.authkey = bytes.fromhex(fields["key"]), bytes.fromhex(fields["authkey"])
        self.icv, self.spi, self.seq = int(fields["icv"]), int(fields["spi"]), int(fields["seq"])
        self.esn = fields["esn"] == "1"
        self.tunnel = fields["tunnel"]
        self.inner, self.outer = bytes.fromhex(fields["inner"]), bytes.fromhex(fields.get("outer", ""))
        self.high = self.seq >> 32 if self.esn else 0

    def header(self):
        if self.tunnel == "4":
            return IP(src="192.0.2.1", dst="192.0.2.2", ttl=64)
        return IPv6(src="2001:db8::1", dst="2001:db8::2", hlim=64) if self.tunnel == "6" else None

    def association(self):
        sa = SecurityAssociation(
            ESP if self.proto == "esp" else AH, spi=self.spi, seq_num=self.seq & 0xFFFFFFFF,
            crypt_algo=self.crypt if self.proto == "esp" else None, crypt_key=self.key or None,
            auth_algo=None if self.auth in ("none", "GMAC") else self.auth, auth_key=self.authkey or None,
            crypt_icv_size=self.icv or None, tunnel_header=self.header(), esn_en=self.esn, esn=self.high)
        if self.auth == "GMAC":
            sa.auth_algo, sa.auth_key = GmacAhAlgo(), self.authkey
        elif self.proto == "esp" and self.auth != "none" and self.esn:
            sa.auth_algo = EspEsnAlgo(sa.auth_algo, self.high)
        return sa

    def packet(self, data):
        return IP(data) if data[0] >> 4 == 4 else IPv6(data)

    def by_hand(self):
        return self.crypt == "AES-GMAC" or (self.crypt == "AES-GCM" and self.icv not in (0, 16))

    def aad(self):
        low = self.seq & 0xFFFFFFFF
        return struct.pack("!LLL", self.spi, self.high, low) if self.esn else struct.pack("!LL", self.spi, low)

    def esp_by_hand(self, text, iv):
        """SPI, number, IV, text and code: AES-GCM with any tag (RFC 4106), or GMAC (RFC 4543)."""
        head, nonce, gcm = struct.pack("!LL", self.spi, self.seq & 0xFFFFFFFF), self.key[-4:] + iv, AESGCM(self.key[:-4])
        if self.crypt == "AES-GMAC":
            return head + iv + text + gcm.encrypt(nonce, b"", self.aad() + iv + text)
        sealed = gcm.encrypt(nonce, text, self.aad())
        return head + iv + sealed[:len(text) + self.icv]

    def parts(self):
        """Headers before ESP, next header and payload."""
        packet = self.packet(self.inner)
        if self.header() is not None:
            packet = self.packet(raw(self.header() / packet))
        header, next_header, payload = ipsec.split_for_transport(packet, 50)
        return header, next_header, raw(payload)

    def seal_by_hand(self, iv):
        header, next_header, payload = self.parts()
        pad = -(len(payload) + 2) % 4
        text = payload + bytes(range(1, pad + 1)) + bytes([pad, next_header])
        return raw(header / Raw(self.esp_by_hand(text, iv)))

    def seal(self):
        if self.by_hand():
            return self.seal_by_hand(struct.pack("!Q", self.seq * 77 % 2**64))
        return raw(self.association().encrypt(self.packet(self.inner), esn_en=self.esn, esn=self.high))

    def check(self):
        outer = self.packet(self.outer)
        if self.outer[0] >> 4 == 4 and not checksum_holds(self.outer[:(self.outer[0] & 15) * 4]):
            return "outer checksum"
        layer = outer[ESP if self.proto == "esp" else AH]
        if layer.spi != self.spi or layer.seq != self.seq & 0xFFFFFFFF:
            return "SPI or sequence number"
        if self.by_hand():
            start = len(self.outer) - len(raw(layer))
            iv = self.outer[start + 8:start + 16]
            expected = self.seal_by_hand(iv)
            return None if expected[-len(raw(layer)):] == self.outer[start:] else "ESP differs"
        opened = raw(self.association().decrypt(outer, esn_en=self.esn, esn=self.high))
        return None if opened == self.inner else "inner packet differs"


def checksum_holds(header):
    total = sum(int.from_bytes(header[i:i + 2], "big") for i in range(0, len(header), 2))
    return (total >> 16) + (total & 0xFFFF) == 0xFFFF


def main():
    mode, path = sys.argv[1:]
    with open(path, encoding="ascii") as lines:
        for number, text in enumerate(lines, 1):
            line = Line(text)
            if mode == "seal":
                print(line.seal().hex())
                continue
            try:
                wrong = line.check()
            except IPSecIntegrityError as error:
                wrong = f"integrity: {error}"
            if wrong:
                sys.exit(f"line {number}: {wrong}: {text[:200]}")


if __name__ == "__main__":
    main()
