#include "cli/top_view.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/screen_text.h"

namespace posthaste {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

TopSample sample() {
  TopSample sample;
  sample.time = "02:21:16";
  sample.started = "2026-11-24T00:00:00.000000Z";
  sample.uptime = 7800;
  sample.received = 100'000;
  sample.counts = {90'000, 500, 20};
  sample.queued = 1'203'442;
  sample.queue_count = 2;
  sample.oldest = 723;
  sample.connections = 120;
  sample.suspensions = 1;
  sample.providers = {
      {"google",
       {80'000, 400, 15},
       1'203'000,
       100,
       {{"provider \"google\" message_rate 50/s", 1'000'000}, {"suspended (tenant=acme)", 203'000}},
       {"from east: rate 9.5/s: deferred: 421"},
       "",
       "421 4.7.28 too fast"},
      {"default", {10'000, 100, 5}, 442, 20, {}, {}, "", ""}};
  sample.sources = {{"east", {90'000, 500, 20}, 1'203'442, 120, {}, {}, "", ""}};
  sample.queues = {{"outbound/tenant=acme/campaign=spring/gmail.example",
                    {80'000, 400, 15},
                    1'203'000,
                    0,
                    {{"provider \"google\" message_rate 50/s", 1'203'000}},
                    {},
                    "02:21:18",
                    "421 4.7.28 too fast"},
                   {"outbound/small.example", {10'000, 100, 5}, 442, 0, {}, {}, "", ""}};
  return sample;
}

TopSample two_seconds_later() {
  TopSample later = sample();
  later.uptime += 2;
  later.received += 2468;
  later.counts = {92'400, 524, 20};
  later.queued += 44;
  later.providers[0].counts = {82'000, 424, 15};
  later.providers[1].counts = {10'400, 100, 5};
  later.sources[0].counts = {92'400, 524, 20};
  later.queues[0].waiting += 48;
  later.queues[0].counts = {82'000, 424, 15};
  later.queues[1].waiting -= 4;
  return later;
}

class TopViewTest : public testing::Test {
 protected:
  TopViewTest() {
    const TopSample before = sample();
    view.show(top_figures(nullptr, before));
    view.show(top_figures(&before, two_seconds_later()));
  }

  std::string screen(std::size_t columns, std::size_t rows) const {
    std::string text;
    for (const ScreenLine& line : view.render({columns, rows})) {
      // What is chosen is drawn over the whole width.
      text += line.text.substr(0, line.text.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
  }
  void type(const std::string& keys) {
    for (const char key : keys) EXPECT_TRUE(view.press({KeyName::character, key}));
  }

  TopView view{"http://127.0.0.1:8000", "2s"};
};

TEST_F(TopViewTest, ShowsProvidersFirst) {
  EXPECT_EQ(screen(80, 24),
            R"(posthaste top  http://127.0.0.1:8000           up 2h 10m  02:21:16 UTC  every 2s
in             1,234/s                   delivered      1,200/s
deferred        12.0/s                   failed             0/s
queued       1,203,486  ██               oldest          12m 3s
connections        120                   suspensions          1

[providers 2]   sources 1    queues 2
PROVIDER  DELIV/S  DEFER/S  FAIL/S  CONN    WAITING  HELD BACK BY
google      1,000     12.0       0   100  1,203,000  provider "google" message_…
default       200        0       0    20        442









── google ──────────────────────────────────────────────────────────────────────
1,000,000 held back by provider "google" message_rate 50/s; 203,000 held back by
suspended (tenant=acme); closed loop from east: rate 9.5/s: deferred: 421; last
failure: 421 4.7.28 too fast
q quit  p providers  s sources  u queues  j/k choose  space pause
)");
}

TEST_F(TopViewTest, ShowsQueuesWithTheEndsOfTheirNames) {
  type("uj");
  EXPECT_EQ(
      screen(100, 20),
      R"(posthaste top  http://127.0.0.1:8000                               up 2h 10m  02:21:16 UTC  every 2s
in             1,234/s                             delivered      1,200/s
deferred        12.0/s                             failed             0/s
queued       1,203,486  ██                         oldest          12m 3s
connections        120                             suspensions          1

 providers 2    sources 1   [queues 2]
QUEUE                                    WAITING  CHANGE/S  DELIV/S  DEFER/S      NEXT  HELD BACK BY
…t=acme/campaign=spring/gmail.example  1,203,048     +24.0    1,000     12.0  02:21:18  provider "g…
outbound/small.example                       438      -2.0        0        0       now





── outbound/small.example ──────────────────────────────────────────────────────────────────────────
nothing holds it back


q quit  p providers  s sources  u queues  j/k choose  space pause
)");
}

TEST_F(TopViewTest, PrintsEverythingOnceForScripts) {
  std::string text;
  for (const std::string& line : view.render_once()) text += line + "\n";
  EXPECT_EQ(text,
            R"(posthaste top  http://127.0.0.1:8000           up 2h 10m  02:21:16 UTC  every 2s
in             1,234/s                   delivered      1,200/s
deferred        12.0/s                   failed             0/s
queued       1,203,486  ██               oldest          12m 3s
connections        120                   suspensions          1

PROVIDER  DELIV/S  DEFER/S  FAIL/S  CONN    WAITING  HELD BACK BY
google      1,000     12.0       0   100  1,203,000  provider "google" message_rate 50/s
default       200        0       0    20        442

SOURCE  DELIV/S  DEFER/S  FAIL/S  CONN    WAITING  HELD BACK BY
east      1,200     12.0       0   120  1,203,442

QUEUE                                                 WAITING  CHANGE/S  DELIV/S  DEFER/S      NEXT  HELD BACK BY
outbound/tenant=acme/campaign=spring/gmail.example  1,203,048     +24.0    1,000     12.0  02:21:18  provider "google" message_rate 50/s
outbound/small.example                                    438      -2.0        0        0       now
)");
}

TEST_F(TopViewTest, KnowsNoRatesAfterItsFirstLook) {
  TopView fresh("here", "1s");
  fresh.show(top_figures(nullptr, sample()));
  const auto lines = fresh.render({80, 24});
  EXPECT_EQ(lines[1].text, "in                   -                   delivered            -");
  EXPECT_EQ(lines[3].text, "queued       1,203,442                   oldest          12m 3s");
  EXPECT_EQ(lines[8].text,
            "google          -        -       -   100  1,203,000  provider \"google\" message_…");
}

TEST_F(TopViewTest, DrawsTheRecentCourse) {
  TopSample before = two_seconds_later();
  for (const std::uint64_t more : {100, 200, 400, 800}) {
    TopSample next = before;
    next.uptime += 1;
    next.received += more;
    view.show(top_figures(&before, next));
    before = next;
  }
  EXPECT_THAT(view.render({80, 24})[1].text, HasSubstr("in               800/s  █▂▂▃▆"));
}

TEST_F(TopViewTest, FitsEveryScreen) {
  type("u");
  for (const std::size_t columns : {1, 10, 40, 80, 200}) {
    for (const std::size_t rows : {1, 2, 5, 10, 24, 60}) {
      const auto lines = view.render({columns, rows});
      EXPECT_THAT(lines, SizeIs(rows));
      for (const ScreenLine& line : lines) EXPECT_LE(columns_of(line.text), columns);
    }
  }
  EXPECT_THAT(TopView("here", "1s").render({80, 24}), SizeIs(24)) << "before the first look";
}

TEST_F(TopViewTest, ScrollsToTheRowThatIsChosen) {
  TopSample many = sample();
  many.queues.clear();
  for (int i = 0; i < 40; ++i) {
    many.queues.push_back({fmt::format("q{:02}.example", i), {}, 5, 0, {}, {}, "", ""});
  }
  many.queue_count = 1204;
  view.show(top_figures(nullptr, many));
  type("u");
  auto lines = view.render({80, 24});
  EXPECT_EQ(lines[6].text,
            " providers 2    sources 1   [queues: longest 40 of 1,204]          1 to 11 of 40");
  EXPECT_EQ(lines[8].style, LineStyle::selected);
  for (int i = 0; i < 15; ++i) view.press({KeyName::down});
  lines = view.render({80, 24});
  EXPECT_THAT(lines[6].text, HasSubstr("6 to 16 of 40"));
  EXPECT_EQ(lines[18].style, LineStyle::selected);
  EXPECT_THAT(lines[18].text, HasSubstr("q15.example"));
  view.press({KeyName::end});
  EXPECT_THAT(view.render({80, 24})[18].text, HasSubstr("q39.example"));
  view.press({KeyName::page_up});
  view.press({KeyName::up});
  EXPECT_THAT(view.render({80, 24})[18].text, HasSubstr("q28.example"));
  type("g");
  EXPECT_THAT(view.render({80, 24})[8].text, HasSubstr("q00.example"));
}

TEST_F(TopViewTest, KeepsTheChosenRowWhenOthersMove) {
  type("j");
  TopSample swapped = two_seconds_later();
  std::swap(swapped.providers[0], swapped.providers[1]);
  view.show(top_figures(nullptr, swapped));
  const auto lines = view.render({80, 24});
  EXPECT_EQ(lines[8].style, LineStyle::selected);
  EXPECT_THAT(lines[8].text, HasSubstr("default"));
}

TEST_F(TopViewTest, ShowsNothingNewWhileItIsPaused) {
  type(" ");
  EXPECT_THAT(screen(80, 24), HasSubstr("PAUSED"));
  TopSample next = two_seconds_later();
  next.queued = 7;
  view.show(top_figures(nullptr, next));
  EXPECT_THAT(screen(80, 24), HasSubstr("1,203,486"));
  type(" ");
  view.show(top_figures(nullptr, next));
  EXPECT_EQ(view.render({80, 24})[3].text.substr(0, 22), "queued               7");
}

TEST_F(TopViewTest, SaysWhenTheServerIsGone) {
  view.set_trouble("trying again: http://127.0.0.1:8000 did not answer");
  const ScreenLine last = view.render({80, 24}).back();
  EXPECT_EQ(last.text, "trying again: http://127.0.0.1:8000 did not answer");
  EXPECT_EQ(last.style, LineStyle::warning);
  view.set_trouble("");
  EXPECT_THAT(view.render({80, 24}).back().text, HasSubstr("q quit"));
}

TEST_F(TopViewTest, EndsWithQ) {
  EXPECT_FALSE(view.press({KeyName::character, 'q'}));
  type("\tx");
  EXPECT_THAT(screen(80, 24), HasSubstr("[sources 1]"));
}

TEST_F(TopViewTest, SaysWhenItCannotKnowTheLongestQueues) {
  TopSample many = sample();
  many.queue_count = 300'000;
  many.are_queues_longest = false;
  view.show(top_figures(nullptr, many));
  EXPECT_THAT(screen(80, 24), HasSubstr("queues: busiest 2 of 300,000"));
}

}  // namespace
}  // namespace posthaste
