#include "route/route_error.h"

#include <string>

namespace posthaste {
namespace {

class RouteCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "route"; }
  std::string message(int value) const override {
    switch (static_cast<RouteErrc>(value)) {
      case RouteErrc::bad_target:
        return "the target of a route is not valid";
      case RouteErrc::bad_rule:
        return "the rule of a remote_queue is not valid";
      case RouteErrc::bad_suppression:
        return "not an entry of the suppression list";
    }
    return "unknown";
  }
};

}  // namespace

boost::system::error_code make_error_code(RouteErrc code) {
  static const RouteCategory category;
  return {static_cast<int>(code), category};
}

}  // namespace posthaste
