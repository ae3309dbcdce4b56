#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "mail/header_form.h"
#include "mail/message.h"

namespace posthaste {

// Looks at each header field of a message once, as the walk over them goes by, and says what the
// header is like by the rules for senders. What we add ourselves is right, and is not looked at.
//
//   HeaderExamination examination;
//   for (const HeaderField& field : view.fields()) examination.take(field);
//   HeaderForm form = examination.finish();
class HeaderExamination {
 public:
  void take(const HeaderField& field);
  // Once.
  HeaderForm finish();

 private:
  // Counts a field that may stand once.
  void count(std::string_view name);
  void take_from(const HeaderField& field);
  void take_signature(const HeaderField& field);
  void set_broken(SenderRule rule);

  HeaderForm form_;
  std::array<int, 11> counts_{};  // of the fields that may stand once
  std::size_t fields_ = 0;
  std::size_t octets_ = 0;
  int signatures_ = 0;
  bool has_author_problem_ = false;
  bool has_link_ = false;  // List-Unsubscribe with an https URI
  bool has_post_ = false;  // RFC 8058 §3.1
};

}  // namespace posthaste
