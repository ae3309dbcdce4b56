#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "classify/reply_class.h"
#include "deliver/smtp_client.h"
#include "event/event.h"
#include "mail/reply.h"

namespace posthaste {

// The one home of what a refusal means, by scope:
//
//   scope      what met it                          what follows
//   session    greeting, EHLO, TLS, AUTH, 421,      the next address or host of the site is tried;
//              a broken connection                  with none left the site rests, its mail waits
//   message    MAIL, DATA, end of data              every recipient not yet answered: deferred by a
//                                                   4yz, failed by a 5yz
//   recipient  RCPT                                 this recipient alone: the same by its reply
//
// A 5yz in session scope defers: it speaks of us or of that host, not of the mailbox (RFC 5321
// §4.2.1 asks not to repeat the same command; another host, or another hour, is not the same). So
// does one whose class is rate_limited or greylisted, in any scope.
struct Refusal {
  bool is_permanent = false;
  bool hard = false;  // the address itself is bad, and should get no more mail
  Classification classification = Classification::other;
  std::uint32_t smtp_code = 0;  // 0: nobody answered
  std::string enhanced_status;
  std::string response;
};

// What a reply that is no acceptance means. The first digit of the code decides what happens
// (RFC 5321 §4.2.1), but for what only concerns our pace; an enhanced status of another class is
// not believed in that.
Refusal judge_reply(SmtpStage stage, const Reply& reply);

// What it means that the connection broke, or never was.
Refusal judge_error(SmtpStage stage, const Error& error);

}  // namespace posthaste
