#include "sink/provider_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

Persona persona_of(const std::string& text) {
  PersonaOrErrors parsed = parse_persona(text, "test");
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&parsed)) {
    ADD_FAILURE() << errors->front().to_string();
    return Persona::plain();
  }
  return std::get<Persona>(std::move(parsed));
}

// A provider, and mail for it.
struct World {
  explicit World(const std::string& text) : persona(persona_of(text)), provider(persona) {}

  // The reason of a refusal; "" when the message was accepted.
  std::string send(const std::string& recipient = "b@to.test",
                   const std::string& client = "192.0.2.1") {
    const auto mail = provider.on_mail(client, now);
    delay = mail.delay;
    if (mail.refusal != nullptr) return mail.reason;
    const auto rcpt = provider.on_rcpt({client, "a@from.test", recipient}, now);
    if (rcpt.refusal != nullptr) {
      provider.on_abandoned(client);
      return rcpt.reason;
    }
    provider.on_accepted(client, now);
    return "";
  }

  Persona persona;
  ProviderModel provider;
  Clock::time_point now{};
  Duration delay{0};
};

TEST(ProviderModel, LetsEverythingInThatNoBlockForbids) {
  World world("persona { name = \"x\" }");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(world.send(), "");
  const auto views = world.provider.views(world.now, 10);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].accepted, 100U);
  EXPECT_FALSE(views[0].reputation);
}

TEST(ProviderModel, TellsUnknownUsersBySharesOfAddresses) {
  World world("unknown_users { share = 0.03 }");
  int unknown = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string address = "user" + std::to_string(i) + "@to.test";
    const std::string answer = world.send(address);
    unknown += answer == "unknown_users" ? 1 : 0;
    // Whoever asks, and in whatever case.
    ASSERT_EQ(world.send("USER" + std::to_string(i) + "@To.test", "192.0.2.9"), answer);
  }
  EXPECT_NEAR(unknown, 600, 75);
}

// The addresses of a list that a user prepares for a rehearsal must not change sides with a
// release.
TEST(ProviderModel, KeepsTheHashOfAddresses) {
  const Persona persona = persona_of("unknown_users { share = 0.5 }");
  std::string sides;
  for (char c = 'a'; c <= 'p'; ++c) {
    sides += is_unknown_user(*persona.unknown_users, std::string(1, c) + "@to.test") ? '-' : '+';
  }
  EXPECT_EQ(sides, "+-++-+-+++-++++-");
}

TEST(ProviderModel, LowersTheScoreForUnknownUsersUntilItBlocks) {
  World world(
      "unknown_users { pattern = \"^nobody\" }\n"
      "reputation { first = 1000000 window = 100 unknown_share = 0.02 block_time = \"1h\" }");
  double score = 1;
  std::string answer;
  for (int i = 0; i < 2000 && answer != "reputation_block"; ++i) {
    answer = world.send(i % 10 == 0 ? "nobody@to.test" : "b@to.test");
    const auto view = *world.provider.views(world.now, 1)[0].reputation;
    ASSERT_LE(view.score, score);
    ASSERT_EQ(view.allowance, static_cast<std::uint64_t>(1'000'000 * view.score));
    score = view.score;
  }
  EXPECT_EQ(answer, "reputation_block");
  EXPECT_LT(score, 0.3);
  EXPECT_EQ(world.send("b@to.test", "192.0.2.2"), "") << "others are not blocked";
  world.now += 1h;
  EXPECT_EQ(world.send(), "");
}

TEST(ProviderModel, DefersABadAddressInOtherWords) {
  World world(
      "unknown_users { pattern = \"^nobody\" }\n"
      "reputation { first = 24 burst = 1 window = 10 poor_below = 0.9 "
      "deferral = \"421 4.7.28 Slowly\" poor = \"421 4.7.0 Bad\" }");
  EXPECT_EQ(world.send(), "");
  EXPECT_EQ(world.provider.on_mail("192.0.2.1", world.now).refusal->wire, "421 4.7.28 Slowly\r\n");
  world.now += 1h;
  for (int i = 0; i < 10; ++i) world.send("nobody@to.test");
  EXPECT_EQ(world.send(), "");
  EXPECT_EQ(world.provider.on_mail("192.0.2.1", world.now).refusal->wire, "421 4.7.0 Bad\r\n");
}

TEST(ProviderModel, SaysWhichMessagesAreReported) {
  World world("reputation { first = 1000000 complaints = 0.01 complaint_share = 0.002 }");
  int reported = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(world.provider.on_mail("a", world.now).refusal, nullptr) << i;
    world.provider.on_rcpt({"a", "a@from.test", "b@to.test"}, world.now);
    reported += world.provider.on_accepted("a", world.now) ? 1 : 0;
  }
  EXPECT_NEAR(reported, 10, 1);
  EXPECT_LT(world.provider.views(world.now, 1)[0].reputation->score, 1);
}

TEST(ProviderModel, HoldsUpEachMessageBeyondTheTarpitsRate) {
  World world("tarpit { rate = \"10/min\" delay = \"100ms\" delay_max = \"300ms\" }");
  for (int i = 0; i < 10; ++i) {
    world.send();
    EXPECT_EQ(world.delay, 0s);
  }
  std::vector<Duration> delays;
  for (int i = 0; i < 5; ++i) {
    world.send();
    delays.push_back(world.delay);
  }
  EXPECT_EQ(delays, (std::vector<Duration>{100ms, 200ms, 300ms, 300ms, 300ms}));
  world.send("b@to.test", "192.0.2.2");
  EXPECT_EQ(world.delay, 0s);
  world.now += 1min;
  world.send();
  EXPECT_EQ(world.delay, 0s);
}

TEST(ProviderModel, WaitsNoLongerThanItsMostHoweverFarBeyond) {
  TarpitConfig tarpit;
  EXPECT_EQ(tarpit_delay(tarpit, 0), 0s);
  EXPECT_EQ(tarpit_delay(tarpit, 2), 4s);
  EXPECT_EQ(tarpit_delay(tarpit, ~0ULL), 30s);
}

TEST(ProviderModel, ShowsTheMostRecentSendersAndKeepsTheirOrder) {
  World world("reputation { first = 1000000 }");
  for (int i = 0; i < 5; ++i) world.send("b@to.test", "192.0.2." + std::to_string(i));
  for (int again = 0; again < 2; ++again) {
    const auto views = world.provider.views(world.now, 3);
    ASSERT_EQ(views.size(), 3U);
    EXPECT_EQ(views[0].client, "192.0.2.4");
    EXPECT_EQ(views[2].client, "192.0.2.2");
    EXPECT_EQ(views[2].reputation->client, "192.0.2.2");
  }
}

TEST(ProviderModel, HoldsABoundedNumberOfAddresses) {
  World world("reputation { first = 1000000 }");
  for (int i = 0; i < 100'100; ++i) world.send("b@to.test", "a" + std::to_string(i));
  EXPECT_EQ(world.provider.views(world.now, 1'000'000).size(), 100'000U);
}

// Several messages under way at once, some given up, at odd times: those accepted in any hour and
// in any day stay within what the address was allowed when the last of them was let in.
TEST(ProviderModel, NeverAcceptsMoreInAnyWindowThanTheAllowance) {
  World world("reputation { first = 200 growth = 1.5 ceiling = 1500 burst = 6 }");
  std::mt19937 random(11);
  std::vector<Clock::time_point> accepted;
  std::size_t hour_begins = 0;
  std::size_t day_begins = 0;
  int under_way = 0;
  std::uint64_t most_in_hour = 0;
  for (int step = 0; step < 300'000; ++step) {
    // Now and then nothing comes for a while, up to a day and a half.
    world.now += std::chrono::milliseconds(random() % (step % 5000 == 0 ? 130'000'000 : 8'000));
    if (under_way < 5 && world.provider.on_mail("a", world.now).refusal == nullptr) ++under_way;
    if (under_way == 0 || random() % 2 == 0) continue;
    --under_way;
    if (random() % 10 == 0) {
      world.provider.on_abandoned("a");
      continue;
    }
    world.provider.on_accepted("a", world.now);
    accepted.push_back(world.now);
    while (world.now - accepted[hour_begins] >= 1h) ++hour_begins;
    while (world.now - accepted[day_begins] >= 24h) ++day_begins;
    const auto view = *world.provider.views(world.now, 1)[0].reputation;
    most_in_hour = std::max<std::uint64_t>(most_in_hour, accepted.size() - hour_begins);
    ASSERT_LE(accepted.size() - hour_begins, view.hour_allowance) << step;
    ASSERT_LE(accepted.size() - day_begins, view.allowance) << step;
  }
  EXPECT_EQ(most_in_hour, 1500U * 6 / 24) << "and it grew up to the ceiling";
}

}  // namespace
}  // namespace posthaste
