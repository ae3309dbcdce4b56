#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

// The SMTP replies that the lines of a text hold, found once. The lines and their lower-case twins
// must outlive it.
class ProseReplies {
 public:
  ProseReplies(const std::vector<std::string_view>& lines,
               const std::vector<std::string_view>& lower_lines);

  // True when a line holds a reply that refuses.
  bool has_refusal() const { return first_ < refuses_.size(); }
  // The first that refuses, with the lines that go on with it; "" when there is none.
  std::string first() const { return at(first_); }
  // The refusal in a line that names this address, or below an RCPT command for it.
  std::string about(const std::string& address) const;

 private:
  std::string at(std::size_t line) const;

  const std::vector<std::string_view>& lines_;
  const std::vector<std::string_view>& lower_lines_;
  std::vector<bool> refuses_;  // for each line
  std::size_t first_ = 0;
};

// "554 <a@b>... reason" in a line, and "550 …" in the next: two replies.
bool begins_reply(std::string_view line);

}  // namespace posthaste
