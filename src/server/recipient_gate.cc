#include "server/recipient_gate.h"

#include <utility>

namespace posthaste {

boost::asio::awaitable<std::optional<RecipientRefusal>> RecipientGate::refusal(MailAddress address,
                                                                               TenantId tenant) {
  if (suppressor_.config().at_reception != SuppressionAnswer::refuse) co_return std::nullopt;
  Suppressor::Question question{std::move(address), std::move(tenant), {}};
  const auto entry = co_await suppressor_.check(std::move(question));
  if (!entry) co_return std::nullopt;
  co_return RecipientRefusal{entry->explain(), RejectionReason::suppressed};
}

}  // namespace posthaste
