#include "driver/device/registers.h"

#include <algorithm>

namespace vam::driver {
namespace {

using map::BlockType;

constexpr uint32_t kAllOnes = 0xffffffff;

struct KnownBlock {
  BlockType type;
  uint32_t place;  // in the generated map: of the head, or of the array if it has one
  bool array;
};
constexpr std::array<KnownBlock, 9> kKnown{{
    {BlockType::kIdentity, map::kRegIdBlock, false},
    {BlockType::kCapability, map::kRegCapBlock, false},
    {BlockType::kControl, map::kRegCtrlBlock, false},
    {BlockType::kTest, map::kRegTestBlock, false},
    {BlockType::kQueues, map::RegQueueConfig(0), true},
    {BlockType::kDoorbells, map::RegDoorbellSqTail(0), true},
    {BlockType::kEvents, map::kRegEventRingConfig, true},
    {BlockType::kMsix, map::RegMsixEntryAddrLo(0), true},
    {BlockType::kCounters, map::kRegCountersOutPackets, true},
}};
constexpr uint16_t kBlockVersion = 1;

constexpr uint32_t Field(uint32_t word, uint32_t mask, unsigned shift) {
  return (word & mask) >> shift;
}

}  // namespace

Result<Registers> Registers::Probe(hal::Bar& bar) {
  const uint32_t magic = bar.Read32(map::kRegIdMagic);
  if (magic == kAllOnes) return Err(ErrorCode::kNotFound, "no card answers");
  if (magic != map::kMagic) return Err(ErrorCode::kNotFound, "not a VAM card");
  Registers regs(bar);
  regs.ReadIdentity();
  if (regs.identity_.map_major != map::kMapMajor) {
    return Err(ErrorCode::kUnsupported, "major version of the register map is unknown");
  }
  VAM_TRY_STATUS(regs.Walk());
  regs.ReadCapabilities();
  const Capabilities& cap = regs.capabilities_;
  if (cap.data_queues == 0 || cap.max_sas == 0 || cap.max_bytes == 0 ||
      cap.min_ring_log2 > cap.max_ring_log2) {
    return Err(ErrorCode::kDevice, "capabilities contradict each other");
  }
  return regs;
}

Status Registers::Walk() {
  // Each block has a head of 8 bytes: a list that is longer than the BAR runs in a circle.
  constexpr size_t kMaxBlocks = 64;
  uint32_t offset = map::kRegIdBlock;
  do {
    if (offset % 4 != 0 || uint64_t{offset} + map::kBlockCount >= bar_->size() ||
        blocks_.size() >= kMaxBlocks) {
      return Err(ErrorCode::kDevice, "the list of blocks leaves the BAR or does not end");
    }
    const uint32_t head = bar_->Read32(offset + map::kBlockHead);
    if (head == kAllOnes) return Err(ErrorCode::kDevice, "the card went away during the probe");
    BlockInfo block{.type = static_cast<uint16_t>(head & map::kBlockHeadType),
                    .version = static_cast<uint16_t>(head >> map::kBlockHeadVersionShift),
                    .offset = offset};
    VAM_TRY_STATUS(AddBlock(block));
    offset = bar_->Read32(offset + map::kBlockNext);
  } while (offset != 0);
  for (const KnownBlock& known : kKnown) {
    const bool present = std::ranges::any_of(blocks_, [&known](const BlockInfo& b) {
      return b.type == static_cast<uint16_t>(known.type);
    });
    if (!present) return Err(ErrorCode::kUnsupported, "a block that the driver needs is missing");
  }
  return Ok();
}

Status Registers::AddBlock(const BlockInfo& found) {
  BlockInfo block = found;
  const auto* known = std::ranges::find_if(kKnown, [&block](const KnownBlock& k) {
    return static_cast<uint16_t>(k.type) == block.type;
  });
  if (known != kKnown.end()) {
    if (block.version != kBlockVersion) {
      return Err(ErrorCode::kUnsupported, "version of a register block is unknown");
    }
    if (known->array) {
      block.base = bar_->Read32(block.offset + map::kBlockBase);
      block.count = static_cast<uint16_t>(bar_->Read32(block.offset + map::kBlockCount));
    }
    const uint32_t place = known->array ? block.base : block.offset;
    if (place % 4 != 0 || place >= bar_->size()) {
      return Err(ErrorCode::kDevice, "a block's array is outside the BAR");
    }
    deltas_[block.type] = place - known->place;
  }
  blocks_.push_back(block);
  return Ok();
}

void Registers::ReadIdentity() {
  const uint32_t version = bar_->Read32(map::kRegIdMapVersion);
  identity_.map_major = static_cast<uint16_t>(version >> map::kIdMapVersionMajorShift);
  identity_.map_minor = static_cast<uint16_t>(version & map::kIdMapVersionMinor);
  identity_.build_id = bar_->Read64(map::kRegIdBuildLo);
  identity_.clock_hz = bar_->Read32(map::kRegIdClock);
}

void Registers::ReadCapabilities() {
  const auto read = [this](uint32_t offset) { return Read(BlockType::kCapability, offset); };
  Capabilities& cap = capabilities_;
  cap.algorithms = read(map::kRegCapAlgorithms);
  cap.modes = read(map::kRegCapModes);
  cap.options = read(map::kRegCapOptions);
  cap.max_sas = read(map::kRegCapSas);
  const uint32_t windows = read(map::kRegCapWindows);
  cap.window_min = static_cast<uint16_t>(windows & map::kCapWindowsMin);
  cap.window_max = static_cast<uint16_t>(windows >> map::kCapWindowsMaxShift);
  cap.window_rows = read(map::kRegCapWindowRows);
  const uint32_t queues = read(map::kRegCapQueues);
  const auto byte = [](uint32_t word, unsigned shift) {
    return static_cast<uint8_t>(Field(word, 0xffu << shift, shift));
  };
  cap.data_queues = byte(queues, map::kCapQueuesDataQueuesShift);
  cap.vectors = byte(queues, map::kCapQueuesVectorsShift);
  cap.min_ring_log2 = byte(queues, map::kCapQueuesMinRingLog2Shift);
  cap.max_ring_log2 = byte(queues, map::kCapQueuesMaxRingLog2Shift);
  const uint32_t datapath = read(map::kRegCapDatapath);
  cap.data_width = static_cast<uint16_t>(datapath & map::kCapDatapathDataWidth);
  cap.lanes = byte(datapath, map::kCapDatapathLanesShift);
  cap.max_segments = byte(datapath, map::kCapDatapathMaxSegmentsShift);
  cap.max_bytes = static_cast<uint16_t>(read(map::kRegCapPacket) & map::kCapPacketMaxBytes);
}

}  // namespace vam::driver
