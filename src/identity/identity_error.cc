#include "identity/identity_error.h"

#include <string>

namespace posthaste {
namespace {

class IdentityCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "identity"; }
  std::string message(int value) const override {
    switch (static_cast<IdentityError>(value)) {
      case IdentityError::bad_settings:
        return "the settings of an identity are not valid";
      case IdentityError::unreadable_key:
        return "the key cannot be read";
      case IdentityError::unsuitable_key:
        return "the key does not suit its use";
      case IdentityError::crypto_failed:
        return "a cryptographic operation failed";
    }
    return "unknown";
  }
};

}  // namespace

boost::system::error_code make_error_code(IdentityError error) {
  static const IdentityCategory category;
  return {static_cast<int>(error), category};
}

}  // namespace posthaste
