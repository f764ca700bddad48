#include "sw/ike/v2/wire/payload_sa.h"

#include <optional>
#include <utility>

namespace vam::ike::v2 {
namespace {

constexpr size_t kProposalBytes = 8;   // without the SPI
constexpr size_t kTransformBytes = 8;  // without attributes
constexpr size_t kAttributeBytes = 4;  // type/value, or the head of type/length/value
constexpr uint8_t kLast = 0;
constexpr uint8_t kMoreProposals = 2;
constexpr uint8_t kMoreTransforms = 3;
constexpr uint16_t kTypeValue = 0x8000;
constexpr uint16_t kKeyLength = 14;

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }

// Cuts the substructure at the front of `bytes` off: a mark, a reserved byte, its length. `more` is
// the mark of all but the last one, which must end where `bytes` does.
Result<Bytes> CutSubstructure(Bytes& bytes, uint8_t more, size_t least) {
  if (bytes.size() < least) return Malformed("the SA payload ends too early");
  const uint8_t mark = bytes[0];
  const size_t length = LoadBe16(bytes.data() + 2);
  if (length < least || length > bytes.size()) {
    return Malformed("a length in the SA payload does not fit");
  }
  const bool last = length == bytes.size();
  if (mark != (last ? kLast : more)) return Malformed("a mark of the last one is wrong");
  const Bytes substructure = bytes.first(length);
  bytes = bytes.subspan(length);
  return substructure;
}

// RFC 7296, 3.3.5.
Status ParseAttributes(Bytes bytes, Transform& transform) {
  while (!bytes.empty()) {
    if (bytes.size() < kAttributeBytes) return Malformed("a transform attribute is cut off");
    const uint16_t word = LoadBe16(bytes.data());
    const uint16_t value = LoadBe16(bytes.data() + 2);
    const size_t length = kAttributeBytes + ((word & kTypeValue) != 0 ? 0 : value);
    if (length > bytes.size()) return Malformed("a transform attribute is cut off");
    if (word == (kTypeValue | kKeyLength) && value != 0 && transform.key_bits == 0) {
      transform.key_bits = value;
    } else {
      transform.unknown_attribute = true;
    }
    bytes = bytes.subspan(length);
  }
  return Ok();
}

Result<Transform> ParseTransform(Bytes bytes) {
  Transform transform;
  transform.type = static_cast<TransformType>(bytes[4]);
  transform.id = LoadBe16(bytes.data() + 6);
  VAM_TRY_STATUS(ParseAttributes(bytes.subspan(kTransformBytes), transform));
  return transform;
}

bool SpiFits(Protocol protocol, size_t spi_bytes) {
  switch (protocol) {
    case Protocol::kIke:
      return spi_bytes == 0 || spi_bytes == 8;
    case Protocol::kAh:
    case Protocol::kEsp:
      return spi_bytes == 4;
    default:
      return spi_bytes == 0 || spi_bytes == 4 || spi_bytes == 8;
  }
}

uint64_t LoadSpi(Bytes bytes) {
  return bytes.empty() ? 0 : bytes.size() == 4 ? LoadBe32(bytes.data()) : LoadBe64(bytes.data());
}

Result<Proposal> ParseProposal(Bytes bytes) {
  Proposal proposal;
  proposal.number = bytes[4];
  proposal.protocol = static_cast<Protocol>(bytes[5]);
  proposal.spi_bytes = bytes[6];
  const size_t count = bytes[7];
  if (!SpiFits(proposal.protocol, proposal.spi_bytes)) {
    return Malformed("the SPI's length is not that of the protocol");
  }
  Bytes rest = bytes.subspan(kProposalBytes);
  if (rest.size() < proposal.spi_bytes) return Malformed("the SPI is cut off");
  proposal.spi = LoadSpi(rest.first(proposal.spi_bytes));
  rest = rest.subspan(proposal.spi_bytes);
  if (count == 0 || count > kMaxTransforms) {
    return Malformed("no transform, or too many of them");
  }
  if (rest.size() / kTransformBytes < count) return Malformed("there are fewer transforms");
  proposal.transforms.reserve(count);
  while (!rest.empty()) {
    if (proposal.transforms.size() == count) return Malformed("there are more transforms");
    VAM_TRY(const Bytes cut, CutSubstructure(rest, kMoreTransforms, kTransformBytes));
    VAM_TRY(const Transform transform, ParseTransform(cut));
    proposal.transforms.push_back(transform);
  }
  if (proposal.transforms.size() != count) return Malformed("there are fewer transforms");
  return proposal;
}

void WriteProposal(MessageBuilder& message, const Proposal& proposal, bool last) {
  size_t length = kProposalBytes + proposal.spi_bytes;
  for (const Transform& transform : proposal.transforms) {
    length += kTransformBytes + (transform.key_bits != 0 ? kAttributeBytes : 0);
  }
  message.U8(last ? kLast : kMoreProposals);
  message.U8(0);
  message.U16(static_cast<uint16_t>(length));  // at most 16 + 128 x 12
  message.U8(proposal.number);
  message.U8(static_cast<uint8_t>(proposal.protocol));
  message.U8(proposal.spi_bytes);
  message.U8(static_cast<uint8_t>(proposal.transforms.size()));
  if (proposal.spi_bytes == 4) message.U32(static_cast<uint32_t>(proposal.spi));
  if (proposal.spi_bytes == 8) message.U64(proposal.spi);
  for (size_t i = 0; i < proposal.transforms.size(); ++i) {
    const Transform& transform = proposal.transforms[i];
    const bool key_length = transform.key_bits != 0;
    message.U8(i + 1 == proposal.transforms.size() ? kLast : kMoreTransforms);
    message.U8(0);
    message.U16(kTransformBytes + (key_length ? kAttributeBytes : 0));
    message.U8(static_cast<uint8_t>(transform.type));
    message.U8(0);
    message.U16(transform.id);
    if (!key_length) continue;
    message.U16(kTypeValue | kKeyLength);
    message.U16(transform.key_bits);
  }
}

std::optional<Error> Unwritable(const Proposal& proposal) {
  const auto invalid = [](const char* text) { return Err(ErrorCode::kInvalidArgument, text); };
  const size_t spi_bytes = proposal.spi_bytes;
  if (!SpiFits(proposal.protocol, spi_bytes)) {
    return invalid("the SPI's length is not that of the protocol");
  }
  if (spi_bytes < 8 && proposal.spi >> (8 * spi_bytes) != 0) {
    return invalid("the SPI does not fit its length");
  }
  if (proposal.transforms.empty() || proposal.transforms.size() > kMaxTransforms) {
    return invalid("no transform, or too many of them");
  }
  for (const Transform& transform : proposal.transforms) {
    if (transform.unknown_attribute) return invalid("an unknown attribute cannot be written");
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<Proposal>> ParseSa(Bytes body) {
  std::vector<Proposal> proposals;
  for (Bytes rest = body; proposals.empty() || !rest.empty();) {
    if (proposals.size() == kMaxProposals) return Malformed("too many proposals");
    VAM_TRY(const Bytes cut, CutSubstructure(rest, kMoreProposals, kProposalBytes));
    VAM_TRY(Proposal proposal, ParseProposal(cut));
    if (proposal.number != proposals.size() + 1) {
      return Malformed("proposal numbers do not count up from 1");
    }
    proposals.push_back(std::move(proposal));
  }
  return proposals;
}

Result<Proposal> ParseChosenSa(Bytes body) {
  Bytes rest = body;
  VAM_TRY(const Bytes cut, CutSubstructure(rest, kMoreProposals, kProposalBytes));
  if (!rest.empty()) return Malformed("more than one proposal was chosen");
  VAM_TRY(Proposal proposal, ParseProposal(cut));
  if (proposal.number == 0) return Malformed("proposal numbers begin with 1");
  return proposal;
}

void AddSa(MessageBuilder& message, std::span<const Proposal> proposals) {
  message.Begin(PayloadType::kSa);
  if (proposals.empty() || proposals.size() > kMaxProposals) {
    return message.Fail(Err(ErrorCode::kInvalidArgument, "no proposal, or too many of them"));
  }
  for (size_t i = 0; i < proposals.size(); ++i) {
    if (const auto error = Unwritable(proposals[i]); error.has_value()) return message.Fail(*error);
    WriteProposal(message, proposals[i], i + 1 == proposals.size());
  }
}

}  // namespace vam::ike::v2
