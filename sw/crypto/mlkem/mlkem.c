#include "sw/crypto/mlkem/mlkem.h"

// mlkem-native's sources (tools/setup.sh), once for each parameter set.
#define MLK_CONFIG_FILE "sw/crypto/mlkem/mlkem_config.h"
#define MLK_CONFIG_MONOBUILD_KEEP_SHARED_HEADERS
#define MLK_CONFIG_PARAMETER_SET 512
#define MLK_CONFIG_MULTILEVEL_WITH_SHARED
#include <mlkem_native_bcm.c>
#undef MLK_CONFIG_MULTILEVEL_WITH_SHARED
#undef MLK_CONFIG_PARAMETER_SET
#define MLK_CONFIG_PARAMETER_SET 768
#define MLK_CONFIG_MULTILEVEL_NO_SHARED
#include <mlkem_native_bcm.c>
#undef MLK_CONFIG_MONOBUILD_KEEP_SHARED_HEADERS
#undef MLK_CONFIG_PARAMETER_SET
#define MLK_CONFIG_PARAMETER_SET 1024
#include <mlkem_native_bcm.c>

const struct vam_mlkem vam_mlkem512 = {
    mlkem512_keypair_derand, mlkem512_enc_derand, mlkem512_dec, 800, 1632, 768};
const struct vam_mlkem vam_mlkem768 = {
    mlkem768_keypair_derand, mlkem768_enc_derand, mlkem768_dec, 1184, 2400, 1088};
const struct vam_mlkem vam_mlkem1024 = {
    mlkem1024_keypair_derand, mlkem1024_enc_derand, mlkem1024_dec, 1568, 3168, 1568};
