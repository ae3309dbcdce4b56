#pragma once

#include "control/operations.h"
#include "platform/http/http_message.h"
#include "platform/metrics.h"

namespace posthaste {

// One function a resource, each in the file of its name: adds its routes to the router.
// What they reference outlives the router.
void add_queues_api(HttpRouter& router, Operations& operations);
void add_queue_orders_api(HttpRouter& router, Operations& operations);
void add_messages_api(HttpRouter& router, Operations& operations);
void add_health_api(HttpRouter& router, Operations& operations, Metrics& metrics);

}  // namespace posthaste
