#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "identity/blocklist/blocklist.h"
#include "platform/dns/resolver.h"
#include "platform/io/task_group.h"
#include "platform/log.h"
#include "reputation/postmaster_tools.h"
#include "reputation/reputation_book.h"
#include "reputation/reputation_view.h"
#include "reputation/snds.h"

namespace posthaste {

// What is watched, and how often.
struct ReputationPlan {
  std::vector<std::pair<std::string, std::string>> sources;  // name, address
  std::vector<std::string> domains;
  bool asks_blocklists = true;
  Duration blocklist_interval = std::chrono::hours(1);
  Duration postmaster_interval = std::chrono::hours(6);
  Duration snds_interval = std::chrono::hours(6);
  std::vector<std::string> postmaster_domains;  // none: all that the account sees
};

// Looks sources and domains up in blocklists, asks for Sender Scores, and asks Google and
// Microsoft where there are credentials, each on a timer of its own.
//
// Lives on its group's loop, except what says otherwise.
class ReputationWatch {
 public:
  struct Parts {
    Blocklists& blocklists;
    Resolver& scores;  // of score.senderscore.com
    Clock& clock;
    TaskGroup& tasks;
    Log log;
    ReputationBook& book;
    // A source stands in a list by which large providers refuse; called at every check.
    std::function<void(const std::string& source, const std::string& why)> on_page_listing;
  };
  explicit ReputationWatch(Parts parts) : parts_(std::move(parts)) {}

  void use(PostmasterTools tools) { postmaster_.emplace(std::move(tools)); }
  void use(Snds snds) { snds_.emplace(std::move(snds)); }
  void set_plan(ReputationPlan plan);
  // The first round begins at once.
  void start();

  // As it stood after the last round, or within a second of a long one; any thread.
  ReputationView::Shared view() const {
    return view_.with([](const ReputationView::Shared& view) { return view; });
  }

  // One round each, for tests.
  boost::asio::awaitable<void> check_blocklists();
  boost::asio::awaitable<void> ask_postmaster();
  boost::asio::awaitable<void> ask_snds();

 private:
  using Round = boost::asio::awaitable<void> (ReputationWatch::*)();
  boost::asio::awaitable<void> repeat(Round round, Duration ReputationPlan::*interval);
  boost::asio::awaitable<void> check_subject(SubjectKind kind, std::string name,
                                             std::string address);
  boost::asio::awaitable<std::optional<std::optional<int>>> sender_score(std::string address);
  boost::asio::awaitable<std::string> ask_domains();
  ReputationSubject* find(SubjectKind kind, const std::string& name);
  void end_round(const std::string& provider, const std::string& error);
  void publish();

  Parts parts_;
  ReputationPlan plan_;
  std::optional<PostmasterTools> postmaster_;
  std::optional<Snds> snds_;
  Guarded<ReputationView::Shared> view_{std::make_shared<const ReputationView>()};
  Clock::time_point publishes_at_{};
};

}  // namespace posthaste
