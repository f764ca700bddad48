# Sources of vam_core, packages first and in the order of their dependencies. Included by whoever
# verilates the whole card.
set(VAM_CORE_PACKAGES
  rtl/regs/gen/vam_map_pkg.sv
  rtl/pkg/vam_pkg.sv
  rtl/regs/gen/vam_regs_pkg.sv
  rtl/regs/gen/vam_regs_map_pkg.sv
  rtl/regs/vam_reg_pkg.sv
  rtl/dma/axi_pkg.sv
  rtl/dma/dma_pkg.sv
  rtl/crypto/aes/aes_pkg.sv
  rtl/crypto/ghash/ghash_pkg.sv
  rtl/crypto/gcm/gcm_pkg.sv
  rtl/net/net_pkg.sv
  rtl/esp/esp_pkg.sv
  rtl/sad/sad_pkg.sv)
file(GLOB VAM_CORE_MODULES RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/rtl/prim/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/crypto/aes/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/crypto/ghash/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/crypto/gcm/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/net/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/esp/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/sad/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/dma/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/regs/*.sv
  ${CMAKE_SOURCE_DIR}/rtl/regs/gen/vam_regs.sv
  ${CMAKE_SOURCE_DIR}/rtl/top/*.sv)
list(FILTER VAM_CORE_MODULES EXCLUDE REGEX "_pkg\\.sv$")
set(VAM_CORE_SOURCES rtl/regs/vam_regs.vlt ${VAM_CORE_PACKAGES} ${VAM_CORE_MODULES})
