#!/usr/bin/env python3
"""Reads ESP packets that the card made, or makes ESP packets for it, with Scapy.

usage: scapy_peer.py read|make IN OUT
Each line of IN: key and salt (hex), SPI, ESN flag, whole sequence number, inner packet, outer packet (make: only its
addresses count). read: every outer packet must decrypt to its inner packet. make: writes one outer packet per line.
"""
import socket
import sys

from scapy.layers.inet import IP
from scapy.layers.ipsec import ESP, SecurityAssociation


def association(key, spi, source, destination):
    # Number 0 first: Scapy takes its own next number where 0 is asked for.
    return SecurityAssociation(ESP, spi=spi, seq_num=0, crypt_algo="AES-GCM", crypt_key=key,
                               tunnel_header=IP(src=source, dst=destination))


def main():
    mode, source, destination = sys.argv[1:4]
    with open(source, encoding="ascii") as lines, open(destination, "w", encoding="ascii") as out:
        for line in lines:
            key, spi, esn, seq, inner, outer = line.split()
            inner, outer, seq = bytes.fromhex(inner), bytes.fromhex(outer), int(seq)
            # The high half is not on the wire; it is authenticated (RFC 4303, 2.2.1).
            high = {"esn_en": esn == "1", "esn": seq >> 32}
            addresses = socket.inet_ntoa(outer[12:16]), socket.inet_ntoa(outer[16:20])
            sa = association(bytes.fromhex(key), int(spi), *addresses)
            if mode == "read":
                packet, again = IP(outer), IP(outer)
                if packet[ESP].seq != seq & 0xFFFFFFFF:
                    sys.exit(f"sequence number {packet[ESP].seq}, not {seq}")
                if bytes(sa.decrypt(packet, **high)) != inner:
                    sys.exit(f"packet {seq} does not decrypt to its inner packet")
                del again.chksum
                if bytes(again)[10:12] != outer[10:12]:
                    sys.exit(f"packet {seq} has a wrong header checksum")
            else:
                packet = sa.encrypt(IP(inner), seq_num=seq & 0xFFFFFFFF, iv=seq.to_bytes(8, "big"), **high)
                out.write(bytes(packet).hex() + "\n")


main()
