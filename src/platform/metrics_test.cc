#include "platform/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace posthaste {
namespace {

using testing::HasSubstr;
using testing::Not;

const MetricName kReceived{"posthaste_messages_received_total", "Messages accepted.", {"listener"}};

TEST(Metrics, ExposesCountersGaugesAndHistograms) {
  Metrics metrics;
  metrics.counter(kReceived, {"submission"}).increment();
  metrics.counter(kReceived, {"submission"}).increment(2);
  metrics.counter(kReceived, {"in\"bound\n"}).increment();
  const Gauge open =
      metrics.gauge({"posthaste_connections_open", "Connections.", {"direction"}}, {"in"});
  open.set(5);
  open.add(-2);
  const Histogram commit =
      metrics.histogram({"posthaste_spool_commit_seconds", "Time of a commit."}, {0.001, 0.01});
  commit.observe(0.005);
  commit.observe(3);

  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("# HELP posthaste_messages_received_total Messages accepted.\n"
                              "# TYPE posthaste_messages_received_total counter\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_messages_received_total{listener=\"submission\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("{listener=\"in\\\"bound\\n\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_connections_open{direction=\"in\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_spool_commit_seconds_bucket{le=\"0.001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_spool_commit_seconds_bucket{le=\"0.01\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("posthaste_spool_commit_seconds_count 2\n"));
}

TEST(Metrics, ReadsCallbacksAtEveryExpositionUntilTheyEnd) {
  Metrics metrics;
  double depth = 1;
  {
    const Metrics::Registration registration = metrics.callback_gauges(
        {"posthaste_queue_depth", "Messages waiting.", {"queue"}}, [&depth] {
          return std::vector<MetricSample>{{{"outbound"}, depth}, {{"bulk"}, 7}};
        });
    Metrics::Registration moved =
        metrics.callback_gauge({"posthaste_spool_bytes", "Size."}, [] { return 42.0; });
    const Metrics::Registration kept = std::move(moved);
    EXPECT_THAT(metrics.expose(), HasSubstr("posthaste_queue_depth{queue=\"outbound\"} 1\n"));
    depth = 2;
    const std::string text = metrics.expose();
    EXPECT_THAT(text, HasSubstr("posthaste_queue_depth{queue=\"outbound\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("posthaste_queue_depth{queue=\"bulk\"} 7\n"));
    EXPECT_THAT(text, HasSubstr("posthaste_spool_bytes 42\n"));
  }
  EXPECT_THAT(metrics.expose(), Not(HasSubstr("posthaste_")));
}

TEST(Metrics, BoundsTheNumberOfLabelSets) {
  Metrics metrics;
  for (int i = 0; i < 10'100; ++i) metrics.counter(kReceived, {std::to_string(i)}).increment();
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("{listener=\"other\"} 100\n"));
  EXPECT_THAT(text, Not(HasSubstr("{listener=\"10050\"}")));
}

TEST(Metrics, IsUsedFromManyThreads) {
  Metrics metrics;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      const Counter counter = metrics.counter(kReceived, {"a"});
      for (int j = 0; j < 10'000; ++j) counter.increment();
      metrics.expose();
    });
  }
  threads.clear();
  EXPECT_THAT(metrics.expose(), HasSubstr("{listener=\"a\"} 40000\n"));
}

}  // namespace
}  // namespace posthaste
