#include "platform/dns/dns_error.h"

#include <string>

namespace posthaste {
namespace {

class DnsCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "dns"; }
  std::string message(int value) const override {
    switch (static_cast<DnsErrc>(value)) {
      case DnsErrc::bad_record:
        return "the text is not a DNS record";
      case DnsErrc::bad_configuration:
        return "the DNS configuration is not valid";
      case DnsErrc::bad_answers_file:
        return "the file of DNS answers is not valid";
      case DnsErrc::library_failed:
        return "the DNS library failed";
    }
    return "unknown";
  }
};

}  // namespace

boost::system::error_code make_error_code(DnsErrc code) {
  static const DnsCategory category;
  return {static_cast<int>(code), category};
}

}  // namespace posthaste
