// AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616).
#include <openssl/evp.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "accept/smtp_session.h"

namespace posthaste {
namespace {

constexpr std::uint32_t kMaxFailuresOfSession = 3;

bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  const auto data = text.substr(0, text.find('='));
  const auto padding = text.substr(data.size());
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return (padding.empty() || padding == "=" || padding == "==") &&
         std::all_of(data.begin(), data.end(), is_digit);
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (!is_base64(text)) return std::nullopt;
  if (text.empty()) return std::string();
  std::string decoded(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  decoded.resize(length - std::count(text.end() - 2, text.end(), '='));
  return decoded;
}

bool is_named(std::string_view given, std::string_view name) {
  return std::equal(given.begin(), given.end(), name.begin(), name.end(), [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
  });
}

constexpr std::string_view kUserPrompt = "VXNlcm5hbWU6";      // "Username:"
constexpr std::string_view kPasswordPrompt = "UGFzc3dvcmQ6";  // "Password:"

}  // namespace

// RFC 4954 §4, §13: passwords that can be read on the way are not asked for. On loopback nobody is
// on the way.
bool SmtpSession::offers_auth() const {
  const ListenerConfig& listener = settings_->listener;
  if (listener.auth == ListenerAuth::off) return false;
  return has_tls_ || listener.auth_without_tls || is_loopback_address(facts_.peer_address);
}

void SmtpSession::on_auth_command(Arguments arguments) {
  if (settings_->listener.auth == ListenerAuth::off) {
    return refuse({502, "5.5.1", "AUTH is not available here", RejectionReason::authentication});
  }
  if (facts_.helo.empty() || !facts_.user.empty() || is_in_transaction()) {
    // RFC 4954 §4: once, and not during a transaction.
    return refuse(
        {503, "5.5.1", "AUTH comes once, after EHLO and before MAIL", RejectionReason::sequence});
  }
  if (!offers_auth()) {
    return refuse(
        {538, "5.7.11", "AUTH needs TLS: send STARTTLS first", RejectionReason::tls_required});
  }
  const auto space = arguments.text.find(' ');
  const auto mechanism = arguments.text.substr(0, space);
  if (space == std::string_view::npos) return begin_auth(mechanism, std::nullopt);
  // RFC 4954 §4: a response of no octets is sent as "=".
  const auto response = arguments.text.substr(space + 1);
  auto decoded = response == "=" ? std::optional(std::string()) : decode_base64(response);
  if (!decoded) {
    return refuse({501, "5.5.2", "the response is not base64", RejectionReason::syntax});
  }
  begin_auth(mechanism, std::move(decoded));
}

void SmtpSession::begin_auth(std::string_view mechanism, std::optional<std::string> response) {
  auth_attempt_ = AuthAttempt();
  auth_attempt_.peer_address = facts_.peer_address;
  if (is_named(mechanism, "PLAIN")) {
    if (response) return check_plain(*response);
    phase_ = Phase::auth_plain;
    return reply_line(334, ' ', "");
  }
  if (is_named(mechanism, "LOGIN")) {
    if (response && !response->empty()) {
      auth_attempt_.user = *std::move(response);
      phase_ = Phase::auth_login_password;
      return reply_line(334, ' ', kPasswordPrompt);
    }
    phase_ = Phase::auth_login_user;
    return reply_line(334, ' ', kUserPrompt);
  }
  refuse({504, "5.5.4", "unknown mechanism: use PLAIN or LOGIN", RejectionReason::syntax});
}

void SmtpSession::on_auth_line(std::string_view line) {
  const Phase phase = std::exchange(phase_, Phase::command);
  if (line == "*") {
    return refuse({501, "5.7.0", "AUTH was cancelled", RejectionReason::authentication});
  }
  auto decoded = decode_base64(line);
  if (!decoded) {
    return refuse({501, "5.5.2", "the response is not base64", RejectionReason::syntax});
  }
  if (phase == Phase::auth_plain) return check_plain(*decoded);
  if (phase == Phase::auth_login_user) {
    auth_attempt_.user = *std::move(decoded);
    phase_ = Phase::auth_login_password;
    return reply_line(334, ' ', kPasswordPrompt);
  }
  auth_attempt_.password = *std::move(decoded);
  need_ = Need::authenticate;
}

// RFC 4616 §2: message = [authzid] NUL authcid NUL passwd
void SmtpSession::check_plain(const std::string& decoded) {
  const auto first = decoded.find('\0');
  const auto second = first == std::string::npos ? first : decoded.find('\0', first + 1);
  if (second == std::string::npos || decoded.find('\0', second + 1) != std::string::npos) {
    return refuse(
        {501, "5.5.2", "the response does not hold user and password", RejectionReason::syntax});
  }
  const std::string authorize_as = decoded.substr(0, first);
  auth_attempt_.user = decoded.substr(first + 1, second - first - 1);
  auth_attempt_.password = decoded.substr(second + 1);
  if (!authorize_as.empty() && authorize_as != auth_attempt_.user) {
    return refuse({535, "5.7.8", "acting for another user is not possible: leave authzid empty",
                   RejectionReason::authentication});
  }
  need_ = Need::authenticate;
}

void SmtpSession::on_auth(AuthOutcome outcome) {
  need_ = Need::input;
  auth_attempt_ = AuthAttempt();
  if (outcome.verdict == AuthVerdict::accepted) {
    facts_.user = std::move(outcome.login.user);
    facts_.tenant = std::move(outcome.login.tenant);
    reply(235, "2.7.0", "authenticated");
  } else {
    if (outcome.verdict == AuthVerdict::too_many_failures) {
      refuse({454, "4.7.0", "too many failed logins from your address: try again later",
              RejectionReason::authentication});
    } else {
      refuse({535, "5.7.8", "wrong user or password", RejectionReason::authentication});
    }
    if (++auth_failures_ >= kMaxFailuresOfSession) end_with_421(RejectionReason::authentication);
  }
  if (is_draining_) drain();
}

}  // namespace posthaste
