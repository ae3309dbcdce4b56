#include "inbound/bounce/prose_reader.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "classify/delivery_words.h"
#include "classify/reply_class.h"
#include "classify/reply_classifier.h"
#include "classify/reply_words.h"
#include "inbound/bounce/bounce.h"
#include "inbound/bounce/bounce_words.h"
#include "mail/message.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxBlockLines = 25;

std::string_view view(re2::StringPiece text) {
  return {text.data(), text.size()};
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

// Words of a recipient's fault, without any of a failure.
bool tells_cause(const std::string& flat) {
  const auto cause = class_by_certain_words(plain_words(flat));
  return cause && (is_about_recipient(*cause) || *cause == Classification::mailbox_full);
}

// "… are not accepting mail from": the sender follows.
bool names_sender(std::string_view before) {
  static const RE2 kFrom(R"((?:^|\s)(?:from|by|von)[\s:]+["'<(\[]*$)", text_options());
  return RE2::PartialMatch(piece(before), kFrom);
}

}  // namespace

ProseReader::ProseReader(std::string_view head)
    : text_(head.substr(0, kMaxProse)),
      lower_text_(lowered(text_)),
      lines_(lines_of(text_)),
      lower_lines_(lines_of(lower_text_)),
      replies_(lines_, lower_lines_) {
  for (const std::string_view line : lines_) {
    flat_begin_.push_back(flat_.size());
    for (const char c : line) {
      if (!is_white(c)) {
        flat_.push_back(c);
      } else if (!flat_.empty() && flat_.back() != ' ') {
        flat_.push_back(' ');
      }
    }
    if (!flat_.empty() && flat_.back() != ' ') flat_.push_back(' ');
  }
  lower_flat_ = lowered(flat_);
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
  for (std::size_t i = first_line; i < lines_.size() && found.size() < kMaxReturnedRecipients;
       ++i) {
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
      static const RE2 kReason(
          R"(^[>"'\])]*(?::|\.{3}| ?-- ?| ?\(|[\s|]{1,40}[45][0-9][0-9][ -])|^>?\s*$)");
      if (!RE2::PartialMatch(piece(line.substr(behind)), kReason)) continue;
    }
    // A list goes on as it began: at the edge or indented. Elsewhere stands only what is plainly
    // one more: alone in its line, with its reason below or right behind the one before.
    // Its reason may name it once more.
    if (!found.empty() && equals_ignoring_case(cleaned(view(address)), found.back().address)) {
      continue;
    }
    const bool is_indented = is_white(line.front());
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
                     [](std::string_view between) { return trim_white(between).empty(); });
}

std::vector<std::string> ProseReader::named_in_phrases() const {
  std::vector<std::string> found;
  for (const auto& phrase : failures_with_address()) {
    re2::StringPiece rest(flat_);
    re2::StringPiece address;
    while (found.size() < kMaxReturnedRecipients && RE2::FindAndConsume(&rest, *phrase, &address)) {
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
  while (found.size() < kMaxReturnedRecipients &&
         RE2::PartialMatch(piece(rest), kNext, &before, &address) && !names_sender(view(before))) {
    rest = rest.substr(static_cast<std::size_t>(address.data() - rest.data()) + address.size());
    found.push_back({cleaned(view(address)), ""});
    const std::size_t word = rest.find_first_not_of(" >)]\"',;");
    if (word == std::string_view::npos || rest.find_first_of(",;") > word + 1) break;
  }
  if (!found.empty()) found.back().words = trim_white(rest);
  return found;
}

std::vector<std::string> ProseReader::only_named(const std::string& text,
                                                 const std::vector<std::string>& self) {
  static const RE2 kAny(kAddressPattern, text_options());
  static const RE2 kDesk(R"(^(?:postmaster|mailer-daemon|abuse|support|help|info|admin|webmaster|)"
                         R"(hostmaster|service|kundenservice|no-?reply)\b)",
                         text_options());
  std::vector<std::string> found;
  re2::StringPiece rest(text);
  re2::StringPiece address;
  while (found.size() < 2 && RE2::FindAndConsume(&rest, kAny, &address)) {
    const std::string_view before =
        std::string_view(text).substr(0, static_cast<std::size_t>(address.data() - text.data()));
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

std::string ProseReader::words_at(const std::vector<Listed>& all, std::size_t index) const {
  if (all[index].line >= lines_.size()) return {};
  std::string words = reason_above(all[index]);
  if (!words.empty()) return words;
  words = block_at(all, index);
  return words.empty() ? reason_before(all[index]) : words;
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
    if (trim_white(lines_[i]).empty()) {
      if (!words.empty()) break;
      continue;
    }
    if (!words.empty()) words += '\n';
    words += lines_[i];
  }
  return words;
}

// "Unknown host: a@b": where nothing stands behind an address, the reason may stand before it.
std::string ProseReader::reason_before(const Listed& place) const {
  const std::string_view before =
      lines_[place.line].substr(0, place.behind - std::min(place.behind, place.address.size()));
  const std::string plain = plain_words(before);
  const bool is_reason = class_by_certain_words(plain) || class_by_delivery_words(plain);
  return is_reason ? std::string(trim_white(before)) : std::string();
}

// Lotus Notes writes the reason, in the next line the address, and then nothing.
std::string ProseReader::reason_above(const Listed& place) const {
  const auto is_blank = [this](std::size_t line) {
    return line >= lines_.size() || trim_white(lines_[line]).empty();
  };
  if (place.line < 2 || !is_blank(place.line - 2) || !is_blank(place.line + 1)) return {};
  if (lowered(trim_white(lines_[place.line])) != lowered(place.address)) return {};
  const std::string_view above = trim_white(lines_[place.line - 1]);
  const std::string plain = plain_words(above);
  if (above.ends_with(':') || plain.find("following") != std::string::npos) return {};
  const bool is_reason = class_by_certain_words(plain) || class_by_delivery_words(plain);
  return is_reason ? std::string(above) : std::string();
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
    recipients.push_back({places[i].address, words_at(places, i)});
  }
  return recipients;
}

std::vector<ProseRecipient> ProseReader::recipients(const std::vector<std::string>& known,
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
  if (found.empty() && list.empty()) list = listed(0, true);
  for (std::size_t i = 0; i < list.size(); ++i) {
    found.push_back({list[i].address, words_at(list, i)});
  }
  if (found.empty()) found = located(named_in_phrases());
  if (found.empty() && (tells_failure() || has_refusal() || tells_cause(flat_))) {
    found = located(only_named(flat_, self));
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
  for (; i < lines_.size() && found.size() < kMaxReturnedRecipients; ++i) {
    std::string name;
    if (RE2::FullMatch(piece(lines_[i]), kName, &name)) {
      found.push_back({name + "@" + domain, ""});
    } else if (!trim_white(lines_[i]).empty()) {
      break;
    }
  }
  return found;
}

bool ProseReader::names_user(const std::string& address) const {
  const std::string name = lowered(address.substr(0, address.rfind('@')));
  const RE2 word("(?:^|[^a-z0-9])" + RE2::QuoteMeta(name) + "(?:$|[^a-z0-9])");
  return RE2::PartialMatch(lower_flat_, word);
}

std::string ProseReader::words_about(const ProseRecipient& recipient, bool is_only) const {
  if (find_reply_codes(recipient.words).smtp_code >= 400) return recipient.words;
  std::string dialogue = replies_.about(recipient.address);
  if (!dialogue.empty()) return dialogue;
  if (!recipient.words.empty() && !find_reply_codes(recipient.words).enhanced_status.empty()) {
    return recipient.words;
  }
  if ((is_only || recipient.words.empty()) && has_refusal()) return replies_.first();
  return recipient.words;
}

RefusalStage ProseReader::stage_of(const ProseRecipient& recipient, bool is_only) const {
  const RefusalStage own = stage_told_in(recipient.words);
  if (own != RefusalStage::untold) return own;
  const std::string dialogue = ">>> rcpt to:<" + lowered(recipient.address) + "> <<< 5";
  if (lower_flat_.find(dialogue) != std::string::npos) return RefusalStage::recipient;
  return is_only ? stage_told_in(flat_) : own;
}

}  // namespace posthaste
