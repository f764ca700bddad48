"""What the configurations of gateway ga have in common, whoever the peer is.

    host a -- ga -- wire -- peer -- 10.2.0.0/24
    10.1.0.10  10.1.0.1, 192.0.2.1   192.0.2.2
"""

# The two ports, with crypto map TUNNEL on the wire, and access list 101: what goes between the two networks.
PORTS = """interface GigabitEthernet0/0
 device af-packet inside
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 device af-packet wire
 ip address 192.0.2.1 255.255.255.0
 crypto map TUNNEL
ip route 10.2.0.0 255.255.255.0 192.0.2.2
access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255
"""
IKE = """crypto ikev2 proposal P
 encryption aes-gcm-256
 prf sha256
 group 19
crypto ikev2 policy POL
 proposal P
"""
# Of both ends, by names.
IDENTITIES = """ match identity remote fqdn gb.example
 identity local fqdn ga.example
"""
ENTRY = """crypto ipsec transform-set ESP esp-gcm 256
crypto map TUNNEL 10 ipsec-isakmp
 set peer 192.0.2.2
 set transform-set ESP
 set ikev2-profile PROF
 match address 101
"""
