// A configuration with every crypto statement, as it is shown: in the order of IOS, defaults left
// out.
#ifndef VAM_TESTS_UNIT_SW_CONFIG_CRYPTO_EXAMPLE_H_
#define VAM_TESTS_UNIT_SW_CONFIG_CRYPTO_EXAMPLE_H_

#include <string_view>

namespace vam::config {

inline constexpr std::string_view kCryptoExample = R"(hostname Router
!
crypto legacy-algorithms enable
crypto ipsec manual-counter-mode enable
crypto ipsec security-association lifetime seconds 7200
crypto ipsec security-association lifetime kilobytes disable
crypto ipsec security-association idle-time 600
crypto ipsec security-association replay disable
no crypto ipsec default transform-set
!
crypto ipsec transform-set aesset esp-aes 256 esp-sha-hmac
 mode transport
!
crypto ipsec transform-set all ah-sha512-hmac esp-3des esp-md5-hmac comp-lzs
 mode tunnel
!
crypto ipsec transform-set short esp-ccm 192 icv 8
 mode tunnel
!
crypto ipsec transform-set someset ah-md5-hmac esp-des
 mode tunnel
!
crypto ipsec fragmentation after-encryption
crypto ipsec df-bit clear
!
crypto ipsec profile P1
 description spokes
 set transform-set aesset all
 set pfs group14
 set ikev2-profile ike2
 set security-policy limit 5
 reverse-route
 set reverse-route distance 20
 set reverse-route tag 7
 responder-only
!
crypto dynamic-map test-map 1
 set peer 192.168.101.1
 set security-association lifetime seconds 7200
 set transform-set aesset
 set pfs group2
 match address 101
!
crypto map static-map local-address Loopback0
crypto map static-map 1 ipsec-isakmp
 description to the hub
 set peer 192.168.101.1 default
 set peer gw.example.com dynamic
 set security-association lifetime seconds 2700
 set security-association lifetime kilobytes 10000
 set security-association idle-time 120 default
 set security-association level per-host
 set security-association esn
 set security-association replay window-size 1024
 set df-bit copy
 set transform-set aesset all short
 set pfs group2
 set isakmp-profile customers
 reverse-route remote-peer 192.168.101.9 gateway static
 match address vpn-tunnel
crypto map static-map 10 ipsec-manual
 set peer 10.0.0.5
 set session-key inbound ah 256 98765432109876549876543210987654
 set session-key inbound esp 256 cipher 0123456789012345
 set session-key outbound ah 256 fedcbafedcbafedcfedcbafedcbafedc
 set session-key outbound esp 256 cipher abcdefabcdefabcd
 set transform-set someset
 match address 102
crypto map static-map 65535 ipsec-isakmp dynamic test-map discover
!
crypto map ipv6 CMAP_1 1 ipsec-isakmp
 set peer 2001:db8:ffff::1
 set transform-set aesset
 match address six
!
interface Loopback0
 ip address 172.16.0.1 255.255.255.255
!
interface Ethernet0/0
 crypto map static-map
 crypto ipsec df-bit copy
 crypto ipsec fragmentation before-encryption
!
access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255
!
access-list 102 permit ip host 10.3.0.1 host 10.4.0.1
!
ip access-list extended vpn-tunnel
 10 permit ip 10.0.68.0 0.0.0.255 10.1.1.0 0.0.0.255
!
end
)";

}  // namespace vam::config

#endif  // VAM_TESTS_UNIT_SW_CONFIG_CRYPTO_EXAMPLE_H_
