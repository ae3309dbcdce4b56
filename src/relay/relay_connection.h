#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "accept/connection_counter.h"
#include "accept/listener_connection.h"
#include "accept/reception_observer.h"
#include "accept/session_settings.h"
#include "base/clock.h"
#include "deliver/client_tls.h"
#include "platform/io/deadline.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"
#include "relay/relay_journal.h"
#include "relay/relay_session.h"
#include "relay/upstream.h"

namespace posthaste {

// What a relayed connection works with; all of it outlives every connection.
struct RelayServices {
  Clock& clock;
  ClientTls& tls;
  RelayJournal& journal;
  ReceptionObserver& observer;
};

// A client's connection and the one to the next server that belongs to it, with a RelaySession
// between them. Two tasks move octets, a direction each: the one that reads the next server runs to
// the end; the one that reads the client ends when the session takes no more input, and is started
// again when it does. Neither reads on before what it has read is written, so that a slow side
// slows the other down and no more than a buffer is held.
//
// Lives on its group's loop.
class RelayConnection final : public ListenerConnection {
 public:
  RelayConnection(AcceptedSocket accepted, RelayServices services);
  RelayConnection(const RelayConnection&) = delete;
  RelayConnection& operator=(const RelayConnection&) = delete;
  ~RelayConnection() override;

  boost::asio::awaitable<void> run(std::shared_ptr<ListenerConnection> self,
                                   SmtpSession::Opening opening) override;
  void drain() override;

 private:
  static constexpr std::size_t kBuffer = 16 * 1024;

  // relay_opening.cc: until both sides are there.
  boost::asio::awaitable<bool> open(SmtpSession::Opening opening);
  boost::asio::awaitable<bool> skip_proxy_header();
  boost::asio::awaitable<bool> start_tls();
  boost::asio::awaitable<bool> reach_upstream();
  boost::asio::awaitable<void> turn_away(std::string last_words);

  boost::asio::awaitable<void> read_upstream();
  static boost::asio::awaitable<void> read_client(std::shared_ptr<RelayConnection> self);
  boost::asio::awaitable<bool> take_input();
  boost::asio::awaitable<void> flush_client();
  boost::asio::awaitable<void> flush_upstream();
  static boost::asio::awaitable<void> say_farewell(std::shared_ptr<RelayConnection> self);
  boost::asio::awaitable<void> finish();

  void resume_client();
  void watch_upstream();
  void record_outcomes();
  void on_client_late();
  void close();

  std::unique_ptr<Stream> client_;
  std::unique_ptr<Stream> upstream_;
  std::shared_ptr<const SessionSettings> settings_;
  ConnectionCounter& counter_;
  TaskGroup& group_;
  RelayServices services_;
  std::weak_ptr<RelayConnection> self_;
  Endpoint peer_;
  RelayFacts facts_;
  std::optional<ConnectionCounter::Lease> lease_;
  std::optional<RelaySession> session_;

  std::unique_ptr<char[]> buffer_;  // of the client's octets
  std::string_view input_;          // what has been read and not been fed, within buffer_
  bool is_early_ = false;           // the client has spoken before the greeting
  bool is_reading_client_ = false;  // read_client() runs
  bool is_writing_client_ = false;
  bool is_writing_upstream_ = false;
  bool is_finished_ = false;
  Deadline client_deadline_;    // of reads and handshakes
  Deadline write_deadline_;     // of writes to the client
  Deadline upstream_deadline_;  // of its replies, and of writes to it
};

}  // namespace posthaste
