#include "blast/load.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdio>
#include <future>
#include <utility>

#include "mail/reply.h"
#include "platform/io/deadline.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr auto kReplyTimeout = 5min;
constexpr auto kConnectTimeout = 10s;
constexpr auto kReconnectPause = 50ms;

std::string make_body(std::size_t size) {
  std::string body;
  while (body.size() < size) {
    const std::size_t line = std::min<std::size_t>(76, size - body.size());
    body.append(line, 'x');
    body += "\r\n";
  }
  return body;
}

}  // namespace

// One loop's sessions and what they counted.
struct Load::Worker {
  explicit Worker(std::string name) : loop(std::move(name)), tasks(loop.executor()) {}
  Loop loop;
  TaskGroup tasks;
  LoadResult result;
};

class Load::Session {
 public:
  Session(Load& load, Worker& worker) : load_(load), worker_(worker) {}

  static asio::awaitable<void> run(std::unique_ptr<Session> self) {
    while (!self->load_.is_over()) {
      const bool is_open = co_await self->open();
      if (is_open) co_await self->send_all();
      self->deadline_.reset();
      self->stream_.reset();
      if (self->is_done_ || !self->load_.options_.reconnects) co_return;
      co_await self->load_.clock_.sleep_until(self->load_.clock_.now() + kReconnectPause);
    }
  }

 private:
  enum class Outcome { accepted, refused, broken };

  asio::awaitable<bool> open();
  asio::awaitable<void> send_all();
  asio::awaitable<Outcome> send(std::uint64_t number);
  asio::awaitable<bool> write(std::string envelope);
  // The code of the next reply; 0 when the connection broke.
  asio::awaitable<std::uint32_t> read_code();
  asio::awaitable<std::uint32_t> command(std::string line);
  void note(const std::string& failure) {
    if (worker_.result.first_failure.empty()) worker_.result.first_failure = failure;
  }

  Load& load_;
  Worker& worker_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Deadline> deadline_;
  ReplyParser parser_;
  std::array<char, 2048> buffer_;
  std::string_view unread_;
  std::string id_;
  bool is_done_ = false;
};

asio::awaitable<std::uint32_t> Load::Session::read_code() {
  deadline_->set(kReplyTimeout, "reply");
  while (true) {
    auto reply = parser_.parse(unread_);
    if (!reply) {
      note(reply.error().message());
      co_return 0;
    }
    if (*reply) {
      if ((*reply)->code >= 400) note((*reply)->text());
      co_return (*reply)->code;
    }
    const IoResult read = co_await stream_->read_some(asio::buffer(buffer_));
    if (read.ec) {
      note("the server closed the connection: " + read.ec.message());
      co_return 0;
    }
    unread_ = std::string_view(buffer_.data(), read.count);
  }
}

asio::awaitable<bool> Load::Session::write(std::string text) {
  const std::array<asio::const_buffer, 1> output{asio::buffer(text)};
  const IoResult written = co_await stream_->write(output);
  co_return !written.ec;
}

asio::awaitable<std::uint32_t> Load::Session::command(std::string line) {
  const bool is_written = co_await write(std::move(line));
  if (!is_written) co_return 0;
  co_return co_await read_code();
}

asio::awaitable<bool> Load::Session::open() {
  ConnectOptions options;
  options.to = load_.options_.server;
  options.timeout = kConnectTimeout;
  auto connected = co_await connect_tcp(options, load_.clock_);
  if (!connected) {
    note(connected.error().message());
    co_return false;
  }
  ++worker_.result.connections;
  stream_ = std::move(*connected);
  auto close = [stream = stream_.get()] { stream->close(); };
  deadline_ = std::make_unique<Deadline>(worker_.tasks, load_.clock_, close);
  parser_ = {};
  unread_ = {};
  std::uint32_t code = co_await read_code();
  if (code != 220) co_return false;
  code = co_await command("EHLO blast.test\r\n");
  co_return code == 250;
}

asio::awaitable<void> Load::Session::send_all() {
  while (const auto turn = load_.next_turn()) {
    if (turn->due > load_.clock_.now()) co_await load_.clock_.sleep_until(turn->due);
    const Outcome outcome = co_await send(turn->number);
    if (outcome == Outcome::accepted) {
      load_.acknowledge(id_);
      ++worker_.result.accepted;
      worker_.result.latency.add(load_.clock_.now() - turn->due);
    } else if (outcome == Outcome::refused) {
      ++worker_.result.refused;
      if (load_.options_.reconnects) ++load_.wanted_;
      const std::uint32_t code = co_await command("RSET\r\n");
      if (code == 0) co_return;
    } else {
      ++worker_.result.failed;
      if (load_.options_.reconnects) ++load_.wanted_;
      co_return;
    }
  }
  is_done_ = true;
  co_await command("QUIT\r\n");
}

asio::awaitable<Load::Session::Outcome> Load::Session::send(std::uint64_t number) {
  const LoadOptions& options = load_.options_;
  id_ = fmt::format("{}{}", options.id_prefix, number);
  const std::string mail = fmt::format("MAIL FROM:<{}>\r\n", options.sender);
  const std::string rcpt =
      fmt::format("RCPT TO:<user{}@d{:02}.test>\r\n", number, number % options.domains);
  const auto outcome_of = [](std::uint32_t code) {
    return code == 0 ? Outcome::broken : Outcome::refused;
  };
  std::uint32_t code = 0;
  if (options.pipelining) {
    code = co_await command(mail + rcpt + "DATA\r\n");
    const std::uint32_t rcpt_code = code == 0 ? 0 : co_await read_code();
    const std::uint32_t data_code = rcpt_code == 0 ? 0 : co_await read_code();
    if (data_code == 354 && (code != 250 || rcpt_code != 250)) {
      code = co_await command(".\r\n");
      co_return outcome_of(code);
    }
    if (data_code != 354) co_return outcome_of(data_code);
  } else {
    code = co_await command(mail);
    if (code != 250) co_return outcome_of(code);
    code = co_await command(rcpt);
    if (code != 250) co_return outcome_of(code);
    code = co_await command("DATA\r\n");
    if (code != 354) co_return outcome_of(code);
  }
  const std::string tenant =
      options.tenants == 0 ? "" : fmt::format("X-Tenant: t{:02}\r\n", number % options.tenants);
  const std::string header = fmt::format(
      "{}From: <{}>\r\nTo: <user{}@d{:02}.test>\r\nSubject: message {}\r\nX-Blast-Id: {}\r\n"
      "Message-ID: <{}@blast.test>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n",
      tenant, options.sender, number, number % options.domains, number, id_, id_);
  static constexpr std::string_view kEnd = ".\r\n";
  const std::array<asio::const_buffer, 3> output{asio::buffer(header), asio::buffer(load_.body_),
                                                 asio::buffer(kEnd)};
  const IoResult written = co_await stream_->write(output);
  if (written.ec) co_return Outcome::broken;
  code = co_await read_code();
  co_return code == 250 ? Outcome::accepted : outcome_of(code);
}

Load::Load(LoadOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock), body_(make_body(options_.size.count())) {
  wanted_ = options_.messages;
}

Load::~Load() {
  if (ids_descriptor_ >= 0) ::close(ids_descriptor_);
}

bool Load::is_over() const {
  if (options_.time_limit && clock_.now() - began_ >= *options_.time_limit) return true;
  return given_out_.load() >= wanted_.load();
}

std::optional<Load::Turn> Load::next_turn() {
  if (is_over()) return std::nullopt;
  const std::uint64_t number = given_out_.fetch_add(1);
  if (number >= wanted_.load()) return std::nullopt;
  const auto now = clock_.now();
  if (options_.rate.is_unlimited()) return Turn{number, now};
  const double seconds = static_cast<double>(number) *
                         std::chrono::duration<double>(options_.rate.period()).count() /
                         static_cast<double>(options_.rate.count());
  return Turn{number, began_ + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(seconds))};
}

void Load::acknowledge(const std::string& id) {
  ++accepted_;
  if (ids_descriptor_ < 0) return;
  // One write for each line, so that lines of several threads never mix (O_APPEND).
  const std::string line = id + "\n";
  if (::write(ids_descriptor_, line.data(), line.size()) < 0) {
    std::perror("posthaste blast: the file of ids cannot be written");
  }
}

Result<LoadResult> Load::run(const std::function<void(std::uint64_t)>& progress) {
  if (!options_.ids_file.empty()) {
    ids_descriptor_ =
        ::open(options_.ids_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (ids_descriptor_ < 0) {
      return Error{boost::system::error_code(errno, boost::system::system_category()),
                   options_.ids_file + " cannot be written: check the folder"};
    }
  }
  began_ = clock_.now();
  for (std::size_t i = 0; i < options_.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>("blast-" + std::to_string(i)));
  }
  for (std::size_t i = 0; i < options_.threads; ++i) {
    Worker& worker = *workers_[i];
    const std::size_t count =
        options_.sessions / options_.threads + (i < options_.sessions % options_.threads ? 1 : 0);
    asio::post(worker.loop.executor(), [this, &worker, count] {
      for (std::size_t k = 0; k < count; ++k) {
        worker.tasks.spawn(Session::run(std::make_unique<Session>(*this, worker)));
      }
    });
  }
  std::future<void> all_done = std::async(std::launch::async, [this] {
    for (auto& worker : workers_) worker->loop.join();
  });
  while (all_done.wait_for(1s) != std::future_status::ready) progress(accepted_.load());
  LoadResult total;
  total.took = clock_.now() - began_;
  for (const auto& worker : workers_) {
    const LoadResult& part = worker->result;
    total.accepted += part.accepted;
    total.refused += part.refused;
    total.failed += part.failed;
    total.connections += part.connections;
    total.latency.merge(part.latency);
    if (total.first_failure.empty()) total.first_failure = part.first_failure;
  }
  return total;
}

}  // namespace posthaste
