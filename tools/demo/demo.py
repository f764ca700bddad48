"""The demonstration behind ./demo: builds the network, sends traffic, shows both gateways, proves what crossed the wire."""

import argparse
import hashlib
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import wire
from topology import HERE, Topology, flows_of, tag_of_process

FILE_BYTES = 400_000
IPERF_BYTES = 1_000_000


class Failed(Exception):
    pass


def say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def require(condition: bool, text: str) -> None:
    print(("  ok    " if condition else "  WRONG ") + text, flush=True)
    if not condition:
        raise Failed(text)


def marked_file(path: pathlib.Path, size: int, marker: bytes) -> None:
    """Random bytes with the marker every 64 bytes, so that every packet's payload holds one whole."""
    blocks = [marker + secrets.token_bytes(64 - len(marker)) for _ in range(size // 64)]
    path.write_bytes(b"".join(blocks))


def ping(net: Topology, marker: bytes) -> None:
    say("ping from host A to host B (the first one waits for ARP)")
    done = net.inside("a", "ping", "-c", "5", "-i", "0.2", "-W", "5", "-p", marker.hex(), "10.2.0.10", check=False)
    print(done.stdout.strip())
    received = int(re.search(r"(\d+) received", done.stdout).group(1))
    require(received == 5, f"{received} of 5 echo requests were answered")


def download(net: Topology, work: pathlib.Path, marker: bytes) -> None:
    say(f"download of {FILE_BYTES} bytes from host B")
    served = work / "www"
    served.mkdir()
    marked_file(served / "file", FILE_BYTES, marker)
    server = net.start(
        "b", sys.executable, "-m", "http.server", "8080", "--directory", str(served),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    fetch = (
        "import urllib.request, time, sys\n"
        "for _ in range(50):\n"
        "    try:\n"
        "        data = urllib.request.urlopen('http://10.2.0.10:8080/file', timeout=60).read(); break\n"
        "    except OSError: time.sleep(0.2)\n"
        "else: sys.exit('no answer')\n"
        "sys.stdout.buffer.write(data)"
    )
    started = time.monotonic()
    with open(work / "got", "wb") as out:
        subprocess.run(["ip", "netns", "exec", net.ns("a"), sys.executable, "-c", fetch], stdout=out, check=True)
    seconds = time.monotonic() - started
    same = hashlib.sha256((work / "got").read_bytes()).digest() == hashlib.sha256((served / "file").read_bytes()).digest()
    require(same, f"the file arrived whole ({FILE_BYTES * 8 / seconds / 1e6:.2f} Mb/s through the simulated card)")
    server.terminate()
    server.wait()


def iperf(net: Topology, work: pathlib.Path, marker: bytes) -> None:
    say(f"iperf3 from host A to host B, {IPERF_BYTES} bytes")
    marked_file(work / "iperf", IPERF_BYTES, marker)
    server = net.start("b", "iperf3", "-s", "-1", "-B", "10.2.0.10", stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if ":5201" in net.inside("b", "ss", "-lnt").stdout:
            break
        time.sleep(0.1)
    done = net.inside(
        "a", "iperf3", "-c", "10.2.0.10", "-n", str(IPERF_BYTES), "-F", str(work / "iperf"), check=False, timeout=150
    )
    print("\n".join(line for line in done.stdout.splitlines() if "sender" in line or "receiver" in line))
    require(done.returncode == 0 and "receiver" in done.stdout, "iperf3 ended well")
    server.wait(20)


def inject_control(net: Topology, marker: bytes) -> bytes:
    """A clear packet on the wire, as a leak would look: the scan must find exactly this one."""
    mac = net.inside("gb", "cat", "/sys/class/net/wire/address").stdout.strip()
    frame = wire.clear_udp_frame(bytes.fromhex(mac.replace(":", "")), marker)
    script = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
        "s.bind(('wire', 0)); s.send(bytes.fromhex(sys.argv[1]))"
    )
    net.inside("ga", sys.executable, "-c", script, frame.hex())
    return frame


def stop_capture(capture: subprocess.Popen, file: pathlib.Path, last: bytes) -> None:
    """Once the last frame is in the file, so is all that crossed the wire before it."""
    deadline = time.monotonic() + 20
    while last not in file.read_bytes():
        if time.monotonic() > deadline:
            raise Failed("the injected packet is not in the capture")
        time.sleep(0.1)
    capture.terminate()
    _, errors = capture.communicate(timeout=20)
    dropped = re.search(r"(\d+) packets dropped by kernel", errors)
    require(dropped is not None and dropped.group(1) == "0", "the capture lost no packet")


def engine(reply: dict, name: str) -> dict:
    return next(e for e in reply["engine"] if e["name"] == name)


def number(value) -> int:
    return int(value or 0)  # 64-bit integers are strings in JSON


def show_all(net: Topology, bin_dir: pathlib.Path) -> None:
    for name in ("ga", "gb"):
        for command in ("show crypto ipsec sa", "show crypto engine"):
            say(f"{name}# {command}")
            print(net.cli(bin_dir, name, command).rstrip())


def prove(net: Topology, bin_dir: pathlib.Path, capture: pathlib.Path, marker: bytes) -> None:
    say("what crossed the wire")
    crossing = wire.read(capture, marker)
    packets = sum(crossing.esp.values())
    print(f"  {packets} ESP packets by SPI {crossing.esp}, {crossing.arp} ARP, {len(crossing.other)} other")
    require(len(crossing.with_marker) == 1, "the scan found the injected clear packet, and no other with the marker")
    require(crossing.other == crossing.with_marker, "only ESP and ARP crossed beside it")
    flow = flows_of(net.show(bin_dir, "ga", "show crypto ipsec sa"))[0]
    outbound, inbound = flow["outbound_esp"][0], flow["inbound_esp"][0]
    for sa, what in ((outbound, "out"), (inbound, "in")):
        require(sa["engine"] == "card", f"gateway A's SA {what} runs on the card")
        seen = crossing.esp.get(number(sa["spi"]), 0)
        require(number(sa["packets"]) == seen and seen > 0, f"the card's SA {what} counts {seen} packets, as the capture does")
    engines = net.show(bin_dir, "ga", "show crypto engine")
    software = engine(engines, "software")
    idle = number(software.get("packets_out")) == 0 and number(software.get("packets_in")) == 0
    require(idle, "gateway A's software engine saw no packet")
    card = engine(engines, "card")
    print(
        f"  the card: {card['cycles_per_packet']:.1f} busy cycles per packet, "
        f"{card['bits_per_cycle']:.1f} bits per busy cycle"
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    bin_dir = args.bin.resolve()
    work = pathlib.Path(tempfile.mkdtemp(prefix="openvam-demo-"))
    net = Topology(tag_of_process("vam"), work)
    marker = secrets.token_bytes(16)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was made is cleaned up
    try:
        say("two gateways, two hosts, three wires")
        net.build()
        for name in ("ga", "gb"):
            # A copy: vamd keeps a second file for `write memory` beside it.
            config = shutil.copy(HERE / f"gateway-{name[1]}.cfg", work)
            net.start_gateway(bin_dir, name, config)
        for name in ("ga", "gb"):
            net.wait_until_up(bin_dir, name)
        capture = net.start(
            "ga", "tcpdump", "-i", "wire", "-w", str(work / "wire.pcap"), "-s", "0", "-B", "65536", "-U",
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for line in capture.stderr:
            if "listening on" in line:
                break
        else:
            raise Failed("tcpdump did not start")
        ping(net, marker)
        download(net, work, marker)
        iperf(net, work, marker)
        control = inject_control(net, marker)
        stop_capture(capture, work / "wire.pcap", control)
        show_all(net, bin_dir)
        prove(net, bin_dir, work / "wire.pcap", marker)
        say("the demonstration succeeded")
        if args.keep:
            print(f"open a command line:  {os.path.relpath(bin_dir)}/vamsh --socket {net.socket('ga')}   (or gb.sock)")
            print(f"from host A:          ip netns exec {net.ns('a')} ping 10.2.0.10")
            input("press return to stop and clean up: ") if sys.stdin.isatty() else wait_for_signal()
        return 0
    except (Failed, RuntimeError, subprocess.SubprocessError) as problem:
        print(f"\ndemo: failed: {problem}", file=sys.stderr)
        for name in ("ga", "gb"):
            log = work / f"{name}.log"
            if log.exists():
                print(f"--- last lines of {name}.log\n" + log.read_text()[-2000:], file=sys.stderr)
        return 1
    finally:
        net.close()
        shutil.rmtree(work, ignore_errors=True)


def wait_for_signal() -> None:
    """Without a terminal --keep holds until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("send SIGTERM to stop and clean up", flush=True)
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
