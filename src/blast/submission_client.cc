#include "blast/submission_client.h"

#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "platform/io/deadline.h"
#include "platform/io/task_group.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(15);
constexpr auto kReplyTimeout = std::chrono::minutes(5);

std::string own_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::string base64(std::string_view octets) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : octets) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) text.push_back(kAlphabet[bits >> (count - 6) & 63]);
  }
  if (count > 0) text.push_back(kAlphabet[bits << (6 - count) & 63]);
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

// Line ends of any kind become CRLF, and the text ends with one.
std::string normalized(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
      lines += "\r\n";
    } else if (text[i] == '\n') {
      lines += "\r\n";
    } else {
      lines.push_back(text[i]);
    }
  }
  if (!lines.ends_with("\r\n")) lines += "\r\n";
  return lines;
}

std::string stuffed(std::string_view message) {
  std::string text;
  bool is_line_start = true;
  for (const char c : message) {
    if (is_line_start && c == '.') text.push_back('.');
    text.push_back(c);
    is_line_start = c == '\n';
  }
  return text + ".\r\n";
}

class Client {
 public:
  Client(const Submission& submission, Clock& clock, TaskGroup& tasks)
      : submission_(submission), clock_(clock), tasks_(tasks) {}

  asio::awaitable<void> run() {
    auto failure = co_await converse();
    if (failure) error_ = std::move(*failure);
    deadline_.reset();
    if (stream_) stream_->close();
  }

  Result<SubmissionResult> result() {
    if (error_) return *error_;
    return std::move(result_);
  }

 private:
  asio::awaitable<std::optional<Error>> converse();
  asio::awaitable<std::optional<Error>> open();
  asio::awaitable<std::optional<Error>> log_in();
  asio::awaitable<std::optional<Error>> envelope();
  // Writes a line ("" for none) and reads the reply into result_.reply.
  asio::awaitable<std::optional<Error>> say(std::string text);
  bool offers(std::string_view word) const;

  const Submission& submission_;
  Clock& clock_;
  TaskGroup& tasks_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Deadline> deadline_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  ReplyParser parser_;
  std::array<char, 4096> buffer_;
  std::string unread_;
  std::optional<Error> error_;
  SubmissionResult result_;
  std::vector<std::string> extensions_;
  bool has_recipient_ = false;
};

asio::awaitable<std::optional<Error>> Client::say(std::string text) {
  deadline_->set(kReplyTimeout, "reply");
  if (!text.empty()) {
    const std::array<asio::const_buffer, 1> output{asio::buffer(text)};
    const IoResult written = co_await stream_->write(output);
    if (written.ec) co_return Error{written.ec, {}};
  }
  while (true) {
    std::string_view input = unread_;
    auto reply = parser_.parse(input);
    unread_ = std::string(input);
    if (!reply) co_return reply.error();
    if (*reply) {
      result_.reply = std::move(**reply);
      co_return std::nullopt;
    }
    const IoResult read = co_await stream_->read_some(asio::buffer(buffer_));
    if (read.ec) co_return Error{read.ec, "the server closed the connection: " + read.ec.message()};
    unread_.assign(buffer_.data(), read.count);
  }
}

bool Client::offers(std::string_view word) const {
  for (const std::string& line : extensions_) {
    if (std::string_view(line).substr(0, line.find(' ')) == word) return true;
  }
  return false;
}

asio::awaitable<std::optional<Error>> Client::open() {
  ConnectOptions options;
  options.to = {submission_.host, submission_.port};
  options.timeout = kConnectTimeout;
  auto connected = co_await connect_tcp(options, clock_);
  if (!connected) co_return connected.error();
  stream_ = std::move(*connected);
  auto close = [stream = stream_.get()] { stream->close(); };
  deadline_ = std::make_unique<Deadline>(tasks_, clock_, close);
  auto failure = co_await say({});
  if (failure || result_.reply.code != 220) co_return failure;
  const std::string ehlo = "EHLO " + own_name() + "\r\n";
  failure = co_await say(ehlo);
  if (failure) co_return failure;
  extensions_ = result_.reply.lines;
  const bool wants_tls = submission_.tls == SubmissionTls::require ||
                         (submission_.tls == SubmissionTls::opportunistic && offers("STARTTLS"));
  if (!wants_tls) co_return std::nullopt;
  failure = co_await say("STARTTLS\r\n");
  if (failure || result_.reply.code != 220) co_return failure;
  tls_.set_verify_mode(asio::ssl::verify_none);
  TlsClientOptions anybody;
  const HandshakeResult shaken = co_await stream_->handshake_client(tls_, std::move(anybody));
  if (shaken.ec) co_return Error{shaken.ec, "TLS failed: " + shaken.ec.message()};
  failure = co_await say(ehlo);
  if (!failure) extensions_ = result_.reply.lines;
  co_return failure;
}

asio::awaitable<std::optional<Error>> Client::log_in() {
  const std::string secret = std::string(1, '\0') + submission_.user + '\0' + submission_.password;
  co_return co_await say("AUTH PLAIN " + base64(secret) + "\r\n");
}

asio::awaitable<std::optional<Error>> Client::envelope() {
  auto failure = co_await say("MAIL FROM:<" + submission_.sender + ">\r\n");
  if (failure || result_.reply.code != 250) co_return failure;
  for (const std::string& recipient : submission_.recipients) {
    failure = co_await say("RCPT TO:<" + recipient + ">\r\n");
    if (failure) co_return failure;
    if (result_.reply.is_positive()) {
      has_recipient_ = true;
    } else {
      result_.refused.push_back({recipient, result_.reply});
    }
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> Client::converse() {
  auto failure = co_await open();
  if (failure || !result_.reply.is_positive()) co_return failure;
  if (!submission_.user.empty()) {
    failure = co_await log_in();
    if (failure || result_.reply.code != 235) co_return failure;
  }
  failure = co_await envelope();
  if (failure || !has_recipient_) co_return failure;
  failure = co_await say("DATA\r\n");
  if (failure || result_.reply.code != 354) co_return failure;
  failure = co_await say(stuffed(normalized(submission_.message)));
  if (failure) co_return failure;
  result_.is_accepted = result_.reply.code == 250;
  // The message is in the server's hands: how the goodbye goes changes nothing.
  Reply last = result_.reply;
  failure = co_await say("QUIT\r\n");
  result_.reply = std::move(last);
  co_return std::nullopt;
}

}  // namespace

std::string SubmissionResult::message_id() const {
  constexpr std::string_view kBefore = "queued as ";
  const std::string text = reply.text();
  const std::size_t found = text.find(kBefore);
  if (found == std::string::npos) return {};
  return text.substr(found + kBefore.size(), 36);
}

Result<SubmissionResult> submit(const Submission& submission, Clock& clock) {
  asio::io_context context(1);
  TaskGroup tasks(context.get_executor());
  Client client(submission, clock, tasks);
  tasks.spawn(client.run());
  context.run();
  return client.result();
}

}  // namespace posthaste
