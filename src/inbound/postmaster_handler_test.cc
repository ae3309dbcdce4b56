#include "inbound/postmaster_handler.h"

#include "inbound/inbound_fixture.h"
#include "inbound/report/report_store.h"

namespace posthaste {
namespace {

using testing::HasSubstr;

class KeepingSink final : public MessageSink {
 public:
  boost::asio::awaitable<Result<void>> take(ReceivedMessage message) override {
    if (failure) co_return *failure;
    taken.push_back(std::move(message));
    co_return Result<void>();
  }
  bool is_accepting() const override { return true; }

  std::vector<ReceivedMessage> taken;
  std::optional<Error> failure;
};

class PostmasterHandlerTest : public InboundTest {
 protected:
  PostmasterHandlerTest() {
    reports.configure({}, paths);
    people.configure({{*Domain::parse("mta.test")}, {}, paths});
  }
  ~PostmasterHandlerTest() override { intake.stop(); }

  HandlingOutcome take_for(const std::string& to, const std::string& octets) {
    return take(people, mail(octets, "v@recipient.test"), address(to));
  }

  Metrics metrics;
  std::unique_ptr<ReportStore> store = *ReportStore::open({folder.path() / "reports.db"});
  ReportIntake intake{{*store, clock, metrics, Log::to_nowhere(clock)}, {}};
  ReportHandler reports{intake, desk};
  KeepingSink queue;
  KeepingSink kept;
  PostmasterHandler people{{queue, kept, reports, clock, Log::to_nowhere(clock), "mta.test"}};
};

TEST_F(PostmasterHandlerTest, ClaimsWhatRfc2142NamesAtItsDomains) {
  using Answer = AddressClaim::Answer;
  for (const char* ours :
       {"postmaster@b.sender.test", "Abuse@b.sender.test", "POSTMASTER@mta.test"}) {
    EXPECT_EQ(people.claim(address(ours)).answer, Answer::mine) << ours;
  }
  EXPECT_EQ(people.claim(address("Abuse@b.sender.test")).desk,
            people.claim(address("abuse@mta.test")).desk);
  for (const char* other : {"postmaster@far.test", "info@b.sender.test"}) {
    EXPECT_EQ(people.claim(address(other)).answer, Answer::not_mine) << other;
  }
}

TEST_F(PostmasterHandlerTest, KeepsMailForPeopleOrPassesItOn) {
  const std::string octets = "From: v@recipient.test\r\nSubject: Help\r\n\r\nText\r\n";
  EXPECT_EQ(take_for("postmaster@b.sender.test", octets).taking, Taking::acted);
  ASSERT_EQ(kept.taken.size(), 1u);
  EXPECT_THAT(*kept.taken[0].body, testing::StartsWith("Received: from [192.0.2.9] by mta.test"));
  EXPECT_THAT(*kept.taken[0].body, testing::EndsWith(octets));
  people.configure({{}, {address("ops@sender.test")}, paths});
  EXPECT_EQ(take_for("abuse@b.sender.test", octets).taking, Taking::acted);
  ASSERT_EQ(queue.taken.size(), 1u);
  EXPECT_TRUE(queue.taken[0].envelope.sender.is_null());
  EXPECT_EQ(queue.taken[0].envelope.recipients.at(0).address.smtp_form(), "ops@sender.test");
  queue.failure = Error{make_error_code(boost::system::errc::io_error), "full"};
  EXPECT_EQ(take_for("abuse@b.sender.test", octets).taking, Taking::busy);
}

TEST_F(PostmasterHandlerTest, PassesOnMailWithAttachmentsThatAreNoReports) {
  const std::string octets =
      "From: v@recipient.test\r\nSubject: Spam from you\r\n"
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee the log.\r\n--x\r\n"
      "Content-Type: application/zip\r\nContent-Disposition: attachment; filename=log.zip\r\n\r\n"
      "no zip at all\r\n--x--\r\n";
  for (const char* to : {"abuse@b.sender.test", "postmaster@b.sender.test"}) {
    const auto outcome = take_for(to, octets);
    EXPECT_EQ(outcome.taking, Taking::acted) << to << ": " << outcome.reason;
    EXPECT_EQ(outcome.kind, "postmaster");
  }
  EXPECT_EQ(kept.taken.size(), 2u);
}

// RFC 8689 §2, §3
TEST_F(PostmasterHandlerTest, PassesOnWhatWasAskedOfTls) {
  people.configure({{}, {address("ops@sender.test")}, paths});
  for (const bool require : {true, false}) {
    auto asked = std::make_shared<InboundMail>(*mail("Subject: Help\r\n\r\nText\r\n"));
    asked->message.envelope.require_tls = require;
    asked->message.envelope.tls_optional = !require;
    take(people, asked, address("postmaster@b.sender.test"));
    ASSERT_FALSE(queue.taken.empty());
    EXPECT_EQ(queue.taken.back().envelope.require_tls, require);
    EXPECT_EQ(queue.taken.back().envelope.tls_optional, !require);
  }
}

TEST_F(PostmasterHandlerTest, AComplaintToAbuseGoesTheWayOfComplaints) {
  const auto outcome = take_for(
      "abuse@b.sender.test",
      "From: fbl@r.example\r\nContent-Type: multipart/report; report-type=feedback-report; "
      "boundary=x\r\n\r\n--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: "
      "abuse\r\n"
      "User-Agent: x\r\nVersion: 1\r\nOriginal-Mail-From: <" +
          path_for("victim@recipient.test").smtp_form() +
          ">\r\n\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\nTo: x@x.test\r\n\r\n--x--\r\n");
  EXPECT_EQ(outcome.kind, "complaint");
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().recipient, "victim@recipient.test");
  EXPECT_TRUE(kept.taken.empty());
}

}  // namespace
}  // namespace posthaste
