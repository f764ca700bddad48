#include "sw/ike/v2/sa/fragments.h"

namespace vam::ike::v2 {

bool FragmentBuffer::Wants(uint32_t message_id, bool response,
                           const FragmentHeader& fragment) const {
  if (!Same(message_id, response)) return true;
  // A larger total: the sender has cut the message smaller after a path MTU (2.5.2). A smaller one
  // is late.
  if (fragment.total != pieces_.size()) return fragment.total > pieces_.size();
  return !pieces_[fragment.number - size_t{1}].has_value();
}

std::optional<FragmentBuffer::Whole> FragmentBuffer::Add(uint32_t message_id, bool response,
                                                         const FragmentHeader& fragment,
                                                         PayloadType first,
                                                         std::vector<uint8_t> text) {
  if (!Same(message_id, response) || fragment.total != pieces_.size()) {
    message_id_ = message_id;
    response_ = response;
    pieces_.assign(fragment.total, std::nullopt);
    missing_ = fragment.total;
  }
  size_t held = text.size();
  for (const auto& piece : pieces_) held += piece ? piece->size() : 0;
  if (held > kMaxMessageBytes) {
    // No sender has it: a whole message would not fit in a datagram.
    Clear();
    return std::nullopt;
  }
  if (fragment.number == 1) first_ = first;
  pieces_[fragment.number - size_t{1}] = std::move(text);
  if (--missing_ != 0) return std::nullopt;

  Whole whole;
  whole.first = first_;
  for (const auto& piece : pieces_) {
    whole.text.insert(whole.text.end(), piece->begin(), piece->end());
  }
  Clear();
  return whole;
}

void FragmentBuffer::Clear() {
  pieces_.clear();
  pieces_.shrink_to_fit();
  missing_ = 0;
}

}  // namespace vam::ike::v2
