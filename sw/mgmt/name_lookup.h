// Names to addresses by DNS, with c-ares, in the process that fetches.
#ifndef VAM_SW_MGMT_NAME_LOOKUP_H_
#define VAM_SW_MGMT_NAME_LOOKUP_H_

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "sw/api/names.pb.h"

namespace vam::mgmt {

// Single-threaded; never blocks. Each question has sockets of its own, with ports by chance (RFC
// 5452), and is answered once: within about 8 s for each server, of which two are asked, or at once
// when there are too many.
class NameLookups {
 public:
  static constexpr size_t kMost = 64;       // at once
  static constexpr int kTimeoutMs = 2'000;  // of the first try of a server
  static constexpr int kTries = 2;          // of all servers
  static constexpr size_t kMostAddresses = 8;

  using Answer = std::function<void(uint32_t request, const api::ResolveReply& reply)>;
  explicit NameLookups(Answer answer);
  ~NameLookups();
  NameLookups(const NameLookups&) = delete;
  NameLookups& operator=(const NameLookups&) = delete;

  void Begin(uint32_t request, const api::ResolveRequest& wanted);
  struct Wait {
    int fd;
    bool read, write;
  };
  std::vector<Wait> Waits() const;
  // Until Turn has something to do by time alone, at most `most`; milliseconds.
  int WaitMs(int most) const;
  // Reads and writes what is possible, gives up on what is late.
  void Turn();

 private:
  struct Lookup;
  void Fail(uint32_t request, const char* why);

  Answer answer_;
  std::list<std::unique_ptr<Lookup>> lookups_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_NAME_LOOKUP_H_
