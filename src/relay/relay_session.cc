#include "relay/relay_session.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "accept/verbs/path_arguments.h"
#include "base/ascii.h"
#include "mail/message.h"

namespace posthaste {
namespace {

// RFC 4954 §4 gives AUTH and its responses that much, and no command needs more.
constexpr std::size_t kMaxLine = 12288;
// Replies that a client may be owed; then it is read no further.
constexpr std::size_t kMaxAwaited = 128;
// A chunk beyond this is a mistake.
constexpr std::uint64_t kMaxChunk = 1ULL << 40;

}  // namespace

// A command line, cut at its first space.
struct RelaySession::Command {
  std::string verb;            // in upper case
  std::string_view arguments;  // without white space around them
  std::string_view line;       // as it came, without CRLF
  bool has_more = false;       // octets came behind it
};

RelaySession::RelaySession(std::shared_ptr<const SessionSettings> settings,
                           std::string_view peer_address)
    : settings_(std::move(settings)) {
  may_send_ = settings_->relay_from.contains(peer_address) &&
              settings_->listener.auth != ListenerAuth::required;
}

void RelaySession::greet(const std::string& greeting, const Reply& reply) {
  to_client_ += greeting;
  if (!reply.is_positive()) is_over_ = true;
}

void RelaySession::on_tls() {
  // RFC 3207 §4.2: nothing that was said in the clear is remembered; EHLO, which has to come now,
  // makes the next server forget it, too.
  has_tls_ = true;
  wants_tls_ = false;
  has_helo_ = false;
  line_.clear();
  if (is_draining_) drain();
}

RelaySession::Need RelaySession::need() const {
  if (is_over_) return Need::close;
  if (wants_tls_) return Need::tls_handshake;
  if (is_client_gone_) return Need::reply;
  if (phase_ != Phase::command) return Need::input;
  const bool waits = waits_for_all_ || awaited_.size() >= kMaxAwaited;
  return waits ? Need::reply : Need::input;
}

bool RelaySession::awaits_final_reply() const {
  if (awaited_.empty()) return false;
  const Stage stage = awaited_.front().stage;
  return stage == Stage::content || stage == Stage::last_chunk;
}

std::size_t RelaySession::feed(std::string_view octets) {
  std::size_t taken = 0;
  while (need() == Need::input && taken < octets.size()) {
    const std::string_view rest = octets.substr(taken);
    if (is_in_content()) {
      taken += feed_content(rest);
    } else if (phase_ == Phase::chunk) {
      taken += feed_chunk(rest);
    } else {
      taken += feed_line(rest);
    }
  }
  return taken;
}

std::size_t RelaySession::feed_line(std::string_view octets) {
  const auto lf = octets.find('\n');
  const std::size_t taken = lf == std::string_view::npos ? octets.size() : lf + 1;
  if (line_.size() + taken > kMaxLine) {
    say("500 5.5.6 the line is too long: keep commands short\r\n", Then::close);
    return taken;
  }
  line_.append(octets.substr(0, taken));
  if (lf == std::string_view::npos) return taken;
  if (!line_.ends_with("\r\n")) {
    // RFC 5321 §2.3.8: what stands behind a bare LF is not a command.
    say("500 5.5.2 bare LF: end every line with CRLF\r\n", Then::close);
    return taken;
  }
  const std::string line = std::exchange(line_, {});
  run_line(std::string_view(line).substr(0, line.size() - 2), taken < octets.size());
  return taken;
}

void RelaySession::run_line(std::string_view line, bool has_more) {
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return say("500 5.5.2 the line holds a bare CR or a NUL: leave it out\r\n", Then::close);
  }
  if (phase_ == Phase::auth_response) {
    phase_ = Phase::command;
    waits_for_all_ = true;
    return pass_on(Stage::auth, line);
  }
  const auto space = line.find(' ');
  Command command;
  command.verb = uppered(trim_blanks(line.substr(0, space)));
  if (space != std::string_view::npos) command.arguments = trim_blanks(line.substr(space));
  command.line = line;
  command.has_more = has_more;
  run_command(command);
}

void RelaySession::run_command(const Command& command) {
  struct Verb {
    std::string_view name;
    Stage stage;
  };
  static constexpr std::array<Verb, 14> kVerbs{{{"EHLO", Stage::ehlo},
                                                {"HELO", Stage::hello},
                                                {"MAIL", Stage::mail},
                                                {"RCPT", Stage::rcpt},
                                                {"DATA", Stage::data},
                                                {"BDAT", Stage::chunk},
                                                {"AUTH", Stage::auth},
                                                {"RSET", Stage::reset},
                                                {"QUIT", Stage::quit},
                                                {"NOOP", Stage::noop},
                                                {"HELP", Stage::other},
                                                {"VRFY", Stage::other},
                                                {"EXPN", Stage::other},
                                                {"STARTTLS", Stage::own}}};
  const auto* verb = std::find_if(kVerbs.begin(), kVerbs.end(),
                                  [&](const Verb& one) { return one.name == command.verb; });
  // What we do not know may change what follows it, so it is not for the next server.
  if (verb == kVerbs.end()) return refuse("500 5.5.1 this command is not passed on\r\n");
  if (const auto refusal = refusal_of(verb->stage); !refusal.empty()) return refuse(refusal);
  switch (verb->stage) {
    case Stage::own:
      return run_starttls();
    case Stage::data:
      return run_data(command);
    case Stage::chunk:
      return run_chunk(command);
    case Stage::auth:
      return run_auth(command);
    case Stage::mail:
    case Stage::rcpt: {
      if (verb->stage == Stage::mail) {
        is_chunked_ = false;
        header_ = HeaderCapture();
      }
      const auto arguments =
          split_path_arguments(command.arguments, verb->stage == Stage::mail ? "FROM:" : "TO:");
      const std::string_view path = arguments ? arguments->path : command.arguments;
      return pass_on(verb->stage, command.line, std::string(path));
    }
    case Stage::reset:
      // Now, and not when its reply comes: chunks of the next transaction may follow at once.
      is_chunked_ = false;
      return pass_on(verb->stage, command.line);
    case Stage::ehlo:
    case Stage::hello:
    case Stage::quit:
      // RFC 2920 §3.1: the last of their group.
      waits_for_all_ = true;
      [[fallthrough]];
    default:
      return pass_on(verb->stage, command.line);
  }
}

// Why the client may not say that now; "" when it may.
std::string_view RelaySession::refusal_of(Stage stage) const {
  switch (stage) {
    case Stage::ehlo:
    case Stage::hello:
    case Stage::noop:
    case Stage::quit:
    case Stage::own:
      return {};
    default:
      break;
  }
  if (settings_->listener.tls == ListenerTls::required && !has_tls_) {
    // RFC 3207 §4
    return "530 5.7.0 Must issue a STARTTLS command first\r\n";
  }
  if (!has_helo_ && stage != Stage::reset) return "503 5.5.1 send EHLO first\r\n";
  // The next server may trust our address: nobody gets to use it unasked.
  const bool asks_for_trust = stage == Stage::mail || stage == Stage::other;
  if (asks_for_trust && !may_send_) return "530 5.7.0 log in first: use AUTH\r\n";
  return {};
}

void RelaySession::run_data(const Command& command) {
  if (command.has_more) {
    // RFC 2920 §3.1: DATA is the last of a group. What came behind it may be a message or may be
    // commands; taking it for either is how messages are smuggled in.
    return say("554 5.5.0 data came before the go-ahead: wait for 354\r\n", Then::close);
  }
  waits_for_all_ = true;
  pass_on(Stage::data, command.line);
}

// RFC 3030 §2: bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CRLF
void RelaySession::run_chunk(const Command& command) {
  if (!offers_chunking_) return refuse("502 5.5.1 the next server does not offer CHUNKING\r\n");
  const auto space = command.arguments.find(' ');
  const std::string_view digits = command.arguments.substr(0, space);
  const std::string marker = space == std::string_view::npos
                                 ? std::string()
                                 : uppered(trim_blanks(command.arguments.substr(space)));
  std::uint64_t count = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_number = ec == std::errc() && end == digits.data() + digits.size();
  if (!is_number || count > kMaxChunk || !(marker.empty() || marker == "LAST")) {
    // How many octets follow cannot be told, so nothing that follows can be understood.
    return say("501 5.5.4 BDAT takes a size and, at the end, LAST\r\n", Then::close);
  }
  if (!is_chunked_) {
    is_chunked_ = true;
    size_ = 0;
    header_ = HeaderCapture(HeaderCapture::Form::plain);
  }
  chunk_left_ = count;
  if (count > 0) phase_ = Phase::chunk;
  if (marker == "LAST") waits_for_all_ = true;
  pass_on(marker == "LAST" ? Stage::last_chunk : Stage::chunk, command.line);
}

void RelaySession::run_auth(const Command& command) {
  if (!passes_auth()) {
    const bool wants_tls = settings_->listener.pass_auth == AuthPassing::with_tls && settings_->tls;
    // RFC 4954 §6
    return refuse(wants_tls ? "538 5.7.11 log in under TLS: use STARTTLS first\r\n"
                            : "502 5.5.1 AUTH is not passed on\r\n");
  }
  waits_for_all_ = true;
  pass_on(Stage::auth, command.line);
}

void RelaySession::run_starttls() {
  if (!settings_->tls || has_tls_) return refuse("502 5.5.1 TLS is not offered\r\n");
  // The next server would remember a login that was made in the clear.
  if (has_logged_in_) return refuse("503 5.5.1 STARTTLS comes before AUTH\r\n");
  waits_for_all_ = true;
  say("220 2.0.0 ready for TLS\r\n", Then::start_tls);
}

bool RelaySession::passes_auth() const {
  switch (settings_->listener.pass_auth) {
    case AuthPassing::never:
      return false;
    case AuthPassing::with_tls:
      return has_tls_;
    default:
      return true;
  }
}

void RelaySession::pass_on(Stage stage, std::string_view line, std::string path) {
  to_upstream_ += line;
  to_upstream_ += "\r\n";
  awaited_.push_back({stage, std::move(path), Then::go_on});
}

void RelaySession::say(std::string_view reply, Then then) {
  if (then == Then::close) waits_for_all_ = true;
  awaited_.push_back({Stage::own, std::string(reply), then});
  settle();
}

void RelaySession::refuse(std::string_view reply) {
  if (++refusals_ < settings_->listener.max_errors) return say(reply);
  say(std::string(reply) + "421 4.7.0 too many errors: read the replies and connect again\r\n",
      Then::close);
}

std::size_t RelaySession::feed_content(std::string_view octets) {
  const std::size_t before = to_upstream_.size();
  const std::size_t taken = scanner_.feed(octets, to_upstream_);
  if (phase_ == Phase::discarding) {
    to_upstream_.resize(before);
  } else {
    header_.add(std::string_view(to_upstream_).substr(before));
    if (scanner_.fault() != DataFault::none) {
      const std::string_view what = scanner_.fault() == DataFault::bare_cr ? "CR" : "LF";
      discard_content("550 5.6.0 the message holds a bare " + std::string(what) +
                      ": end every line with CRLF\r\n");
    }
  }
  if (scanner_.is_complete()) finish_content();
  return taken;
}

void RelaySession::finish_content() {
  const bool is_discarded = phase_ == Phase::discarding;
  phase_ = Phase::command;
  if (!is_discarded) {
    waits_for_all_ = true;
    awaited_.push_back({Stage::content, {}, Then::go_on});
    return;
  }
  to_client_ += final_reply_;
  ReplyParser parser;
  std::string_view text = final_reply_;
  if (const auto reply = parser.parse(text); reply && *reply) tell_all(**reply);
  end("4.3.2 the connection to the next server is gone: connect again");
}

std::size_t RelaySession::feed_chunk(std::string_view octets) {
  const std::string_view chunk =
      octets.substr(0, std::min<std::uint64_t>(chunk_left_, octets.size()));
  to_upstream_ += chunk;
  header_.add(chunk);
  size_ += chunk.size();
  chunk_left_ -= chunk.size();
  if (chunk_left_ == 0) {
    phase_ = Phase::command;
    settle();
  }
  return chunk.size();
}

}  // namespace posthaste
