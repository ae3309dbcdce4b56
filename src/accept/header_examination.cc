#include "accept/header_examination.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_tag_list.h"
#include "mail/address.h"
#include "mail/mail_date.h"

namespace posthaste {
namespace {

// What Gmail takes.
constexpr std::size_t kMaxHeader = 500'000;
constexpr std::size_t kMaxFields = 5'000;
constexpr std::size_t kMaxField = 32 * 1024;
constexpr std::size_t kMaxSubjectLine = 998;
constexpr std::size_t kMaxMessageId = 500;
// Of a message that carries many, the rest is not looked at.
constexpr int kMaxSignatures = 20;

// RFC 5322 §3.6: each at most once. Lower case.
constexpr std::array<std::string_view, 11> kSingle = {
    "from", "sender",     "reply-to",    "to",         "cc",          "subject",
    "date", "message-id", "in-reply-to", "references", "mime-version"};

// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]   (RFC 5322 §3.6.4, comments apart)
bool is_message_id(std::string_view text) {
  if (text.size() < 5 || text.size() > kMaxMessageId) return false;
  if (text.front() != '<' || text.back() != '>') return false;
  const std::string_view id = text.substr(1, text.size() - 2);
  const std::size_t at = id.find('@');
  const bool is_pair = at != std::string_view::npos && at > 0 && at + 1 < id.size();
  return is_pair && std::all_of(id.begin(), id.end(),
                                [](char c) { return c > ' ' && c != 127 && c != '<' && c != '>'; });
}

// RFC 2369 §2: URIs in angle brackets, with commas between.
bool has_https_link(std::string_view value) {
  const std::string line = unfold(value);
  for (std::size_t at = line.find('<'); at != std::string::npos; at = line.find('<', at + 1)) {
    const std::size_t begin = line.find_first_not_of(" \t", at + 1);
    if (begin != std::string::npos &&
        equals_ignoring_case(std::string_view(line).substr(begin, 8), "https://")) {
      return true;
    }
  }
  return false;
}

}  // namespace

void HeaderExamination::set_broken(SenderRule rule) {
  const auto& broken = form_.broken;
  if (std::find(broken.begin(), broken.end(), rule) == broken.end()) form_.broken.push_back(rule);
}

void HeaderExamination::count(std::string_view name) {
  const auto* const single = std::find(kSingle.begin(), kSingle.end(), name);
  if (single == kSingle.end()) return;
  const auto index = static_cast<std::size_t>(single - kSingle.begin());
  // From has a rule of its own.
  if (++counts_.at(index) > 1 && index > 0) set_broken(SenderRule::single_fields);
}

// RFC 9989 §5.3.1: several addresses are fine when they share a domain.
void HeaderExamination::take_from(const HeaderField& field) {
  const std::vector<std::string> addresses = addresses_of(field.value);
  if (addresses.empty()) has_author_problem_ = true;
  for (const std::string& address : addresses) {
    const auto domain = Domain::parse(std::string_view(address).substr(address.rfind('@') + 1));
    const bool is_right = domain && !domain->is_literal() &&
                          (form_.author_domain.empty() || form_.author_domain == domain->ascii());
    if (!is_right) {
      has_author_problem_ = true;
      return;
    }
    form_.author_domain = domain->ascii();
  }
}

void HeaderExamination::take_signature(const HeaderField& field) {
  if (++signatures_ > kMaxSignatures) return;
  const auto tags = DkimTagList::parse(field.value);
  if (!tags) return;
  const DkimTagList::Tag* const domain = tags->find("d");
  if (domain == nullptr) return;
  const auto signer = Domain::parse(domain->value);
  if (!signer || signer->is_literal()) return;
  form_.signed_by.push_back(signer->ascii());
  const DkimTagList::Tag* const names = tags->find("h");
  if (names == nullptr) return;
  bool has_link = false;
  bool has_post = false;
  for (const std::string_view name : split_colon_list(names->value)) {
    has_link = has_link || equals_ignoring_case(name, "List-Unsubscribe");
    has_post = has_post || equals_ignoring_case(name, "List-Unsubscribe-Post");
  }
  form_.is_one_click_signed = form_.is_one_click_signed || (has_link && has_post);
}

void HeaderExamination::take(const HeaderField& field) {
  ++fields_;
  octets_ += field.end - field.begin;
  if (field.end - field.begin > kMaxField) set_broken(SenderRule::header_size);
  const std::string name = ascii_lower(field.name);
  count(name);
  if (name == "from") {
    // What follows it breaks the rule already, and may be a hundred thousand of them.
    if (counts_.front() == 1) take_from(field);
  } else if (name == "date") {
    if (!parse_mail_date(field.value)) set_broken(SenderRule::valid_date);
  } else if (name == "message-id") {
    if (!is_message_id(unfold(field.value))) set_broken(SenderRule::valid_message_id);
  } else if (name == "subject") {
    if (unfold(field.value).size() > kMaxSubjectLine) set_broken(SenderRule::header_size);
  } else if (name == "list-unsubscribe") {
    has_link_ = has_link_ || has_https_link(field.value);
  } else if (name == "list-unsubscribe-post") {
    has_post_ = has_post_ || unfold(field.value) == "List-Unsubscribe=One-Click";
  } else if (name == "dkim-signature") {
    take_signature(field);
  }
}

HeaderForm HeaderExamination::finish() {
  if (counts_.front() != 1 || has_author_problem_) {
    set_broken(SenderRule::single_from);
    form_.author_domain.clear();
  }
  if (fields_ > kMaxFields || octets_ > kMaxHeader) set_broken(SenderRule::header_size);
  form_.has_one_click = has_link_ && has_post_;
  return std::move(form_);
}

}  // namespace posthaste
