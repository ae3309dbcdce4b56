#include "identity/doctor/generic_name.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <string>
#include <vector>

namespace posthaste {
namespace {

constexpr std::array<std::string_view, 16> kWords{
    "dynamic", "dyn",  "dhcp",  "ppp",       "pppoe", "dialup",   "dial",        "adsl",
    "dsl",     "vdsl", "cable", "broadband", "pool",  "customer", "residential", "unassigned"};

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of(".-_0123456789"), name.size());
    if (end > 0) words.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return words;
}

bool spells(std::string_view name, std::string_view text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v4(text, error);
  if (error) return false;
  const auto o = address.to_bytes();
  for (const std::string_view gap : {".", "-", "_", "x"}) {
    if (name.find(fmt::format("{}{}{}{}{}{}{}", o[0], gap, o[1], gap, o[2], gap, o[3])) !=
            std::string_view::npos ||
        name.find(fmt::format("{}{}{}{}{}{}{}", o[3], gap, o[2], gap, o[1], gap, o[0])) !=
            std::string_view::npos) {
      return true;
    }
  }
  return name.find(fmt::format("{:03}{:03}{:03}{:03}", o[0], o[1], o[2], o[3])) !=
             std::string_view::npos ||
         name.find(fmt::format("{:02x}{:02x}{:02x}{:02x}", o[0], o[1], o[2], o[3])) !=
             std::string_view::npos;
}

}  // namespace

bool is_generic_name(std::string_view name, std::string_view address) {
  const std::vector<std::string_view> words = words_of(name);
  return spells(name, address) ||
         std::any_of(words.begin(), words.end(), [](std::string_view word) {
           return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
         });
}

}  // namespace posthaste
