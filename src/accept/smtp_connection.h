#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "accept/auth.h"
#include "accept/connection_counter.h"
#include "accept/listener_connection.h"
#include "accept/reception.h"
#include "accept/recipient_check.h"
#include "accept/session_settings.h"
#include "accept/smtp_session.h"
#include "base/clock.h"
#include "platform/io/deadline.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

// What a connection works with; all of it outlives every connection.
struct ConnectionServices {
  Clock& clock;
  const MessageSink& sink;
  Reception& reception;
  Authenticator& authenticator;
  ReceptionBudget& budget;
  ReceptionObserver& observer;
  RecipientCheck* recipients = nullptr;  // null: all are welcome
};

// One socket's life: PROXY header, TLS, and the octets of its SmtpSession, each wait with its
// deadline. Replies to commands that came together are written together.
//
//   auto connection = std::make_shared<SmtpConnection>(…);
//   group.spawn(connection->run(connection, SmtpSession::Opening::silent));
//
// Lives on its group's loop.
class SmtpConnection final : public ListenerConnection {
 public:
  SmtpConnection(AcceptedSocket accepted, ConnectionServices services);
  SmtpConnection(const SmtpConnection&) = delete;
  SmtpConnection& operator=(const SmtpConnection&) = delete;
  ~SmtpConnection() override;

  boost::asio::awaitable<void> run(std::shared_ptr<ListenerConnection> self,
                                   SmtpSession::Opening opening) override;
  void drain() override;

 private:
  using Opening = SmtpSession::Opening;

  boost::asio::awaitable<void> live(Opening opening);
  boost::asio::awaitable<void> open(Opening opening);
  boost::asio::awaitable<bool> skip_proxy_header();
  boost::asio::awaitable<bool> start_tls();
  boost::asio::awaitable<void> serve();
  // Meets what the session needs, but for input.
  boost::asio::awaitable<bool> meet_need();
  boost::asio::awaitable<bool> read_input();
  boost::asio::awaitable<bool> flush();
  boost::asio::awaitable<void> close_politely(Opening opening);
  static boost::asio::awaitable<void> say_farewell(std::shared_ptr<SmtpConnection> self);

  void size_buffer();
  void on_deadline();
  // Says what the session has to say while a read is pending, then closes.
  void leave();

  std::unique_ptr<Stream> stream_;
  std::shared_ptr<const SessionSettings> settings_;
  ConnectionCounter& counter_;
  TaskGroup& group_;
  ConnectionServices services_;
  std::weak_ptr<SmtpConnection> self_;  // for the farewell, which may outlive run()
  std::string peer_address_;
  std::optional<ConnectionCounter::Lease> lease_;
  std::optional<SmtpSession> session_;

  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_size_ = 0;
  std::string_view input_;   // what has been read and not been fed, within buffer_
  bool is_reading_ = false;  // waiting for the client, so that we may speak up
  bool is_leaving_ = false;  // a farewell is being written
  Deadline deadline_;
};

}  // namespace posthaste
