#include "inbound/bounce_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "classify/reply_classifier.h"
#include "inbound/bounce_words.h"
#include "mail/message.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxRecipients = 1000;
constexpr std::size_t kMaxBlockLines = 25;

std::string_view view(re2::StringPiece text) {
  return {text.data(), text.size()};
}

bool is_any_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_any_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_any_space(text.back())) text.remove_suffix(1);
  return text;
}

const RE2& address_line() {
  static const RE2 kPattern(
      std::string(R"(^[\s>*|•·●■・○+-]*(?:\d{1,3}[.)] )?)"
                  R"((?:(?:[^\s:<>@"]{1,24} ){0,7}[^\s:<>@"]{1,24} ?(?::|:\s|=|：)\s*)?)"
                  R"((?:(?:"[^"@]{0,80}"|'[^'@]{0,80}'|[^<>@:"]{0,60}) ?[<\[(])?)"
                  R"(["'<\[(]*(?:smtp:|rfc822; ?|mailto:|(?:[^\s@]{1,120})[;:]smtp=)?\s*)") +
          kAddressPattern,
      text_options());
  return kPattern;
}

// What Exchange's X.400 forms put before an address.
std::string cleaned(std::string_view address) {
  std::string lower = lowered(address);
  for (const std::string_view start : {"smtp=", "smtp:", "mailto:", "rfc822;"}) {
    if (lower.starts_with(start)) return std::string(address.substr(start.size()));
  }
  return std::string(address);
}

// "From: a@b", "please contact: a@b".
bool is_label_of_another(std::string_view before) {
  static const RE2 kLabel(
      R"((?:from|sender|reply-to|cc|by|contact\S*|postmaster|support|return-path|envelope-from|)"
      R"(message-id|e-?mail us at|administrator)\s*[:=][^:]*$)",
      text_options());
  return RE2::PartialMatch(piece(before), kLabel);
}

// "… are not accepting mail from": the sender follows.
bool names_sender(std::string_view before) {
  static const RE2 kFrom(R"((?:^|\s)(?:from|by|von)[\s:]+["'<(\[]*$)", text_options());
  return RE2::PartialMatch(piece(before), kFrom);
}

// "554 <a@b>... reason" in a line, and "550 …" in the next: two replies.
bool begins_reply(std::string_view line) {
  static const RE2 kCode(R"(^\s*(?:<<< ?)?[45][0-9][0-9] )");
  return RE2::PartialMatch(piece(line), kCode);
}

}  // namespace

ProseReader::ProseReader(std::string_view head)
    : text_(head.substr(0, kMaxProse)), lower_text_(lowered(text_)) {
  lines_ = lines_of(text_);
  lower_lines_ = lines_of(lower_text_);
  for (const std::string_view line : lines_) {
    flat_begin_.push_back(flat_.size());
    for (const char c : line) {
      if (!is_any_space(c)) {
        flat_.push_back(c);
      } else if (!flat_.empty() && flat_.back() != ' ') {
        flat_.push_back(' ');
      }
    }
    if (!flat_.empty() && flat_.back() != ' ') flat_.push_back(' ');
  }
  for (const auto& lead : failure_leads()) {
    re2::StringPiece match;
    if (!lead->Match(flat_, 0, flat_.size(), RE2::UNANCHORED, &match, 1)) continue;
    auto end = static_cast<std::size_t>(match.data() - flat_.data()) + match.size();
    // "… to user" of "to user7@example.org": an address is no part of the phrase.
    const std::size_t word = end == 0 ? 0 : flat_.find_last_of(" <(", end - 1) + 1;
    const std::size_t word_end = std::min(flat_.find(' ', end), flat_.size());
    if (std::string_view(flat_).substr(word, word_end - word).find('@') != std::string::npos) {
      end = std::max(word, static_cast<std::size_t>(match.data() - flat_.data()));
    }
    if (lead_end_ == std::string::npos || end < lead_end_) lead_end_ = end;
  }
  tells_failure_ = lead_end_ != std::string::npos || tells_refusal(flat_);
}

std::vector<ProseReader::Listed> ProseReader::listed(std::size_t first_line,
                                                     bool needs_reason) const {
  std::vector<Listed> found;
  bool first_is_indented = false;
  for (std::size_t i = first_line; i < lines_.size() && found.size() < kMaxRecipients; ++i) {
    const std::string_view line = lines_[i].substr(0, 1000);
    if (line.find('@') == std::string_view::npos) continue;
    re2::StringPiece address;
    if (!RE2::PartialMatch(piece(line), address_line(), &address)) continue;
    if (is_label_of_another(
            line.substr(0, static_cast<std::size_t>(address.data() - line.data())))) {
      continue;
    }
    const auto behind = static_cast<std::size_t>(address.data() - line.data()) + address.size();
    if (needs_reason) {
      static const RE2 kReason(R"(^[>"'\])]*(?::|\.{3}| ?-- ?| ?\()|^>?\s*$)");
      if (!RE2::PartialMatch(piece(line.substr(behind)), kReason)) continue;
    }
    // A list goes on as it began: at the edge or indented. Elsewhere stands only what is plainly
    // one more: alone in its line, with its reason below or right behind the one before.
    const bool is_indented = is_any_space(line.front());
    if (found.empty()) first_is_indented = is_indented;
    if (is_indented != first_is_indented && !continues_list(found.back().line, i)) continue;
    found.push_back({cleaned(view(address)), i, behind});
  }
  return found;
}

bool ProseReader::continues_list(std::size_t last, std::size_t line) const {
  static const RE2 kAlone(
      std::string(R"(^[\s>*|•·-]*["'<(\[]*)") + kAddressPattern + R"([>"')\]]*[,;.]?(:?)\s*$)",
      text_options());
  re2::StringPiece address, colon;
  if (!RE2::FullMatch(piece(lines_[line]), kAlone, &address, &colon)) return false;
  if (!colon.empty()) return true;
  return std::all_of(lines_.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                     lines_.begin() + static_cast<std::ptrdiff_t>(line),
                     [](std::string_view between) { return trim(between).empty(); });
}

std::vector<std::string> ProseReader::named_in_phrases() const {
  std::vector<std::string> found;
  for (const auto& phrase : failures_with_address()) {
    re2::StringPiece rest(flat_);
    re2::StringPiece address;
    while (found.size() < kMaxRecipients && RE2::FindAndConsume(&rest, *phrase, &address)) {
      found.push_back(cleaned(view(address)));
    }
    if (!found.empty()) break;
  }
  return found;
}

// Addresses in the line of the phrase itself: "… could not be delivered: a@b, c@d. Reason: …".
std::vector<ProseRecipient> ProseReader::behind_lead() const {
  static const RE2 kNext(std::string(R"(^([^@]{0,40}?(?:^|[\s:;,<("'\[])))") + kAddressPattern,
                         text_options());
  std::vector<ProseRecipient> found;
  const auto next = std::upper_bound(flat_begin_.begin(), flat_begin_.end(), lead_end_);
  const std::size_t line_end = next == flat_begin_.end() ? flat_.size() : *next;
  std::string_view rest = std::string_view(flat_).substr(lead_end_, line_end - lead_end_);
  re2::StringPiece before, address;
  while (found.size() < kMaxRecipients &&
         RE2::PartialMatch(piece(rest), kNext, &before, &address) && !names_sender(view(before))) {
    rest = rest.substr(static_cast<std::size_t>(address.data() - rest.data()) + address.size());
    found.push_back({cleaned(view(address)), ""});
    const std::size_t word = rest.find_first_not_of(" >)]\"',;");
    if (word == std::string_view::npos || rest.find_first_of(",;") > word + 1) break;
  }
  if (!found.empty()) found.back().words = rest;
  return found;
}

// The one address in the text, beside those of whoever sends and of those who help.
std::vector<std::string> ProseReader::only_named(const std::vector<std::string>& self) const {
  static const RE2 kAny(kAddressPattern, text_options());
  static const RE2 kDesk(R"(^(?:postmaster|mailer-daemon|abuse|support|help|info|admin|webmaster|)"
                         R"(hostmaster|service|kundenservice|no-?reply)\b)",
                         text_options());
  std::vector<std::string> found;
  re2::StringPiece rest(flat_);
  re2::StringPiece address;
  while (found.size() < 2 && RE2::FindAndConsume(&rest, kAny, &address)) {
    const std::string_view before =
        std::string_view(flat_).substr(0, static_cast<std::size_t>(address.data() - flat_.data()));
    if (names_sender(before.substr(before.size() - std::min<std::size_t>(before.size(), 20)))) {
      continue;
    }
    std::string one = cleaned(view(address));
    const std::string lower = lowered(one);
    const auto is_same = [&lower](const std::string& other) { return lowered(other) == lower; };
    const bool is_other = RE2::PartialMatch(one, kDesk) ||
                          std::find(self.begin(), self.end(), lower) != self.end() ||
                          std::any_of(found.begin(), found.end(), is_same);
    if (!is_other) found.push_back(std::move(one));
  }
  if (found.size() != 1) found.clear();
  return found;
}

std::string ProseReader::block_at(const std::vector<Listed>& all, std::size_t index) const {
  const Listed& own = all[index];
  std::size_t next = lines_.size();
  if (index + 1 < all.size()) next = all[index + 1].line;
  std::string words(lines_[own.line].substr(std::min(own.behind, lines_[own.line].size())));
  const std::size_t letters = words.find_first_not_of(" \t>)]:\"',;.");
  words = letters == std::string::npos ? "" : words.substr(letters);
  static const RE2 kRule(R"(^\s*[-=_*]{3,}\s*$|^\s*-{3,}.*-{3,}\s*$)");
  for (std::size_t i = own.line + 1; i < next && i < own.line + kMaxBlockLines; ++i) {
    if (RE2::PartialMatch(piece(lines_[i]), kRule)) break;
    if (!words.empty() && begins_reply(lines_[own.line]) && begins_reply(lines_[i])) break;
    if (trim(lines_[i]).empty()) {
      if (!words.empty()) break;
      continue;
    }
    if (!words.empty()) words += '\n';
    words += lines_[i];
  }
  return words;
}

std::vector<ProseRecipient> ProseReader::located(const std::vector<std::string>& addresses) const {
  std::vector<Listed> places;
  for (const std::string& address : addresses) {
    const std::string lower = lowered(address);
    Listed place{address, lines_.size(), 0};
    // Where words stand at it, else where it is named first.
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const std::size_t begin = lower_lines_[i].find(lower);
      if (begin == std::string::npos) continue;
      const Listed here{address, i, begin + lower.size()};
      if (place.line == lines_.size()) place = here;
      if (block_at({here}, 0).empty()) continue;
      place = here;
      break;
    }
    places.push_back(std::move(place));
  }
  std::vector<ProseRecipient> recipients;
  std::stable_sort(places.begin(), places.end(),
                   [](const Listed& a, const Listed& b) { return a.line < b.line; });
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool is_here = places[i].line < lines_.size();
    recipients.push_back({places[i].address, is_here ? block_at(places, i) : ""});
  }
  return recipients;
}

std::vector<ProseRecipient> ProseReader::recipients(Suspicion suspicion,
                                                    const std::vector<std::string>& known,
                                                    const std::vector<std::string>& self) const {
  if (!known.empty()) return located(known);
  std::vector<ProseRecipient> found;
  std::vector<Listed> list;
  const bool has_lead = lead_end_ != std::string::npos;
  if (has_lead) {
    const auto behind = std::upper_bound(flat_begin_.begin(), flat_begin_.end(), lead_end_);
    const auto line = static_cast<std::size_t>(behind - flat_begin_.begin()) - 1;
    found = behind_lead();
    list = listed(found.empty() ? line : line + 1, !found.empty());
  }
  if (found.empty() && list.empty() && suspicion == Suspicion::looks_like_bounce) {
    list = listed(0, true);
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    found.push_back({list[i].address, block_at(list, i)});
  }
  if (found.empty() && (tells_failure() || suspicion == Suspicion::looks_like_bounce)) {
    found = located(named_in_phrases());
    if (found.empty() && has_lead) found = located(only_named(self));
  }
  std::set<std::string> seen;
  std::vector<ProseRecipient> unique;
  for (ProseRecipient& recipient : found) {
    if (seen.insert(lowered(recipient.address)).second) unique.push_back(std::move(recipient));
  }
  // The sender and the postmaster are named for other reasons, where others are named too.
  const auto is_bystander = [&self](const ProseRecipient& recipient) {
    const std::string lower = lowered(recipient.address);
    return lower.starts_with("postmaster@") || lower.starts_with("mailer-daemon@") ||
           std::find(self.begin(), self.end(), lower) != self.end();
  };
  if (!std::all_of(unique.begin(), unique.end(), is_bystander)) {
    std::erase_if(unique, is_bystander);
  }
  return unique;
}

// AOL lists its own users so: a name in each line, until a line of several words.
std::vector<ProseRecipient> ProseReader::users_of(const std::string& domain) const {
  static const RE2 kName(R"(^[\s>*-]*["'<]?([a-z][a-z0-9._+-]{1,63})["'>]?[,;]?\s*$)",
                         text_options());
  constexpr std::size_t kMaxProseLines = 4;  // of the sentence, until the list begins
  std::vector<ProseRecipient> found;
  if (lead_end_ == std::string::npos || domain.empty()) return found;
  const auto behind = std::upper_bound(flat_begin_.begin(), flat_begin_.end(), lead_end_);
  const auto first = static_cast<std::size_t>(behind - flat_begin_.begin());
  std::size_t i = first;
  while (i < lines_.size() && i < first + kMaxProseLines &&
         !RE2::FullMatch(piece(lines_[i]), kName)) {
    ++i;
  }
  for (; i < lines_.size() && found.size() < kMaxRecipients; ++i) {
    std::string name;
    if (RE2::FullMatch(piece(lines_[i]), kName, &name)) {
      found.push_back({name + "@" + domain, ""});
    } else if (!trim(lines_[i]).empty()) {
      break;
    }
  }
  return found;
}

std::string ProseReader::reply_at(std::size_t line) const {
  std::string reply;
  for (std::size_t i = line; i < lines_.size() && i < line + 8; ++i) {
    const std::string_view words = trim(lines_[i]);
    if (words.empty() || (i > line && (words.starts_with(">>>") || words.starts_with("--")))) break;
    if (i > line && begins_reply(lines_[i - 1]) && begins_reply(words)) break;
    if (!reply.empty()) reply += '\n';
    reply += words;
  }
  return reply;
}

std::string ProseReader::dialogue_about(const std::string& address) const {
  const std::string lower = lowered(address);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lower_lines_[i].find(lower) == std::string_view::npos) continue;
    if (find_reply_codes(lines_[i]).smtp_code >= 400) return reply_at(i);
    static const RE2 kCommand(R"((?i)\bRCPT TO ?:)");
    if (!RE2::PartialMatch(piece(lines_[i]), kCommand)) continue;
    for (std::size_t k = i + 1; k < lines_.size() && k < i + 6; ++k) {
      if (find_reply_codes(lines_[k]).smtp_code >= 400) return reply_at(k);
    }
  }
  return {};
}

std::string ProseReader::words_about(const ProseRecipient& recipient, bool is_only) const {
  if (find_reply_codes(recipient.words).smtp_code >= 400) return recipient.words;
  std::string dialogue = dialogue_about(recipient.address);
  if (!dialogue.empty()) return dialogue;
  if (!recipient.words.empty() && !find_reply_codes(recipient.words).enhanced_status.empty()) {
    return recipient.words;
  }
  if (is_only || recipient.words.empty()) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (find_reply_codes(lines_[i]).smtp_code >= 400) return reply_at(i);
    }
  }
  return recipient.words;
}

RefusalStage ProseReader::stage_of(const ProseRecipient& recipient, bool is_only) const {
  const RefusalStage own = stage_told_in(recipient.words);
  if (own != RefusalStage::untold) return own;
  const std::string dialogue = ">>> rcpt to:<" + lowered(recipient.address) + "> <<< 5";
  if (lowered(flat_).find(dialogue) != std::string::npos) return RefusalStage::recipient;
  return is_only ? stage_told_in(flat_) : own;
}

bool ProseReader::has_refusal() const {
  return std::any_of(lines_.begin(), lines_.end(), [](std::string_view line) {
    return find_reply_codes(line.substr(0, 1000)).smtp_code >= 400;
  });
}

}  // namespace posthaste
