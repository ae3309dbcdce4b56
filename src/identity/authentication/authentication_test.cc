#include "identity/authentication/authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "identity/dkim/dkim_record.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using ::testing::HasSubstr;

boost::asio::awaitable<void> run(IncomingMessage received, AuthenticationParts parts,
                                 Authentication& out) {
  out = co_await authenticate(std::move(received), "mx.example.org", parts);
}

std::string field_value(const Authentication& found, const IncomingMessage& received,
                        std::string_view authserv_id) {
  return to_field_value(to_authentication_results(found, received, authserv_id));
}

// A receiver, and what the world publishes.
class ReceivedMail : public ::testing::Test {
 protected:
  void publish(const std::string& line) { zone_ += line + "\n"; }

  // Seals with a key that is published: the shortest way to a signature of ours.
  std::string arc_set(const std::string& message) {
    const DkimPrivateKey key = *DkimPrivateKey::generate_ed25519();
    publish("arc._domainkey.list.test. TXT \"" + *make_dkim_record(key) + "\"");
    return *make_arc_set(message, {key, "list.test", "arc", {}}, {}, {"mx.list.test", {}},
                         clock_.wall());
  }

  Authentication judge(IncomingMessage received) {
    ZoneTextResolver resolver(zone_);
    boost::asio::io_context loop;
    TaskGroup group(loop.get_executor());
    Authentication found;
    group.spawn(run(std::move(received), {resolver, keys_, clock_}, found));
    loop.run();
    return found;
  }

  static IncomingMessage from(const std::string& mail_from, const std::string& text) {
    return {"192.0.2.1", "mail.example.com", mail_from, std::make_shared<const std::string>(text)};
  }

  std::string zone_ =
      "example.com. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
      "_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n";
  DkimKeyCache keys_;
  ManualClock clock_;
  const std::string text_ = "From: A <a@example.com>\r\nTo: b@example.org\r\n\r\nText.\r\n";
};

TEST_F(ReceivedMail, PassesByAnAlignedReturnPath) {
  const IncomingMessage received = from("a@example.com", text_);
  const Authentication found = judge(received);
  EXPECT_EQ(found.spf.result, SpfResult::pass);
  EXPECT_EQ(found.header_from, "example.com");
  EXPECT_EQ(found.dmarc.result, DmarcResult::pass);
  EXPECT_TRUE(found.dmarc.spf_aligned);
  EXPECT_EQ(found.arc.result, ArcResult::none);
  const std::string field = field_value(found, received, "mx.example.org");
  EXPECT_THAT(field, ::testing::StartsWith("mx.example.org;\r\n spf=pass"));
  EXPECT_THAT(field, HasSubstr("smtp.mailfrom=a@example.com;"));
  EXPECT_THAT(field, HasSubstr("dkim=none;"));
  EXPECT_THAT(field, HasSubstr("header.from=example.com;"));
  EXPECT_THAT(field, ::testing::EndsWith("arc=none"));
  const auto read = parse_authentication_results(field);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->results.size(), 4U);
}

TEST_F(ReceivedMail, FailsWhenAnotherDomainSendsIt) {
  publish("elsewhere.test. TXT \"v=spf1 ip4:192.0.2.1 -all\"");
  const Authentication found = judge(from("a@elsewhere.test", text_));
  EXPECT_EQ(found.spf.result, SpfResult::pass);
  EXPECT_EQ(found.dmarc.result, DmarcResult::fail);
  EXPECT_EQ(found.dmarc.disposition, DmarcPolicy::reject);
}

TEST_F(ReceivedMail, IsJudgedByHeloWhenItHasNoSender) {
  publish("mail.example.com. TXT \"v=spf1 ip4:192.0.2.1 -all\"");
  const IncomingMessage received = from("", text_);
  const Authentication found = judge(received);
  EXPECT_EQ(found.spf.result, SpfResult::pass);
  EXPECT_THAT(field_value(found, received, "mx"), HasSubstr("smtp.helo=mail.example.com"));
}

TEST_F(ReceivedMail, TellsOfAChain) {
  const std::string text = arc_set(text_) + text_;
  const IncomingMessage received = from("a@elsewhere.test", text);
  const Authentication found = judge(received);
  EXPECT_EQ(found.arc.result, ArcResult::pass) << found.arc.problem;
  EXPECT_THAT(field_value(found, received, "mx"),
              HasSubstr("arc=pass (i=1) smtp.remote-ip=192.0.2.1 header.oldest-pass=0"));
}

TEST_F(ReceivedMail, HasNoDmarcDomainWithoutOneAuthorDomain) {
  const Authentication found = judge(from("a@example.com", "Subject: x\r\n\r\n"));
  EXPECT_EQ(found.dmarc.result, DmarcResult::permerror);
  EXPECT_NE(found.dmarc.problem, "");
  EXPECT_EQ(found.header_from, "");
}

TEST_F(ReceivedMail, SaysOnlyWhatWasJudgedOfManySignatures) {
  std::string text = text_;
  for (int i = 0; i < 30; ++i) text.insert(0, "DKIM-Signature: v=1; a=rsa-sha256; d=x; s=y\r\n");
  const IncomingMessage received = from("a@example.com", text);
  const Authentication found = judge(received);
  EXPECT_EQ(found.dkim.size(), 30U);
  const auto results = to_authentication_results(found, received, "mx");
  EXPECT_EQ(results.results.size(), 10U + 3U);
}

TEST(ResultsOfMethods, TellOfASignatureBehindOneThatWasNotJudged) {
  Authentication found;
  found.dkim.resize(2);
  found.dkim[0].reason = DkimReason::too_many_signatures;
  found.dkim[1] = {.result = DkimResult::pass,
                   .domain = "d.test",
                   .is_testing = true,
                   .covers_whole_body = false};
  EXPECT_THAT(
      field_value(found, {}, "mx"),
      HasSubstr("dkim=pass (the signer is testing DKIM, a part of the body is not signed)\r\n "
                "header.d=d.test"));
}

}  // namespace
}  // namespace posthaste
