#include "sw/ike/v2/sa/ike_sa.h"

#include <algorithm>

namespace vam::ike::v2 {

ChildSa* IkeSa::FindChild(uint32_t id) {
  const auto found =
      std::ranges::find_if(children, [id](const auto& child) { return child->id == id; });
  return found == children.end() ? nullptr : found->get();
}

ChildSa* IkeSa::FindChildByPeer(uint32_t spi_out) {
  const auto found = std::ranges::find_if(
      children, [spi_out](const auto& child) { return spi_out != 0 && child->spi_out == spi_out; });
  return found == children.end() ? nullptr : found->get();
}

ChildSa& IkeSa::AddChild(std::shared_ptr<const ChildConfig> config) {
  auto child = std::make_unique<ChildSa>();
  child->id = ++last_child;
  child->config = std::move(config);
  children.push_back(std::move(child));
  return *children.back();
}

void IkeSa::RemoveChild(uint32_t id) {
  std::erase_if(children, [id](const auto& child) { return child->id == id; });
}

}  // namespace vam::ike::v2
