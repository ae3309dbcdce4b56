#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/strong.h"
#include "mail/address.h"

namespace posthaste {

using TenantId = Strong<struct TenantIdTag, std::string>;
using CampaignId = Strong<struct CampaignIdTag, std::string>;

// The RFC 5322 octets of a message, shared and never changed once made. Lines end in CRLF; no
// dot-stuffing, no terminating dot.
using SharedBody = std::shared_ptr<const std::string>;

// RFC 3461 §4.1. `is_set` tells NOTIFY given from the default (failure).
struct Notify {
  bool is_set = false;
  bool never = false;
  bool success = false;
  bool failure = true;
  bool delay = false;
};

enum class DsnReturn : std::uint8_t { unset, full, headers };  // RFC 3461 §4.3
enum class BodyType : std::uint8_t {
  seven_bit,
  eight_bit_mime,
  binary_mime
};  // RFC 6152, RFC 3030

struct Recipient {
  MailAddress address;
  Notify notify;
  std::string original_recipient;  // ORCPT as given, xtext decoded: "rfc822;a@b"; "" if none
};

// What SMTP says of a message beside its content.
struct Envelope {
  ReversePath sender;
  std::vector<Recipient> recipients;
  BodyType body_type = BodyType::seven_bit;
  bool smtputf8 = false;
  DsnReturn dsn_return = DsnReturn::unset;
  std::string envelope_id;    // ENVID, xtext decoded
  bool require_tls = false;   // REQUIRETLS (RFC 8689 §2)
  bool tls_optional = false;  // "TLS-Required: No" in the header (RFC 8689 §3)
};

// What the sender's program says of a message beside its envelope, in X- headers or over HTTP.
struct Tags {
  TenantId tenant;
  CampaignId campaign;
  std::string stream;
  std::map<std::string, std::string> meta;  // X-Tag-NAME
};

}  // namespace posthaste
