// Values or errors, without exceptions. Member names follow std::expected.
#ifndef VAM_SW_BASE_RESULT_H_
#define VAM_SW_BASE_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "sw/base/check.h"

namespace vam {

// What the caller should do. Unless a function says otherwise, an error leaves its object as it
// was.
enum class ErrorCode : uint8_t {
  kTruncated,        // Input ends too early; more bytes may help. Nothing changed.
  kMalformed,        // Input breaks its format; do not retry with the same bytes. Nothing changed.
  kUnsupported,      // Well-formed, but not built here; choose another option. Nothing changed.
  kAuthFailed,       // An integrity check or signature failed; drop the input. Nothing changed.
  kReplayed,         // A number was seen before or is too old; drop the input. Nothing changed.
  kNoPolicy,         // No policy permits it; drop. Nothing changed.
  kNotFound,         // The named object does not exist. Nothing changed.
  kExists,           // The object exists already; delete it first. Nothing changed.
  kInvalidArgument,  // The caller's argument is out of its range. Nothing changed.
  kExhausted,    // A fixed limit is reached; retry after something is released. Nothing changed.
  kUnavailable,  // The other side is not ready; retry later. Nothing changed.
  kTimedOut,     // No answer in time; the effect on the other side is unknown.
  kIo,           // The operating system refused; see the log. The effect may be partial.
  kDevice,       // The card misbehaved; stop using it until reset.
  kInternal,     // A bug on our side that could be contained; report it.
};

// "kTruncated" and so on.
const char* ErrorCodeName(ErrorCode code);

// Trivially copyable and heap-free: `text` must be a string literal. Never holds key, nonce or
// payload bytes.
struct Error {
  ErrorCode code;
  const char* text;
  const char* file;
  int line;
};
static_assert(std::is_trivially_copyable_v<Error>);

inline Error Err(ErrorCode code, const char* text, const char* file = __builtin_FILE(),
                 int line = __builtin_LINE()) {
  return Error{code, text, file, line};
}

// "kTruncated: text (file:line)".
std::string ToString(const Error& error);

template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<T, Error> && !std::is_reference_v<T>);

 public:
  using value_type = T;

  // Implicit, so that `return value;` and `return error;` both work; the constraint keeps the first
  // from hiding the copy and move constructors.
  // NOLINTBEGIN(google-explicit-constructor, bugprone-forwarding-reference-overload)
  template <typename U = T>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, error) {}
  // NOLINTEND(google-explicit-constructor, bugprone-forwarding-reference-overload)

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // Requires: has_value(). A wrong call aborts: it is our bug.
  T& operator*() & { return *Get(); }
  const T& operator*() const& { return *Get(); }
  T&& operator*() && { return std::move(*Get()); }
  T* operator->() { return Get(); }
  const T* operator->() const { return Get(); }
  T& value() & { return *Get(); }
  const T& value() const& { return *Get(); }
  T&& value() && { return std::move(*Get()); }

  // Requires: !has_value().
  const Error& error() const {
    const Error* e = std::get_if<1>(&state_);
    VAM_CHECK(e != nullptr);
    return *e;
  }

  template <typename U>
  T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }
  template <typename U>
  T value_or(U&& other) && {
    return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(other));
  }

  // `f(T) -> Result<U>`.
  template <typename F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (!has_value()) return error();
    return std::forward<F>(f)(std::move(*Get()));
  }
  // `f(T) -> U`.
  template <typename F>
  auto transform(F&& f) && -> Result<std::invoke_result_t<F, T&&>> {
    if (!has_value()) return error();
    return std::forward<F>(f)(std::move(*Get()));
  }

 private:
  T* Get() {
    T* value = std::get_if<0>(&state_);
    VAM_CHECK(value != nullptr);
    return value;
  }
  const T* Get() const {
    const T* value = std::get_if<0>(&state_);
    VAM_CHECK(value != nullptr);
    return value;
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(error) {}  // NOLINT(google-explicit-constructor): as above

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  // Requires: !has_value().
  const Error& error() const {
    VAM_CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;
inline Status Ok() { return {}; }

}  // namespace vam

#define VAM_CONCAT_INNER_(a, b) a##b
#define VAM_CONCAT_(a, b) VAM_CONCAT_INNER_(a, b)
#define VAM_TRY_(tmp, decl, ...)     \
  auto tmp = (__VA_ARGS__);          \
  if (!tmp.has_value()) [[unlikely]] \
    return tmp.error();              \
  decl = std::move(*tmp) /* NOLINT(bugprone-macro-parentheses) */

// VAM_TRY(auto x, F()); declares x from F()'s value or returns F()'s error from the enclosing
// function.
#define VAM_TRY(decl, ...) VAM_TRY_(VAM_CONCAT_(vam_try_, __LINE__), decl, __VA_ARGS__)
// VAM_TRY_STATUS(F()); returns F()'s error, if any, from the enclosing function.
#define VAM_TRY_STATUS(...)                                                    \
  do {                                                                         \
    if (auto vam_status = (__VA_ARGS__); !vam_status.has_value()) [[unlikely]] \
      return vam_status.error();                                               \
  } while (false)

#endif  // VAM_SW_BASE_RESULT_H_
