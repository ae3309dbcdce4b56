#include "sink/persona_limits.h"

namespace posthaste {

std::string_view PersonaLimits::key_of(const LimitConfig& limit, const LimitSubject& subject) {
  switch (limit.per) {
    case LimitPer::client:
      return subject.client;
    case LimitPer::sender_domain:
      return subject.sender_domain;
    case LimitPer::recipient_domain:
      return subject.recipient_domain;
    case LimitPer::all:
      break;
  }
  return {};
}

PersonaLimits::Account& PersonaLimits::account_of(Accounts& accounts, std::string_view key) {
  // Names come from clients, which may make up ever new ones.
  constexpr std::size_t kMaxAccounts = 1'000'000;
  const auto found = accounts.find(std::string(key));
  if (found != accounts.end()) return found->second;
  return accounts[accounts.size() < kMaxAccounts ? std::string(key) : "other"];
}

bool PersonaLimits::allows(const LimitConfig& limit, const Account& account,
                           Clock::time_point now) {
  if (now < account.refused_until) return false;
  if (limit.concurrent != 0 && account.open >= limit.concurrent) return false;
  if (limit.rate.is_unlimited() || account.grants.size() < limit.rate.count()) return true;
  return now - account.grants[account.oldest] >= limit.rate.period();
}

void PersonaLimits::grant(const LimitConfig& limit, Account& account, Clock::time_point now) {
  if (limit.of == LimitOf::connections) ++account.open;
  if (limit.rate.is_unlimited()) return;
  if (account.grants.size() < limit.rate.count()) {
    account.grants.push_back(now);
  } else {
    account.grants[account.oldest] = now;
    account.oldest = (account.oldest + 1) % account.grants.size();
  }
}

const PersonaLimit* PersonaLimits::take(LimitOf of, const LimitSubject& subject,
                                        Clock::time_point now) {
  if (persona_.limits.empty()) return nullptr;
  return accounts_.with([&](auto& accounts) -> const PersonaLimit* {
    std::vector<std::pair<const LimitConfig*, Account*>> asked;
    for (const PersonaLimit& limit : persona_.limits) {
      if (limit.config.of != of) continue;
      Account& account = account_of(accounts[limit.config.name], key_of(limit.config, subject));
      if (!allows(limit.config, account, now)) {
        // A penalty that runs is not made longer by asking.
        if (now >= account.refused_until) account.refused_until = now + limit.config.penalty;
        return &limit;
      }
      asked.emplace_back(&limit.config, &account);
    }
    for (const auto& [limit, account] : asked) grant(*limit, *account, now);
    return nullptr;
  });
}

void PersonaLimits::release_connection(const LimitSubject& subject) {
  if (persona_.limits.empty()) return;
  accounts_.with([&](auto& accounts) {
    for (const PersonaLimit& limit : persona_.limits) {
      if (limit.config.of != LimitOf::connections) continue;
      Account& account = account_of(accounts[limit.config.name], key_of(limit.config, subject));
      if (account.open > 0) --account.open;
    }
  });
}

}  // namespace posthaste
