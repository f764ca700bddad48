#!/usr/bin/python3
"""An independent reader and writer of ESP packets, for scapy_test.cc.

scapy_esp.py open FILE   every line must decrypt to its inner packet; exit status 1 otherwise
scapy_esp.py seal FILE   prints the outer packet of every line in hex

A line: key with salt in hex, SPI, sequence number, esn (0 or 1), inner packet in hex; for open also
the outer packet.
"""
import sys

from scapy.all import IP, conf, raw
from scapy.layers.ipsec import ESP, SecurityAssociation

conf.verb = 0


def association(key, spi, sequence, esn):
    return SecurityAssociation(
        ESP, spi=spi, seq_num=sequence & 0xFFFFFFFF, crypt_algo="AES-GCM", crypt_key=key,
        tunnel_header=IP(src="192.0.2.1", dst="192.0.2.2", ttl=64),
        esn_en=bool(esn), esn=sequence >> 32)


def checksum_holds(header):
    total = sum(int.from_bytes(header[i:i + 2], "big") for i in range(0, len(header), 2))
    return (total >> 16) + (total & 0xFFFF) == 0xFFFF


def main():
    mode, path = sys.argv[1:]
    with open(path, encoding="ascii") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.split()
            key, inner = bytes.fromhex(fields[0]), bytes.fromhex(fields[4])
            spi, sequence, esn = int(fields[1]), int(fields[2]), int(fields[3])
            sa = association(key, spi, sequence, esn)
            if mode == "seal":
                print(raw(sa.encrypt(IP(inner), esn_en=bool(esn), esn=sequence >> 32)).hex())
                continue
            outer = IP(bytes.fromhex(fields[5]))
            if not checksum_holds(raw(outer)[:20]):
                sys.exit(f"line {number}: outer checksum")
            if outer[ESP].spi != spi or outer[ESP].seq != sequence & 0xFFFFFFFF:
                sys.exit(f"line {number}: SPI or sequence number")
            if raw(sa.decrypt(outer, esn_en=bool(esn), esn=sequence >> 32)) != inner:
                sys.exit(f"line {number}: inner packet differs")


if __name__ == "__main__":
    main()
