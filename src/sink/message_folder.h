#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// What SMTP said of a message that was taken.
struct SinkEnvelope {
  std::string sender;                   // "" is the null sender
  std::string mail_parameters;          // as given: "SIZE=120 BODY=8BITMIME"
  std::vector<std::string> recipients;  // each with its parameters behind a space, as given
};

// Keeps messages in a folder, each as NNNNNNNN.eml: a line X-Envelope-From and one X-Envelope-To
// for each recipient, then the octets as they came. N counts up from what is there already. A file
// appears whole or not at all. Any thread; it blocks.
class MessageFolder {
 public:
  // Makes the folder where it is missing.
  static Result<MessageFolder> open(const std::filesystem::path& path);
  MessageFolder(MessageFolder&& other) noexcept
      : path_(std::move(other.path_)), next_(other.next_.load()) {}

  Result<void> keep(const SinkEnvelope& envelope, std::string_view message);

 private:
  MessageFolder(std::filesystem::path path, std::uint64_t next)
      : path_(std::move(path)), next_(next) {}

  std::filesystem::path path_;
  std::atomic<std::uint64_t> next_;
};

}  // namespace posthaste
