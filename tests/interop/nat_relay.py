"""An address translator by hand, for the two ports of IKE: strongSwan at 10.9.0.2 takes 10.9.0.1 for its peer, and the gateway
192.0.2.1 sees 192.0.2.2 with ports that were chosen here."""

import selectors
import socket

FAR = "192.0.2.1"
PORTS = {500: 40500, 4500: 44500}


def bound(address: str, port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((address, port))
    return one


def main() -> None:
    selector = selectors.DefaultSelector()
    for port, chosen in PORTS.items():
        near, far = bound("10.9.0.1", port), bound("192.0.2.2", chosen)
        selector.register(near, selectors.EVENT_READ, (far, (FAR, port)))
        selector.register(far, selectors.EVENT_READ, (near, ("10.9.0.2", port)))
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            other, to = key.data
            other.sendto(key.fileobj.recv(65535), to)


main()
