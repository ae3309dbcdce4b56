#include "inbound/bounce_attribution.h"

#include <algorithm>

#include "mail/mime.h"

namespace posthaste {
namespace {

std::vector<ReturnedRecipient> failures_of(const ReturnedMail& returned) {
  std::vector<ReturnedRecipient> failures;
  for (const ReturnedRecipient& one : returned.recipients) {
    if (one.kind == ReturnKind::bounce) failures.push_back(one);
  }
  return failures;
}

void add_addresses(const std::vector<std::string>& texts, std::vector<MailAddress>& into) {
  for (const std::string& text : texts) {
    auto address = MailAddress::parse(text);
    if (address) into.push_back(std::move(*address));
  }
}

// All addresses that can be the one of the return path: only that one is named by it.
std::vector<MailAddress> candidates_of(const ReturnedMail& returned, const SentMessage& sent) {
  std::vector<MailAddress> candidates = sent.recipients();
  std::vector<std::string> texts;
  for (const ReturnedRecipient& one : returned.recipients) texts.push_back(one.recipient);
  add_addresses(texts, candidates);
  const MimeHeader header = MimeHeader::read(returned.original_header);
  add_addresses(addresses_of(header.field("To")), candidates);
  return candidates;
}

// Our Received field carries the id, and so does all of a message that knows it.
bool shows_message(const ReturnedMail& returned, const MessageId& id) {
  return returned.original_header.find(id.to_string()) != std::string::npos;
}

std::vector<AttributedBounce> to_one(const ReturnedMail& returned, const ReturnPathToken& token,
                                     const ReturnPathCodec& codec, const SentMessage& sent) {
  const std::vector<ReturnedRecipient> failures = failures_of(returned);
  if (failures.empty()) return {};
  const auto own = named_by(token, codec, candidates_of(returned, sent));
  const auto is_own = [&](const ReturnedRecipient& one) {
    const auto address = MailAddress::parse(one.recipient);
    return address && codec.names(token, *address);
  };
  const auto found = std::find_if(failures.begin(), failures.end(), is_own);
  if (found != failures.end()) return {{own, *found, true}};
  const ReturnedRecipient& first = failures.front();
  const bool fits =
      failures.size() == 1 && (first.recipient.empty() || shows_message(returned, token.id));
  return {{own, first, fits}};
}

std::vector<AttributedBounce> to_several(const ReturnedMail& returned, const SentMessage& sent) {
  std::vector<AttributedBounce> bounces;
  const std::vector<MailAddress> recipients = sent.recipients();
  for (const ReturnedRecipient& one : failures_of(returned)) {
    AttributedBounce bounce{std::nullopt, one, false};
    const auto address = MailAddress::parse(one.recipient);
    if (address && sent.has_recipient(*address)) {
      bounce.recipient = *address;
      bounce.fits = true;
    } else if (one.recipient.empty() && recipients.size() == 1) {
      bounce.recipient = recipients.front();
      bounce.fits = true;
    }
    bounces.push_back(std::move(bounce));
  }
  return bounces;
}

}  // namespace

std::optional<MailAddress> named_by(const ReturnPathToken& token, const ReturnPathCodec& codec,
                                    const std::vector<MailAddress>& candidates) {
  const auto found = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const MailAddress& one) { return codec.names(token, one); });
  if (found == candidates.end()) return std::nullopt;
  return *found;
}

std::vector<AttributedBounce> attribute(const ReturnedMail& returned, const ReturnPathToken& token,
                                        const ReturnPathCodec& codec, const SentMessage& sent) {
  return token.names_recipient() ? to_one(returned, token, codec, sent)
                                 : to_several(returned, sent);
}

}  // namespace posthaste
