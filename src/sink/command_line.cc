#include "sink/command_line.h"

#include <cctype>
#include <charconv>

#include "base/ascii.h"
#include "mail/message.h"

namespace posthaste {
namespace {

// Offset of the bracket that ends the path; a quoted local part may hold another.
std::size_t find_end_of_path(std::string_view path) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is_quoted && path[i] == '\\') {
      ++i;
    } else if (path[i] == '"') {
      is_quoted = !is_quoted;
    } else if (path[i] == '>' && !is_quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<PathCommand> parse_path_command(std::string_view argument, std::string_view keyword) {
  if (argument.size() < keyword.size() ||
      !equals_ignoring_case(argument.substr(0, keyword.size()), keyword)) {
    return std::nullopt;
  }
  argument.remove_prefix(keyword.size());
  while (!argument.empty() && argument.front() == ' ') argument.remove_prefix(1);
  if (argument.empty()) return std::nullopt;
  PathCommand command;
  if (argument.front() == '<') {
    argument.remove_prefix(1);
    const std::size_t end = find_end_of_path(argument);
    if (end == std::string_view::npos) return std::nullopt;
    command.address = argument.substr(0, end);
    argument.remove_prefix(end + 1);
  } else {
    command.address = argument.substr(0, argument.find(' '));
    argument.remove_prefix(command.address.size());
  }
  if (!argument.empty() && argument.front() != ' ') return std::nullopt;
  while (!argument.empty() && argument.front() == ' ') argument.remove_prefix(1);
  while (!argument.empty() && argument.back() == ' ') argument.remove_suffix(1);
  command.parameters = argument;
  return command;
}

std::uint64_t declared_size(std::string_view parameters) {
  constexpr std::string_view kSize = "SIZE=";
  while (!parameters.empty()) {
    const std::string_view word = parameters.substr(0, parameters.find(' '));
    if (word.size() > kSize.size() && equals_ignoring_case(word.substr(0, kSize.size()), kSize)) {
      std::uint64_t size = 0;
      const char* const end = word.data() + word.size();
      const auto result = std::from_chars(word.data() + kSize.size(), end, size);
      // RFC 1870 §3: up to 20 digits; what is more than 64 bits is more than anybody takes.
      return result.ec == std::errc::result_out_of_range ? UINT64_MAX : size;
    }
    parameters.remove_prefix(word.size());
    while (!parameters.empty() && parameters.front() == ' ') parameters.remove_prefix(1);
  }
  return 0;
}

std::string domain_of(std::string_view address_and_parameters) {
  std::string_view address = address_and_parameters;
  // A quoted local part may hold a space or another "@".
  if (address.starts_with('"')) {
    for (std::size_t i = 1; i < address.size(); ++i) {
      if (address[i] == '\\') {
        ++i;
      } else if (address[i] == '"') {
        address.remove_prefix(i);
        break;
      }
    }
  }
  address = address.substr(0, address.find(' '));
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string domain(address.substr(at + 1));
  for (char& c : domain) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return domain;
}

}  // namespace posthaste
