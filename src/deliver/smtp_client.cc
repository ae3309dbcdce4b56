// The session: greeting, EHLO, TLS, AUTH. Transactions are in smtp_transaction.cc.
#include "deliver/smtp_client.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "mail/base64.h"
#include "mail/message.h"

namespace posthaste {
namespace {

// The words of one EHLO line.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

template <class Number>
Number number_of(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void take_limits(const std::vector<std::string_view>& words, ServerFeatures& features) {
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const auto value = number_of<std::uint32_t>(word.substr(equals + 1));
    if (equals_ignoring_case(word.substr(0, equals), "MAILMAX")) features.max_messages = value;
    if (equals_ignoring_case(word.substr(0, equals), "RCPTMAX")) features.max_recipients = value;
  }
}

}  // namespace

std::string_view to_string(SmtpStage stage) {
  constexpr std::array<std::string_view, 11> kNames{"connect",     "greeting", "EHLO", "STARTTLS",
                                                    "AUTH",        "MAIL",     "RCPT", "DATA",
                                                    "end of data", "RSET",     "QUIT"};
  return kNames[static_cast<std::size_t>(stage)];
}

ServerFeatures ServerFeatures::parse(const Reply& ehlo) {
  ServerFeatures features;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
    const auto words = words_of(ehlo.lines[i]);
    if (words.empty()) continue;
    const auto is = [&](std::string_view keyword) {
      return equals_ignoring_case(words[0], keyword);
    };
    if (is("PIPELINING")) features.pipelining = true;
    if (is("8BITMIME")) features.eight_bit_mime = true;
    if (is("SMTPUTF8")) features.smtputf8 = true;
    if (is("CHUNKING")) features.chunking = true;
    if (is("STARTTLS")) features.starttls = true;
    if (is("DSN")) features.dsn = true;
    if (is("REQUIRETLS")) features.requiretls = true;
    if (is("LIMITS")) take_limits(words, features);
    if (is("SIZE")) {
      features.has_size = true;
      features.max_size = words.size() > 1 ? number_of<std::uint64_t>(words[1]) : 0;
    }
    if (is("AUTH")) {
      for (const std::string_view word : words) {
        if (equals_ignoring_case(word, "PLAIN")) features.auth_plain = true;
        if (equals_ignoring_case(word, "LOGIN")) features.auth_login = true;
      }
    }
  }
  return features;
}

SmtpClient::SmtpClient(SmtpClientOptions options)
    : options_(std::move(options)), is_tls_(options_.is_tls_already) {
  awaited_.push_back({SmtpStage::greeting});
}

std::vector<boost::asio::const_buffer> SmtpClient::take_output() {
  return std::exchange(output_, {});
}

SmtpStage SmtpClient::awaited() const {
  return awaited_.empty() ? SmtpStage::quit : awaited_.front().stage;
}

void SmtpClient::send(SmtpStage stage, std::string line) {
  lines_.push_back(std::move(line) + "\r\n");
  output_.push_back(boost::asio::buffer(lines_.back()));
  awaited_.push_back({stage});
  next_ = Next::read_reply;
}

void SmtpClient::fail(SmtpStage stage, Reply reply) {
  failure_ = Failure{stage, std::move(reply)};
  next_ = Next::closed;
}

void SmtpClient::on_reply(Reply reply) {
  // The octets of the last output have been written: their lines may go.
  if (output_.empty() && awaited_.size() == 1) lines_.clear();
  if (awaited_.empty()) return fail(SmtpStage::quit, std::move(reply));
  const Awaited awaited = awaited_.front();
  awaited_.pop_front();
  // RFC 5321 §3.8: 421 may come at any time, and the connection is about to close.
  if (reply.code == 421 && awaited.stage <= SmtpStage::auth) {
    return fail(awaited.stage, std::move(reply));
  }
  switch (awaited.stage) {
    case SmtpStage::connect:
    case SmtpStage::greeting:
      return on_greeting(std::move(reply));
    case SmtpStage::ehlo:
      return on_ehlo(std::move(reply));
    case SmtpStage::starttls:
      return on_starttls(std::move(reply));
    case SmtpStage::auth:
      return on_auth(std::move(reply));
    case SmtpStage::quit:
      next_ = Next::closed;
      return;
    default:
      return on_transaction_reply(awaited, std::move(reply));
  }
}

void SmtpClient::on_greeting(Reply reply) {
  if (reply.code != 220) return fail(SmtpStage::greeting, std::move(reply));
  if (!reply.lines.empty()) peer_name_ = reply.lines[0].substr(0, reply.lines[0].find(' '));
  send_ehlo(false);
}

void SmtpClient::send_ehlo(bool is_helo) {
  tried_helo_ = is_helo;
  send(SmtpStage::ehlo, (is_helo ? "HELO " : "EHLO ") + options_.ehlo_name);
}

void SmtpClient::on_ehlo(Reply reply) {
  if (reply.is_permanent() && !tried_helo_) {
    // RFC 5321 §3.2: a server that does not know EHLO is greeted with HELO.
    return send_ehlo(true);
  }
  if (reply.code != 250) return fail(SmtpStage::ehlo, std::move(reply));
  features_ = tried_helo_ ? ServerFeatures() : ServerFeatures::parse(reply);
  after_ehlo();
}

void SmtpClient::after_ehlo() {
  if (!is_tls_ && features_.starttls && options_.tls != UseTls::never) {
    return send(SmtpStage::starttls, "STARTTLS");
  }
  if (!is_tls_ && options_.tls == UseTls::always) {
    return fail(SmtpStage::starttls,
                {454,
                 EnhancedStatus{4, 7, 5},
                 {"TLS is required here, and the peer does not offer STARTTLS"}});
  }
  if (options_.needs_requiretls && !features_.requiretls) {
    // RFC 8689 §4.2.1
    return fail(SmtpStage::ehlo,
                {550,
                 EnhancedStatus{5, 7, 30},
                 {"the message requires REQUIRETLS, and the peer does not offer it"}});
  }
  if (options_.user.empty()) {
    next_ = Next::ready;
    return;
  }
  if (features_.auth_plain) {
    const std::string response = std::string(1, '\0') + options_.user + '\0' + options_.password;
    return send(SmtpStage::auth, "AUTH PLAIN " + encode_base64(response));
  }
  if (features_.auth_login) {
    sends_login_user_ = true;
    return send(SmtpStage::auth, "AUTH LOGIN");
  }
  fail(SmtpStage::auth,
       {454, EnhancedStatus{4, 7, 0}, {"the peer offers neither AUTH PLAIN nor AUTH LOGIN"}});
}

void SmtpClient::on_starttls(Reply reply) {
  if (reply.code == 220) {
    next_ = Next::start_tls;
    return;
  }
  if (options_.tls == UseTls::always) return fail(SmtpStage::starttls, std::move(reply));
  // Opportunistic: the peer offers TLS and cannot do it now. Go on without.
  features_.starttls = false;
  after_ehlo();
}

void SmtpClient::on_tls() {
  is_tls_ = true;
  // RFC 3207 §4.2: what the server said before TLS is forgotten.
  features_ = {};
  send_ehlo(false);
}

void SmtpClient::on_auth(Reply reply) {
  if (reply.code == 334) {
    // AUTH LOGIN asks for user and password in turn.
    const std::string& answer = sends_login_user_ ? options_.user : options_.password;
    sends_login_user_ = false;
    return send(SmtpStage::auth, encode_base64(answer));
  }
  if (reply.code != 235) return fail(SmtpStage::auth, std::move(reply));
  next_ = Next::ready;
}

void SmtpClient::quit() {
  if (next_ == Next::closed) return;
  send(SmtpStage::quit, "QUIT");
}

}  // namespace posthaste
