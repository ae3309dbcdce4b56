#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "identity/dkim/dkim_key.h"
#include "identity/dkim/dkim_verdict.h"

namespace posthaste {

// A key record, RFC 6376 §3.6.1, as DNS publishes it at SELECTOR._domainkey.DOMAIN.
struct DkimKeyRecord {
  std::optional<DkimAlgorithm> algorithm;  // nothing: a "k=" that we do not know
  bool allows_sha256 = true;               // "h="
  bool allows_email = true;                // "s="
  bool is_testing = false;                 // "t=y"
  bool forbids_subdomains = false;         // "t=s": the domain of "i=" must be that of "d="
  std::string public_octets;               // "p="; empty: revoked
};

// Nothing when it is no key record.
std::optional<DkimKeyRecord> parse_dkim_record(std::string_view text);

// What is wrong with `record` for a signature of `algorithm`; DkimReason::none when nothing is.
DkimReason unsuitable(const DkimKeyRecord& record, DkimAlgorithm algorithm);

// The record to publish for a key: "v=DKIM1; k=rsa; p=…".
Result<std::string> make_dkim_record(const DkimPrivateKey& key);

// "selector._domainkey.domain"
std::string dkim_record_name(std::string_view selector, std::string_view domain);

// A TXT record holds strings of at most 255 octets (RFC 1035 §3.3.14).
std::vector<std::string> split_txt(std::string_view text);

}  // namespace posthaste
