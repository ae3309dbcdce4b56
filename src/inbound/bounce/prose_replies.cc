#include "inbound/bounce/prose_replies.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/ascii.h"
#include "classify/reply_classifier.h"
#include "inbound/bounce/bounce_words.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxLine = 1000;
constexpr std::size_t kMaxReplyLines = 8;
constexpr std::size_t kMaxLinesToReply = 6;  // behind the command

}  // namespace

ProseReplies::ProseReplies(const std::vector<std::string_view>& lines,
                           const std::vector<std::string_view>& lower_lines)
    : lines_(lines), lower_lines_(lower_lines) {
  for (const std::string_view line : lines) {
    refuses_.push_back(find_reply_codes(line.substr(0, kMaxLine)).smtp_code >= 400);
  }
  const auto found = std::find(refuses_.begin(), refuses_.end(), true);
  first_ = static_cast<std::size_t>(found - refuses_.begin());
}

std::string ProseReplies::at(std::size_t line) const {
  std::string reply;
  for (std::size_t i = line; i < lines_.size() && i < line + kMaxReplyLines; ++i) {
    const std::string_view words = trim_white(lines_[i]);
    if (words.empty() || (i > line && (words.starts_with(">>>") || words.starts_with("--")))) break;
    if (i > line && begins_reply(lines_[i - 1]) && begins_reply(words)) break;
    if (!reply.empty()) reply += '\n';
    reply += words;
  }
  return reply;
}

std::string ProseReplies::about(const std::string& address) const {
  static const RE2 kCommand(R"((?i)\bRCPT TO ?:)");
  if (!has_refusal()) return {};
  const std::string lower = lowered(address);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lower_lines_[i].find(lower) == std::string_view::npos) continue;
    if (refuses_[i]) return at(i);
    if (!RE2::PartialMatch(piece(lines_[i]), kCommand)) continue;
    for (std::size_t k = i + 1; k < lines_.size() && k < i + kMaxLinesToReply; ++k) {
      if (refuses_[k]) return at(k);
    }
  }
  return {};
}

bool begins_reply(std::string_view line) {
  static const RE2 kCode(R"(^\s*(?:<<< ?)?[45][0-9][0-9] )");
  return RE2::PartialMatch(piece(line), kCode);
}

}  // namespace posthaste
