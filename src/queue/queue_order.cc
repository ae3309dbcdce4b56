#include "queue/queue_order.h"

#include <chrono>

#include "queue/queue_order.pb.h"

namespace posthaste {

std::string QueueOrder::encode() const {
  record::QueueOrderRecord record;
  record.set_kind(static_cast<std::uint32_t>(kind));
  record.set_remote_queue(scope.remote_queue);
  record.set_tenant(scope.tenant);
  record.set_campaign(scope.campaign);
  record.set_domain(scope.domain);
  record.set_pool(scope.pool);
  record.set_given(
      std::chrono::duration_cast<std::chrono::microseconds>(given.time_since_epoch()).count());
  record.set_reason(reason);
  record.set_to(to);
  record.set_notifies(notifies);
  return record.SerializeAsString();
}

std::optional<QueueOrder> QueueOrder::decode(std::string_view text) {
  record::QueueOrderRecord record;
  const bool is_read = record.ParseFromArray(text.data(), static_cast<int>(text.size()));
  if (!is_read || record.kind() > static_cast<std::uint32_t>(Kind::rebind)) return std::nullopt;
  QueueOrder order;
  order.kind = static_cast<Kind>(record.kind());
  order.scope.remote_queue = record.remote_queue();
  order.scope.tenant = record.tenant();
  order.scope.campaign = record.campaign();
  order.scope.domain = record.domain();
  order.scope.pool = record.pool();
  order.given = WallTime(
      std::chrono::duration_cast<WallTime::duration>(std::chrono::microseconds(record.given())));
  order.reason = record.reason();
  order.to = record.to();
  order.notifies = record.notifies();
  return order;
}

}  // namespace posthaste
