// What makes an entry of a crypto map IKEv2's.
#ifndef VAM_TESTS_UNIT_SW_FWD_IKEV2_CONFIG_H_
#define VAM_TESTS_UNIT_SW_FWD_IKEV2_CONFIG_H_

namespace vam::fwd::test {

// For `set ikev2-profile P`.
inline constexpr const char* kIkev2Profile =
    "crypto ikev2 profile P\n match identity remote any\n"
    " authentication local pre-share key secret\n authentication remote pre-share key secret\n";

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_IKEV2_CONFIG_H_
