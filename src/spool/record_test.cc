#include "spool/record.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

QueuedMessage sample() {
  QueuedMessage message;
  message.id = MessageId::generate(WallTime(1h));
  message.group = 2;
  message.group_count = 3;
  message.queue = {"outbound", TenantId("acme"), CampaignId("spring"),
                   *Domain::parse("example.com")};
  message.envelope.sender = *ReversePath::parse("a@sender.test");
  Recipient recipient;
  recipient.address = *MailAddress::parse("\"b c\"@example.com");
  recipient.notify = {.is_set = true, .success = true};
  recipient.original_recipient = "rfc822;old@x.test";
  message.envelope.recipients = {recipient};
  message.tags = {TenantId("acme"), CampaignId("spring"), "stream", {{"key", "value"}}};
  message.accepted = WallTime(2h);
  message.due = WallTime(3h);
  message.attempts = 4;
  return message;
}

TEST(Record, ReadsBackWhatItWrote) {
  const QueuedMessage message = sample();
  const auto read = decode_group(encode_group(message), message.id, message.group);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->queue, message.queue);
  EXPECT_EQ(read->envelope.recipients[0].address, message.envelope.recipients[0].address);
  EXPECT_TRUE(read->envelope.recipients[0].notify.success);
  EXPECT_EQ(read->tags.meta, message.tags.meta);
  EXPECT_EQ(read->due, message.due);
  EXPECT_EQ(read->attempts, 4U);
  EXPECT_EQ(read->group_count, 3U);
}

TEST(Record, KeepsFromWhereAMessageIsToGo) {
  QueuedMessage message = sample();
  message.wish = {"a", "b"};
  const auto read = decode_group(encode_group(message), message.id, message.group);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->wish, message.wish);
}

// A peer's reply in ISO 8859-1 must not make a message unreadable.
TEST(Record, KeepsTextThatIsNoUtf8) {
  QueuedMessage message = sample();
  message.last_response =
      "450 r\xe9"
      "essayez";
  message.facts.subject = "\xff\xfe";
  message.tags.meta["key"] = "\xe9";
  const auto read = decode_group(encode_group(message), message.id, message.group);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->last_response, message.last_response);
  EXPECT_EQ(read->facts.subject, message.facts.subject);
  EXPECT_EQ(read->tags.meta, message.tags.meta);
}

TEST(Record, SortsDueKeysByQueueThenTime) {
  const QueuedMessage message = sample();
  const DueEntry early{WallTime(1h), message.id, 0};
  const DueEntry late{WallTime(2h), message.id, 0};
  EXPECT_LT(due_key(message.queue, early), due_key(message.queue, late));
  EXPECT_LT(due_key(message.queue, late), due_prefix_end(message.queue));
  const std::string key = due_key(message.queue, late);
  EXPECT_EQ(*queue_of_due_key(key), message.queue);
  EXPECT_EQ(*entry_of_due_key(key), late);
  EXPECT_FALSE(queue_of_due_key("short"));
}

TEST(Record, KeepsWhatAMessageDemandsOfTls) {
  QueuedMessage message = sample();
  message.envelope.require_tls = false;
  message.envelope.tls_optional = true;
  const auto read = decode_group(encode_group(message), message.id, message.group);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->envelope.tls_optional);
  EXPECT_FALSE(read->envelope.require_tls);
}

}  // namespace
}  // namespace posthaste
