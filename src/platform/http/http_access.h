#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/http/http_message.h"

namespace posthaste {

// Who asks, as far as that decides what may be answered: the peer, and what its header says.
struct HttpCaller {
  bool is_on_loopback = false;
  std::optional<std::string> host;  // that was asked for; HTTP/1.0 may name none
  std::string authorization;
  std::string origin;         // of the web page that asks; "" when none does
  bool is_forwarded = false;  // a proxy asks for somebody else
};

// Decides who may ask. A peer on loopback needs no key, for who has an account on the machine can
// read the configuration too; but it must be that peer itself who asks, not a web page in its
// browser (by DNS rebinding or from another site) nor somebody behind a proxy. Everybody else
// sends "Authorization: Bearer KEY" (RFC 6750 §2.1).
class HttpGate {
 public:
  explicit HttpGate(std::vector<std::string> keys);

  // The refusal; none when the caller may ask.
  std::optional<HttpResponse> refuse(const HttpCaller& caller) const;

 private:
  bool has_key(const std::string& authorization) const;

  std::vector<std::string> keys_;
};

}  // namespace posthaste
