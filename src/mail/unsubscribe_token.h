#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/address.h"
#include "mail/envelope.h"
#include "mail/message_id.h"

namespace posthaste {

// Who wants no more mail of what: all that an unsubscription needs, so that it works for as long as
// its link is kept, however little the server still knows of the message.
struct UnsubscribeToken {
  MessageId id;
  MailAddress recipient;
  TenantId tenant;
  CampaignId campaign;
  std::string stream;  // at most 255 octets, as tenant and campaign

  bool operator==(const UnsubscribeToken&) const = default;
};

// Makes and reads what stands in the links of List-Unsubscribe. RFC 8058 §3.1 asks that it names
// recipient and list, and that nobody can make or change one. It is sealed as well, because links
// end up in the logs of others, and addresses and tenants are nobody's business there:
//
//   token  = base32(MAC (16 octets), AES-256-CTR(plain))
//   plain  = version (1), message id (16), recipient, tenant, stream, campaign (each 1 + n)
//
// The MAC is the first 128 bits of HMAC-SHA-256 over plain, and is the cipher's initial counter, so
// that no two tokens share one (as in RFC 5297, "synthetic initialization vector"). The keys are
// those of return paths; their purposes keep the two apart, and a token of one is none of the
// other.
//
// Immutable; any thread may use it.
class UnsubscribeCodec {
 public:
  // The first key makes tokens; all read. Links live for years: a key that was replaced should stay
  // in the list. Errors: no key, or one of less than 16 octets.
  static Result<UnsubscribeCodec> create(std::vector<std::string> keys);

  // Lower-case letters and digits, some 150 of them. The same token gives the same text.
  std::string make(const UnsubscribeToken& token) const;
  // In any case. Nothing when `text` is no token of ours, whatever the reason.
  std::optional<UnsubscribeToken> read(std::string_view text) const;

 private:
  explicit UnsubscribeCodec(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  std::vector<std::string> keys_;
};

}  // namespace posthaste
