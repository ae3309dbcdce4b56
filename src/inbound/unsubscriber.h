#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "event/event.h"
#include "mail/return_path.h"
#include "mail/unsubscribe_token.h"
#include "platform/io/blocking_pool.h"
#include "route/suppressor.h"
#include "spool/spool.h"

namespace posthaste {

enum class UnsubscribeOutcome : std::uint8_t {
  done,       // it is on the medium; the suppression list follows at once
  already,    // so it was before
  bad_token,  // not ours, or changed
  forgotten   // ours, but the server no longer knows the message: only of addresses
};

// Takes recipients off the lists that they want to leave: reads the tokens of our List-Unsubscribe
// fields and tells an `unsubscribe` event, which keeps the recipient from mail of the same tenant
// and stream (route/suppressor.h).
//
//   const auto outcome = co_await unsubscriber.unsubscribe(token);
//   const auto outcome = co_await unsubscriber.unsubscribe_by_mail(rcpt.local(), subject);
//
// A link tells all by itself, for as long as the key that made it is kept. An address is too short
// for that: it names message and recipient, and tenant and stream come from the subject that our
// mailto link gives the mail, or else from the events of the message.
//
// Any thread; returns on the caller's executor.
class Unsubscriber {
 public:
  // All outlive it.
  struct Parts {
    Spool& spool;
    Suppressor& suppressor;
    Clock& clock;
    BlockingPool& disk;
  };
  explicit Unsubscriber(Parts parts) : parts_(parts) {}

  // The keys of return paths, from now on. None: every token is bad. Errors: a key that is too
  // short.
  Result<void> set_keys(std::vector<std::string> keys);

  // Whether a link's token is ours.
  bool is_ours(std::string_view token) const;
  // Of a link's token. Errors: it cannot be written, or the events cannot be read: try again.
  boost::asio::awaitable<Result<UnsubscribeOutcome>> unsubscribe(std::string token);
  // Of a mail to an address "u-…@" of ours. What its sender writes elsewhere proves nothing.
  boost::asio::awaitable<Result<UnsubscribeOutcome>> unsubscribe_by_mail(LocalPart local,
                                                                         std::string subject);
  // Whether mail to this local part is for unsubscribe_by_mail().
  bool is_ours(const LocalPart& local) const;

 private:
  struct Codecs {
    UnsubscribeCodec links;
    ReturnPathCodec addresses;
  };
  std::shared_ptr<const Codecs> codecs() const {
    return codecs_.with([](const auto& current) { return current; });
  }
  boost::asio::awaitable<Result<UnsubscribeOutcome>> tell(UnsubscribeToken token, std::string way);

  Parts parts_;
  Guarded<std::shared_ptr<const Codecs>> codecs_;
};

}  // namespace posthaste
