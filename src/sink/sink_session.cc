#include "sink/sink_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "mail/message.h"
#include "sink/command_line.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxCommand = 4096;
// A client that only makes errors is sent away.
constexpr std::uint32_t kMaxErrors = 20;

}  // namespace

SinkSession::SinkSession(SinkState& state, Guarded<SinkCounts>& counts, std::string client)
    : state_of_sink_(state),
      counts_(counts),
      client_(std::move(client)),
      in_force_(state.persona()),
      random_(state.seed + state.connection_number++) {
  counts_.with([&](SinkCounts& sums) {
    ++sums.connections;
    ++sums.open;
    ++sums.client(client_).connections;
  });
}

SinkSession::~SinkSession() {
  abandon_message();
  if (connection_granted_by_) connection_granted_by_->limits.release_connection({client_, {}, {}});
  counts_.with([](SinkCounts& sums) { --sums.open; });
}

SinkStep SinkSession::feed(std::string_view& input) {
  SinkStep step;
  if (paused_) {
    const Pause pause = *paused_;
    paused_.reset();
    step = answer(pause);
  } else if (state_ == State::greeting) {
    state_ = State::commands;
    step = ask(PersonaStage::connect);
  }
  while (step.kind == SinkStep::read && !input.empty()) {
    if (state_ == State::data) {
      if (!scanner_.take_lines(input)) break;
      state_ = State::commands;
      step = end_message();
    } else if (state_ == State::chunk) {
      step = feed_chunk(input);
    } else if (input.find('\n') != std::string_view::npos) {
      step = feed_line(input);
    } else {
      if (input.size() <= kMaxCommand) break;
      step = say("500 5.5.6 Line too long\r\n");
      step.kind = SinkStep::close;
    }
  }
  return step;
}

SinkStep SinkSession::feed_line(std::string_view& input) {
  const std::size_t lf = input.find('\n');
  std::string_view line = input.substr(0, lf);
  input.remove_prefix(lf + 1);
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  } else {
    count_violation("bare_line_end", 1);
  }
  if (equals_ignoring_case(line, "STARTTLS")) return take_starttls(input);
  return take_command(line);
}

SinkStep SinkSession::take_command(std::string_view line) {
  const std::size_t space = line.find(' ');
  const std::string_view verb = line.substr(0, space);
  const std::string_view argument =
      space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  if (equals_ignoring_case(verb, "MAIL")) return take_mail(argument);
  if (equals_ignoring_case(verb, "RCPT")) return take_rcpt(argument);
  if (equals_ignoring_case(verb, "DATA")) return take_data();
  if (equals_ignoring_case(verb, "BDAT")) return take_bdat(argument);
  if (equals_ignoring_case(verb, "EHLO") || equals_ignoring_case(verb, "HELO")) {
    return take_greeting(verb, argument);
  }
  if (equals_ignoring_case(verb, "RSET")) {
    reset_transaction();
    return say("250 2.0.0 Ok\r\n");
  }
  if (equals_ignoring_case(verb, "NOOP")) return say("250 2.0.0 Ok\r\n");
  if (equals_ignoring_case(verb, "VRFY")) return say("252 2.0.0 Send it and see\r\n");
  if (equals_ignoring_case(verb, "QUIT")) {
    SinkStep step = say("221 2.0.0 Bye\r\n");
    step.kind = SinkStep::close;
    return step;
  }
  return protocol_error("500 5.5.1 Command not known\r\n");
}

SinkStep SinkSession::take_greeting(std::string_view verb, std::string_view argument) {
  if (argument.empty()) return protocol_error("501 5.5.4 A name is missing\r\n");
  // RFC 5321 §4.1.4: a new greeting is a reset.
  reset_transaction();
  is_extended_ = equals_ignoring_case(verb, "EHLO");
  return ask(PersonaStage::ehlo);
}

SinkStep SinkSession::take_mail(std::string_view argument) {
  if (has_sender_) return protocol_error("503 5.5.1 There is a sender already\r\n");
  const auto path = parse_path_command(argument, "FROM:");
  if (!path) return protocol_error("501 5.5.4 Write MAIL FROM:<address>\r\n");
  abandon_message();
  is_refused_ = false;
  // A persona that was set meanwhile holds from here on.
  in_force_ = state_of_sink_.persona();
  envelope_.sender = path->address;
  envelope_.mail_parameters = path->parameters;
  // RFC 1870 §6.1
  if (declared_size(path->parameters) > persona().config.max_message_size.count()) {
    count_refusal("size");
    return say("552 5.3.4 Message too big\r\n");
  }
  return ask(PersonaStage::mail);
}

SinkStep SinkSession::take_rcpt(std::string_view argument) {
  if (!has_sender_) return out_of_order("503 5.5.1 MAIL first\r\n");
  const auto path = parse_path_command(argument, "TO:");
  if (!path || path->address.empty()) {
    return protocol_error("501 5.5.4 Write RCPT TO:<address>\r\n");
  }
  if (envelope_.recipients.size() >= persona().config.max_recipients) {
    count_refusal("recipients");
    return say("452 4.5.3 Too many recipients\r\n");
  }
  recipient_ = path->address;
  if (!path->parameters.empty()) recipient_.append(" ").append(path->parameters);
  return ask(PersonaStage::rcpt);
}

SinkStep SinkSession::take_data() {
  if (has_chunks_) return protocol_error("503 5.5.1 BDAT has begun\r\n");
  if (!has_sender_) return out_of_order("503 5.5.1 MAIL first\r\n");
  if (envelope_.recipients.empty()) return out_of_order("554 5.5.1 No valid recipients\r\n");
  return ask(PersonaStage::data);
}

SinkStep SinkSession::take_bdat(std::string_view argument) {
  std::uint64_t size = 0;
  const auto [end, ec] = std::from_chars(argument.data(), argument.data() + argument.size(), size);
  const std::string_view rest = argument.substr(static_cast<std::size_t>(end - argument.data()));
  const bool is_last = equals_ignoring_case(rest, " LAST");
  if (ec != std::errc() || (!rest.empty() && !is_last)) {
    // How many octets follow is not known, so what comes next cannot be understood.
    SinkStep step = say("501 5.5.4 Write BDAT size [LAST]\r\n");
    step.kind = SinkStep::close;
    return step;
  }
  is_chunk_void_ = envelope_.recipients.empty();
  is_last_chunk_ = is_last;
  chunk_left_ = size;
  state_ = State::chunk;
  if (!has_chunks_) {
    scanner_.start(state_of_sink_.keep ? DataScanner::Keep::whole : DataScanner::Keep::header,
                   persona().config.max_message_size.count());
  }
  has_chunks_ = !is_chunk_void_;
  std::string_view none;
  return size == 0 ? feed_chunk(none) : SinkStep();
}

SinkStep SinkSession::feed_chunk(std::string_view& input) {
  const std::size_t count = std::min<std::uint64_t>(input.size(), chunk_left_);
  if (!is_chunk_void_) scanner_.take_raw(input.substr(0, count));
  input.remove_prefix(count);
  chunk_left_ -= count;
  if (chunk_left_ != 0) return {};
  state_ = State::commands;
  if (is_chunk_void_) return out_of_order("503 5.5.1 No valid recipients\r\n");
  if (is_last_chunk_) return end_message();
  return say("250 2.0.0 Chunk taken\r\n");
}

SinkStep SinkSession::take_starttls(std::string_view& input) {
  if (!state_of_sink_.has_tls || is_tls_ || !persona().offers("STARTTLS")) {
    return protocol_error("502 5.5.1 Not offered\r\n");
  }
  // RFC 3207 §5: what came in the clear behind the command must not be taken for TLS's.
  if (!input.empty()) count_violation("data_behind_starttls", 1);
  input = {};
  SinkStep step = say("220 2.0.0 Go ahead\r\n");
  step.kind = SinkStep::start_tls;
  return step;
}

void SinkSession::on_tls() {
  is_tls_ = true;
  is_extended_ = false;
  reset_transaction();
  counts_.with([](SinkCounts& sums) { ++sums.tls; });
}

SinkStep SinkSession::end_message() {
  if (const auto count = scanner_.bare_line_ends()) count_violation("bare_line_end", count);
  if (const auto count = scanner_.long_lines()) count_violation("long_line", count);
  if (scanner_.is_too_large()) {
    count_refusal("size");
    reset_transaction();
    return say("552 5.3.4 Message too big\r\n");
  }
  return ask(PersonaStage::end_of_data);
}

SinkStep SinkSession::say(std::string_view reply) {
  output_ += reply;
  return {};
}

SinkStep SinkSession::protocol_error(std::string_view reply) {
  count_violation("protocol", 1);
  SinkStep step = say(reply);
  if (++errors_ >= kMaxErrors) step.kind = SinkStep::close;
  return step;
}

SinkStep SinkSession::out_of_order(std::string_view reply) {
  // RFC 2920 §3.1: the client learns only from the replies that a command before was refused.
  return is_refused_ ? say(reply) : protocol_error(reply);
}

void SinkSession::reset_transaction() {
  abandon_message();
  envelope_.sender.clear();
  envelope_.mail_parameters.clear();
  envelope_.recipients.clear();
  recipient_.clear();
  has_sender_ = false;
  is_refused_ = false;
  has_chunks_ = false;
}

void SinkSession::count_refusal(const std::string& reason) {
  is_refused_ = true;
  counts_.with([&](SinkCounts& sums) {
    SinkCounts::add_to(sums.refused, reason);
    ++sums.client(client_).refused;
  });
}

void SinkSession::count_violation(const std::string& what, std::uint64_t by) {
  counts_.with([&](SinkCounts& sums) { SinkCounts::add_to(sums.violations, what, by); });
}

bool SinkSession::take_message() {
  if (state_of_sink_.keep && !state_of_sink_.keep->keep(envelope_, scanner_.content())) {
    return false;
  }
  const std::string_view id = find_message_id(scanner_.content());
  if (!id.empty()) state_of_sink_.ids.add(id);
  counts_.with([&](SinkCounts& sums) {
    ++sums.messages;
    sums.recipients += envelope_.recipients.size();
    sums.octets += scanner_.size();
    if (id.empty()) ++sums.without_id;
    SinkCounts::Client& client = sums.client(client_);
    ++client.messages;
    client.recipients += envelope_.recipients.size();
    for (const std::string& recipient : envelope_.recipients) {
      SinkCounts::add_to(sums.domains, domain_of(recipient));
    }
  });
  return true;
}

}  // namespace posthaste
