#include "sink/persona.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace posthaste {
namespace {

constexpr std::array kExtensions{
    std::string_view("PIPELINING"), std::string_view("SIZE"),
    std::string_view("8BITMIME"),   std::string_view("CHUNKING"),
    std::string_view("SMTPUTF8"),   std::string_view("DSN"),
    std::string_view("STARTTLS"),   std::string_view("ENHANCEDSTATUSCODES")};
// A ring of so many times is held for each client.
constexpr std::uint64_t kMaxRateCount = 1'000'000;

std::string check_extension(const std::string& word) {
  if (std::find(kExtensions.begin(), kExtensions.end(), word) != kExtensions.end()) return {};
  return "\"" + word + "\" is no extension of the sink: use " + join_choices(kExtensions);
}

std::string check_pattern(const std::string& text) {
  const re2::RE2 pattern(text, re2::RE2::Quiet);
  if (pattern.ok()) return {};
  return "\"" + text + "\" is no regular expression (" + pattern.error() + "): correct it";
}

std::shared_ptr<const re2::RE2> compile(const std::string& text) {
  if (text.empty()) return nullptr;
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_case_sensitive(false);
  return std::make_shared<const re2::RE2>(text, options);
}

std::optional<std::uint32_t> code_of(const std::string& line) {
  std::uint32_t code = 0;
  const auto [end, ec] = std::from_chars(line.data(), line.data() + line.size(), code);
  const bool is_code = ec == std::errc() && end == line.data() + 3 && code >= 200 && code <= 599;
  if (!is_code || line.size() < 5 || line[3] != ' ') return std::nullopt;
  return code;
}

// "5.1.1 " at the start of a reply's text; "" if none.
std::string_view status_of(std::string_view text) {
  const std::size_t end = text.find(' ');
  if (end == std::string_view::npos || end < 5) return {};
  const std::string_view word = text.substr(0, end);
  const bool is_status = word.find_first_not_of("0123456789.") == std::string_view::npos &&
                         std::count(word.begin(), word.end(), '.') == 2;
  return is_status ? text.substr(0, end + 1) : std::string_view();
}

std::string check_reply(const std::vector<std::string>& lines) {
  if (!lines.empty() && !code_of(lines.front())) {
    return "reply \"" + lines.front() +
           "\" does not begin with a code and text: write as \"550 5.1.1 No such user\"";
  }
  for (const std::string& line : lines) {
    if (line.size() > 500 || line.find_first_of("\r\n") != std::string::npos) {
      return "a line of the reply is too long or holds a line end: use a list of shorter lines";
    }
  }
  return {};
}

// Requires: check_reply finds nothing wrong.
PersonaReply make_reply(const std::vector<std::string>& lines) {
  PersonaReply reply;
  if (lines.empty()) return reply;
  reply.code = *code_of(lines.front());
  const std::string code = lines.front().substr(0, 3);
  // RFC 2034 §4: the status stands on every line.
  const std::string status(status_of(std::string_view(lines.front()).substr(4)));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    reply.wire += code + (i + 1 < lines.size() ? "-" : " ");
    reply.wire += i == 0 ? lines[i].substr(4) : status + lines[i];
    reply.wire += "\r\n";
  }
  return reply;
}

std::vector<ConfigProblem> check_rule(const RuleConfig& rule) {
  if (const std::string wrong = check_reply(rule.reply); !wrong.empty()) return {{"reply", wrong}};
  if (rule.action == RuleAction::reply && rule.reply.empty()) {
    return {{"reply", "the rule has nothing to say: set reply, or another action"}};
  }
  if (rule.action == RuleAction::delay && rule.delay == Duration(0) &&
      rule.delay_max == Duration(0)) {
    return {{"delay", "the rule does not say how long: set delay"}};
  }
  if (rule.delay_max != Duration(0) && rule.delay_max < rule.delay) {
    return {{"delay_max", "it is shorter than delay: raise it"}};
  }
  if (!rule.recipient.empty() && rule.at < PersonaStage::rcpt) {
    return {{"recipient", "no recipient is known at this stage: use rcpt or a later one"}};
  }
  if (!rule.sender.empty() && rule.at < PersonaStage::mail) {
    return {{"sender", "no sender is known at this stage: use mail or a later one"}};
  }
  if (rule.action == RuleAction::lose_reply && rule.at != PersonaStage::end_of_data) {
    return {{"action", "a reply can be lost only at end_of_data: set at"}};
  }
  return {};
}

std::vector<ConfigProblem> check_limit(const LimitConfig& limit) {
  if (const std::string wrong = check_reply(limit.reply); !wrong.empty()) {
    return {{"reply", wrong}};
  }
  if (limit.reply.empty() || *code_of(limit.reply.front()) < 400) {
    return {{"reply", "a limit refuses: begin with a code of 400 or above"}};
  }
  if (limit.rate.is_unlimited() && limit.concurrent == 0) {
    return {{"", "the limit sets no limit: set rate or concurrent"}};
  }
  if (limit.rate.count() > kMaxRateCount) {
    return {{"rate", "it counts over 1000000: name a shorter time"}};
  }
  if (limit.concurrent != 0 && limit.of != LimitOf::connections) {
    return {{"concurrent", "only connections are open at one time: set of = connections"}};
  }
  const bool knows_domain =
      limit.per == LimitPer::client || limit.per == LimitPer::all ||
      (limit.per == LimitPer::sender_domain && limit.of != LimitOf::connections) ||
      limit.of == LimitOf::recipients;
  if (!knows_domain) {
    return {{"per", "the domain is not known when these are counted: use client or all"}};
  }
  return {};
}

const BlockSchema<PersonaConfig>& persona_schema() {
  static const auto schema =
      BlockSchema<PersonaConfig>("persona", BlockKind::single, "What the sink says of itself.")
          .key("name", &PersonaConfig::name, "Name of the persona, shown in the counts.")
          .key("hostname", &PersonaConfig::hostname, "Name in the greeting and after EHLO.")
          .key("extensions", &PersonaConfig::extensions, "SMTP extensions offered.",
               {.check = check_extension})
          .key("max_message_size", &PersonaConfig::max_message_size,
               "Largest message taken (SIZE).", {.min = Bytes(1)})
          .key("max_recipients", &PersonaConfig::max_recipients,
               "Most recipients of one transaction.", {.min = 1u});
  return schema;
}

const BlockSchema<RuleConfig>& rule_schema() {
  static const auto schema =
      BlockSchema<RuleConfig>("rule", BlockKind::titled,
                              "What happens at one stage of the dialogue. The rules of a stage are "
                              "asked in the order of the file; the first that holds is the answer.")
          .title(&RuleConfig::name)
          .key("at", &RuleConfig::at, "Stage of the dialogue.", {.required = true})
          .key("recipient", &RuleConfig::recipient,
               "Regular expression (RE2) to be found in the recipient's address; case is ignored. "
               "At data and end_of_data one recipient that matches is enough.",
               {.check = check_pattern})
          .key("sender", &RuleConfig::sender,
               "Regular expression to be found in the sender's address.", {.check = check_pattern})
          .key("probability", &RuleConfig::probability, "How often it holds, 0 to 1.",
               {.min = 0.0, .max = 1.0})
          .key("action", &RuleConfig::action, "What is done.")
          .key("reply", &RuleConfig::reply,
               "What is said: the code and text, further lines as further texts. {client}, "
               "{sender} and {recipient} are filled in.")
          .key("delay", &RuleConfig::delay, "How long the sink waits before.")
          .key("delay_max", &RuleConfig::delay_max,
               "With it, the wait lies anywhere between delay and this.")
          .validate(check_rule);
  return schema;
}

const BlockSchema<LimitConfig>& limit_schema() {
  static const auto schema =
      BlockSchema<LimitConfig>("limit", BlockKind::titled,
                               "What each client may have. What goes beyond is refused and counted "
                               "as a violation.")
          .title(&LimitConfig::name)
          .key("of", &LimitConfig::of, "What is counted.", {.required = true})
          .key("per", &LimitConfig::per, "For whom it is counted.")
          .key("rate", &LimitConfig::rate,
               "So many in any stretch of that time, as \"100/min\"; no burst beyond it.")
          .key("concurrent", &LimitConfig::concurrent, "Connections open at one time.")
          .key("reply", &LimitConfig::reply,
               "What is said beyond the limit; after a 421 the connection is closed.")
          .key("penalty", &LimitConfig::penalty,
               "After an excess, everything it counts is refused for so long.")
          .validate(check_limit);
  return schema;
}

PersonaOrErrors to_persona(const ConfigurationOrErrors& loaded) {
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) return *errors;
  const auto& configuration = *std::get<std::shared_ptr<const Configuration>>(loaded);
  Persona persona{configuration.one(persona_schema()), {}, {}};
  for (RuleConfig& rule : configuration.all(rule_schema())) {
    PersonaRule made{{}, make_reply(rule.reply), compile(rule.recipient), compile(rule.sender)};
    made.config = std::move(rule);
    persona.rules.push_back(std::move(made));
  }
  for (LimitConfig& limit : configuration.all(limit_schema())) {
    const PersonaReply reply = make_reply(limit.reply);
    persona.limits.push_back({std::move(limit), reply});
  }
  return persona;
}

}  // namespace

bool Persona::offers(std::string_view extension) const {
  return std::find(config.extensions.begin(), config.extensions.end(), extension) !=
         config.extensions.end();
}

Persona Persona::plain() {
  return Persona{};
}

const Configuration::Schemas& persona_schemas() {
  static const Configuration::Schemas schemas = {&persona_schema(), &rule_schema(),
                                                 &limit_schema()};
  return schemas;
}

PersonaOrErrors load_persona(const std::string& name_or_path) {
  if (name_or_path == "plain") return Persona::plain();
  return to_persona(Configuration::load(name_or_path, persona_schemas()));
}

PersonaOrErrors parse_persona(const std::string& text, const std::string& name) {
  return to_persona(Configuration::load_text(text, name, persona_schemas()));
}

}  // namespace posthaste
