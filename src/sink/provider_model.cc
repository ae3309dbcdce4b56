#include "sink/provider_model.h"

#include <re2/re2.h>

#include <algorithm>

namespace posthaste {
namespace {

// FNV-1a, mixed as SplitMix64 does: addresses that differ in one digit lie far apart. Even over 0
// to 1.
double place_of(std::string_view address) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : address) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    hash ^= static_cast<unsigned char>(is_upper ? c - 'A' + 'a' : c);
    hash *= 0x100000001b3ULL;
  }
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  hash ^= hash >> 31;
  return static_cast<double>(hash >> 11) * 0x1.0p-53;
}

}  // namespace

Duration tarpit_delay(const TarpitConfig& tarpit, std::uint64_t beyond) {
  if (beyond == 0) return Duration(0);
  // Compared as a count first: the product may be too large.
  const auto most = static_cast<std::uint64_t>(tarpit.delay_max / tarpit.delay);
  if (beyond > most) return tarpit.delay_max;
  return tarpit.delay * static_cast<std::int64_t>(beyond);
}

bool is_unknown_user(const PersonaUnknownUsers& unknown, std::string_view address) {
  if (unknown.pattern &&
      re2::RE2::PartialMatch({address.data(), address.size()}, *unknown.pattern)) {
    return true;
  }
  return place_of(address) < unknown.config.share;
}

ProviderModel::ProviderModel(const Persona& persona) : persona_(persona) {
  if (persona.reputation) reputation_.emplace(persona.reputation->config);
  if (persona.greylist) greylist_.emplace(persona.greylist->config);
}

ProviderModel::Sender& ProviderModel::sender(std::string_view client) {
  return senders_.use(client, persona_.tarpit ? persona_.tarpit->rate.period() : Duration(0));
}

Duration ProviderModel::pace_delay(Sender& sender, Clock::time_point now) const {
  if (!persona_.tarpit || persona_.tarpit->rate.is_unlimited()) return Duration(0);
  const std::uint64_t most = persona_.tarpit->rate.count();
  sender.pace.add(now);
  const std::uint64_t begun = sender.pace.count(now);
  if (begun <= most) return Duration(0);
  ++sender.slowed;
  return tarpit_delay(*persona_.tarpit, begun - most);
}

ProviderModel::Verdict ProviderModel::on_mail(std::string_view client, Clock::time_point now) {
  Verdict verdict;
  verdict.delay = pace_delay(sender(client), now);
  if (!reputation_) return verdict;
  switch (reputation_->take(client, now)) {
    case SenderReputation::Answer::accept:
      break;
    case SenderReputation::Answer::defer:
      verdict.refusal =
          reputation_->view(client, now).score < persona_.reputation->config.poor_below
              ? &persona_.reputation->poor
              : &persona_.reputation->deferral;
      verdict.reason = "reputation_deferral";
      break;
    case SenderReputation::Answer::block:
      verdict.refusal = &persona_.reputation->block;
      verdict.reason = "reputation_block";
      break;
  }
  return verdict;
}

ProviderModel::Verdict ProviderModel::on_rcpt(const Recipient& recipient, Clock::time_point now) {
  // Who does not exist is told so at once; only who does is greylisted.
  if (persona_.unknown_users && is_unknown_user(*persona_.unknown_users, recipient.address)) {
    on_unknown_user(recipient.client, now);
    return {&persona_.unknown_users->reply, "unknown_users", Duration(0)};
  }
  if (greylist_ &&
      !greylist_->accepts(recipient.client, recipient.sender, recipient.address, now)) {
    ++sender(recipient.client).greylisted;
    return {&persona_.greylist->reply, "greylist", Duration(0)};
  }
  if (reputation_) reputation_->count_recipient(recipient.client, false, now);
  return {};
}

void ProviderModel::on_unknown_user(std::string_view client, Clock::time_point now) {
  ++sender(client).unknown_users;
  if (reputation_) reputation_->count_recipient(client, true, now);
}

bool ProviderModel::on_accepted(std::string_view client, Clock::time_point now) {
  ++sender(client).accepted;
  if (!reputation_) return false;
  reputation_->give_back(client);
  return reputation_->count_accepted(client, now);
}

void ProviderModel::on_abandoned(std::string_view client) {
  if (reputation_) reputation_->give_back(client);
}

std::vector<ProviderModel::View> ProviderModel::views(Clock::time_point now, std::size_t max) {
  std::vector<View> views;
  for (auto& [client, one] : senders_) {
    if (views.size() >= max) break;
    views.push_back(
        {client, one.accepted, one.unknown_users, one.greylisted, one.slowed, std::nullopt});
  }
  if (reputation_) {
    // Who is looked at becomes the most recent: so the oldest first.
    for (auto one = views.rbegin(); one != views.rend(); ++one) {
      one->reputation = reputation_->view(one->client, now);
    }
  }
  return views;
}

}  // namespace posthaste
