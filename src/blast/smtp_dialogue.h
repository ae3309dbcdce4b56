#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/reply.h"
#include "platform/io/deadline.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

enum class TlsUse : std::uint8_t { off, opportunistic, require };

struct DialogueOptions {
  Endpoint server;
  std::string ehlo = "localhost";
  TlsUse tls = TlsUse::off;  // the certificate is not looked at: whom one submits to is configured
  std::string user;          // "" for no AUTH
  std::string password;
  Clock::duration connect_timeout = std::chrono::seconds(30);
  Clock::duration reply_timeout = std::chrono::minutes(5);
};

enum class DialogueErrc : std::uint8_t {
  ok = 0,
  refused = 1,   // the server said no
  no_tls = 2,    // TLS is required, and not to be had
  no_smtp = 3,   // the answer is none of SMTP
  timed_out = 4  // no answer
};

boost::system::error_code make_error_code(DialogueErrc code);

// The client's side of one SMTP connection, as the program's own tools need it: to the end of EHLO
// and AUTH, then command by command. Lives on its group's loop.
class SmtpDialogue {
 public:
  // `group` and `clock` outlive it.
  SmtpDialogue(TaskGroup& group, Clock& clock, DialogueOptions options);
  SmtpDialogue(const SmtpDialogue&) = delete;
  SmtpDialogue& operator=(const SmtpDialogue&) = delete;

  // Connects, greets, turns on TLS and authenticates, as the options say.
  boost::asio::awaitable<Result<void>> open();
  bool is_open() const { return stream_ != nullptr && !is_closed_; }
  // Any keyword of the server's answer to EHLO, in capitals.
  bool offers(std::string_view keyword) const;

  boost::asio::awaitable<Result<void>> write(std::span<const boost::asio::const_buffer> data);
  boost::asio::awaitable<Result<Reply>> read_reply();
  // Sends one line (without its end) and reads the reply to it.
  boost::asio::awaitable<Result<Reply>> command(std::string line);
  // Says QUIT and waits shortly for the answer.
  boost::asio::awaitable<void> quit();
  // Ends a pending operation. May be called at any time on the loop.
  void close();

 private:
  boost::asio::awaitable<Result<void>> greet();
  boost::asio::awaitable<Result<void>> start_tls();
  boost::asio::awaitable<Result<void>> authenticate();
  Error lost(const boost::system::error_code& ec);

  TaskGroup& group_;
  Clock& clock_;
  DialogueOptions options_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Deadline> deadline_;
  ReplyParser parser_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what has been read and not been parsed
  std::size_t end_ = 0;
  std::vector<std::string> extensions_;  // lines of EHLO's answer, in capitals
  bool is_closed_ = false;
};

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::DialogueErrc> : std::true_type {};
