#include "route/sender_headers.h"

#include <algorithm>
#include <utility>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

// RFC 5322 §2.1.1, for a line with one link and what stands around it.
constexpr std::size_t kMaxLine = 998;

std::string without_slashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

bool is_signed_for(std::string_view domain, const std::vector<std::string>& signing_domains) {
  return std::any_of(signing_domains.begin(), signing_domains.end(),
                     [&](const std::string& one) { return is_in_zone(domain, one); });
}

template <class Block>
const Block* first_fit(const std::vector<Block>& blocks, const SenderHeaders::Subject& subject) {
  const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const Block& block) {
    return block.match.matches(subject.tags, subject.from_domain);
  });
  return found == blocks.end() ? nullptr : &*found;
}

}  // namespace

Result<SenderHeaders> SenderHeaders::create(const std::vector<UnsubscribeConfig>& lists,
                                            const std::vector<FeedbackConfig>& feedback,
                                            std::vector<std::string> keys) {
  auto links = UnsubscribeCodec::create(keys);
  if (!links) return links.error();
  auto addresses = ReturnPathCodec::create(keys, AddressUse::unsubscribes);
  if (!addresses) return addresses.error();
  auto returns = ReturnPathCodec::create(std::move(keys));
  if (!returns) return returns.error();
  SenderHeaders headers(std::move(*links), std::move(*addresses), std::move(*returns));
  for (const UnsubscribeConfig& block : lists) {
    headers.lists_.push_back({without_slashes(block.url), block.mailto, SenderMatch(block.match)});
  }
  for (const FeedbackConfig& block : feedback) {
    Feedback one{{}, {}, block.message_id, SenderMatch(block.match)};
    if (!block.feedback_id.empty()) {
      auto id = FeedbackId::parse(block.feedback_id);
      if (!id) return id.error();
      one.id = std::move(*id);
    }
    if (!block.cfbl_address.empty()) {
      auto address = MailAddress::parse(block.cfbl_address);
      if (!address) return address.error();
      one.cfbl_address = std::move(*address);
    }
    headers.feedback_.push_back(std::move(one));
  }
  return headers;
}

SenderHeaders::Made SenderHeaders::make(const Subject& subject) const {
  Made made;
  add_list(subject, made);
  add_feedback(subject, made);
  return made;
}

void SenderHeaders::add_list(const Subject& subject, Made& made) const {
  if (subject.has_list_unsubscribe) {
    made.list = ListHeaders::own;
    return;
  }
  const List* const list = first_fit(lists_, subject);
  if (list == nullptr) return;
  // RFC 8058 §3.1: the URI names recipient and list; all recipients get the same header.
  if (subject.recipients.size() != 1) {
    made.list = ListHeaders::several_recipients;
    return;
  }
  const MailAddress& recipient = subject.recipients.front().address;
  const std::string token = links_.make({.id = subject.id,
                                         .recipient = recipient,
                                         .tenant = subject.tags.tenant,
                                         .campaign = subject.tags.campaign,
                                         .stream = subject.tags.stream});
  std::string field = "List-Unsubscribe: <" + list->url + "/" + token + ">";
  std::string second;
  if (list->mailto) {
    // The address alone is too short for all that the link says: the subject has the rest.
    const MailAddress address(addresses_.make(subject.id, recipient), *list->mailto);
    second = " <mailto:" + address.smtp_form() + "?subject=unsubscribe%20" + token + ">";
  }
  if (field.size() + 1 > kMaxLine || second.size() > kMaxLine) {
    made.list = ListHeaders::too_long;
    return;
  }
  // RFC 2369 §2: in the order of preference, with commas between.
  if (!second.empty()) field += ",\r\n" + second;
  made.fields += field + "\r\n";
  made.list = ListHeaders::added;
  // RFC 8058 §3.1: it must be signed, or stay away; the link alone is RFC 2369's.
  if (subject.signing_domains.empty()) return;
  made.fields += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  made.has_one_click = true;
}

void SenderHeaders::add_feedback(const Subject& subject, Made& made) const {
  const Feedback* const feedback = first_fit(feedback_, subject);
  if (feedback == nullptr) return;
  if (feedback->id && !subject.has_feedback_id) {
    made.fields += "Feedback-ID: " + feedback->id->of(subject.tags) + "\r\n";
  }
  if (feedback->message_id) {
    made.fields += "X-Posthaste-ID: " + subject.id.to_string() + "\r\n";
  }
  if (!feedback->cfbl_address || subject.has_cfbl) return;
  // RFC 9477 §3.1.3: signed for the domain of From, and for its own where that is another.
  const std::string& domain = feedback->cfbl_address->domain().ascii();
  if (!is_signed_for(subject.from_domain, subject.signing_domains) ||
      !is_signed_for(domain, subject.signing_domains)) {
    made.lacks_cfbl_signature = true;
    return;
  }
  // RFC 9477 §3.3: that nobody else can make it tells true reports from others.
  const LocalPart id = subject.recipients.size() == 1
                           ? returns_.make(subject.id, subject.recipients.front().address)
                           : returns_.make(subject.id);
  made.fields += "CFBL-Address: " + feedback->cfbl_address->smtp_form() + "; report=arf\r\n";
  made.fields += "CFBL-Feedback-ID: " + id.unquoted() + "\r\n";
}

}  // namespace posthaste
