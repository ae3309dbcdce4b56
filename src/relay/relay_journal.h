#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "event/event.h"
#include "platform/metrics.h"
#include "relay/relay_outcome.h"

namespace posthaste {

// What is known of a connection when something is written of it.
struct RelayFacts {
  std::string listener;
  std::string session_id;
  std::string peer_address;  // the client's
  std::string upstream;      // as the configuration names it
  std::string tls_version;   // towards the client
  std::string tls_cipher;
  std::vector<std::string> headers;  // fields to show, by name
};

// The events of one outcome: one for each recipient, of type relayed where the next server has
// taken the message, else rejection. Chosen fields are in meta, decoded (RFC 2047), by the names
// that the configuration gives them; a field that stands several times is shown once.
std::vector<Event> events_of(const RelayOutcome& outcome, const RelayFacts& facts, WallTime now);

// Where analytics relays write what they saw. Mail never waits for it: what the store cannot take
// now is dropped and counted, so that a full or broken disk costs events and no mail.
//
// Any thread.
class RelayJournal {
 public:
  // Events that may wait for the store at one time, over all relays.
  static constexpr std::size_t kMaxPending = 10'000;

  // Where events go. `write` returns at once and calls `applied` when they are written, on any
  // thread; it is not called while `is_writable` says no.
  struct Store {
    std::function<bool()> is_writable;
    std::function<void(std::vector<Event> events, std::function<void()> applied)> write;
  };
  RelayJournal(Clock& clock, Metrics& metrics, Store store);

  void record(const RelayOutcome& outcome, const RelayFacts& facts);
  // The next server could not be reached, or did not do.
  void count_failure(std::string_view listener);

 private:
  bool keep(std::vector<Event> events);

  Clock& clock_;
  Metrics& metrics_;
  Store store_;
  // Shared with what waits in the store, which may outlive this.
  std::shared_ptr<std::atomic<std::size_t>> pending_;
};

}  // namespace posthaste
