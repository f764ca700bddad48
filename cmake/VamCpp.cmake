# vam_library(NAME [EXCEPTIONS] SOURCES ... [DEPS ...] [UNITY [APART regex ...]])
#   A static library with the house warnings. Without EXCEPTIONS it is compiled -fno-exceptions (design.md section 4).
#   UNITY: where VAM_UNITY is on, its files are compiled six at a time, but for those that match one of APART.
# vam_program(NAME SOURCES ... [DEPS ...])
# vam_test(NAME SOURCES ... [DEPS ...] [LABELS ...] [TIMEOUT s] [SERIAL] [PCH header]
#          [UNITY [APART regex ...]])
#   A GoogleTest program; each of its cases becomes a ctest test with the given labels (default: unit). A unit test that
#   says something only without sanitizers is labelled "unit;release" too. PCH: a heavy fixture that all its files
#   include; it is compiled once.

find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
include(GoogleTest)

# Every test program labelled unit: what ./check also runs under the sanitizers.
add_custom_target(sanitized_tests)
# Those labelled unit or rtl: what ./check --quick builds and runs.
add_custom_target(quick_tests)

function(vam_warnings target)
  # Fatal under g++, the compiler of all that ships; clang, which only builds the fuzzers, warns.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                         $<$<CXX_COMPILER_ID:GNU>:-Werror>)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()

# Headers are half of what a file costs. Files with names of their own in common (anonymous namespaces) stay APART.
function(vam_unity target)
  cmake_parse_arguments(ARG "" "" "SOURCES;APART" ${ARGN})
  if(NOT VAM_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
  foreach(regex ${ARG_APART})
    set(apart ${ARG_SOURCES})
    list(FILTER apart INCLUDE REGEX "^(${regex})\\.cc$")
    if(NOT apart)
      message(FATAL_ERROR "${target}: no source matches ${regex} of APART")
    endif()
    set_source_files_properties(${apart} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()

function(vam_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS;UNITY" "" "SOURCES;DEPS;APART" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  vam_warnings(${name})
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE -fno-exceptions)
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  if(ARG_UNITY)
    vam_unity(${name} SOURCES ${ARG_SOURCES} APART ${ARG_APART})
  endif()
endfunction()

function(vam_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  vam_warnings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
endfunction()

function(vam_test name)
  cmake_parse_arguments(ARG "SERIAL;UNITY" "TIMEOUT;PCH" "SOURCES;DEPS;LABELS;APART" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  vam_warnings(${name})
  target_compile_definitions(${name} PRIVATE VAM_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             VAM_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(ARG_UNITY)
    vam_unity(${name} SOURCES ${ARG_SOURCES} APART ${ARG_APART})
  endif()
  if(VAM_SANITIZE)
    # What is tested is optimised; the tests themselves take twice as long to compile so.
    target_compile_options(${name} PRIVATE -O0)
    if(VAM_FUZZ)
      # Coverage guides fuzzers; in a test it is a sixth of the time to compile.
      target_compile_options(${name} PRIVATE -fno-sanitize=fuzzer-no-link)
    endif()
  endif()
  if(ARG_PCH AND NOT VAM_CLANG_TIDY)
    target_precompile_headers(${name} PRIVATE ${ARG_PCH})
    # What ccache asks for, so that the outcome does not depend on when the header was compiled.
    target_compile_options(${name} PRIVATE
      "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>"
      "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
    if(VAM_CCACHE)
      set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${VAM_CCACHE}")
    endif()
  endif()
  if(NOT VAM_UNIT_TESTS AND ARG_LABELS STREQUAL "unit")
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  if("unit" IN_LIST ARG_LABELS)
    add_dependencies(sanitized_tests ${name})
  endif()
  if("unit" IN_LIST ARG_LABELS OR "rtl" IN_LIST ARG_LABELS)
    add_dependencies(quick_tests ${name})
  endif()
  set(properties LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
  if(ARG_SERIAL)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  if(VAM_SANITIZE)
    # One process for all its cases: the sanitizers take longer to start than most of them. tools/check/run.py counts the
    # cases by what the program writes.
    math(EXPR timeout "10 * ${ARG_TIMEOUT}")
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1 --gtest_output=xml:${CMAKE_BINARY_DIR}/gtest/${name}.xml)
    set_property(TEST ${name} PROPERTY LABELS ${ARG_LABELS})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} RUN_SERIAL ${ARG_SERIAL})
    return()
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
