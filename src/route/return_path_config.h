#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/address.h"
#include "platform/config_schema.h"

namespace posthaste {

// What a return path of ours names beside the message.
enum class Verp : std::uint8_t {
  recipient,  // each recipient gets a transaction of its own
  message     // several recipients share a transaction, and are then not told apart by it
};

// A return_path block: the bounce domain of some senders.
struct ReturnPathConfig {
  std::string name;
  std::vector<std::string> sender;  // domains of From: "example.com", "*.example.com"
  std::vector<std::string> tenant;
  std::optional<Domain> domain;  // none: their mail keeps its own envelope sender
};

const BlockSchema<ReturnPathConfig>& return_path_schema();

template <>
struct ConfigNames<Verp> {
  static constexpr std::array names{std::pair{"recipient", Verp::recipient},
                                    std::pair{"message", Verp::message}};
};

}  // namespace posthaste
