#include "route/feedback_id.h"

#include <algorithm>

#include "base/ascii.h"
#include "route/route_error.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxTag = 64;
constexpr std::size_t kMinSender = 5;
constexpr std::size_t kMaxSender = 15;
constexpr std::string_view kPlaceholders[] = {"{campaign}", "{tenant}", "{stream}"};

bool is_plain(char c) {
  return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

Error bad_feedback_id(std::string_view text, const std::string& what) {
  return {RouteErrc::bad_rule, "\"" + std::string(text) + "\": " + what};
}

std::string plain_of(std::string_view tag) {
  std::string text(tag.substr(0, kMaxTag));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return !is_plain(c); }, '_');
  return text;
}

// `part` without its placeholders.
std::string literal_of(std::string part) {
  for (const std::string_view name : kPlaceholders) {
    for (std::size_t at = part.find(name); at != std::string::npos; at = part.find(name)) {
      part.erase(at, name.size());
    }
  }
  return part;
}

void put_in(std::string& text, std::string_view name, const std::string& value) {
  std::size_t at = 0;
  while ((at = text.find(name, at)) != std::string::npos) {
    text.replace(at, name.size(), value);
    at += value.size();
  }
}

}  // namespace

Result<FeedbackId> FeedbackId::parse(std::string_view text) {
  FeedbackId id;
  std::string_view rest = text;
  for (std::size_t i = 0; i < id.parts_.size(); ++i) {
    const std::size_t colon = rest.find(':');
    const bool is_last = i + 1 == id.parts_.size();
    if (is_last != (colon == std::string_view::npos)) {
      return bad_feedback_id(text,
                             "has not four parts: write one such as "
                             "\"{campaign}:{tenant}:{stream}:acmemail\"");
    }
    id.parts_.at(i) = rest.substr(0, colon);
    if (!is_last) rest.remove_prefix(colon + 1);
  }
  for (const std::string& part : id.parts_) {
    const std::string literal = literal_of(part);
    if (std::all_of(literal.begin(), literal.end(), is_plain)) continue;
    return bad_feedback_id(
        text, "\"" + part +
                  "\" is no part of one: use letters, digits, \".\", \"-\", \"_\", and "
                  "{campaign}, {tenant}, {stream}");
  }
  const std::string& sender = id.parts_.back();
  const bool is_right = sender.size() >= kMinSender && sender.size() <= kMaxSender &&
                        std::all_of(sender.begin(), sender.end(), is_alphanumeric);
  if (!is_right) {
    return bad_feedback_id(text, "\"" + sender +
                                     "\" names no sender: end with 5 to 15 letters and digits "
                                     "that are the same in all mail");
  }
  return id;
}

std::string FeedbackId::of(const Tags& tags) const {
  std::string value;
  for (const std::string& pattern : parts_) {
    std::string part = pattern;
    // The values hold no braces, so none is taken for a placeholder.
    put_in(part, kPlaceholders[0], plain_of(tags.campaign.value()));
    put_in(part, kPlaceholders[1], plain_of(tags.tenant.value()));
    put_in(part, kPlaceholders[2], plain_of(tags.stream));
    value += part + ":";
  }
  value.pop_back();
  return value;
}

}  // namespace posthaste
