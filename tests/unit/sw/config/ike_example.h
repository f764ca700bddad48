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
crypto pki trustpoint root
 enrollment terminal pem
 fqdn none
 ip-address 2001:db8::1
 subject-name CN=gw.example.com, O=Example
 revocation-check crl ocsp none
 crl query http://pki.example.com/root.crl
 ocsp url http://pki.example.com:8080/ocsp
 certificate url http://pki.example.com/gw.der
 rsakeypair gateway 3072
 hash sha384
!
crypto pki trustpoint own
 enrollment selfsigned
 fqdn gw.example.com
 ip-address 192.0.2.1
 revocation-check none
 eckeypair curve
!
crypto pki certificate map cmap 10
 subject-name co o=example
 issuer-name eq cn=r
 serial-number ne 01
 valid-start lt Jan 31 2030 23:59:59
 expires-on ge 1 feb 2031
crypto pki certificate map cmap 20
 alt-subject-name nc evil.example.com
 name co example
 unstructured-subject-name co gw
!
crypto pki certificate chain root
 certificate ca 0B
  3082015A 30820100 A0030201 0202010B 300A0608 2A8648CE 3D040302 300C310A
  30080603 5504030C 0152301E 170D3236 31313232 30373533 32375A17 0D343631
  31313730 37353332 375A300C 310A3008 06035504 030C0152 30593013 06072A86
  48CE3D02 0106082A 8648CE3D 03010703 4200044E 607C6ADF 94F62A1D 06528E57
  891923B7 680C2332 5E554ADD D839EB44 E3CB7332 B7FD8460 DE5D2531 68F4E593
  D3A5D522 8D06D103 EB50E2C7 507AF954 19AC2BA3 53305130 1D060355 1D0E0416
  04143ED9 8869160D 18F99CF9 CFEA05DD 589562C7 593B301F 0603551D 23041830
  1680143E D9886916 0D18F99C F9CFEA05 DD589562 C7593B30 0F060355 1D130101
  FF040530 030101FF 300A0608 2A8648CE 3D040302 03480030 45022100 A15D4E16
  C3AD2F8A 55017ABD C9F57C26 9DED8BDF 20FF9E5B 468F0C33 34A356CF 02202310
  C49E56A5 C13A0491 24F06962 74D3CBBF 37E84812 12E4A749 5E6DF840 A8D8
  quit
!
crypto pki certificate chain own
 certificate 00CA
  3082010D 3081B402 0200CA30 0A06082A 8648CE3D 04030230 0C310A30 08060355
  04030C01 52301E17 0D323631 31323230 37353332 375A170D 34363031 32313037
  35333237 5A301931 17301506 03550403 0C0E6777 2E657861 6D706C65 2E636F6D
  30593013 06072A86 48CE3D02 0106082A 8648CE3D 03010703 42000442 5FE43D3F
  416CE953 8E96405C 15FE3BE2 17CFB604 1FAACE24 E0B0DE46 F0ED917D 0D25D5E8
  C4E32133 8FC250B1 A6D629E5 0681F315 0F4D8385 EC1F660E 2D8CB530 0A06082A
  8648CE3D 04030203 48003045 022100AB A2BCB8BF EDA4DA00 B742C43F 6E715A00
  1C9058EF 198825C9 F394CEB5 870D7C02 2056AE1E 61EB4AC0 52EF7070 31E8172D
  3F151770 2FC7E367 382B29E2 9D5B6F92 7E
  quit
 certificate ca 0B
  3082015A 30820100 A0030201 0202010B 300A0608 2A8648CE 3D040302 300C310A
  30080603 5504030C 0152301E 170D3236 31313232 30373533 32375A17 0D343631
  31313730 37353332 375A300C 310A3008 06035504 030C0152 30593013 06072A86
  48CE3D02 0106082A 8648CE3D 03010703 4200044E 607C6ADF 94F62A1D 06528E57
  891923B7 680C2332 5E554ADD D839EB44 E3CB7332 B7FD8460 DE5D2531 68F4E593
  D3A5D522 8D06D103 EB50E2C7 507AF954 19AC2BA3 53305130 1D060355 1D0E0416
  04143ED9 8869160D 18F99CF9 CFEA05DD 589562C7 593B301F 0603551D 23041830
  1680143E D9886916 0D18F99C F9CFEA05 DD589562 C7593B30 0F060355 1D130101
  FF040530 030101FF 300A0608 2A8648CE 3D040302 03480030 45022100 A15D4E16
  C3AD2F8A 55017ABD C9F57C26 9DED8BDF 20FF9E5B 468F0C33 34A356CF 02202310
  C49E56A5 C13A0491 24F06962 74D3CBBF 37E84812 12E4A749 5E6DF840 A8D8
  quit
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
 additional-key-exchange 1 36 37 none
 additional-key-exchange 3 20
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
crypto ikev2 authorization policy road
 pool POOL
 ipv6 pool POOL6
 dns 10.0.0.53 10.0.1.53
 ipv6 dns 2001:db8::53
 wins 10.0.0.42
 netmask 255.255.255.0
 def-domain example.org
 split-dns corp.example.org
 split-dns lab.example.org
 route set access-list nets
 route set access-list ipv6 nets6
 route set remote ipv4 10.7.0.0 255.255.0.0
 route set remote ipv6 2001:db8:7::/48
!
crypto ikev2 authorization policy nothing
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
 childless prefer
 session-resumption lifetime 900
 mobike unchecked
 aaa authorization group psk list default road
 aaa authorization group cert list local nothing
 config-exchange request address
 config-exchange set accept
 config-exchange set send
 ivrf red
!
crypto ikev2 profile half
 match fvrf red
 identity local dn
 authentication local eddsa-sig
 session-resumption
 no mobike
!
crypto isakmp peer address 192.0.2.2
 description connection from site A
!
crypto isakmp peer address ipv6 2001:db8::/32 vrf red
 description all of site B
!
crypto isakmp peer hostname gw.example.com
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
crypto ikev2 retransmit timeout 500 base 150 tries 8 limit 30
crypto ikev2 http-url cert
crypto ikev2 certificate-cache 200
crypto ikev2 diagnose error 10
crypto ikev2 redirect client max-redirects 3
crypto ikev2 redirect gateway init 198.51.100.7
crypto ikev2 redirect gateway init 2001:db8::7
crypto ikev2 redirect gateway auth 198.51.100.8
crypto ikev2 notify invalid-selectors
crypto isakmp invalid-spi-recovery
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
ip local pool POOL 10.9.0.1 10.9.0.99
ip local pool POOL 10.9.1.1
ipv6 local pool POOL6 2001:db8:9000::/64 128
!
access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255
!
end
)";

}  // namespace vam::config

#endif  // VAM_TESTS_UNIT_SW_CONFIG_IKE_EXAMPLE_H_
