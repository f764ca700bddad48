#!/usr/bin/python3
"""ESP in UDP (RFC 3948) by an independent implementation, for esp_in_udp_test.cc. AES-GCM with a 16-byte tag.

scapy_natt.py seal KEY SPI SEQ SOURCE DESTINATION SPORT INNER   prints the outer packet in hex
scapy_natt.py open KEY SPI OUTER                                prints SPORT DPORT CHECKSUM INNER

KEY (with its salt), INNER and OUTER in hex. The tunnel's version is that of its addresses. The UDP checksum of `seal` is
0 in IPv4, Scapy's own in IPv6; `open` says right, none or wrong.
"""
import sys

from scapy.all import IP, UDP, IPv6, Raw, conf, raw
from scapy.layers.ipsec import ESP, SecurityAssociation

conf.verb = 0


def parse_ip(data):
    return IPv6(data) if data[0] >> 4 == 6 else IP(data)


def seal(key, spi, seq, source, destination, sport, inner):
    outer = (IPv6 if ":" in source else IP)(src=source, dst=destination)
    plain = SecurityAssociation(ESP, spi=int(spi), crypt_algo="AES-GCM", crypt_key=bytes.fromhex(key),
                                tunnel_header=outer).encrypt(parse_ip(bytes.fromhex(inner)), seq_num=int(seq))
    esp = raw(plain.payload)
    packet = outer.copy()
    if ":" in source:
        packet.nh = 17
        return raw(packet / UDP(sport=int(sport), dport=4500) / Raw(esp)).hex()
    packet.proto = 17
    return raw(packet / UDP(sport=int(sport), dport=4500, chksum=0) / Raw(esp)).hex()


def checksum_word(packet):
    sent = packet[UDP].chksum
    if not sent:
        return "none"
    again = parse_ip(raw(packet))
    del again[UDP].chksum
    return "right" if parse_ip(raw(again))[UDP].chksum == sent else "wrong"


def open_packet(key, spi, outer):
    packet = parse_ip(bytes.fromhex(outer))
    udp = packet[UDP]
    assert udp.len == len(raw(udp)), "UDP length"
    plain = packet.copy()
    plain.remove_payload()
    for field in ("len", "chksum", "plen"):
        if field in plain.fields:
            delattr(plain, field)
    if packet.version == 6:
        plain.nh = 50
    else:
        plain.proto = 50
    plain = parse_ip(raw(plain / Raw(raw(udp)[8:])))
    sa = SecurityAssociation(ESP, spi=int(spi), crypt_algo="AES-GCM", crypt_key=bytes.fromhex(key),
                             tunnel_header=plain.copy())
    return f"{udp.sport} {udp.dport} {checksum_word(packet)} {raw(sa.decrypt(plain)).hex()}"


print({"seal": seal, "open": open_packet}[sys.argv[1]](*sys.argv[2:]))
