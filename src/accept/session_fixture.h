#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accept/smtp_session.h"

namespace posthaste {

// A sink and an observer for tests, and a session between them that answers its own needs.

class FakeSink final : public MessageSink {
 public:
  boost::asio::awaitable<Result<void>> take(ReceivedMessage message) override {
    if (failure) co_return *failure;
    taken.push_back(std::move(message));
    co_return Result<void>();
  }
  bool is_accepting() const override { return accepts; }

  std::vector<ReceivedMessage> taken;
  std::optional<Error> failure;
  bool accepts = true;
};

class RecordingObserver final : public ReceptionObserver {
 public:
  void on_connection_opened(std::string_view) override { ++opened; }
  void on_connection_closed(std::string_view) override { ++closed; }
  void on_message_received(std::string_view, std::uint64_t size) override { sizes.push_back(size); }
  void on_rejection(const Rejection& rejection) override {
    reasons.push_back(rejection.reason);
    recipients.emplace_back(rejection.recipient);
    senders.emplace_back(rejection.sender);
  }

  int opened = 0;
  int closed = 0;
  std::vector<std::uint64_t> sizes;
  std::vector<RejectionReason> reasons;
  std::vector<std::string> recipients;
  std::vector<std::string> senders;
};

// Speaks to a session and keeps what it said. Logins "user" with password "secret" are right.
class Dialogue {
 public:
  explicit Dialogue(ListenerConfig listener = {}, std::string peer = "127.0.0.1")
      : settings_(make_settings(std::move(listener))),
        session_(settings_, {std::move(peer), "session-1"},
                 {clock_, sink, budget, observer, true}) {}

  static std::shared_ptr<SessionSettings> make_settings(ListenerConfig listener) {
    auto settings = std::make_shared<SessionSettings>();
    settings->hostname = "mx.example.com";
    settings->users = std::make_shared<CredentialSet>();
    settings->relay_from = NetworkList(listener.relay_from);
    settings->listener = std::move(listener);
    return settings;
  }

  // The replies to `octets`, which arrive `step` at a time. Needs are met as a driver would;
  // octets that come with STARTTLS are dropped.
  std::string say(std::string_view octets, std::size_t step = std::string_view::npos) {
    while (!octets.empty() && session_.need() != SmtpSession::Need::close) {
      std::string_view piece = octets.substr(0, step);
      octets.remove_prefix(piece.size());
      while (!piece.empty() && session_.need() == SmtpSession::Need::input) {
        piece.remove_prefix(session_.feed(piece));
        meet_need();
      }
    }
    return session_.take_output();
  }
  std::string say_line(std::string_view line) { return say(std::string(line) + "\r\n"); }
  // Greeting and EHLO are over.
  Dialogue& begin() {
    session_.greet(SmtpSession::Opening::silent);
    say_line("EHLO client.example");
    return *this;
  }

  SmtpSession& session() { return session_; }
  SessionSettings& settings() { return *settings_; }
  bool is_closed() const { return session_.need() == SmtpSession::Need::close; }

  FakeSink sink;
  RecordingObserver observer;
  ReceptionBudget budget{100'000'000};
  std::vector<Transaction> transactions;
  std::map<std::string, RecipientRefusal> refused;  // by address
  ReceptionOutcome outcome{true, 250, "2.0.0", "queued as 1", 10, {}};
  TlsInfo tls{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "", false, ""};

 private:
  void meet_need() {
    switch (session_.need()) {
      case SmtpSession::Need::commit:
        transactions.push_back(session_.take_transaction());
        return session_.on_commit(outcome);
      case SmtpSession::Need::check_recipient: {
        const auto known = refused.find(session_.recipient().smtp_form());
        return session_.on_recipient(known == refused.end() ? std::nullopt
                                                            : std::optional(known->second));
      }
      case SmtpSession::Need::authenticate: {
        const AuthAttempt& attempt = session_.auth_attempt();
        AuthOutcome result;
        if (attempt.user == "user" && attempt.password == "secret") {
          result = {AuthVerdict::accepted, {"user", TenantId("acme")}};
        }
        return session_.on_auth(result);
      }
      case SmtpSession::Need::tls_handshake:
        return session_.on_tls(tls);
      default:
        return;
    }
  }

  ManualClock clock_;
  std::shared_ptr<SessionSettings> settings_;
  SmtpSession session_;
};

}  // namespace posthaste
