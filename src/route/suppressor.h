#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "event/event.h"
#include "platform/io/blocking_pool.h"
#include "route/suppression.h"
#include "route/suppression_config.h"
#include "spool/spool.h"

namespace posthaste {

// The suppression list: answers whether an address may get mail, and is where entries are made.
//
//   const auto entry = co_await suppressor.check({address, tenant, stream});
//   if (entry) …entry->explain()
//
// A check asks memory first: the filters of the list tell nearly every address that is not on it,
// in microseconds and without the disk. Only what may be on it is read, by a thread of the pool.
//
// Bounces, complaints and unsubscriptions are events of the outbox, and the list follows them
// (report/suppression_follower): what an event changes is written together with the cursor behind
// it, so that a crash neither forgets an event nor counts it twice. Whoever learns of one therefore
// only tells it: with note(), or within the write that it belongs to.
//
// Any thread.
class Suppressor {
 public:
  struct Parts {
    Spool& spool;
    Clock& clock;
    BlockingPool& disk;
  };
  Suppressor(Parts parts, SuppressionConfig config);

  SuppressionConfig config() const;
  void set_config(SuppressionConfig config);

  struct Question {
    MailAddress address;
    TenantId tenant;
    std::string stream;  // "": not known yet, or none
  };
  // The entry that keeps mail from an address: everybody's, the tenant's, or that of its stream.
  // When the list cannot be read, mail goes out.
  boost::asio::awaitable<std::optional<Suppression>> check(Question question);
  // The same for threads that may block.
  std::optional<Suppression> check_now(const Question& question) const;

  // Tells an event that bears on the list: oob_bounce, complaint, unsubscribe, with `recipient`,
  // `tenant`, `stream` and, of a bounce, `classification` and `hard`. Success: it is on the medium,
  // and the list will follow.
  boost::asio::awaitable<Result<void>> note(Event event);
  // Tells several in one write: all of them, or none.
  boost::asio::awaitable<Result<void>> note(std::vector<Event> events);

  // Puts entries on the list, over those of the same address, tenant and stream. Success: they are
  // on the medium.
  boost::asio::awaitable<Result<void>> add(std::vector<Suppression> entries);
  // Takes off the entry of exactly this scope, and forgets the address's soft bounces; whether
  // there was one.
  boost::asio::awaitable<Result<bool>> remove(Question question);

  // What is asked of the list as a whole; what is empty is not asked for.
  struct Filter {
    std::string domain;                  // in A-labels
    std::optional<MailAddress> address;  // instead of a domain
    std::optional<std::string> tenant;
    std::optional<std::string> stream;
    std::optional<SuppressionReason> reason;
    // With a tenant's entries those that hold for everybody, which bear on its mail as well.
    bool includes_everybody = false;
    bool includes_expired = false;
  };
  struct Page {
    std::vector<Suppression> entries;
    std::string next;  // where the following page begins; "": this was the last
  };
  // Up to `max` entries in the list's order, from where `next` of the page before says. One call
  // walks a bounded part of the list: a page may be empty and not the last.
  boost::asio::awaitable<Result<Page>> list(Filter filter, std::string from, std::size_t max);

  std::uint64_t disk_bytes() const { return parts_.spool.list_bytes(); }
  WallTime now() const { return parts_.clock.wall(); }

 private:
  std::optional<Suppression> choose(const std::vector<std::string>& keys,
                                    const Spool::Found& found) const;
  Result<Page> walk(const Filter& filter, const std::string& from, std::size_t max) const;

  Parts parts_;
  Guarded<SuppressionConfig> config_;
};

// Whether `entry` is one that the filter asks for.
bool fits(const Suppressor::Filter& filter, const Suppression& entry, WallTime now);

}  // namespace posthaste
