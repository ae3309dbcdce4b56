#include "mail/mail_error.h"

#include <string>

namespace posthaste {
namespace {

class MailCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.mail"; }
  std::string message(int code) const override {
    switch (static_cast<MailErrc>(code)) {
      case MailErrc::bad_domain:
        return "not a mail domain";
      case MailErrc::bad_local_part:
        return "not a local part";
      case MailErrc::bad_address:
        return "not a mail address";
      case MailErrc::bad_message_id:
        return "not a message id";
      case MailErrc::bad_reply:
        return "not an SMTP reply";
      case MailErrc::bad_message:
        return "not a message";
      case MailErrc::cannot_convert:
        return "the message cannot be converted";
      case MailErrc::suppressed:
        return "every recipient is suppressed";
      case MailErrc::refused:
        return "the message is refused";
      case MailErrc::busy:
        return "too much is waiting";
      case MailErrc::against_rules:
        return "the message breaks the rules for senders";
    }
    return "unknown mail error";
  }
};

}  // namespace

boost::system::error_code make_error_code(MailErrc code) {
  static const MailCategory category;
  return {static_cast<int>(code), category};
}

}  // namespace posthaste
