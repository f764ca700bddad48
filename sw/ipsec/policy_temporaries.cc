#include "sw/ipsec/policy_temporaries.h"

#include <algorithm>
#include <cstring>

#include "sw/base/check.h"

namespace vam::ipsec {

namespace {

// Ones in the first `bits` bits, in wire order.
std::array<uint8_t, 16> MaskOf(uint8_t bits) {
  std::array<uint8_t, 16> mask{};
  for (unsigned bit = 0; bit < bits; ++bit) {
    mask[bit / 8] |= static_cast<uint8_t>(0x80 >> (bit % 8));
  }
  return mask;
}

LineRest RestOf(const Selectors& selectors) {
  LineRest rest{};
  rest.source_ports = selectors.local_ports;
  rest.destination_ports = selectors.remote_ports;
  rest.protocol = selectors.protocol;
  rest.flags = LineRest::kPermit;
  if (!rest.source_ports.IsAny() || !rest.destination_ports.IsAny()) rest.flags |= LineRest::kPorts;
  return rest;
}

bool InPrefixes(const Selectors& selectors, const Flow& flow) {
  return selectors.local.Contains(flow.source) && selectors.remote.Contains(flow.destination);
}

}  // namespace

TemporaryPolicy::Key TemporaryPolicy::KeyOf(uint32_t template_id, const Shape& shape,
                                            const net::Address& local, const net::Address& remote) {
  Key key{};
  std::memcpy(&key[0], local.raw().data(), 16);
  std::memcpy(&key[2], remote.raw().data(), 16);
  for (size_t i = 0; i < shape.mask.size(); ++i) key[i] &= shape.mask[i];
  key[4] = template_id;
  key[5] = static_cast<uint64_t>(shape.family) << 16 | shape.local_bits << 8 | shape.remote_bits;
  return key;
}

std::vector<TemporaryPolicy::Shape>::iterator TemporaryPolicy::FindShape(
    const TemporaryEntry& entry) {
  std::vector<Shape>& shapes = shapes_[entry.template_id];
  return std::ranges::find_if(shapes, [&entry](const Shape& shape) {
    return shape.family == entry.selectors.local.family() &&
           shape.local_bits == entry.selectors.local.length() &&
           shape.remote_bits == entry.selectors.remote.length();
  });
}

Status TemporaryPolicy::Add(const TemporaryEntry& entry) {
  const Selectors& selectors = entry.selectors;
  const net::Family family = selectors.local.family();
  if (!IsTemporary(entry.id) || IsTemporary(entry.template_id) || family == net::Family::kNone ||
      family != selectors.remote.family()) {
    return Err(ErrorCode::kInvalidArgument, "no temporary entry can be of this kind");
  }
  if (entries_.contains(entry.id)) return Err(ErrorCode::kExists, "a temporary entry has this id");
  if (entries_.size() >= kMaxEntries) {
    return Err(ErrorCode::kExhausted, "too many temporary entries");
  }
  if (entry.template_id >= shapes_.size()) shapes_.resize(entry.template_id + 1);
  std::vector<Shape>& shapes = shapes_[entry.template_id];
  auto shape = FindShape(entry);
  if (shape == shapes.end()) {
    if (shapes.size() >= kMaxShapes) {
      return Err(ErrorCode::kExhausted, "too many different prefix lengths of temporary entries");
    }
    Shape made{family, selectors.local.length(), selectors.remote.length(), 0, {}};
    std::memcpy(&made.mask[0], MaskOf(made.local_bits).data(), 16);
    std::memcpy(&made.mask[2], MaskOf(made.remote_bits).data(), 16);
    shape = shapes.insert(shapes.end(), made);
  }
  const Key key = KeyOf(entry.template_id, *shape, selectors.local.base(), selectors.remote.base());
  std::vector<Item>& alike = by_key_[key];
  // Nothing was made for it: a key in use has at least one item.
  if (alike.size() >= kMaxAlike) {
    return Err(ErrorCode::kExhausted, "too many temporary entries of the same addresses");
  }
  const auto at = std::ranges::upper_bound(alike, entry.order, {}, &Item::order);
  alike.insert(at, {entry.id, entry.order, RestOf(selectors)});
  ++shape->entries;
  entries_[entry.id] = entry;
  return Ok();
}

void TemporaryPolicy::Remove(uint32_t id) {
  const auto node = entries_.extract(id);
  if (node.empty()) return;
  const TemporaryEntry& entry = node.mapped();
  const auto shape = FindShape(entry);
  const auto alike = by_key_.find(KeyOf(entry.template_id, *shape, entry.selectors.local.base(),
                                        entry.selectors.remote.base()));
  VAM_CHECK(alike != by_key_.end());
  std::erase_if(alike->second, [id](const Item& item) { return item.id == id; });
  if (alike->second.empty()) by_key_.erase(alike);
  if (--shape->entries == 0) shapes_[entry.template_id].erase(shape);
}

const TemporaryEntry* TemporaryPolicy::Get(uint32_t id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

// The first of one template.
const TemporaryPolicy::Item* TemporaryPolicy::Best(uint32_t template_id, const Flow& flow) const {
  if (template_id >= shapes_.size()) return nullptr;
  const Item* best = nullptr;
  for (const Shape& shape : shapes_[template_id]) {
    if (shape.family != flow.source.family()) continue;
    const auto alike = by_key_.find(KeyOf(template_id, shape, flow.source, flow.destination));
    if (alike == by_key_.end()) continue;
    const auto item = std::ranges::find_if(alike->second,
                                           [&flow](const Item& i) { return i.rest.Matches(flow); });
    if (item == alike->second.end()) continue;
    if (best == nullptr || item->order < best->order) best = &*item;
  }
  return best;
}

PolicyMatch TemporaryPolicy::Find(const Policy& policy, const Flow& flow,
                                  const PolicyMatch& configured) const {
  if (entries_.empty()) return configured;
  for (const Policy::Template& place : policy.templates()) {
    if (place.position > configured.position) break;
    // Its list permits the packet just when that is where the configured lines ended.
    if (place.has_list && place.position != configured.position) continue;
    if (const Item* item = Best(place.id, flow)) {
      return {item->id, 0, true, place.position, item->rest.whole(), configured.denies};
    }
  }
  return configured;
}

bool TemporaryPolicy::Admits(const Policy& policy, uint32_t position, uint32_t id,
                             const Flow& flow) const {
  const TemporaryEntry* entry = Get(id);
  if (entry == nullptr || !InPrefixes(entry->selectors, flow) ||
      !RestOf(entry->selectors).Matches(flow)) {
    return false;
  }
  return !policy.HasList(position) || policy.Admits(position, kAnyLine, flow);
}

}  // namespace vam::ipsec
