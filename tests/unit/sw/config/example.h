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
crypto map ipv6 vpn6 10 ipsec-manual
!
ipv6 unicast-routing
!
vrf definition red
 description a customer
 rd 65000:1
 route-target both 65000:1
 address-family ipv4
  route-target export 192.0.2.1:7
 exit-address-family
 address-family ipv6
 exit-address-family
!
ip vrf blue
 rd 4200000000:9
 route-target import 65000:2
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
interface Loopback0
 ip address 198.51.100.1 255.255.255.255
 ip address 198.51.100.2 255.255.255.255 secondary
!
interface red0
 vrf forwarding red
 ip address 10.8.0.1 255.255.255.0
 ip access-group 10 in
 ip access-group filter out
 no ip unreachables
 mtu 1400
 ip mtu 1380
 ip tcp adjust-mss 1300
 ipv6 address 2001:db8:1::1/64
 ipv6 address 2001:db8:2::/64 eui-64
 ipv6 address fe80::1 link-local
 ipv6 enable
 ipv6 mtu 1300
 no ipv6 unreachables
 ipv6 traffic-filter six in
 ipv6 traffic-filter six out
 ipv6 crypto map vpn6
!
interface blue0
 ip vrf forwarding blue
 ip unnumbered blue1
!
interface blue1
 ip vrf forwarding blue
 ip address 10.8.0.1 255.255.255.0
!
interface spare
 device tap tap7
 shutdown
!
ip route 10.1.0.0 255.255.0.0 192.0.2.2
ip route 0.0.0.0 0.0.0.0 net1 192.0.2.2 250
ip route vrf red 0.0.0.0 0.0.0.0 10.8.0.254 tag 7 permanent name uplink
ip route 10.9.0.0 255.255.0.0 Null0 254
!
ipv6 route 2001:db8:9::/48 net1 fe80::2 5 name six
ipv6 route vrf red ::/0 2001:db8:1::2
!
access-list 101 deny icmp host 10.0.0.9 any 8 0
access-list 101 permit ip 10.0.0.0 0.0.0.255 10.1.0.0 0.0.255.255
!
access-list 10 remark the office
access-list 10 permit 10.0.0.0 0.0.0.255
access-list 10 deny 10.1.1.1 log
access-list 10 permit any
!
ip access-list extended filter
 5 permit tcp any gt 1023 host 10.0.0.2 eq www log
 10 permit udp any range 5000 5100 any lt 1024
 20 deny 132 any any
 30 permit tcp any neq bgp any established dscp af21 log-input
 40 permit tcp any any match-all +syn -ack precedence critical
 50 deny icmp any any port-unreachable
 60 permit ip any any tos min-delay ttl lt 5 fragments
 remark the end
!
service timestamps log datetime msec localtime show-timezone year
service timestamps debug uptime
service sequence-numbers
logging buffered 8000 informational
no logging console
logging trap notifications
logging facility local3
logging format rfc5424
logging source-interface lan0
logging rate-limit 100 except errors
logging host 10.0.0.77
logging host 2001:db8:1::77 vrf red transport udp port 10514 sequence-num-session
!
metrics listen ::1 port 9999
!
ip access-list standard hosts
 7 permit host 192.0.2.9
!
ipv6 access-list six
 remark IPv6
 permit tcp 2001:db8::/32 eq www any established
 permit icmp any any echo-request
 deny ipv6 any host 2001:db8::9 flow-label 5 routing
 permit udp any any eq isakmp
!
arp 192.0.2.2 0200.0000.0002 arpa
arp vrf red 10.8.0.254 0200.0000.0003 arpa
!
ipv6 neighbor 2001:db8:1::2 red0 0200.0000.0004
end
)";

}  // namespace vam::config

#endif  // VAM_TESTS_UNIT_SW_CONFIG_EXAMPLE_H_
