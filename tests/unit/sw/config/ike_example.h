// A configuration with every IKEv2 statement, as it is shown: in the order of IOS, defaults left
// out.
#ifndef VAM_TESTS_UNIT_SW_CONFIG_IKE_EXAMPLE_H_
#define VAM_TESTS_UNIT_SW_CONFIG_IKE_EXAMPLE_H_

#include <string_view>

namespace vam::config {

inline constexpr std::string_view kIkeExample = R"(hostname Router
!
vrf definition red
 address-family ipv4
 exit-address-family
!
crypto legacy-algorithms enable
!
no crypto ikev2 policy default
!
crypto ikev2 proposal default
 group 31 19
!
crypto ikev2 proposal strong
 encryption aes-gcm-256 chacha20-poly1305 aes-cbc-256
 integrity sha512 sha256
 prf sha384
 group 32 20 14
!
crypto ikev2 proposal old
 encryption 3des des
 integrity sha1 md5
 group 5 2 1
!
crypto ikev2 policy branch
 match fvrf any
 match address local 192.0.2.1
 match address local 2001:db8::1
 proposal strong
 proposal default
!
crypto ikev2 policy inner
 match fvrf red
 proposal old
!
crypto ikev2 keyring keys
 peer hub
  description the hub
  address 192.0.2.2
  hostname hub.example.com
  identity fqdn hub.example.com
  pre-shared-key 0 sesame
  ppk manual id q1 key hex 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f required
 peer spokes
  address 10.0.0.0 255.0.0.0
  identity email domain example.com
  pre-shared-key local 0 open
  pre-shared-key remote 0 shut
 peer six
  address 2001:db8:9::/48
  identity address 2001:db8:9::1
  pre-shared-key remote hex 20ff
  ppk manual id q2 key 0 short
 peer rest
  address 0.0.0.0 0.0.0.0
  identity key-id branch/7
!
crypto ikev2 keyring empty
!
crypto ikev2 profile branch
 description all branches
 match fvrf any
 match address local interface lan0
 match address local 192.0.2.1
 match identity remote address 10.0.0.0 255.0.0.0
 match identity remote address 2001:db8::/32
 match identity remote fqdn hub.example.com
 match identity remote fqdn domain example.org
 match identity remote email a@example.com
 match identity remote email domain example.net
 match identity remote key-id k
 match identity remote any
 match certificate cmap
 identity local fqdn gw.example.com
 authentication remote pre-share key 0 theirs
 authentication remote ecdsa-sig
 authentication local pre-share key 0 ours
 keyring local keys
 pki trustpoint root verify
 pki trustpoint own
 lifetime 7200
 dpd 10 2 on-demand
 nat keepalive 20
 reauth 3600
 initial-contact force
 ivrf red
!
crypto ikev2 profile half
 match fvrf red
 identity local dn
 authentication local eddsa-sig
!
crypto ikev2 nat keepalive 30
crypto ikev2 dpd 30 5 periodic
crypto ikev2 fragmentation mtu 1280
crypto ikev2 fragmentation preferred-method cisco
crypto ikev2 cookie-challenge 100
crypto ikev2 limit max-in-negotiation-sa 40 incoming
crypto ikev2 limit max-in-negotiation-sa 400 outgoing
crypto ikev2 limit max-sa 20000
crypto ikev2 window 9
crypto ikev2 http-url cert
crypto ikev2 certificate-cache 200
crypto ikev2 diagnose error 10
crypto ikev2 redirect client max-redirects 3
crypto logging ikev2
crypto call admission limit ike sa 5000
crypto call admission limit ike in-negotiation-sa 500
!
crypto map m 10 ipsec-isakmp
 set peer 192.0.2.2
 set ikev2-profile branch
 match address 101
!
interface lan0
 ip address 192.0.2.1 255.255.255.0
 crypto map m
!
access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255
!
end
)";

}  // namespace vam::config

#endif  // VAM_TESTS_UNIT_SW_CONFIG_IKE_EXAMPLE_H_
