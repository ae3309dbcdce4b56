#include "report/event_metrics.h"

#include "report/report_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class EventMetricsTest : public ReportTest {
 protected:
  ~EventMetricsTest() override { stop_tasks(); }

  void start() {
    counts = std::make_unique<EventMetrics>(metrics, *spool, clock, tasks);
    counts->start();
    run();
  }
  std::string after(const std::vector<Event>& events) {
    tell(events);
    advance(20ms);
    return metrics.expose();
  }

  Metrics metrics;
  std::unique_ptr<EventMetrics> counts;
};

TEST_F(EventMetricsTest, CountsFromTheStartOfTheServerOn) {
  tell(3);
  start();
  EXPECT_THAT(metrics.expose(), Not(HasSubstr("posthaste_messages_delivered_total{")));
  EXPECT_EQ(counts->position(), 3u);
  EXPECT_THAT(after({event_of(EventType::delivery)}),
              HasSubstr("posthaste_messages_delivered_total{"
                        "provider=\"default\",source=\"default\"} 1\n"));
  EXPECT_EQ(counts->position(), 4u);
}

TEST_F(EventMetricsTest, CountsDeliveriesByProviderAndSource) {
  start();
  Event event = event_of(EventType::delivery);
  event.provider = "large";
  event.source = "bulk";
  const std::string text = after({event, event, event_of(EventType::delivery)});
  EXPECT_THAT(text, HasSubstr("posthaste_messages_delivered_total{"
                              "provider=\"large\",source=\"bulk\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_messages_delivered_total{"
                              "provider=\"default\",source=\"default\"} 1\n"));
}

TEST_F(EventMetricsTest, MeasuresHowLongADeliveryTookWhereThatIsKnown) {
  start();
  Event event = event_of(EventType::delivery);
  event.queued_seconds = 2.5;
  const std::string text = after({event, event_of(EventType::delivery)});
  EXPECT_THAT(text, HasSubstr("posthaste_delivery_latency_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_delivery_latency_seconds_sum 2.5\n"));
}

TEST_F(EventMetricsTest, TellsFailuresOfTheConnectionFromThoseOfAReply) {
  start();
  Event replied = event_of(EventType::transient_failure);
  replied.smtp_code = 450;
  replied.classification = Classification::greylisted;
  Event failed = event_of(EventType::transient_failure);
  failed.classification = Classification::bad_connection;
  const std::string text = after({replied, replied, failed});
  EXPECT_THAT(text, HasSubstr("posthaste_messages_deferred_total 3\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_connection_errors_total{"
                              "provider=\"default\",reason=\"bad_connection\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("reason=\"greylisted\"")));
}

TEST_F(EventMetricsTest, CountsEveryFinalFailureByItsClassification) {
  start();
  std::vector<Event> events;
  for (const EventType type : {EventType::bounce, EventType::expiration, EventType::admin_bounce}) {
    events.push_back(event_of(type));
    events.back().classification = Classification::bad_mailbox;
  }
  events.push_back(event_of(EventType::bounce));
  events.back().classification = Classification::policy;
  const std::string text = after(events);
  EXPECT_THAT(text, HasSubstr("posthaste_messages_bounced_total{classification=\"bad_mailbox\","
                              "provider=\"default\",source=\"default\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_messages_bounced_total{classification=\"policy\","
                              "provider=\"default\",source=\"default\"} 1\n"));
}

TEST_F(EventMetricsTest, CountsNothingForEventsThatEndNoAttempt) {
  start();
  const std::string text = after({event_of(EventType::reception), event_of(EventType::rejection),
                                  event_of(EventType::open), event_of(EventType::oob_bounce)});
  EXPECT_THAT(text, Not(HasSubstr("posthaste_messages_delivered_total{")));
  EXPECT_THAT(text, Not(HasSubstr("posthaste_messages_bounced_total{")));
  EXPECT_THAT(text, HasSubstr("posthaste_messages_deferred_total 0\n"));
  EXPECT_EQ(counts->position(), 4u);
}

}  // namespace
}  // namespace posthaste
