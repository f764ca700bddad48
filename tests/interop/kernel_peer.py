#!/usr/bin/python3
"""A tunnel between the gateway and a real Linux kernel: manual AES-GCM states, ESN on, both directions.

host a -- gateway ga -- wire -- kernel. Pings, sends and fetches --bytes over TCP, and compares the counters of both sides.
"""

import argparse
import pathlib
import secrets
import shutil
import signal
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools/demo"))

import topology  # noqa: E402
from between_sites import PORTS  # noqa: E402
from guest_network import STREAM, Network  # noqa: E402
from kernel_guest import KernelGuest, State, read_states  # noqa: E402

TO_GATEWAY, TO_KERNEL = 1001, 2002  # SPIs
PINGS = 10

CONFIG = """hostname gateway
engine card {card}
crypto ipsec manual-counter-mode enable
crypto ipsec transform-set GCM esp-gcm {bits}
crypto map TUNNEL 10 ipsec-manual
 set peer 192.0.2.2
 set session-key inbound esp {spi_in} cipher {key_in}
 set session-key outbound esp {spi_out} cipher {key_out}
 set security-association esn
 set security-association replay window-size 1024
 set transform-set GCM
 match address 101
"""


class Wrong(Exception):
    pass


def require(condition: bool, text: str) -> None:
    print(("  ok    " if condition else "  WRONG ") + text, flush=True)
    if not condition:
        raise Wrong(text)


def ping(net: Network) -> None:
    done = net.inside("a", "ping", "-c", str(PINGS), "-i", "0.2", "-W", "10", "10.2.0.1", check=False)
    require(f"{PINGS} received" in done.stdout, f"{PINGS} echo requests are answered\n{done.stdout.strip()}")


def transfer(net: Network, size: int, seed: int) -> None:
    for word, what in (("put", "to"), ("get", "from")):
        started = time.monotonic()
        done = net.inside(
            "a", sys.executable, STREAM, word, "10.2.0.1", str(size), str(seed), check=False, timeout=900
        )
        seconds = time.monotonic() - started
        require(
            done.returncode == 0,
            f"{size} bytes {what} the kernel arrive as they were, {size * 8e-6 / seconds:.1f} Mb/s {done.stderr[-300:]}",
        )


def number(value) -> int:
    return int(value or 0)  # 64-bit integers are strings in JSON


def compare(net: Network, flow: dict, states: dict[int, State], engine: str) -> None:
    """What one side sent is what the other accepted, and neither refused a packet."""
    for spi, gateway_sa, what in (
        (TO_KERNEL, flow["outbound_esp"][0], "to the kernel"),
        (TO_GATEWAY, flow["inbound_esp"][0], "to the gateway"),
    ):
        state = states[spi]
        packets = number(gateway_sa["packets"])
        require(state.esn and gateway_sa["esn"], f"SPI {spi} {what} has ESN on both sides")
        require(gateway_sa["engine"] == engine, f"it runs on the gateway's {engine} engine")
        require(packets > PINGS and packets == state.packets, f"gateway {packets} = kernel {state.packets} packets {what}")
        require(state.errors == 0, "the kernel refused none for replay or integrity")
    out = flow["outbound_esp"][0]
    require(number(out["sequence_number"]) == states[TO_KERNEL].packets, "the gateway's numbers went up by one a packet")
    require(states[TO_GATEWAY].sequence_out == states[TO_GATEWAY].packets, "and the kernel's did")
    require(number(flow.get("recv_errors")) == 0, f"the gateway refused none: {flow.get('drop', [])}")


def play(net: Network, args: argparse.Namespace, work: pathlib.Path, seed: int) -> None:
    keys = {spi: secrets.token_hex(args.key_bits // 8 + 4) for spi in (TO_GATEWAY, TO_KERNEL)}
    net.build()
    words = {"VAM_TO_GATEWAY": keys[TO_GATEWAY], "VAM_TO_KERNEL": keys[TO_KERNEL]}
    guest = KernelGuest(net.ns("wire"), "kernel", work, words, setup="guest_manual.sh")
    try:
        config = work / "gateway.cfg"
        config.write_text(
            CONFIG.format(
                card=args.card, bits=args.key_bits, spi_in=TO_GATEWAY, key_in=keys[TO_GATEWAY],
                spi_out=TO_KERNEL, key_out=keys[TO_KERNEL],
            ) + PORTS  # fmt: skip
        )
        net.start_gateway(args.bin, "ga", config)
        net.wait_until_up(args.bin, "ga")
        guest.wait_until_ready()
        ping(net)
        transfer(net, args.bytes, seed)
        require("esp" in net.ask_kernel("xfrm"), "the kernel answers beside the tunnel")
        states = read_states(net.ask_kernel("xfrm"))
        flow = topology.flows_of(net.show(args.bin, "ga", "show crypto ipsec sa"))[0]
        compare(net, flow, states, "software" if args.card == "none" else "card")
        net.ask_kernel("stop")
        require(guest.process.wait(60) is not None, "the kernel halts")
    except BaseException:
        print(f"--- console of the kernel\n{guest.console()[-2000:]}", file=sys.stderr)
        log = work / "ga.log"
        if log.exists():
            print(f"--- log of the gateway\n{log.read_text()[-2000:]}", file=sys.stderr)
        raise
    finally:
        guest.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=lambda x: pathlib.Path(x).resolve(), required=True)
    parser.add_argument("--card", choices=["none", "model", "rtl"], required=True)
    parser.add_argument("--bytes", type=int, required=True, help="of payload, in each direction")
    parser.add_argument("--key-bits", type=int, choices=[128, 192, 256], default=256)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--seconds", type=int, default=170, help="give up after that many")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    signal.signal(signal.SIGTERM, topology.give_up)
    signal.signal(signal.SIGALRM, topology.give_up)
    signal.alarm(args.seconds)
    work = pathlib.Path(tempfile.mkdtemp(prefix="openvam-interop-"))
    work.chmod(0o755)
    net = Network(topology.tag_of_process("vki"), work)
    try:
        play(net, args, work, args.seed)
        return 0
    except (Wrong, RuntimeError, topology.subprocess.SubprocessError) as problem:
        print(f"kernel_peer: failed: {problem}", file=sys.stderr)
        return 1
    finally:
        net.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
