#include "report/suppression_follower.h"

#include <gtest/gtest.h>

#include <thread>

#include "platform/store/fault_env.h"
#include "report/report_fixture.h"
#include "route/soft_bounces.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

class SuppressionFollowerTest : public ReportTest {
 protected:
  SuppressionFollowerTest() { begin(); }
  ~SuppressionFollowerTest() override {
    end();
    disk.join();
  }

  void begin() {
    suppressor = std::make_unique<Suppressor>(Suppressor::Parts{*spool, clock, disk}, config);
    follower = std::make_unique<SuppressionFollower>(*spool, clock, tasks, *suppressor);
    follower->start();
    run();
  }
  void end() {
    stop_tasks();
    follower.reset();
    suppressor.reset();
  }

  Event soft(const std::string& recipient = "b@example.com") {
    Event event = event_of(EventType::transient_failure);
    event.recipient = recipient;
    event.classification = Classification::mailbox_full;
    return event;
  }
  Event hard(const std::string& recipient = "b@example.com") {
    Event event = event_of(EventType::bounce);
    event.recipient = recipient;
    event.peer_host = "mx.example.com";
    event.classification = Classification::bad_mailbox;
    event.hard = true;
    return event;
  }
  // Tells them and lets the list follow.
  void happens(const std::vector<Event>& events) {
    tell(events);
    follow();
  }
  void follow() {
    advance(1s);
    settle();
  }
  std::optional<Suppression> entry_for(const char* address, const char* tenant = "",
                                       const char* stream = "") {
    return suppressor->check_now({*MailAddress::parse(address), TenantId(tenant), stream});
  }
  std::uint32_t counted(const char* address) {
    const auto found = spool->find_listed({soft_bounces_key(*MailAddress::parse(address))});
    return found.front() ? SoftBounces::decode(*found.front()).events : 0;
  }

  SuppressionConfig config;
  BlockingPool disk{1};
  std::unique_ptr<Suppressor> suppressor;
  std::unique_ptr<SuppressionFollower> follower;
};

TEST_F(SuppressionFollowerTest, PutsOnTheListWhoBounces) {
  EXPECT_FALSE(entry_for("b@example.com"));
  happens({hard()});
  ASSERT_TRUE(entry_for("B@EXAMPLE.com"));
  EXPECT_EQ(entry_for("b@example.com")->event, spool->last_told());
  EXPECT_FALSE(entry_for("c@example.com"));
  EXPECT_EQ(follower->position(), spool->last_told());
}

TEST_F(SuppressionFollowerTest, CountsWhatIsNotYetToBeReadOnDisk) {
  // Each in a batch of its own, none of which waits for the disk to have the one before.
  for (int i = 0; i < 50; ++i) {
    spool->tell(soft());
    advance(1s);
  }
  settle();
  follow();
  EXPECT_EQ(counted("b@example.com"), 50U);
}

TEST_F(SuppressionFollowerTest, CountsEveryEventOnceOverRestarts) {
  for (int i = 0; i < 3; ++i) {
    happens({soft(), soft("c@example.com")});
    end();
    spool.reset();
    open_spool("spool");
    tell({soft()});  // before the follower is there again
    begin();
    follow();
  }
  EXPECT_EQ(counted("b@example.com"), 6U);
  EXPECT_EQ(counted("c@example.com"), 3U);
}

TEST_F(SuppressionFollowerTest, TakesOfABatchWhatIsAboutAddresses) {
  Event complaint = event_of(EventType::complaint);
  complaint.recipient = "d@example.com";
  complaint.tenant = "acme";
  complaint.stream = "news";
  happens({event_of(EventType::delivery), event_of(EventType::reception), complaint});
  EXPECT_TRUE(entry_for("d@example.com", "acme", "news"));
  EXPECT_FALSE(entry_for("d@example.com", "acme", "bills"));
  EXPECT_FALSE(entry_for("d@example.com", "other", "news"));
}

TEST_F(SuppressionFollowerTest, LetsOutWhoIsTakenOff) {
  happens({hard()});
  SpoolChanges changes;
  changes.list.push_back({suppression_key(*MailAddress::parse("b@example.com"), {}, ""), {}});
  spool->write(std::move(changes), nullptr);
  settle();
  EXPECT_FALSE(entry_for("b@example.com"));
}

// One life of a server between two losses of power.
class OneLife {
 public:
  OneLife(const SpoolOptions& options, Clock& system_clock, BlockingPool& disk)
      : spool(*Spool::open(options, system_clock)),
        suppressor({*spool, clock, disk}, {}),
        follower(*spool, clock, tasks, suppressor) {
    follower.start();
    turn();
  }
  ~OneLife() {
    tasks.cancel();
    turn();
  }

  void turn() {
    clock.advance(1s);
    loop.restart();
    loop.poll();
  }
  void tell_full_mailbox() {
    Event event;
    event.type = EventType::transient_failure;
    event.classification = Classification::mailbox_full;
    event.recipient = "b@example.com";
    event.time = clock.wall();
    spool->tell(event);
  }
  std::size_t told() const {
    const auto events = spool->told(1, 10'000);
    return events ? events->size() : 0;
  }
  std::size_t counted() const {
    const auto found = spool->find_listed({soft_bounces_key(*MailAddress::parse("b@example.com"))});
    return found.front() ? SoftBounces::decode(*found.front()).events : 0;
  }

  ManualClock clock;
  boost::asio::io_context loop{1};
  TaskGroup tasks{loop.get_executor()};
  std::unique_ptr<Spool> spool;
  Suppressor suppressor;
  SuppressionFollower follower;
};

// The power fails at a different place each time, and what was not synced is gone; afterwards every
// event that is in the outbox is on the list, exactly once.
TEST(SuppressionCrash, NeitherForgetsAnEventNorCountsItTwice) {
  TemporaryFolder folder;
  SystemClock system_clock;
  FaultEnv faults;
  BlockingPool disk(1);
  SpoolOptions options;
  options.path = folder.path() / "spool";
  options.env = faults.env();
  std::filesystem::create_directories(options.path);
  std::size_t synced = 0;
  for (int crash = 0; crash < 12; ++crash) {
    {
      OneLife life(options, system_clock, disk);
      for (int i = 0; i < 20; ++i) {
        if (i == crash) {
          ASSERT_TRUE(life.spool->sync());
          synced = life.told();
        }
        life.tell_full_mailbox();
        if (i % 3 == 0) life.turn();
      }
      faults.cut_power();
    }
    faults.restore_power();
    OneLife after(options, system_clock, disk);
    ASSERT_TRUE(after.spool->sync());
    EXPECT_GE(after.told(), synced) << "nothing that was synced is lost";
    EXPECT_EQ(after.counted(), after.told()) << "crash " << crash;
  }
  EXPECT_GT(synced, 0U);
  disk.join();
}

}  // namespace
}  // namespace posthaste
