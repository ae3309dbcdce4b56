#pragma once

#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deliver/dispatcher.h"

namespace posthaste {

// What the dispatcher knows of one connection, and what the connection talks to. The members
// above the line belong to the queue loop, the functions are called on the connection's.
class Dispatcher::Link final : public WorkSource {
 public:
  Link(Dispatcher& dispatcher, std::uint64_t id_in, SiteName site_in, Outlet& outlet_in)
      : id(id_in), site(std::move(site_in)), outlet(outlet_in), dispatcher_(dispatcher) {}

  const std::uint64_t id;
  const SiteName site;
  Outlet& outlet;  // lives as long as it has links
  bool is_reached = false;
  bool has_failed = false;
  Governor::Hold connection;
  std::vector<Governor::Hold> deliveries;  // of the messages it has
  PullHandler waiting;                     // while it is idle
  std::size_t wanted = 0;
  Clock::time_point idle_since;

  // ---
  boost::asio::awaitable<std::vector<QueuedMessage>> pull(std::size_t max) override;
  void settle(QueuedMessage message, std::vector<RecipientVerdict> verdicts,
              CellOutcome outcome) override;
  void put_back(std::vector<QueuedMessage> messages) override;
  void site_failed(AttemptFailure failure, std::vector<RuleMatch> matches) override;
  void site_reached() override;
  void closed();

 private:
  boost::asio::awaitable<std::vector<QueuedMessage>> take_more(std::size_t max);
  boost::asio::awaitable<std::vector<QueuedMessage>> without_suppressed(
      std::vector<QueuedMessage> messages);
  boost::asio::awaitable<std::vector<QueuedMessage>> with_bodies(
      std::vector<QueuedMessage> messages);
  void say(Message message);

  Dispatcher& dispatcher_;
  // What became of messages since this last said anything.
  std::vector<std::pair<QueueName, CellOutcome>> outcomes_;
};

// One source's connections to a site.
struct Dispatcher::Outlet {
  explicit Outlet(std::shared_ptr<SendingCell> cell_in) : cell(std::move(cell_in)) {}

  std::shared_ptr<SendingCell> cell;
  std::size_t links = 0;
  std::size_t reached = 0;
  std::size_t failed = 0;  // and not closed yet
  // What a connection met before any was reached, while others were still on their way: whether it
  // is the site that fails, or takes no more of them, is theirs to tell.
  std::optional<std::string> first_refusal;
  std::deque<std::shared_ptr<Link>> idle;  // the longest idle first
  std::uint32_t failures = 0;              // in a row
  // Nothing of the site could be reached from here.
  std::optional<Clock::time_point> rests_until;
  std::string rests_because;
  // Messages that it carried, by its weight: who has carried the least is next.
  double carried = 0;
  Clock::time_point last_pull{};

  bool is_resting(Clock::time_point now) const { return rests_until && now < *rests_until; }
};

struct Dispatcher::Site {
  explicit Site(Destination destination_in) : destination(std::move(destination_in)) {}

  Destination destination;
  std::vector<std::unique_ptr<Outlet>> outlets;

  std::size_t links() const {
    return std::accumulate(outlets.begin(), outlets.end(), std::size_t{0},
                           [](std::size_t sum, const auto& one) { return sum + one->links; });
  }
};

}  // namespace posthaste
