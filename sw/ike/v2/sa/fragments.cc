#include "sw/ike/v2/sa/fragments.h"

#include <utility>

namespace vam::ike::v2 {

bool FragmentBuffer::Wants(uint32_t message_id, bool response,
                           const FragmentHeader& fragment) const {
  if (!Same(message_id, response)) return true;
  // A larger total: the sender has cut the message smaller after a path MTU (2.5.2). A smaller one
  // is late.
  if (fragment.total != pieces_.size()) return fragment.total > pieces_.size();
  return !pieces_[fragment.number - size_t{1}].there;
}

Result<std::optional<FragmentBuffer::Whole>> FragmentBuffer::Add(uint32_t message_id, bool response,
                                                                 const FragmentHeader& fragment,
                                                                 PayloadType first, Bytes text,
                                                                 size_t most_bytes) {
  if (!Same(message_id, response) || fragment.total != pieces_.size()) {
    message_id_ = message_id;
    response_ = response;
    pieces_.assign(fragment.total, Piece{});
    pieces_.shrink_to_fit();
    bytes_.clear();
    missing_ = fragment.total;
  }
  const size_t offset = bytes_.size();
  if (offset + text.size() > most_bytes) {
    Clear();
    return Err(ErrorCode::kExhausted, "fragments of too long a message");
  }
  if (fragment.number == 1) first_ = first;
  bytes_.reserve(offset + text.size());  // no more: it may lie here for long
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  pieces_[fragment.number - size_t{1}] = {true, static_cast<uint32_t>(offset),
                                          static_cast<uint32_t>(text.size())};
  if (--missing_ != 0) return std::optional<Whole>();

  Whole whole;
  whole.first = first_;
  whole.text.reserve(bytes_.size());
  for (const Piece& piece : pieces_) {
    const Bytes part = Bytes(bytes_).subspan(piece.offset, piece.size);
    whole.text.insert(whole.text.end(), part.begin(), part.end());
  }
  Clear();
  return std::optional<Whole>(std::move(whole));
}

void FragmentBuffer::Clear() {
  pieces_.clear();
  pieces_.shrink_to_fit();
  bytes_.clear();
  bytes_.shrink_to_fit();
  missing_ = 0;
}

}  // namespace vam::ike::v2
