#include "reputation/reputation_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using Status = BlocklistAnswer::Status;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

BlocklistAnswer answer(const std::string& zone, Status status,
                       BlocklistTier tier = BlocklistTier::page) {
  BlocklistAnswer one;
  one.zone = zone;
  one.tier = tier;
  one.status = status;
  if (status == Status::listed) {
    one.codes = {"127.0.0.2"};
    one.meaning = "SBL";
    one.remove_at = "https://remove.test";
  }
  return one;
}

class ReputationBookTest : public testing::Test {
 protected:
  ReputationBookTest() { open(); }
  // Begins anew with what is kept, as after a restart.
  void open() {
    book.emplace(
        ReputationBook::Parts{clock,
                              [this](std::string key, std::optional<std::string> value) {
                                if (value) {
                                  kept[key] = *value;
                                } else {
                                  kept.erase(key);
                                }
                              },
                              [this](const ReputationChange& change) { told.push_back(change); }});
    book->restore({kept.begin(), kept.end()});
    book->set_subjects({{"s1", "203.0.113.1"}, {"s2", "203.0.113.2"}}, {"example.test"});
  }
  ReputationSubject& subject(std::size_t index) { return book->subjects()[index]; }
  std::vector<std::string> words() {
    std::vector<std::string> all;
    for (const ReputationChange& change : told) all.push_back(change.what);
    told.clear();
    return all;
  }

  ManualClock clock;
  std::map<std::string, std::string> kept;
  std::vector<ReputationChange> told;
  std::optional<ReputationBook> book;
};

TEST_F(ReputationBookTest, TellsOnceOfAListingAndOfItsEnd) {
  book->take_blocklists(subject(0), {answer("bl.test", Status::listed)});
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].name, "s1");
  EXPECT_EQ(told[0].address, "203.0.113.1");
  EXPECT_TRUE(told[0].is_alert);
  EXPECT_EQ(told[0].facts.at("change"), "listed");
  EXPECT_EQ(told[0].facts.at("zone"), "bl.test");
  EXPECT_THAT(words(),
              ElementsAre("203.0.113.1 is listed by bl.test (SBL): find the cause, then ask for "
                          "removal at https://remove.test",
                          "reputation 60, was unknown"));
  book->take_blocklists(subject(0), {answer("bl.test", Status::listed)});
  EXPECT_THAT(words(), IsEmpty());
  book->take_blocklists(subject(0), {answer("bl.test", Status::clear)});
  EXPECT_EQ(told[0].facts.at("change"), "delisted");
  EXPECT_THAT(words(), ElementsAre("203.0.113.1 is no longer listed by bl.test (SBL)",
                                   "reputation unknown, was 60"));
}

TEST_F(ReputationBookTest, KeepsAListingWhileItsZoneCannotSay) {
  book->take_blocklists(subject(0), {answer("bl.test", Status::listed)});
  words();
  for (const Status status : {Status::failed, Status::refused}) {
    book->take_blocklists(subject(0), {answer("bl.test", status)});
    EXPECT_THAT(words(), IsEmpty());
    EXPECT_EQ(subject(0).listings.size(), 1u);
  }
}

TEST_F(ReputationBookTest, RemembersListingsOverARestart) {
  book->take_blocklists(subject(0), {answer("bl.test", Status::listed)});
  const WallTime since = subject(0).listings[0].since;
  words();
  clock.advance(2h);
  open();
  ASSERT_EQ(subject(0).listings.size(), 1u);
  EXPECT_EQ(subject(0).listings[0].since, since);
  book->take_blocklists(subject(0), {answer("bl.test", Status::listed)});
  EXPECT_THAT(words(), IsEmpty());
  open();
  book->take_blocklists(subject(0), {answer("bl.test", Status::clear)});
  EXPECT_THAT(words(), Contains(HasSubstr("no longer listed")));
}

TEST_F(ReputationBookTest, ForgetsAnAddressThatTheSourceHasNoMore) {
  book->take_blocklists(subject(0), {answer("bl.test", Status::listed)});
  book->set_subjects({{"s1", "203.0.113.9"}}, {});
  EXPECT_THAT(subject(0).listings, IsEmpty());
}

TEST_F(ReputationBookTest, TellsOfASenderScoreThatMoves) {
  book->take_sender_score(subject(0), 95);
  EXPECT_THAT(words(), ElementsAre("Sender Score 95, was unknown", "reputation 95, was unknown"));
  book->take_sender_score(subject(0), 95);
  EXPECT_THAT(words(), IsEmpty());
  book->take_sender_score(subject(0), 81);
  EXPECT_THAT(words(), ElementsAre("Sender Score 81, was 95", "reputation 81, was 95"));
}

TEST_F(ReputationBookTest, TakesSndsForTheAddressesThatAreOurs) {
  Snds::Report report;
  SndsRow row;
  row.address = "203.0.113.1";
  row.filter_result = "GREEN";
  report.rows.push_back(row);
  row.filter_result = "RED";
  row.trap_hits = 3;
  report.rows.push_back(row);
  row.address = "198.51.100.1";
  report.rows.push_back(row);
  report.ranges = {{"203.0.113.0", "203.0.113.1", true, "complaints"}};
  book->take_snds(report);
  EXPECT_EQ(subject(0).snds->filter_result, "RED");
  EXPECT_FALSE(subject(1).snds);
  EXPECT_FALSE(subject(1).snds_range->is_blocked);
  EXPECT_THAT(words(),
              ElementsAre("SNDS: RED, was unknown", "SNDS: 3 messages to spam traps",
                          "blocked by Outlook.com: complaints", "reputation 10, was unknown"));
  open();
  EXPECT_EQ(subject(0).snds->trap_hits, 3u);
  EXPECT_TRUE(subject(0).snds_range->is_blocked);
  report.ranges = {{"198.51.100.0", "198.51.100.9", true, "complaints"}};
  report.rows = {};
  book->take_snds(report);
  EXPECT_THAT(words(), Contains("no longer blocked by Outlook.com"));
}

TEST_F(ReputationBookTest, TakesFiguresOfGoogleOnceADay) {
  PostmasterDomain domain;
  domain.domain = "example.test";
  domain.days = {{std::chrono::sys_days(std::chrono::days(20454)), {{"spam_rate", 0.004}}}};
  domain.rules = {{"SPF", "COMPLIANT", ""}, {"ONE_CLICK_UNSUBSCRIBE", "NEEDS_WORK", "WHY"}};
  book->take_postmaster(domain);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].provider, "google");
  EXPECT_EQ(told[0].facts.at("spam_rate"), "0.004");
  EXPECT_TRUE(told[0].is_alert);
  EXPECT_THAT(words(), ElementsAre("Postmaster Tools, 2026-01-01: reported as spam 0.40 %",
                                   "Postmaster Tools: ONE_CLICK_UNSUBSCRIBE is NEEDS_WORK WHY",
                                   "reputation 60, was unknown"));
  book->take_postmaster(domain);
  EXPECT_THAT(words(), IsEmpty());
  open();
  EXPECT_EQ(subject(2).postmaster->figures.at("spam_rate"), 0.004);
  domain.days = {{std::chrono::sys_days(std::chrono::days(20455)), {{"spam_rate", 0.0005}}}};
  domain.rules[1].status = "COMPLIANT";
  book->take_postmaster(domain);
  EXPECT_THAT(words(), ElementsAre("Postmaster Tools, 2026-01-02: reported as spam 0.05 %",
                                   "Postmaster Tools: ONE_CLICK_UNSUBSCRIBE is COMPLIANT WHY",
                                   "reputation 100, was 60"));
}

TEST_F(ReputationBookTest, TellsWhenAProviderGivesNothingMore) {
  book->take_outcome("microsoft", "");
  EXPECT_THAT(words(), IsEmpty());
  book->take_outcome("microsoft", "404");
  book->take_outcome("microsoft", "404");
  EXPECT_THAT(words(), ElementsAre("gives no figures: 404"));
  book->take_outcome("microsoft", "");
  EXPECT_THAT(words(), ElementsAre("answers again"));
  EXPECT_TRUE(book->outcomes().at("microsoft").succeeded);
}

TEST_F(ReputationBookTest, KeepsNinetyDays) {
  for (int day = 0; day < 100; ++day) {
    book->take_sender_score(subject(0), day % 100);
    clock.advance(24h);
  }
  const auto history = book->history(subject(0));
  ASSERT_EQ(history.size(), 91u);  // today and ninety before
  EXPECT_THAT(history.front(), HasSubstr("\"day\":\"2026-01-10\""));
  EXPECT_THAT(history.back(), HasSubstr("\"sender_score\":99"));
  std::size_t records = 0;
  for (const auto& [key, value] : kept) records += key.starts_with("reputation/day/source/s1/");
  EXPECT_EQ(records, 91u);
}

TEST_F(ReputationBookTest, KeepsDomainsThatOnlyGoogleToldOfOverAReload) {
  PostmasterDomain domain;
  domain.domain = "other.test";
  domain.days = {{std::chrono::sys_days(std::chrono::days(20454)), {{"spam_rate", 0.0004}}}};
  book->take_postmaster(domain);
  book->set_subjects({{"s1", "203.0.113.1"}}, {"another.test"});
  ASSERT_EQ(book->subjects().size(), 3u);
  EXPECT_EQ(subject(2).name, "other.test");
  EXPECT_EQ(subject(2).postmaster->figures.at("spam_rate"), 0.0004);
  // A block names it, and then no more.
  book->set_subjects({}, {"other.test"});
  ASSERT_EQ(book->subjects().size(), 1u);
  EXPECT_TRUE(subject(0).postmaster);
  book->set_subjects({}, {});
  EXPECT_THAT(book->subjects(), IsEmpty());
}

TEST_F(ReputationBookTest, ForgetsAfterNinetyDaysWhoIsASubjectNoMore) {
  kept["reputation/token/snds"] = "{}";
  open();
  book->take_sender_score(subject(0), 80);
  book->take_sender_score(subject(1), 90);
  book->set_subjects({{"s1", "203.0.113.1"}}, {});
  clock.advance(90 * 24h);
  book->take_sender_score(subject(0), 81);
  EXPECT_TRUE(kept.contains("reputation/day/source/s2/2026-01-01"));
  EXPECT_TRUE(kept.contains("reputation/latest/source/s2"));
  clock.advance(24h);
  book->take_sender_score(subject(0), 82);
  EXPECT_FALSE(kept.contains("reputation/day/source/s2/2026-01-01"));
  EXPECT_FALSE(kept.contains("reputation/latest/source/s2"));
  EXPECT_TRUE(kept.contains("reputation/latest/source/s1"));
  EXPECT_TRUE(kept.contains("reputation/token/snds"));
}

TEST_F(ReputationBookTest, LivesWithARecordThatIsDamaged) {
  book->take_sender_score(subject(0), 50);
  kept["reputation/latest/source/s1"] = "{\"listings\": [7, {\"zone\": 1}], \"sender_score\": 700,";
  open();
  EXPECT_FALSE(subject(0).sender_score);
  kept["reputation/latest/source/s1"] =
      R"({"address": "203.0.113.1", "listings": [7, {"zone": 1}], "sender_score": 700, "snds": 3})";
  open();
  EXPECT_FALSE(subject(0).sender_score);
  EXPECT_THAT(subject(0).listings, IsEmpty());
}

}  // namespace
}  // namespace posthaste
