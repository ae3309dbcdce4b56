#include "report/trace.h"

#include "report/report_fixture.h"

namespace posthaste {
namespace {

using testing::IsEmpty;

class Trace : public ReportTest {
 protected:
  Event event_about(MessageId id, EventType type) const {
    Event event = event_of(type);
    event.message_id = id.to_string();
    return event;
  }

  const MessageId one = MessageId::generate(clock.wall());
  const MessageId other = MessageId::generate(clock.wall());
};

TEST_F(Trace, TellsTheStoryOfOneMessageInOrder) {
  tell({event_about(one, EventType::reception), event_about(other, EventType::reception),
        event_about(one, EventType::transient_failure), event_about(other, EventType::bounce),
        event_about(one, EventType::delivery)});
  const auto story = trace_message(*spool, one);
  ASSERT_TRUE(story) << story.error().message();
  ASSERT_EQ(story->size(), 3u);
  EXPECT_EQ((*story)[0].type, EventType::reception);
  EXPECT_EQ((*story)[1].type, EventType::transient_failure);
  EXPECT_EQ((*story)[2].type, EventType::delivery);
  EXPECT_EQ((*story)[0].event_id, "1");
  EXPECT_EQ((*story)[1].event_id, "3");
  EXPECT_EQ((*story)[2].event_id, "5");
  for (const Event& event : *story) EXPECT_EQ(event.message_id, one.to_string());
}

TEST_F(Trace, KnowsNothingOfAMessageThatNeverCame) {
  tell({event_about(other, EventType::reception)});
  const auto story = trace_message(*spool, one);
  ASSERT_TRUE(story);
  EXPECT_THAT(*story, IsEmpty());
}

TEST_F(Trace, LeavesOutWhatTheOutboxHasForgotten) {
  tell({event_about(one, EventType::reception), event_about(one, EventType::delivery)});
  spool->forget_told(2, WallTime());
  settle();
  const auto story = trace_message(*spool, one);
  ASSERT_TRUE(story);
  ASSERT_EQ(story->size(), 1u);
  EXPECT_EQ(story->front().type, EventType::delivery);
}

TEST_F(Trace, SaysThatARecordIsDamagedRatherThanTellHalfAStory) {
  tell({event_about(one, EventType::reception), event_about(other, EventType::reception)});
  tell_damaged("spool", one);
  EXPECT_FALSE(trace_message(*spool, one));
  EXPECT_TRUE(trace_message(*spool, other));
}

}  // namespace
}  // namespace posthaste
