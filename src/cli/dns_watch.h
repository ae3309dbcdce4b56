#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "platform/dns/resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {

// How long a person waits for DNS without a word.
constexpr Duration kDnsPatience = std::chrono::seconds(5);

// Why DNS tells nothing; "" when it answers. Asked are what is always there, and `name`, for
// servers that know of their own zones alone.
boost::asio::awaitable<std::string> find_dns_problem(Resolver& resolver, std::string name);

// The error host_unreachable. `remedy`: what to do.
Error no_name_server_answers(const std::string& problem, const std::string& remedy);

// What a DnsWatch says, and when.
struct DnsWatchWords {
  std::string verb;                  // "spf check"
  std::vector<std::string> servers;  // who is asked; none: those of the Internet, from the root on
  std::string remedy;                // what to do when nothing answers
  Duration patience = kDnsPatience;
  std::FILE* to = stderr;
};

// Stands before the resolver of a verb, so that nobody waits for DNS in silence. A question that
// has had no answer for as long as patience lasts is told of in a line; then it is found out
// whether anything answers at all. If nothing does within as long again, the watch gives up: it
// calls `end`, which cancels the verb's task, and problem() says why. Where others are answered,
// the question has the time that the resolver gives it.
//
//   TaskGroup work(loop);
//   DnsWatch dns(loop, {resolver, clock}, {.verb = "spf check"}, [&] { work.cancel(); });
//   dns.start();
//   work.spawn(judge(dns));
//   co_await work.join();
//   co_await dns.stop();
//
// Lives on one loop.
class DnsWatch final : public Resolver {
 public:
  // Both outlive the watch.
  struct World {
    Resolver& resolver;
    Clock& clock;
  };

  DnsWatch(boost::asio::any_io_executor loop, World world, DnsWatchWords words,
           std::function<void()> end);

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override;

  void start();
  // Ends the watching; nobody may be in lookup() then.
  boost::asio::awaitable<void> stop();

  // Why it gave up; "" when it did not.
  const std::string& problem() const { return problem_; }

 private:
  struct Open {
    DnsQuestion question;
    Clock::time_point since;
    bool is_told = false;
  };

  using Places = std::list<Open>;
  class Stay;

  boost::asio::awaitable<void> watch();
  // The first question that nobody was told of; end() when there is none.
  Places::iterator first_untold();
  void tell(Places::iterator question);
  // Asks what anything that answers would answer; counts it.
  boost::asio::awaitable<void> look_for_life(DnsQuestion question);
  void give_up(const DnsQuestion& question);

  Resolver& resolver_;
  Clock& clock_;
  const DnsWatchWords words_;
  const std::function<void()> end_;
  Places open_;                // in the order in which they were asked
  std::uint64_t answers_ = 0;  // of whatever was asked
  std::string problem_;
  TaskGroup tasks_;
};

}  // namespace posthaste
