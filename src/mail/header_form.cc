#include "mail/header_form.h"

namespace posthaste {

std::string_view to_string(SenderRule rule) {
  switch (rule) {
    case SenderRule::single_from:
      return "single_from";
    case SenderRule::valid_message_id:
      return "valid_message_id";
    case SenderRule::valid_date:
      return "valid_date";
    case SenderRule::single_fields:
      return "single_fields";
    case SenderRule::header_size:
      return "header_size";
    case SenderRule::from_alignment:
      return "from_alignment";
    case SenderRule::dkim_signature:
      return "dkim_signature";
    case SenderRule::one_click_unsubscribe:
      return "one_click_unsubscribe";
  }
  return "unknown";
}

std::string_view to_string(ListHeaders headers) {
  switch (headers) {
    case ListHeaders::none:
      return "none";
    case ListHeaders::added:
      return "added";
    case ListHeaders::own:
      return "own";
    case ListHeaders::several_recipients:
      return "several_recipients";
    case ListHeaders::too_long:
      return "too_long";
  }
  return "unknown";
}

}  // namespace posthaste
