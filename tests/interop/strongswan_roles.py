#!/usr/bin/python3
"""Each role of the gateway is killed under a stream of pings to hosts behind strongSwan; what is lost is printed."""

import os
import signal

from strongswan_case import StrongswanCase, gateways

PINGS, PINGS_BY_FORWARDER = 800, 1600  # at 200 a second
# strongSwan forgets the old SAs with the INITIAL_CONTACT of the new IKE role; what is on the way by them is lost.
MOST_BY_IKE_ROLE = 60
MOST_BY_FORWARDER = 1400  # on a machine that does other things too


class StrongswanRolesTest(StrongswanCase):
    def lost_by(self, role: str, count: int = PINGS) -> int:
        stream = self.pings(count)
        before = self.role("ga", role)
        os.kill(before, signal.SIGKILL)
        self.wait(f"{role} is back", lambda: self.role("ga", role) not in (0, before))
        loss = self.loss(stream, count)
        print(f"{role} killed: {loss}", flush=True)
        self.assertFalse(loss.doubled)
        self.assertEqual(self.ping(20), 20, self.why)
        return loss.lost

    def up_again(self) -> None:
        """A tunnel made anew by what runs now."""
        self.swan.swanctl("--terminate", "--ike", "tunnel")
        self.wait("up", lambda: self.ping(1) == 1)
        self.check_up()

    def test_roles_die(self) -> None:
        self.begin()
        self.wait("up", lambda: self.ping(1) == 1)
        for role in ("mgmt", "signer"):
            with self.subTest(role):
                self.assertEqual(self.lost_by(role), 0, self.why)
                self.up_again()
        with self.subTest("ikev2"):
            self.assertLess(self.lost_by("ikev2"), MOST_BY_IKE_ROLE, self.why)
            self.up_again()
        with self.subTest("fwd"):
            self.assertLess(self.lost_by("fwd", PINGS_BY_FORWARDER), MOST_BY_FORWARDER, self.why)
            self.up_again()


if __name__ == "__main__":
    gateways.main()
