#include "sw/base/result.h"

namespace vam {

const char* ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTruncated:
      return "kTruncated";
    case ErrorCode::kMalformed:
      return "kMalformed";
    case ErrorCode::kUnsupported:
      return "kUnsupported";
    case ErrorCode::kAuthFailed:
      return "kAuthFailed";
    case ErrorCode::kReplayed:
      return "kReplayed";
    case ErrorCode::kNoPolicy:
      return "kNoPolicy";
    case ErrorCode::kNotFound:
      return "kNotFound";
    case ErrorCode::kExists:
      return "kExists";
    case ErrorCode::kInvalidArgument:
      return "kInvalidArgument";
    case ErrorCode::kExhausted:
      return "kExhausted";
    case ErrorCode::kUnavailable:
      return "kUnavailable";
    case ErrorCode::kTimedOut:
      return "kTimedOut";
    case ErrorCode::kIo:
      return "kIo";
    case ErrorCode::kDevice:
      return "kDevice";
    case ErrorCode::kInternal:
      return "kInternal";
  }
  return "?";
}

std::string ToString(const Error& error) {
  return std::string(ErrorCodeName(error.code)) + ": " + error.text + " (" + error.file + ":" +
         std::to_string(error.line) + ")";
}

}  // namespace vam
