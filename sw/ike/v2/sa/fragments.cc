#include "sw/ike/v2/sa/fragments.h"

#include <utility>

namespace vam::ike::v2 {

bool FragmentBuffer::Wants(uint32_t message_id, bool response,
                           const FragmentHeader& fragment) const {
  if (!Same(message_id, response)) return true;
  // A larger total: the sender has cut the message smaller after a path MTU (2.5.2). A smaller one
  // is late.
  const std::vector<Piece>& pieces = message_->pieces;
  if (fragment.total != pieces.size()) return fragment.total > pieces.size();
  return !pieces[fragment.number - size_t{1}].there;
}

Result<std::optional<FragmentBuffer::Whole>> FragmentBuffer::Add(uint32_t message_id, bool response,
                                                                 const FragmentHeader& fragment,
                                                                 PayloadType first, Bytes text,
                                                                 size_t most_bytes) {
  if (!Same(message_id, response) || fragment.total != message_->pieces.size()) {
    message_ = std::make_unique<Message>();
    message_->id = message_id;
    message_->response = response;
    message_->missing = fragment.total;
    message_->pieces.resize(fragment.total);
  }
  Message& message = *message_;
  const size_t offset = message.bytes.size();
  if (offset + text.size() > most_bytes) {
    Clear();
    return Err(ErrorCode::kExhausted, "fragments of too long a message");
  }
  if (fragment.number == 1) message.first = first;
  message.bytes.reserve(offset + text.size());  // no more: it may lie here for long
  message.bytes.insert(message.bytes.end(), text.begin(), text.end());
  message.pieces[fragment.number - size_t{1}] = {true, static_cast<uint32_t>(offset),
                                                 static_cast<uint32_t>(text.size())};
  if (--message.missing != 0) return std::optional<Whole>();

  Whole whole;
  whole.first = message.first;
  whole.text.reserve(message.bytes.size());
  for (const Piece& piece : message.pieces) {
    const Bytes part = Bytes(message.bytes).subspan(piece.offset, piece.size);
    whole.text.insert(whole.text.end(), part.begin(), part.end());
  }
  Clear();
  return std::optional<Whole>(std::move(whole));
}

}  // namespace vam::ike::v2
