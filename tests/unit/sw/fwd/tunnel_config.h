// The configuration of one end of a manually keyed tunnel between TestGateways.
#ifndef VAM_TESTS_UNIT_SW_FWD_TUNNEL_CONFIG_H_
#define VAM_TESTS_UNIT_SW_FWD_TUNNEL_CONFIG_H_

#include <string>

namespace vam::fwd::test {

// Gateway 1 or 2: Ethernet0/0 is inside (10.N.0.0/24), Ethernet0/1 outside (192.0.2.N).
inline std::string TunnelConfig(int self, int peer, const std::string& extra = "") {
  const std::string n = std::to_string(self), p = std::to_string(peer);
  const std::string key_a = "000102030405060708090a0b0c0d0e0fcafebabe";
  const std::string key_b = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffacedbad";
  return "interface Ethernet0/0\n ip address 10." + n + ".0.1 255.255.255.0\n" +
         "interface Ethernet0/1\n ip address 192.0.2." + n + " 255.255.255.0\n crypto map M\n" +
         "ip route 10." + p + ".0.0 255.255.255.0 192.0.2." + p + "\n" +  //
         "arp 192.0.2." + p + " 0200.000" + p + ".0001 arpa\n" +          //
         "arp 10." + n + ".0.5 02ff.0000.000" + n + " arpa\n" +           //
         "arp 10." + n + ".0.7 02ff.0000.000" + n + " arpa\n" +           //
         "access-list 101 permit ip 10." + n + ".0.0 0.0.0.255 10." + p + ".0.0 0.0.0.255\n" +
         "crypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T esp-gcm 128\n" +
         "crypto map M 10 ipsec-manual\n set peer 192.0.2." + p + "\n set transform-set T\n" +
         " match address 101\n set session-key inbound esp " + std::to_string(1000 + self) +
         " cipher " + (self == 1 ? key_b : key_a) + "\n set session-key outbound esp " +
         std::to_string(1000 + peer) + " cipher " + (self == 1 ? key_a : key_b) + "\n" + extra;
}

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_TUNNEL_CONFIG_H_
