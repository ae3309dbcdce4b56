#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/address.h"
#include "mail/message_id.h"

namespace posthaste {

// What a return path that we made says: which message it is of, and for which recipient it went
// out.
struct ReturnPathToken {
  MessageId id;  // its time() tells the token's age
  // A keyed hash of the recipient; 0: the transaction had several, and the token names none.
  std::uint32_t recipient = 0;

  bool names_recipient() const { return recipient != 0; }
};

// What mail to such an address is: returned mail, or a wish to get no more (RFC 2369 §3.2). A token
// of one use is none of the other.
enum class AddressUse : std::uint8_t { returns, unsubscribes };

// Makes and reads the local parts of variable envelope return paths (VERP): whoever returns a
// message to one tells by the address alone which message and recipient it is about, and nobody
// can make one who does not have the key.
//
//   local part = ("b-" / "u-") token        for returns / to unsubscribe
//   token      = base32(message id (16 octets), recipient (4), MAC (10))
//                                           48 characters
//
// 50 octets in all: within the 64 of RFC 5321 §4.5.3.1.1, with room for what others put in front.
// The alphabet is that of RFC 4648 §6 in lower case, read in any case, for receivers fold it. The
// MAC is the first 80 bits of HMAC-SHA-256 (RFC 2104) over id and recipient, and compared in
// constant time.
//
// Immutable; any thread may use it.
class ReturnPathCodec {
 public:
  // The first key makes tokens; all verify, so that a key can be replaced while mail is on its way.
  // Errors: no key, or one of less than 16 octets.
  static Result<ReturnPathCodec> create(std::vector<std::string> keys,
                                        AddressUse use = AddressUse::returns);

  LocalPart make(const MessageId& id, const MailAddress& recipient) const;
  // For a transaction with several recipients.
  LocalPart make(const MessageId& id) const;

  // Nothing when `local` is no token of ours, whatever the reason.
  std::optional<ReturnPathToken> read(const LocalPart& local) const;
  // Whether the token went out for this address. False when it names none.
  bool names(const ReturnPathToken& token, const MailAddress& recipient) const;

 private:
  ReturnPathCodec(std::vector<std::string> keys, AddressUse use)
      : keys_(std::move(keys)), use_(use) {}

  LocalPart write(const MessageId& id, std::uint32_t recipient) const;

  std::vector<std::string> keys_;
  AddressUse use_;
};

}  // namespace posthaste
