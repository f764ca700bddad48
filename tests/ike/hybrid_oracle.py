#!/usr/bin/env python3
"""RFC 9242 and RFC 9370 once more, from the messages on the wire: keys after each key exchange, IntAuth, both AUTH payloads.

usage: hybrid_oracle.py TRANSCRIPT

TRANSCRIPT: lines "name hex": psk, shared (once for each key exchange, in order), packet (each IKE message in order, IKE_SA_INIT
first, without repeats). AES-GCM-256 with a 16-byte ICV and HMAC-SHA-256, both sides by the shared key. Prints what was verified.
"""

import hashlib
import hmac
import struct
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SA_INIT, AUTH, INTERMEDIATE = 34, 35, 43
KE, IDI, IDR, AUTH_PAYLOAD, NONCE, SK, SKF = 34, 35, 36, 39, 40, 46, 53
IV, ICV = 8, 16


def prf(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def prf_plus(key: bytes, seed: bytes, size: int) -> bytes:
    out, block, number = b"", b"", 1
    while len(out) < size:
        block = prf(key, block + seed + bytes([number]))
        out += block
        number += 1
    return out[:size]


class Keys:
    def __init__(self, skeyseed: bytes, seed: bytes):
        text = prf_plus(skeyseed, seed, 32 + 36 + 36 + 32 + 32)
        self.d, self.ei, self.er, self.pi, self.pr = text[:32], text[32:68], text[68:104], text[104:136], text[136:]


def payloads(first: int, text: bytes) -> dict[int, bytes]:
    out = {}
    while first:
        size = struct.unpack_from(">H", text, 2)[0]
        out[first], first, text = text[4:size], text[0], text[size:]
    return out


def open_packet(key: bytes, packet: bytes) -> tuple[int, bytes]:
    """First payload type and text of a message or fragment of one SK or SKF payload."""
    head = 28 + 4 + (4 if packet[16] == SKF else 0)
    iv, body = packet[head:head + IV], packet[head + IV:]
    text = AESGCM(key[:32]).decrypt(key[32:] + iv, body, packet[:head])
    return packet[28], text[:-1 - text[-1]]


def main() -> int:
    lines = [line.split() for line in open(sys.argv[1], encoding="ascii")]
    of = lambda name: [bytes.fromhex(value) for key, value in lines if key == name]  # noqa: E731
    psk, shared, packets = of("psk")[0], of("shared"), of("packet")
    init_i, init_r = packets[:2]
    ni = payloads(init_i[16], init_i[28:])[NONCE]
    nr = payloads(init_r[16], init_r[28:])[NONCE]
    seed = ni + nr + init_r[:16]
    keys = Keys(prf(ni + nr, shared.pop(0)), seed)

    # Messages whole, each with the keys of its time.
    int_auth = {False: b"", True: b""}
    auth, rounds, parts = {}, 0, []
    for packet in packets[2:]:
        response = bool(packet[19] & 0x20)
        first, text = open_packet(keys.er if response else keys.ei, packet)
        parts.append((first, text))
        if packet[16] == SKF and len(parts) < struct.unpack_from(">H", packet, 34)[0]:
            continue
        first, text = parts[0][0], b"".join(part for _, part in parts)
        parts = []
        if packet[18] == AUTH:
            auth[response] = payloads(first, text)
            continue
        if packet[18] != INTERMEDIATE:
            break
        length = 28 + 4 + len(text)
        covered = packet[:16] + bytes([SK]) + packet[17:24] + struct.pack(">I", length)
        covered += struct.pack(">BBH", first, 0, 4 + len(text)) + text
        int_auth[response] = prf(keys.pr if response else keys.pi, int_auth[response] + covered)
        if response:
            rounds += 1
            keys = Keys(prf(keys.d, shared.pop(0) + ni + nr), seed)

    both = int_auth[False] + int_auth[True] + struct.pack(">I", 1 + rounds)
    padded = prf(psk, b"Key Pad for IKEv2")
    for response, sk_p, init, nonce, kind in ((False, keys.pi, init_i, nr, IDI), (True, keys.pr, init_r, ni, IDR)):
        octets = init + nonce + prf(sk_p, auth[response][kind]) + (both if rounds else b"")
        if auth[response][AUTH_PAYLOAD][4:] != prf(padded, octets):
            print("AUTH of the", "responder" if response else "initiator", "is another")
            return 1
    print(f"verified {rounds} rounds, {len(shared)} secrets left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
