// What one side says under the keys of its IKE SAs, read as it goes out.
#ifndef VAM_TESTS_IKE_WIRE_TAP_H_
#define VAM_TESTS_IKE_WIRE_TAP_H_

#include <cstddef>
#include <map>

#include "tests/ike/network.h"

namespace vam::ike::test {

// Messages that are sent again count again; fragments do not count.
class WireTap final : public v2::Journal {
 public:
  // From now on. Must live as long as the side sends.
  explicit WireTap(Side& side) : side_(side) { side.record.also = this; }
  WireTap(const WireTap&) = delete;
  WireTap& operator=(const WireTap&) = delete;
  ~WireTap() override { side_.record.also = nullptr; }

  void Packet(const v2::Ends& ends, bool sent, Bytes message) override;

  size_t Count(v2::NotifyType type) const {
    const auto found = notifies_.find(type);
    return found == notifies_.end() ? 0 : found->second;
  }
  // DELETE payloads.
  size_t deletes() const { return deletes_; }

 private:
  Side& side_;
  std::map<v2::NotifyType, size_t> notifies_;
  size_t deletes_ = 0;
};

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_WIRE_TAP_H_
