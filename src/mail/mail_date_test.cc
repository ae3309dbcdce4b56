#include "mail/mail_date.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(MailDate, EveryFormInUseIsRead) {
  EXPECT_EQ(parse_mail_date("Thu, 01 Jan 1970 00:00:10 +0000"), 10);
  EXPECT_EQ(parse_mail_date("1 Jan 70 01:00:10 +0100 (CET)"), 10);
  EXPECT_EQ(parse_mail_date("Thu, 8 Mar 2005 14:00:00 EDT"), 1110304800);
  EXPECT_EQ(parse_mail_date("Thu, 1 January 1970 00:01"), 60);
  EXPECT_EQ(parse_mail_date("Thu,  1 Jan 1970\r\n 00:00:10 Nowhere"), 10);
  EXPECT_EQ(parse_mail_date("31 Dec 1969 23:59:59 +0000"), -1);
}

TEST(MailDate, WhatIsNoDateIsNone) {
  for (const char* text :
       {"", "yesterday", "Thu, 32 Jan 2026 00:00:00 +0000", "30 Feb 2026 00:00:00 +0000",
        "1 Foo 2026 00:00:00 +0000", "1 Jan 2026 24:00:00 +0000", "1 Jan 2026 1:2:3:4",
        "1 Jan 2026", "1 Jan 99999999999999999999 00:00:00"}) {
    EXPECT_EQ(parse_mail_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace posthaste
