# Options of the whole build. Everything else is decided per target in VamCpp.cmake and VamRtl.cmake.
set(VAM_SANITIZE "" CACHE STRING "Comma list for -fsanitize= (empty: none)")
option(VAM_CLANG_TIDY "Run clang-tidy as the compiler runs" OFF)
option(VAM_UNIT_TESTS "Build and list the tests that are labelled unit and nothing else" ON)
option(VAM_IMPAIR "vamd can spoil its own IKE messages, for tests (the command impair); never for use" OFF)
option(VAM_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(VAM_UNITY "Compile the files of some targets six at a time: quicker from nothing, slower after a change" OFF)
set(VAM_VENV "${CMAKE_SOURCE_DIR}/.venv" CACHE PATH "Python environment made by tools/setup.sh")
set(VAM_MLKEM_NATIVE "${CMAKE_SOURCE_DIR}/.deps/mlkem-native" CACHE PATH "mlkem-native's sources, fetched by tools/setup.sh")

find_program(VAM_CCACHE ccache)
if(VAM_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${VAM_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VAM_CCACHE})
endif()

if(VAM_CLANG_TIDY)
  find_program(VAM_CLANG_TIDY_BIN clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${VAM_CLANG_TIDY_BIN})
  # Generated sources lie below the build folder and are not ours to mend. One harmless check, since none is an error.
  file(WRITE ${CMAKE_BINARY_DIR}/.clang-tidy "Checks: '-*,misc-new-delete-overloads'\n")
endif()

# -O2 -g with hardening is the release build; the sanitizers keep -O1 so that tests stay quick.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
if(VAM_SANITIZE)
  add_compile_options(-fsanitize=${VAM_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VAM_SANITIZE})
  # g++ 12 sees impossible lengths in instrumented std::vector code; the release build keeps the warning.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>)
  if(VAM_SANITIZE STREQUAL "thread")
    # The same in a Result that holds an error, for its value.
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
else()
  add_compile_definitions($<$<CONFIG:RelWithDebInfo>:_FORTIFY_SOURCE=2>)
  add_compile_options(-fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
