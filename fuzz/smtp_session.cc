// The server's side of SMTP, fed by a stranger: the first octet chooses the listener and the size
// of the pieces, the rest is what the client sends. Whatever it is, a message that gets through has
// CRLF line ends only, no NUL, a recipient, and fits the limits; and memory is given back.
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "accept/message_preparation.h"
#include "accept/smtp_session.h"

namespace {

using namespace posthaste;

class NoSink final : public MessageSink {
 public:
  boost::asio::awaitable<Result<void>> take(ReceivedMessage) override { co_return Result<void>(); }
  bool is_accepting() const override { return true; }
};

class NoObserver final : public ReceptionObserver {
 public:
  void on_connection_opened(std::string_view) override {}
  void on_connection_closed(std::string_view) override {}
  void on_message_received(std::string_view, std::uint64_t) override {}
  void on_rejection(const Rejection&) override {}
};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

std::shared_ptr<SessionSettings> make_settings(std::uint8_t choice) {
  auto settings = std::make_shared<SessionSettings>();
  settings->hostname = "mx.example.com";
  settings->users = std::make_shared<CredentialSet>();
  settings->listener.auth = choice & 1 ? ListenerAuth::optional : ListenerAuth::off;
  settings->listener.max_message_size = Bytes(choice & 2 ? 200 : 100'000);
  settings->listener.max_line_length = Bytes(1000);
  settings->listener.max_recipients = 3;
  settings->relay_from = NetworkList(settings->listener.relay_from);
  return settings;
}

void check_message(const SmtpSession& session, const SessionSettings& settings,
                   Transaction transaction) {
  const std::string& content = transaction.content;
  require(content.size() <= settings.listener.max_message_size.count());
  require(!transaction.envelope.recipients.empty() &&
          transaction.envelope.recipients.size() <= settings.listener.max_recipients);
  require(content.empty() || content.ends_with("\r\n"));
  for (std::size_t i = 0; i < content.size(); ++i) {
    require(content[i] != '\0');
    if (content[i] == '\n') require(i > 0 && content[i - 1] == '\r');
    if (content[i] == '\r') require(i + 1 < content.size() && content[i + 1] == '\n');
  }
  const auto made =
      prepare_message({std::move(transaction), session.facts(), settings, MessageId(), WallTime()});
  if (const auto* prepared = std::get_if<PreparedMessage>(&made)) {
    require(prepared->body.starts_with("Received: "));
  }
}

void meet_need(SmtpSession& session, const SessionSettings& settings) {
  switch (session.need()) {
    case SmtpSession::Need::commit:
      check_message(session, settings, session.take_transaction());
      return session.on_commit({true, 250, "2.0.0", "queued", 1, {}});
    case SmtpSession::Need::check_recipient: {
      const bool is_refused = session.recipient().local().unquoted().size() == 1;
      return session.on_recipient(is_refused ? std::optional<RecipientRefusal>({"suppressed"})
                                             : std::nullopt);
    }
    case SmtpSession::Need::authenticate: {
      AuthOutcome outcome;
      if (session.auth_attempt().password.size() == 1) outcome.verdict = AuthVerdict::accepted;
      outcome.login.user = "user";
      return session.on_auth(std::move(outcome));
    }
    case SmtpSession::Need::tls_handshake:
      return session.on_tls({"TLSv1.3", "cipher", "", false, ""});
    default:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = choice & 0x80 ? octets.size() + 1 : (choice >> 2) % 31 + 1;

  const auto settings = make_settings(choice);
  ManualClock clock;
  NoSink sink;
  NoObserver observer;
  ReceptionBudget budget(1'000'000);
  {
    SmtpSession session(settings, {"127.0.0.1", "session"}, {clock, sink, budget, observer, true});
    session.greet(SmtpSession::Opening::silent);
    while (!octets.empty() && session.need() == SmtpSession::Need::input) {
      std::string_view piece = octets.substr(0, step);
      octets.remove_prefix(piece.size());
      while (!piece.empty() && session.need() == SmtpSession::Need::input) {
        const std::size_t taken = session.feed(piece);
        require(taken > 0 && taken <= piece.size());
        piece.remove_prefix(taken);
        meet_need(session, *settings);
      }
    }
    const std::string said = session.take_output();
    require(said.ends_with("\r\n"));
  }
  require(budget.taken() == 0);
  return 0;
}
