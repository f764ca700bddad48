// VAM_ASAN: defined when AddressSanitizer is in this build, whose run-time needs more system calls,
// more time and more memory. g++ and clang tell it in different ways.
#ifndef VAM_SW_BASE_SANITIZER_H_
#define VAM_SW_BASE_SANITIZER_H_

#if defined(__SANITIZE_ADDRESS__)
#define VAM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VAM_ASAN 1
#endif
#endif

#endif  // VAM_SW_BASE_SANITIZER_H_
