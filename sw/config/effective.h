// What follows from a configuration: the manual SAs it asks for, and what is wrong between
// statements.
#ifndef VAM_SW_CONFIG_EFFECTIVE_H_
#define VAM_SW_CONFIG_EFFECTIVE_H_

#include <string>
#include <vector>

#include "sw/config/running.h"

namespace vam::config {

// One entry of a crypto map as it acts: an SA pair, or the reason why its traffic is dropped.
// By default each interface that carries the map has its own part of the SAD (SY-95), but a manual
// key belongs to one SA only: a map with manual entries on several interfaces needs
// `local-address`, and its SAs are then shared by them (SY-97).
struct ManualSa {
  std::string map;
  uint32_t sequence = 0;
  std::vector<std::string> interfaces;  // all that carry the map, in the order of the configuration
  std::optional<net::Address>
      local;  // outer source of outbound, outer destination of inbound packets
  const CryptoMapEntry* entry = nullptr;
  const TransformSet* transform_set = nullptr;
  const Acl* acl = nullptr;
  // The entry's first permit line: the only one that counts (SY-104). Lines above it, all deny,
  // still exempt their traffic.
  const AclEntry* permit = nullptr;
  // Empty: both SAs can be set up. Else a sentence; the entry's traffic is dropped with
  // policy_discard.
  std::string incomplete;
};

// The manual entries of all maps that some interface carries, by map (in the order of the
// interfaces) and sequence. Pointers lead into `running`, which must outlive the result.
std::vector<ManualSa> ManualSas(const Running& running);

// A sentence about one thing of the configuration ("crypto map m 10", "interface g0").
struct Finding {
  std::string subject;
  std::string message;
};

// Faults between statements for which a configuration is refused as a whole; empty: none.
std::vector<Finding> CrossCheck(const Running& running);
// Things the operator should know, one sentence each; the configuration works.
std::vector<std::string> Warnings(const Running& running);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_EFFECTIVE_H_
