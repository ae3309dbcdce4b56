#include "identity/dkim/dkim_error.h"

#include <string>

namespace posthaste {
namespace {

class DkimCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "identity"; }
  std::string message(int value) const override {
    switch (static_cast<DkimError>(value)) {
      case DkimError::bad_settings:
        return "the settings of an identity are not valid";
      case DkimError::unreadable_key:
        return "the key cannot be read";
      case DkimError::unsuitable_key:
        return "the key does not suit its use";
      case DkimError::crypto_failed:
        return "a cryptographic operation failed";
    }
    return "unknown";
  }
};

}  // namespace

boost::system::error_code make_error_code(DkimError error) {
  static const DkimCategory category;
  return {static_cast<int>(error), category};
}

}  // namespace posthaste
