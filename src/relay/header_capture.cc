#include "relay/header_capture.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";

std::string without_stuffing(std::string_view octets) {
  std::string plain;
  while (!octets.empty()) {
    const auto end = octets.find("\r\n");
    std::string_view line = octets.substr(0, end == std::string_view::npos ? end : end + 2);
    octets.remove_prefix(line.size());
    if (line == ".\r\n") break;  // the message has no more
    if (line.front() == '.') line.remove_prefix(1);
    plain += line;
  }
  return plain;
}

}  // namespace

void HeaderCapture::add(std::string_view octets) {
  if (is_over_) return;
  const std::size_t seen = std::min(octets_.size(), kBlankLine.size() - 1);
  const std::size_t from = octets_.size() - seen;
  octets_ += octets.substr(0, kMaxOctets - octets_.size());
  const std::size_t end = octets_.find(kBlankLine, from);
  if (octets_.starts_with("\r\n")) octets_.resize(2);  // a message without a header
  if (end != std::string::npos) octets_.resize(std::min(octets_.size(), end + kBlankLine.size()));
  is_over_ =
      end != std::string::npos || octets_.starts_with("\r\n") || octets_.size() == kMaxOctets;
}

std::string HeaderCapture::take() {
  std::string octets = std::exchange(octets_, std::string());
  is_over_ = false;
  return form_ == Form::stuffed ? without_stuffing(octets) : octets;
}

}  // namespace posthaste
