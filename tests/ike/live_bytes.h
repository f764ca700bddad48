// What a program holds of memory: live_bytes.cc replaces operator new in it, and what libcrypto
// allocates by.
#ifndef VAM_TESTS_IKE_LIVE_BYTES_H_
#define VAM_TESTS_IKE_LIVE_BYTES_H_

#include <cstddef>

namespace vam::test {

// Allocated and not freed, with what the allocator adds to each piece. Of all threads.
size_t LiveBytes();
// libcrypto is counted too: it had allocated nothing before.
bool CountsLibcrypto();

}  // namespace vam::test

#endif  // VAM_TESTS_IKE_LIVE_BYTES_H_
