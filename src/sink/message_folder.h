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
  std::string client;  // address
  std::string ehlo;
  std::string tls;                      // version; "" if none
  std::string sender;                   // "" is the null sender
  std::string mail_parameters;          // as given: "SIZE=120 BODY=8BITMIME"
  std::vector<std::string> recipients;  // each with its parameters behind a space, as given
};

// Keeps messages in a folder: N.eml, the octets as they came, and N.json, the envelope: client,
// ehlo, tls, sender, mail_parameters, recipients (each address and parameters), time. N counts up
// from what is there already. Both files appear whole, the .eml last. Any thread; it blocks.
class MessageFolder {
 public:
  // Makes the folder where it is missing.
  static Result<MessageFolder> open(const std::filesystem::path& path);
  MessageFolder(MessageFolder&& other) noexcept
      : path_(std::move(other.path_)), next_(other.next_.load()) {}

  Result<void> keep(const SinkEnvelope& envelope, std::string_view message,
                    const std::string& time);

 private:
  MessageFolder(std::filesystem::path path, std::uint64_t next)
      : path_(std::move(path)), next_(next) {}
  Result<void> write(const std::string& name, std::string_view octets) const;

  std::filesystem::path path_;
  std::atomic<std::uint64_t> next_;
};

}  // namespace posthaste
