// How a SinkSession answers as its persona wants.
#include <fmt/format.h>
#include <re2/re2.h>

#include <utility>

#include "sink/sink_session.h"

namespace posthaste {
namespace {

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  std::string domain(at == std::string_view::npos ? std::string_view() : address.substr(at + 1));
  for (char& c : domain) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return domain;
}

void replace_all(std::string& text, std::string_view placeholder, std::string_view value) {
  std::size_t at = 0;
  while ((at = text.find(placeholder, at)) != std::string::npos) {
    text.replace(at, placeholder.size(), value);
    at += value.size();
  }
}

constexpr std::string_view kGarbage = "\x16\x03garbage\x7f\xff that is no reply\r\n";

}  // namespace

SinkStep SinkSession::ask(PersonaStage stage) {
  const Verdict verdict = judge(stage);
  if (verdict.delay == Duration(0)) return answer(stage, verdict);
  paused_.emplace(stage, verdict);
  return {SinkStep::pause, verdict.delay};
}

SinkSession::Verdict SinkSession::judge(PersonaStage stage) {
  Verdict verdict;
  verdict.limit = take_limit(stage);
  if (verdict.limit != nullptr) return verdict;
  for (const PersonaRule& rule : persona().rules) {
    if (!holds(rule, stage)) continue;
    const Duration spread = rule.config.delay_max - rule.config.delay;
    verdict.delay += rule.config.delay;
    if (spread > Duration(0)) {
      verdict.delay += Duration(
          static_cast<Duration::rep>(random_() % static_cast<std::uint64_t>(spread.count() + 1)));
    }
    if (rule.config.action == RuleAction::slow) continue;
    verdict.rule = &rule;
    break;
  }
  return verdict;
}

const PersonaLimit* SinkSession::take_limit(PersonaStage stage) {
  if (persona().limits.empty() || stage == PersonaStage::ehlo || stage > PersonaStage::rcpt) {
    return nullptr;
  }
  const std::string sender_domain = domain_of(envelope_.sender.address);
  const std::string recipient_domain = domain_of(recipient_.address);
  const LimitSubject subject{envelope_.client, sender_domain, recipient_domain};
  const LimitOf of = stage == PersonaStage::connect ? LimitOf::connections
                     : stage == PersonaStage::mail  ? LimitOf::messages
                                                    : LimitOf::recipients;
  const PersonaLimit* refusing = in_force_->limits.take(of, subject, state_of_sink_.clock.now());
  if (refusing == nullptr && of == LimitOf::connections) connection_granted_by_ = in_force_;
  return refusing;
}

bool SinkSession::holds(const PersonaRule& rule, PersonaStage stage) {
  if (rule.config.at != stage) return false;
  if (rule.sender && !re2::RE2::PartialMatch(envelope_.sender.address, *rule.sender)) return false;
  if (rule.recipient && !recipient_matches(rule, stage)) return false;
  if (rule.config.probability >= 1) return true;
  constexpr double kRange = static_cast<double>(1ULL << 53);
  return static_cast<double>(random_() >> 11) / kRange < rule.config.probability;
}

bool SinkSession::recipient_matches(const PersonaRule& rule, PersonaStage stage) const {
  if (stage == PersonaStage::rcpt) {
    return re2::RE2::PartialMatch(recipient_.address, *rule.recipient);
  }
  for (const SmtpPath& recipient : envelope_.recipients) {
    if (re2::RE2::PartialMatch(recipient.address, *rule.recipient)) return true;
  }
  return false;
}

SinkStep SinkSession::answer(PersonaStage stage, const Verdict& verdict) {
  if (verdict.limit != nullptr) {
    const std::string& name = verdict.limit->config.name;
    count_violation(name);
    const SinkStep step = refuse(verdict.limit->reply, name);
    // RFC 5321 §3.1: whoever is refused in the greeting has nothing more to say.
    return stage == PersonaStage::connect ? end() : step;
  }
  if (verdict.rule != nullptr) return act(stage, *verdict.rule);
  return proceed(stage, {});
}

SinkStep SinkSession::act(PersonaStage stage, const PersonaRule& rule) {
  const std::string& name = rule.config.name;
  switch (rule.config.action) {
    case RuleAction::reply: {
      const std::uint32_t code = rule.reply.code;
      const bool is_expected = stage == PersonaStage::data ? code == 354 : code < 300;
      if (is_expected) return proceed(stage, filled(rule.reply.wire));
      const SinkStep step = refuse(rule.reply, name);
      if (stage == PersonaStage::end_of_data) reset_transaction();
      if (stage == PersonaStage::connect) return end();
      return step;
    }
    case RuleAction::garbage:
      count_refusal(name);
      if (stage == PersonaStage::end_of_data) reset_transaction();
      if (stage == PersonaStage::connect) state_ = State::commands;
      return say(kGarbage);
    case RuleAction::hang:
      count_refusal(name);
      return {SinkStep::hang, {}};
    case RuleAction::lose_reply:
      deliver({});
      output_.clear();
      return end();
    case RuleAction::close:
      count_refusal(name);
      return end();
    case RuleAction::slow:
      break;
  }
  return proceed(stage, {});
}

SinkStep SinkSession::refuse(const PersonaReply& reply, const std::string& reason) {
  count_refusal(reason);
  say(filled(reply.wire));
  // RFC 5321 §3.8: 421 ends the connection.
  return reply.code == 421 ? end() : SinkStep{};
}

SinkStep SinkSession::proceed(PersonaStage stage, const std::string& text) {
  switch (stage) {
    case PersonaStage::connect:
      state_ = State::commands;
      return say(text.empty() ? "220 " + persona().config.hostname + " ESMTP Posthaste sink\r\n"
                              : text);
    case PersonaStage::ehlo:
      if (!text.empty()) return say(text);
      say_extensions();
      break;
    case PersonaStage::mail:
      has_sender_ = true;
      return say(text.empty() ? "250 2.1.0 Ok\r\n" : text);
    case PersonaStage::rcpt:
      envelope_.recipients.push_back(recipient_);
      return say(text.empty() ? "250 2.1.5 Ok\r\n" : text);
    case PersonaStage::data:
      scanner_.start(state_of_sink_.keep ? DataScanner::Keep::whole : DataScanner::Keep::header,
                     persona().config.max_message_size.count());
      state_ = State::data;
      return say(text.empty() ? "354 End data with <CR><LF>.<CR><LF>\r\n" : text);
    case PersonaStage::end_of_data:
      return deliver(text);
  }
  return {};
}

void SinkSession::say_extensions() {
  std::vector<std::string> lines = {persona().config.hostname};
  for (const std::string& extension : persona().config.extensions) {
    if (command_ == "HELO") break;
    if (extension == "STARTTLS" && (!state_of_sink_.has_tls || !envelope_.tls.empty())) continue;
    lines.push_back(extension);
    if (extension == "SIZE") {
      lines.back() += ' ' + std::to_string(persona().config.max_message_size.count());
    }
  }
  for (const std::string& line : lines) {
    output_ += &line == &lines.back() ? "250 " : "250-";
    output_ += line + "\r\n";
  }
}

// The message is taken: counted and, where wanted, kept.
SinkStep SinkSession::deliver(const std::string& text) {
  if (state_of_sink_.keep) {
    const Result<void> kept = state_of_sink_.keep->keep(envelope_, scanner_.content(),
                                                        to_rfc3339(state_of_sink_.clock.wall()));
    if (!kept) {
      count_refusal("cannot_keep");
      reset_transaction();
      return say("452 4.3.1 Cannot keep the message\r\n");
    }
  }
  count_message();
  reset_transaction();
  if (!text.empty()) return say(text);
  return say(fmt::format("250 2.0.0 Ok: queued as {:X}\r\n", ++state_of_sink_.message_number));
}

void SinkSession::count_message() {
  const std::string_view id = find_message_id(scanner_.content());
  if (!id.empty()) state_of_sink_.ids.add(id);
  counts_.with([&](SinkCounts& sums) {
    ++sums.messages;
    sums.recipients += envelope_.recipients.size();
    sums.octets += scanner_.size();
    if (id.empty()) ++sums.without_id;
    for (const SmtpPath& recipient : envelope_.recipients) {
      SinkCounts::add_to(sums.domains, domain_of(recipient.address));
    }
    SinkCounts::Client& client = sums.client(envelope_.client);
    ++client.messages;
    client.recipients += envelope_.recipients.size();
  });
}

// With what the persona left open.
std::string SinkSession::filled(std::string_view wire) const {
  std::string text(wire);
  if (text.find('{') == std::string::npos) return text;
  replace_all(text, "{client}", envelope_.client);
  replace_all(text, "{sender}", envelope_.sender.address);
  replace_all(text, "{recipient}", recipient_.address);
  return text;
}

}  // namespace posthaste
