// What a persona makes of the stages of a session.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "sink/command_line.h"
#include "sink/sink_session.h"

namespace posthaste {
namespace {

void replace_all(std::string& text, std::string_view name, std::string_view value) {
  for (std::size_t at = text.find(name); at != std::string::npos;
       at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
}

std::string_view address_in(const std::string& address_and_parameters) {
  return std::string_view(address_and_parameters).substr(0, address_and_parameters.find(' '));
}

}  // namespace

SinkStep SinkSession::ask(PersonaStage stage) {
  const Pause pause{stage, judge(stage)};
  if (pause.verdict.delay == Duration(0)) return answer(pause);
  paused_ = pause;
  return {SinkStep::pause, pause.verdict.delay};
}

SinkStep SinkSession::answer(const Pause& pause) {
  const Verdict& verdict = pause.verdict;
  if (verdict.refusal != nullptr) {
    if (verdict.is_violation) count_violation(verdict.reason, 1);
    return refuse(pause.stage, *verdict.refusal, verdict.reason);
  }
  if (verdict.rule != nullptr) return act(pause.stage, *verdict.rule);
  return proceed(pause.stage, {});
}

SinkStep SinkSession::act(PersonaStage stage, const PersonaRule& rule) {
  switch (rule.config.action) {
    case PersonaAction::close:
      return {SinkStep::close};
    case PersonaAction::hang:
      return {SinkStep::hang};
    case PersonaAction::garbage:
      if (stage == PersonaStage::end_of_data) reset_transaction();
      return say("\x07\xff this is no SMTP\r\n");
    case PersonaAction::lose_reply:
      if (take_message()) count_accepted();
      return {SinkStep::close};
    case PersonaAction::reply:
    case PersonaAction::delay:  // never the answer of a stage: judge() goes on behind it
      break;
  }
  if (stage == PersonaStage::rcpt && rule.reply.code >= 500 && persona().remembers()) {
    in_force_->provider.with([&](ProviderModel& provider) {
      provider.on_unknown_user(client_, state_of_sink_.clock.now());
    });
  }
  if (rule.reply.code >= 400) return refuse(stage, rule.reply, rule.config.name);
  return proceed(stage, filled(rule.reply.wire));
}

SinkStep SinkSession::refuse(PersonaStage stage, const PersonaReply& reply,
                             const std::string& reason) {
  count_refusal(reason);
  ++refusals_;
  SinkStep step = say(filled(reply.wire));
  if (stage == PersonaStage::end_of_data) reset_transaction();
  // RFC 5321 §3.8: 421 announces the end; and to a refused connection nothing more is said.
  if (reply.code == 421 || stage == PersonaStage::connect) step.kind = SinkStep::close;
  return step;
}

SinkStep SinkSession::proceed(PersonaStage stage, const std::string& reply) {
  switch (stage) {
    case PersonaStage::connect:
      return say(reply.empty() ? fmt::format("220 {} ESMTP\r\n", persona().config.hostname)
                               : reply);
    case PersonaStage::ehlo:
      if (reply.empty()) {
        say_extensions();
        return {};
      }
      return say(reply);
    case PersonaStage::mail:
      has_sender_ = true;
      return say(reply.empty() ? "250 2.1.0 Ok\r\n" : reply);
    case PersonaStage::rcpt:
      envelope_.recipients.push_back(std::move(recipient_));
      recipient_.clear();
      return say(reply.empty() ? "250 2.1.5 Ok\r\n" : reply);
    case PersonaStage::data:
      state_ = State::data;
      scanner_.start(state_of_sink_.keep ? DataScanner::Keep::whole : DataScanner::Keep::header,
                     persona().config.max_message_size.count());
      return say(reply.empty() ? "354 Go ahead\r\n" : reply);
    case PersonaStage::end_of_data:
      break;
  }
  if (!take_message()) {
    count_refusal("not_kept");
    say("452 4.3.1 The message cannot be kept\r\n");
  } else {
    count_accepted();
    say(reply.empty() ? "250 2.0.0 Ok\r\n" : reply);
  }
  reset_transaction();
  return {};
}

void SinkSession::say_extensions() {
  if (!is_extended_) {
    output_ += fmt::format("250 {}\r\n", persona().config.hostname);
    return;
  }
  std::vector<std::string> lines = {persona().config.hostname};
  for (const std::string& extension : persona().config.extensions) {
    if (extension == "STARTTLS" && (!state_of_sink_.has_tls || is_tls_)) continue;
    lines.push_back(extension == "SIZE"
                        ? fmt::format("SIZE {}", persona().config.max_message_size.count())
                        : extension);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    output_ += fmt::format("250{}{}\r\n", i + 1 < lines.size() ? '-' : ' ', lines[i]);
  }
}

SinkSession::Verdict SinkSession::judge(PersonaStage stage) {
  Verdict verdict;
  verdict.delay = tarpit();
  if (const PersonaLimit* limit = take_limit(stage)) {
    verdict.refusal = &limit->reply;
    verdict.reason = limit->config.name;
    verdict.is_violation = true;
    return verdict;
  }
  for (const PersonaRule& rule : persona().rules) {
    if (rule.config.at != stage || !holds(rule, stage)) continue;
    verdict.delay += rule.config.delay;
    if (rule.config.delay_max > rule.config.delay) {
      const auto spread = (rule.config.delay_max - rule.config.delay).count();
      verdict.delay += Duration(std::uniform_int_distribution<Duration::rep>(0, spread)(random_));
    }
    if (rule.config.action == PersonaAction::delay) continue;
    verdict.rule = &rule;
    break;
  }
  // A recipient that does not exist is told so at once.
  if (verdict.rule != nullptr && verdict.rule->reply.code >= 400) return verdict;
  const ProviderModel::Verdict answer = ask_provider(stage);
  verdict.delay += answer.delay;
  verdict.refusal = answer.refusal;
  verdict.reason = answer.reason;
  return verdict;
}

ProviderModel::Verdict SinkSession::ask_provider(PersonaStage stage) {
  const bool is_asked = stage == PersonaStage::mail || stage == PersonaStage::rcpt;
  if (!is_asked || !persona().remembers()) return {};
  const auto now = state_of_sink_.clock.now();
  const auto verdict = in_force_->provider.with([&](ProviderModel& provider) {
    if (stage == PersonaStage::mail) return provider.on_mail(client_, now);
    return provider.on_rcpt({client_, envelope_.sender, address_in(recipient_)}, now);
  });
  if (stage == PersonaStage::mail) is_let_in_ = verdict.refusal == nullptr;
  return verdict;
}

void SinkSession::count_accepted() {
  if (!std::exchange(is_let_in_, false)) return;
  in_force_->provider.with(
      [&](ProviderModel& provider) { provider.on_accepted(client_, state_of_sink_.clock.now()); });
}

void SinkSession::abandon_message() {
  if (!std::exchange(is_let_in_, false)) return;
  in_force_->provider.with([&](ProviderModel& provider) { provider.on_abandoned(client_); });
}

Duration SinkSession::tarpit() const {
  const auto& tarpit = persona().tarpit;
  if (!tarpit || refusals_ < tarpit->after) return Duration(0);
  return tarpit_delay(*tarpit, refusals_ - tarpit->after + 1);
}

const PersonaLimit* SinkSession::take_limit(PersonaStage stage) {
  if (persona().limits.empty()) return nullptr;
  const auto now = state_of_sink_.clock.now();
  const std::string sender_domain = domain_of(envelope_.sender);
  if (stage == PersonaStage::connect) {
    const PersonaLimit* limit =
        in_force_->limits.take(LimitOf::connections, {client_, {}, {}}, now);
    if (limit == nullptr) connection_granted_by_ = in_force_;
    return limit;
  }
  if (stage == PersonaStage::mail) {
    return in_force_->limits.take(LimitOf::messages, {client_, sender_domain, {}}, now);
  }
  if (stage == PersonaStage::rcpt) {
    const std::string recipient_domain = domain_of(recipient_);
    return in_force_->limits.take(LimitOf::recipients, {client_, sender_domain, recipient_domain},
                                  now);
  }
  return nullptr;
}

bool SinkSession::holds(const PersonaRule& rule, PersonaStage stage) {
  if (rule.sender && !re2::RE2::PartialMatch(envelope_.sender, *rule.sender)) return false;
  if (rule.recipient && !recipient_matches(rule, stage)) return false;
  if (rule.config.probability >= 1) return true;
  return std::uniform_real_distribution<>(0, 1)(random_) < rule.config.probability;
}

bool SinkSession::recipient_matches(const PersonaRule& rule, PersonaStage stage) const {
  const auto matches = [&](const std::string& recipient) {
    const std::string_view address = address_in(recipient);
    return re2::RE2::PartialMatch({address.data(), address.size()}, *rule.recipient);
  };
  if (stage == PersonaStage::rcpt) return matches(recipient_);
  return std::any_of(envelope_.recipients.begin(), envelope_.recipients.end(), matches);
}

std::string SinkSession::filled(const std::string& wire) const {
  if (wire.find('{') == std::string::npos) return wire;
  std::string text = wire;
  const std::string& recipient = recipient_.empty() && !envelope_.recipients.empty()
                                     ? envelope_.recipients.front()
                                     : recipient_;
  replace_all(text, "{client}", client_);
  replace_all(text, "{sender}", envelope_.sender);
  replace_all(text, "{recipient}", address_in(recipient));
  return text;
}

}  // namespace posthaste
