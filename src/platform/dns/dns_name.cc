#include "platform/dns/dns_name.h"

#include <algorithm>
#include <cstddef>

namespace posthaste {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxName = 253;

}  // namespace

std::optional<std::string> normalize_dns_name(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name == ".") return std::string();
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kMaxName) return std::nullopt;

  std::string result;
  result.reserve(name.size());
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return std::nullopt;
      label = 0;
    } else {
      // RFC 2181 §11: any octet may stand in a name, and SPF makes names with spaces.
      if (c < ' ' || c > '~' || c == '\\' || ++label > kMaxLabel) return std::nullopt;
    }
    result.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (label == 0) return std::nullopt;
  return result;
}

bool is_host_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_in_zone(std::string_view name, std::string_view zone) {
  if (zone.empty()) return true;
  if (!name.ends_with(zone)) return false;
  return name.size() == zone.size() || name[name.size() - zone.size() - 1] == '.';
}

std::string_view parent_dns_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

}  // namespace posthaste
