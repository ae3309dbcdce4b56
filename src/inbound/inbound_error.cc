#include "inbound/inbound_error.h"

#include <string>

namespace posthaste {
namespace {

class InboundCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.inbound"; }
  std::string message(int code) const override {
    switch (static_cast<InboundErrc>(code)) {
      case InboundErrc::no_report:
        return "not a report";
      case InboundErrc::bad_archive:
        return "the archive cannot be read";
      case InboundErrc::too_large:
        return "the report is too large";
      case InboundErrc::bad_report:
        return "the report cannot be read";
      case InboundErrc::store_failed:
        return "the database of reports failed";
    }
    return "unknown inbound error";
  }
};

}  // namespace

boost::system::error_code make_error_code(InboundErrc code) {
  static const InboundCategory category;
  return {static_cast<int>(code), category};
}

}  // namespace posthaste
