#include "inbound/unsubscriber.h"

#include <functional>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

// The last word: "unsubscribe TOKEN", whatever a mail program puts in front.
std::string_view last_word(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  const std::size_t gap = text.find_last_of(" \t");
  return gap == std::string_view::npos ? text : text.substr(gap + 1);
}

// The message's acceptance among its events.
std::optional<Event> reception_among(const std::vector<Spool::Told>& told) {
  for (const Spool::Told& one : told) {
    auto event = Event::decode(one.record);
    if (event && event->type == EventType::reception) return std::move(*event);
  }
  return std::nullopt;
}

// What a link would have said, for the one of the recipients that the address names.
std::optional<UnsubscribeToken> token_of(const Event& reception, const ReturnPathToken& address,
                                         const ReturnPathCodec& codec) {
  for (const std::string& text : reception.recipients) {
    auto recipient = MailAddress::parse(text);
    if (!recipient || !codec.names(address, *recipient)) continue;
    return UnsubscribeToken{.id = address.id,
                            .recipient = std::move(*recipient),
                            .tenant = TenantId(reception.tenant),
                            .campaign = CampaignId(reception.campaign),
                            .stream = reception.stream};
  }
  return std::nullopt;
}

}  // namespace

Result<void> Unsubscriber::set_keys(std::vector<std::string> keys) {
  std::shared_ptr<const Codecs> fresh;
  if (!keys.empty()) {
    auto links = UnsubscribeCodec::create(keys);
    if (!links) return links.error();
    auto addresses = ReturnPathCodec::create(std::move(keys), AddressUse::unsubscribes);
    if (!addresses) return addresses.error();
    fresh = std::make_shared<const Codecs>(Codecs{std::move(*links), std::move(*addresses)});
  }
  codecs_.with([&](auto& current) { current = std::move(fresh); });
  return {};
}

bool Unsubscriber::is_ours(std::string_view token) const {
  const auto codecs = this->codecs();
  return codecs && codecs->links.read(token);
}

bool Unsubscriber::is_ours(const LocalPart& local) const {
  const auto codecs = this->codecs();
  return codecs && codecs->addresses.read(local);
}

asio::awaitable<Result<UnsubscribeOutcome>> Unsubscriber::unsubscribe(std::string token) {
  const auto codecs = this->codecs();
  auto read = codecs ? codecs->links.read(token) : std::nullopt;
  if (!read) co_return UnsubscribeOutcome::bad_token;
  std::string way = "one_click";
  co_return co_await tell(std::move(*read), std::move(way));
}

asio::awaitable<Result<UnsubscribeOutcome>> Unsubscriber::unsubscribe_by_mail(LocalPart local,
                                                                              std::string subject) {
  const auto codecs = this->codecs();
  const auto address = codecs ? codecs->addresses.read(local) : std::nullopt;
  if (!address) co_return UnsubscribeOutcome::bad_token;
  std::string way = "mailto";
  auto said = codecs->links.read(last_word(subject));
  if (said && said->id == address->id && codecs->addresses.names(*address, said->recipient)) {
    co_return co_await tell(std::move(*said), std::move(way));
  }
  std::function<Result<std::vector<Spool::Told>>()> look =
      [&spool = parts_.spool, id = address->id] { return spool.told_of(id); };
  const auto told = co_await parts_.disk.run<Result<std::vector<Spool::Told>>>(look);
  if (!told) co_return told.error();
  const auto reception = reception_among(*told);
  if (!reception) co_return UnsubscribeOutcome::forgotten;
  auto found = token_of(*reception, *address, codecs->addresses);
  if (!found) co_return UnsubscribeOutcome::forgotten;
  co_return co_await tell(std::move(*found), std::move(way));
}

asio::awaitable<Result<UnsubscribeOutcome>> Unsubscriber::tell(UnsubscribeToken token,
                                                               std::string way) {
  Suppressor::Question question{token.recipient, token.tenant, token.stream};
  const auto entry = co_await parts_.suppressor.check(std::move(question));
  const bool is_same = entry && entry->tenant == token.tenant && entry->stream == token.stream &&
                       (entry->reason == SuppressionReason::unsubscribe ||
                        entry->reason == SuppressionReason::complaint);
  if (is_same) co_return UnsubscribeOutcome::already;
  Event event;
  event.type = EventType::unsubscribe;
  event.time = parts_.clock.wall();
  event.message_id = token.id.to_string();
  event.tenant = token.tenant.value();
  event.campaign = token.campaign.value();
  event.stream = token.stream;
  event.recipient = token.recipient.smtp_form();
  event.recipient_domain = token.recipient.domain().ascii();
  event.meta["way"] = std::move(way);
  const Result<void> noted = co_await parts_.suppressor.note(std::move(event));
  if (!noted) co_return noted.error();
  co_return UnsubscribeOutcome::done;
}

}  // namespace posthaste
