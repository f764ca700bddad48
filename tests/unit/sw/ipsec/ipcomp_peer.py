#!/usr/bin/python3
"""An independent IPComp peer, for ipcomp_peer_test.cc: Python's zlib, and LZS as its standard reads.

ipcomp_peer.py open FILE   every line must unpack to its inner packet; exit status 1 otherwise
ipcomp_peer.py pack FILE   prints the packet of every line in hex

A line is name=value pairs: alg (deflate, lzs), mode (tunnel, transport), cpi, inner (hex); for open also outer. The outer
header and its checksum are Scapy's. DEFLATE is opened as Linux opens it, with a window of 2^11 bytes (DEFLATE_DEF_WINBITS
in crypto/deflate.c), and in small pieces, so that a longer distance than the window shows.
"""
import sys
import zlib

from scapy.all import IP, conf, raw
from scapy.utils import checksum

conf.verb = 0
IPCOMP = 108
LINUX_WINDOW_BITS = 11
EXTENSIONS_BEFORE = (0, 43)  # hop-by-hop options and routing stay before IPComp


def lzs_decode(data):
    bits, at, out = "".join(f"{b:08b}" for b in data), 0, bytearray()
    while True:
        if bits[at] == "0":
            out.append(int(bits[at + 1:at + 9], 2))
            at += 9
            continue
        if bits[at:at + 9] == "110000000":
            return bytes(out)
        width = 7 if bits[at + 1] == "1" else 11
        offset = int(bits[at + 2:at + 2 + width], 2)
        assert 1 <= offset <= len(out), "offset"
        at += 2 + width
        for code, length in (("00", 2), ("01", 3), ("10", 4), ("1100", 5), ("1101", 6), ("1110", 7)):
            if bits.startswith(code, at):
                at += len(code)
                break
        else:
            at, length = at + 4, 8
            while bits[at:at + 4] == "1111":
                at, length = at + 4, length + 15
            length += int(bits[at:at + 4], 2)
            at += 4
        for _ in range(length):
            out.append(out[-offset])


def lzs_encode(data):
    bits, at = "", 0
    while at < len(data):
        length = offset = 0
        for back in range(1, min(at, 2047) + 1):
            same = 0
            while at + same < len(data) and data[at + same] == data[at + same - back] and same < 100:
                same += 1
            if same > length:
                length, offset = same, back
        if length < 2:
            bits += f"0{data[at]:08b}"
            at += 1
            continue
        bits += f"11{offset:07b}" if offset < 128 else f"10{offset:011b}"
        at += length
        if length < 8:
            bits += ("00", "01", "10", "1100", "1101", "1110")[length - 2]
        else:
            bits += "1111" * ((length + 7) // 15) + f"{(length + 7) % 15:04b}"
    bits += "110000000"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def inflate(data):
    stream = zlib.decompressobj(-LINUX_WINDOW_BITS)
    out = stream.decompress(data, 16)
    while stream.unconsumed_tail and not stream.eof:
        out += stream.decompress(stream.unconsumed_tail, 16)
    while not stream.eof:
        more = stream.decompress(b"", 16)
        assert more, "not ended"
        out += more
    return out


def deflate(data):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def header_end(packet):
    """Where IPComp stands: behind the headers that every hop may look at. With the place of the field that names it."""
    if packet[0] >> 4 == 4:
        return (packet[0] & 15) * 4, 9
    at, named = 40, 6
    while packet[named] in EXTENSIONS_BEFORE:
        named, at = at, at + (packet[at + 1] + 1) * 8
    return at, named


def set_protocol(packet, named, protocol):
    """The packet with another protocol, lengths and checksum made new."""
    changed = bytearray(packet)
    changed[named] = protocol
    if changed[0] >> 4 == 6:
        changed[4:6] = (len(changed) - 40).to_bytes(2, "big")
        return bytes(changed)
    header_bytes = (changed[0] & 15) * 4
    changed[2:4] = len(changed).to_bytes(2, "big")
    changed[10:12] = bytes(2)
    changed[10:12] = checksum(bytes(changed[:header_bytes])).to_bytes(2, "big")
    return bytes(changed)


def unpack(line):
    outer = bytes.fromhex(line["outer"])
    at, named = header_end(outer)
    if set_protocol(outer, named, outer[named]) != outer:
        raise ValueError("length or checksum of the outer header")
    protocol, body = outer[named], outer[at:]
    if protocol == IPCOMP:
        protocol, flags, cpi = body[0], body[1], int.from_bytes(body[2:4], "big")
        if flags != 0 or cpi != int(line["cpi"]):
            raise ValueError("flags or CPI")
        body = (lzs_decode if line["alg"] == "lzs" else inflate)(body[4:])
    if line["mode"] == "transport":
        return set_protocol(outer[:at] + body, named, protocol)
    if protocol != (4 if body[0] >> 4 == 4 else 41):
        raise ValueError("next header")
    return body


def pack(line):
    inner = bytes.fromhex(line["inner"])
    code = lzs_encode if line["alg"] == "lzs" else deflate
    if line["mode"] == "transport":
        at, named = header_end(inner)
        head, next_header, plain = inner[:at], inner[named], inner[at:]
    else:
        head = raw(IP(src="192.0.2.1", dst="192.0.2.2", proto=IPCOMP, ttl=64))
        named, next_header, plain = 9, 4 if inner[0] >> 4 == 4 else 41, inner
    body = bytes([next_header, 0]) + int(line["cpi"]).to_bytes(2, "big") + code(plain)
    return set_protocol(head + body, named, IPCOMP)


def main():
    wrong = 0
    for number, text in enumerate(open(sys.argv[2], encoding="ascii"), 1):
        line = dict(pair.split("=", 1) for pair in text.split())
        if sys.argv[1] == "pack":
            print(pack(line).hex())
            continue
        try:
            if unpack(line) != bytes.fromhex(line["inner"]):
                raise ValueError("another packet")
        except Exception as error:  # any: a packet of ours that does not open
            wrong += 1
            print(f"line {number}: {error!r}: {text[:120]}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
