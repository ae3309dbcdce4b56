#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

enum class MailErrc {
  bad_domain = 1,
  bad_local_part,
  bad_address,
  bad_message_id,
  bad_reply,
  bad_message,
  cannot_convert,
  suppressed,
  against_rules,
  // Of a MessageSink; the detail is the text of the reply.
  refused,
  busy,
};

boost::system::error_code make_error_code(MailErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::MailErrc> : std::true_type {};
