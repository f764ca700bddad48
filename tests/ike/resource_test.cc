// Per-resource children (RFC 9611): one SA carries what goes out by a line, and a peer that wants
// more of the same is told so.
#include <gtest/gtest.h>

#include <optional>

#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

class ResourceTest : public testing::Test {
 protected:
  void SetUp() override {
    net_.a.Acquire(1);
    net_.Run();
    ASSERT_EQ(net_.b.Children(), 1U);
    PassOnly(net_, 0);
  }

  // B's answer to a request of A for one more child with all that the entry permits.
  std::optional<NotifyType> AskForChild(bool per_resource) {
    IkeSa& sa = *net_.b.Up();
    MessageBuilder inner;
    const Proposal proposal =
        Propose(net_.b.machine.core().policy().children().front()->offers, spi_++,
                /*with_group=*/true)
            .front();
    AddSa(inner, {&proposal, 1});
    inner.Add(PayloadType::kNonce, Buffer(32, 0x11));
    const TrafficSelector any = WithPrefix(TrafficSelector(), *net::Prefix::Parse("0.0.0.0/0"));
    AddTs(inner, PayloadType::kTsInitiator, {&any, 1});
    AddTs(inner, PayloadType::kTsResponder, {&any, 1});
    if (per_resource) AddNotify(inner, NotifyType::kSaResourceInfo, Buffer{7});
    std::optional<NotifyType> refusal;
    bool answered = false;
    net_.on_packet = [&](size_t, const Side& from, Buffer& packet) {
      EXPECT_EQ(&from, &net_.b);
      const auto header = ParseHeader(packet);
      const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
      const auto text = Open(sa.outbound(), packet, *chain->encrypted);
      const auto payloads = ParseInner(chain->encrypted->first_inner, *text);
      answered = true;
      if (const RawPayload* notify = v2::Find(*payloads, PayloadType::kNotify)) {
        const NotifyType type = ParseNotify(notify->body)->type;
        if (IsError(type)) refusal = type;
      }
      return false;
    };
    Inject(net_.b, net_.a.address,
           MessageFor(sa, Cover::kRightKeys, ExchangeType::kCreateChildSa, /*response=*/false,
                      sa.responses.next_id(), inner));
    net_.Pass(10);
    EXPECT_TRUE(answered);
    return refusal;
  }

  Network net_{1};
  uint32_t spi_ = 0x12345678;
};

TEST_F(ResourceTest, OneMoreOfTheSameIsRefused) {
  EXPECT_EQ(AskForChild(/*per_resource=*/true), NotifyType::kTsMaxQueue);
  EXPECT_EQ(net_.b.Children(), 1U);
}

TEST_F(ResourceTest, WithoutTheNotifyItIsAnotherChild) {
  EXPECT_EQ(AskForChild(/*per_resource=*/false), std::nullopt);
  EXPECT_EQ(net_.b.Children(), 2U);
}

// The first one may say for which processor it is.
TEST_F(ResourceTest, TheFirstIsTaken) {
  for (const auto& child : net_.b.Up()->children) {
    net_.b.machine.core().EndChild(*net_.b.Up(), *child, Cause::kDeletedByUs);
    break;
  }
  ASSERT_EQ(net_.b.Children(), 0U);
  EXPECT_EQ(AskForChild(/*per_resource=*/true), std::nullopt);
  EXPECT_EQ(net_.b.Children(), 1U);
}

}  // namespace
}  // namespace vam::ike::test
