#include "event/event.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

TEST(Event, PrintsOneLineOfJson) {
  Event event;
  event.event_id = "7";
  event.time = WallTime(std::chrono::microseconds(1));
  event.type = EventType::bounce;
  event.message_id = "id";
  event.recipient = "b@x.test";
  event.smtp_code = 550;
  event.response = "550 \"no\"\n\\";
  event.classification = Classification::bad_mailbox;
  event.hard = true;
  event.queued_seconds = 0.1 + 0.2;
  event.meta = {{"k", "v"}};
  EXPECT_EQ(event.to_json(),
            R"({"event_id":"7","time":"1970-01-01T00:00:00.000001Z","type":"bounce",)"
            R"("message_id":"id","sender":"","recipient":"b@x.test","smtp_code":550,)"
            R"("response":"550 \"no\"\n\\","classification":"bad_mailbox","hard":true,)"
            R"("queued_seconds":0.3,"meta":{"k":"v"}})");
}

TEST(Event, ReplacesWhatIsNoUtf8) {
  Event event;
  event.subject = "\xc3\xa9 \xe9 \xed\xa0\x80 \xf0\x9f\x98\x80";
  const std::string json = event.to_json();
  EXPECT_NE(json.find("\"subject\":\"\xc3\xa9 \\ufffd \\ufffd\\ufffd\\ufffd \xf0\x9f\x98\x80\""),
            std::string::npos)
      << json;
}

TEST(Event, ReadsBackWhatItWroteWhateverTheOctets) {
  Event event;
  event.type = EventType::transient_failure;
  event.response =
      "450 r\xe9"
      "essayez";
  event.meta = {{"k", "\xff"}};
  event.hard = false;
  event.dkim_domains = {"a.test", "b.test"};
  const auto read = Event::decode(event.encode());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, event.type);
  EXPECT_EQ(read->response, event.response);
  EXPECT_EQ(read->meta, event.meta);
  EXPECT_EQ(read->hard, event.hard);
  EXPECT_EQ(read->dkim_domains, event.dkim_domains);
}

TEST(Event, RefusesADamagedRecord) {
  EXPECT_FALSE(Event::decode("\xff\xff\xff"));
}

}  // namespace
}  // namespace posthaste
