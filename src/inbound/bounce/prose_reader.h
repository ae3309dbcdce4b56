#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "classify/refusal_stage.h"
#include "inbound/bounce/prose_replies.h"
#include "inbound/bounce/returned_prose.h"

namespace posthaste {

// An address that a prose text says something of, and the words that stand at it.
struct ProseRecipient {
  std::string address;
  std::string words;  // lines as they are; "" when they stand elsewhere
};

// Reads what a mail system writes to people: whose failure (or delay, or success) it tells, in its
// order, at most kMaxReturnedRecipients, and why. Work is linear in the text for each recipient.
class ProseReader {
 public:
  explicit ProseReader(std::string_view head);
  ProseReader(const ProseReader&) = delete;
  ProseReader& operator=(const ProseReader&) = delete;

  // `known` are addresses that a header names as failed; `self` is who got this mail, and is
  // believed to be meant only when nobody else is named.
  std::vector<ProseRecipient> recipients(const std::vector<std::string>& known,
                                         const std::vector<std::string>& self) const;
  // The one address in a text, beside those of whoever sends and of those who help.
  static std::vector<std::string> only_named(const std::string& text,
                                             const std::vector<std::string>& self);
  // True when a phrase tells that something could not be delivered, whoever it was for.
  bool tells_failure() const { return tells_failure_; }
  // True when that phrase says that those who failed are listed, readably or not.
  bool announces_list() const { return lead_end_ != std::string::npos; }
  // Whether the text holds the local part of an address as a word.
  bool names_user(const std::string& address) const;
  // Users of the reporting system itself, that it lists by bare names; empty when it does not.
  std::vector<ProseRecipient> users_of(const std::string& domain) const;
  // The lines that tell why: those at the address, else those of an SMTP dialogue about it, else
  // the first reply in the text.
  std::string words_about(const ProseRecipient& recipient, bool is_only) const;
  // What the reply at this recipient answered, as the text beside it tells.
  RefusalStage stage_of(const ProseRecipient& recipient, bool is_only) const;
  // True when a line holds an SMTP reply that refuses.
  bool has_refusal() const { return replies_.has_refusal(); }
  // The whole, on one line.
  const std::string& flat() const { return flat_; }

 private:
  struct Listed {
    std::string address;
    std::size_t line;
    std::size_t behind;  // offset behind the address in the line
  };
  std::vector<Listed> listed(std::size_t first_line, bool needs_reason) const;
  // Whether an address in `line`, indented otherwise than the list that came to `last`, is of it.
  bool continues_list(std::size_t last, std::size_t line) const;
  std::vector<std::string> named_in_phrases() const;
  std::vector<ProseRecipient> behind_lead() const;
  // The reason in the line above an address that stands alone, else what stands behind it and in
  // the lines below, else the reason before it.
  std::string words_at(const std::vector<Listed>& all, std::size_t index) const;
  std::string block_at(const std::vector<Listed>& all, std::size_t index) const;
  std::string reason_above(const Listed& place) const;
  std::string reason_before(const Listed& place) const;
  std::vector<ProseRecipient> located(const std::vector<std::string>& addresses) const;

  std::string text_;
  std::string lower_text_;
  std::vector<std::string_view> lines_;
  std::vector<std::string_view> lower_lines_;
  ProseReplies replies_;
  std::string flat_;
  std::string lower_flat_;
  std::vector<std::size_t> flat_begin_;       // of each line in flat_
  std::size_t lead_end_ = std::string::npos;  // in flat_
  bool tells_failure_ = false;
};

}  // namespace posthaste
