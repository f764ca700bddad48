"""Reads a capture of the wire between two gateways and says what crossed it."""

import pathlib
import struct
from dataclasses import dataclass, field

PROTOCOL_ESP = 50
PROTOCOL_UDP = 17
IKE_PORTS = struct.pack("!HH", 500, 500)
NATT_PORTS = struct.pack("!HH", 4500, 4500)
NON_ESP_MARKER = bytes(4)  # in the place of an SPI: IKE on port 4500 (RFC 3948, 2.2)


@dataclass
class Crossing:
    esp: dict[int, int] = field(default_factory=dict)  # SPI -> packets
    esp_bytes: int = 0  # of outer IP packets
    arp: int = 0
    ike: int = 0  # UDP 500, and 4500 with the non-ESP marker
    other: list[bytes] = field(default_factory=list)  # IP packets that are not ESP, and unknown frames
    with_marker: list[bytes] = field(default_factory=list)  # frames in which the marker stands in clear


def frames(path: pathlib.Path):
    """Ethernet frames of a little-endian pcap file, as tcpdump writes it."""
    data = path.read_bytes()
    magic = struct.unpack_from("<I", data)[0]
    if magic not in (0xA1B2C3D4, 0xA1B23C4D):
        raise ValueError(f"{path} is not a pcap file of this machine")
    at = 24
    while at + 16 <= len(data):
        captured, length = struct.unpack_from("<II", data, at + 8)
        if captured != length:
            raise ValueError(f"{path}: a frame is cut: {captured} of {length} bytes")
        yield data[at + 16 : at + 16 + captured]
        at += 16 + captured


def is_ike(udp: bytes) -> bool:
    return udp[:4] == IKE_PORTS or (udp[:4] == NATT_PORTS and udp[8:12] == NON_ESP_MARKER)


def read(path: pathlib.Path, marker: bytes) -> Crossing:
    crossing = Crossing()
    for frame in frames(path):
        if marker in frame:
            crossing.with_marker.append(frame)
        kind = struct.unpack_from("!H", frame, 12)[0]
        if kind == 0x0806:
            crossing.arp += 1
        elif kind == 0x0800 and frame[14 + 9] == PROTOCOL_ESP:
            header = (frame[14] & 15) * 4
            spi = struct.unpack_from("!I", frame, 14 + header)[0]
            crossing.esp[spi] = crossing.esp.get(spi, 0) + 1
            crossing.esp_bytes += struct.unpack_from("!H", frame, 16)[0]
        elif kind == 0x0800 and frame[14 + 9] == PROTOCOL_UDP and is_ike(frame[34:]):
            crossing.ike += 1
        else:
            crossing.other.append(frame)
    return crossing


def clear_udp_frame(to_mac: bytes, marker: bytes) -> bytes:
    """A frame that must not be on the wire: a clear packet of the protected networks, carrying the marker."""
    payload = b"control " + marker
    udp = struct.pack("!HHHH", 7, 7, 8 + len(payload), 0) + payload
    source, destination = bytes([10, 1, 0, 10]), bytes([10, 2, 0, 10])
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 9, 17, 0) + source + destination
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    header = header[:10] + struct.pack("!H", checksum) + header[12:]
    return to_mac + bytes.fromhex("0200000000fe") + b"\x08\x00" + header + udp
