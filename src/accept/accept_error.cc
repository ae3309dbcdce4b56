#include "accept/accept_error.h"

#include <string>

namespace posthaste {
namespace {

class AcceptCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "accept"; }
  std::string message(int value) const override {
    switch (static_cast<AcceptError>(value)) {
      case AcceptError::bad_network:
        return "not an IP network";
      case AcceptError::bad_certificate:
        return "the certificate or its key cannot be used";
      case AcceptError::bad_credentials:
        return "the credentials of a user cannot be used";
      case AcceptError::cannot_listen:
        return "the address cannot be listened on";
      case AcceptError::bad_proxy_header:
        return "not a PROXY protocol header";
    }
    return "unknown";
  }
};

}  // namespace

boost::system::error_code make_error_code(AcceptError error) {
  static const AcceptCategory category;
  return {static_cast<int>(error), category};
}

}  // namespace posthaste
