#include "inbound/report/report_error.h"

#include <string>

namespace posthaste {
namespace {

class ReportCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.report"; }
  std::string message(int code) const override {
    switch (static_cast<ReportErrc>(code)) {
      case ReportErrc::no_report:
        return "not a report";
      case ReportErrc::bad_archive:
        return "the archive cannot be read";
      case ReportErrc::too_large:
        return "the report is too large";
      case ReportErrc::bad_report:
        return "the report cannot be read";
      case ReportErrc::store_failed:
        return "the database of reports failed";
    }
    return "unknown report error";
  }
};

}  // namespace

boost::system::error_code make_error_code(ReportErrc code) {
  static const ReportCategory category;
  return {static_cast<int>(code), category};
}

}  // namespace posthaste
