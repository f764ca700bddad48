#!/usr/bin/python3
"""Sends a frame that means nothing to a port every 20 ms, until its input ends.

The network driver of user-mode-linux can miss the signal for a frame (seen in its vector driver, 6.1, about once in 30,000
packets): the frame then lies in the tap until the next one comes. Behind a peer that waits for an answer, none does.

usage: guest_nudge.py PORT
"""

import select
import socket
import sys

INTERVAL_SECONDS = 0.02
LOCAL_EXPERIMENTAL = 0x88B5  # of IEEE 802, for nobody in particular


def main() -> None:
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    port.bind((sys.argv[1], 0))
    # From and to addresses of nobody, which bridges forward nowhere.
    frame = bytes.fromhex("020000000001 020000000002") + LOCAL_EXPERIMENTAL.to_bytes(2, "big") + bytes(46)
    while not select.select([sys.stdin], [], [], INTERVAL_SECONDS)[0]:
        try:
            port.send(frame)
        except OSError:  # the tap is full, or not up yet
            pass


if __name__ == "__main__":
    main()
