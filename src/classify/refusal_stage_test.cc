#include "classify/refusal_stage.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(RefusalStage, IsToldInTheWordsOfManySystems) {
  using enum RefusalStage;
  struct Case {
    const char* text;
    RefusalStage right;
  };
  for (const Case& one : {
           // Postfix
           Case{"550 5.1.1 no such user (in reply to RCPT TO command)", recipient},
           Case{"550 no such user (in reply to end of DATA command)", message},
           Case{"550 no such user (in reply to DATA command)", message},
           Case{"550 no such user (in reply to MAIL FROM command)", before_recipient},
           // Exim
           Case{"SMTP error from remote mail server after RCPT TO:<b@example.org>:", recipient},
           Case{"SMTP error from remote mail server after end of data:", message},
           Case{"SMTP error from remote mail server after MAIL FROM:<a@example.net>:",
                before_recipient},
           // qmail
           Case{"192.0.2.1 does not like recipient.\nRemote host said: 550 unknown", recipient},
           Case{"192.0.2.1 failed after I sent the message.\nRemote host said: 550 unknown",
                message},
           Case{"192.0.2.1 failed on DATA command.", message},
           // sendmail
           Case{">>> RCPT To:<b@example.org>\n<<< 550 no such user", recipient},
           Case{">>> DATA\n<<< 550 5.1.1 no such user\n<<< 554 5.5.1 Error: no valid recipients",
                recipient},
           Case{"550 5.1.1 no such user\n503 5.0.0 Need RCPT (recipient)", recipient},
           Case{"554 5.0.0 Service unavailable", message},
           // Yahoo, and who marks so too
           Case{"550 5.1.1 no such user [RCPT_TO]", recipient},
           Case{"550 no such user [BODY]", message},
           Case{"550 5.1.1 no such user", untold},
           Case{"The end of the database was reached", untold},
           Case{"", untold},
       }) {
    EXPECT_EQ(stage_told_in(one.text), one.right) << one.text;
  }
}

}  // namespace
}  // namespace posthaste
