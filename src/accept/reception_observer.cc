#include "accept/reception_observer.h"

namespace posthaste {

std::string_view to_string(RejectionReason reason) {
  switch (reason) {
    case RejectionReason::syntax:
      return "syntax";
    case RejectionReason::sequence:
      return "sequence";
    case RejectionReason::line_end:
      return "line_end";
    case RejectionReason::relaying_denied:
      return "relaying_denied";
    case RejectionReason::authentication:
      return "authentication";
    case RejectionReason::tls_required:
      return "tls_required";
    case RejectionReason::too_many_recipients:
      return "too_many_recipients";
    case RejectionReason::message_too_large:
      return "message_too_large";
    case RejectionReason::bad_message:
      return "bad_message";
    case RejectionReason::loop:
      return "loop";
    case RejectionReason::suppressed:
      return "suppressed";
    case RejectionReason::unknown_recipient:
      return "unknown_recipient";
    case RejectionReason::sender_rules:
      return "sender_rules";
    case RejectionReason::storage:
      return "storage";
    case RejectionReason::early_talker:
      return "early_talker";
    case RejectionReason::too_many_errors:
      return "too_many_errors";
    case RejectionReason::too_many_connections:
      return "too_many_connections";
    case RejectionReason::too_many_transactions:
      return "too_many_transactions";
    case RejectionReason::timeout:
      return "timeout";
    case RejectionReason::shutdown:
      return "shutdown";
  }
  return "unknown";
}

}  // namespace posthaste
