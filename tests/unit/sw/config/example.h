// A configuration with every statement, for the tests of sw/config.
#ifndef VAM_TESTS_UNIT_SW_CONFIG_EXAMPLE_H_
#define VAM_TESTS_UNIT_SW_CONFIG_EXAMPLE_H_

#include <string_view>

namespace vam::config {

inline constexpr std::string_view kExample = R"(! two networks, one tunnel
hostname gw-a
!
engine card rtl
!
crypto ipsec manual-counter-mode enable
crypto ipsec security-association replay window-size 1024
crypto ipsec df-bit set
!
crypto ipsec transform-set strong esp-gcm 256
 mode tunnel
!
crypto map vpn local-address net1
crypto map vpn 10 ipsec-manual
 description to the branch
 set peer 192.0.2.2
 set session-key inbound esp 1001 cipher )"
                                             "000102030405060708090a0b0c0d0e0f1011"
                                             "12131415161718191a1b1c1d1e1fa0a1a2a3"
                                             R"(
 set session-key outbound esp 0x3EA cipher )"
                                             "202122232425262728292a2b2c2d2e2f3031"
                                             "32333435363738393a3b3c3d3e3fb0b1b2b3"
                                             R"(
 set security-association esn
 set security-association replay window-size 256
 set transform-set strong
 match address 101
!
interface lan0
 description inside
 device af-packet eth0
 mac-address 0200.0000.0001
 ip address 10.0.0.1 255.255.255.0
!
interface net1
 device pcap rx in.pcap tx out.pcap
 ip address 192.0.2.1 255.255.255.252
 mtu 1400
 crypto map vpn
!
interface spare
 device tap tap7
 shutdown
!
ip route 10.1.0.0 255.255.0.0 192.0.2.2
ip route 0.0.0.0 0.0.0.0 net1 192.0.2.2 250
!
access-list 101 deny icmp host 10.0.0.9 any 8 0
access-list 101 permit ip 10.0.0.0 0.0.0.255 10.1.0.0 0.0.255.255
!
ip access-list extended filter
 5 permit tcp any gt 1023 host 10.0.0.2 eq www log
 10 permit udp any range 5000 5100 any lt 1024
 20 deny 132 any any
!
arp 192.0.2.2 0200.0000.0002 arpa
end
)";

}  // namespace vam::config

#endif  // VAM_TESTS_UNIT_SW_CONFIG_EXAMPLE_H_
