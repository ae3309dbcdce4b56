#include "sink/persona_schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

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

std::string check_reply(const std::vector<std::string>& lines) {
  if (!lines.empty() && !reply_code_of(lines.front())) {
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

std::vector<ConfigProblem> check_rule(const RuleConfig& rule) {
  if (const std::string wrong = check_reply(rule.reply); !wrong.empty()) return {{"reply", wrong}};
  if (rule.action == PersonaAction::reply && rule.reply.empty()) {
    return {{"reply", "the rule has nothing to say: set reply, or another action"}};
  }
  if (rule.action == PersonaAction::delay && rule.delay == Duration(0) &&
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
  if (rule.action == PersonaAction::lose_reply && rule.at != PersonaStage::end_of_data) {
    return {{"action", "a reply can be lost only at end_of_data: set at"}};
  }
  return {};
}

std::vector<ConfigProblem> check_limit(const LimitConfig& limit) {
  if (const std::string wrong = check_reply(limit.reply); !wrong.empty()) {
    return {{"reply", wrong}};
  }
  if (limit.reply.empty() || *reply_code_of(limit.reply.front()) < 400) {
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

std::vector<ConfigProblem> check_refusal(const char* key, const std::vector<std::string>& reply) {
  if (const std::string wrong = check_reply(reply); !wrong.empty()) return {{key, wrong}};
  if (reply.empty() || *reply_code_of(reply.front()) < 400) {
    return {{key, "this refuses: begin with a code of 400 or above"}};
  }
  return {};
}

std::vector<ConfigProblem> check_deferral(const char* key, const std::vector<std::string>& reply) {
  auto problems = check_refusal(key, reply);
  if (problems.empty() && *reply_code_of(reply.front()) >= 500) {
    return {{key, "this asks the client to come again: begin with a code below 500"}};
  }
  return problems;
}

std::vector<ConfigProblem> check_tarpit(const TarpitConfig& tarpit) {
  if (tarpit.rate.count() > kMaxRateCount) {
    return {{"rate", "it counts over 1000000: name a shorter time"}};
  }
  if (tarpit.delay_max < tarpit.delay) return {{"delay_max", "it is shorter than delay: raise it"}};
  return {};
}

std::vector<ConfigProblem> check_unknown_users(const UnknownUsersConfig& unknown) {
  if (unknown.pattern.empty() && unknown.share == 0) {
    return {{"", "the block names nobody: set pattern or share"}};
  }
  return check_refusal("reply", unknown.reply);
}

}  // namespace

std::optional<std::uint32_t> reply_code_of(const std::string& line) {
  std::uint32_t code = 0;
  const auto [end, ec] = std::from_chars(line.data(), line.data() + line.size(), code);
  const bool is_code = ec == std::errc() && end == line.data() + 3 && code >= 200 && code <= 599;
  if (!is_code || line.size() < 5 || line[3] != ' ') return std::nullopt;
  return code;
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

const BlockSchema<UnknownUsersConfig>& unknown_users_schema() {
  using Unknown = UnknownUsersConfig;
  static const auto schema =
      BlockSchema<Unknown>("unknown_users", BlockKind::single,
                           "Recipients that are not there: always the same ones, whoever writes.")
          .key("pattern", &Unknown::pattern,
               "Regular expression (RE2) to be found in the address; case is ignored.",
               {.check = check_pattern})
          .key("share", &Unknown::share,
               "The share of all other addresses that are unknown, told by their hash.",
               {.min = 0.0, .max = 1.0})
          .key("reply", &Unknown::reply, "What is said.")
          .validate(check_unknown_users);
  return schema;
}

const BlockSchema<TarpitConfig>& tarpit_schema() {
  static const auto schema =
      BlockSchema<TarpitConfig>("tarpit", BlockKind::single,
                                "Who is refused again and again, or sends too fast, is answered "
                                "slowly.")
          .key("after", &TarpitConfig::after, "Refusals in one session before it begins.")
          .key("rate", &TarpitConfig::rate,
               "Messages of one address, as \"100/min\"; each one beyond waits at MAIL.")
          .key("delay", &TarpitConfig::delay, "The wait after so many; as much more for each one.",
               {.min = std::chrono::milliseconds(1)})
          .key("delay_max", &TarpitConfig::delay_max, "The longest wait.")
          .validate(check_tarpit);
  return schema;
}

const BlockSchema<GreylistConfig>& greylist_schema() {
  static const auto schema =
      BlockSchema<GreylistConfig>("greylist", BlockKind::single,
                                  "Who is new (client, sender and recipient) must come again.")
          .key("after", &GreylistConfig::after, "How long after the first time it is taken.")
          .key("forget", &GreylistConfig::forget, "Who was not seen for so long is new again.",
               {.min = std::chrono::seconds(1)})
          .key("reply", &GreylistConfig::reply, "What is said the first time.")
          .validate(
              [](const GreylistConfig& config) { return check_deferral("reply", config.reply); });
  return schema;
}

const BlockSchema<ReputationConfig>& reputation_schema() {
  using Reputation = ReputationConfig;
  static const auto schema =
      BlockSchema<Reputation>("reputation", BlockKind::single,
                              "How much each client address may send, by what it has sent before.")
          .key("day", &Reputation::day,
               "A provider's day, of 24 hours; a shorter one makes weeks pass in minutes.",
               {.min = std::chrono::seconds(1)})
          .key("first", &Reputation::first, "Messages a day from an address without history.",
               {.min = std::uint64_t{1}})
          .key("growth", &Reputation::growth,
               "A day's allowance is so many times the best of the last seven days.",
               {.min = 1.0, .max = 1000.0})
          .key("ceiling", &Reputation::ceiling, "Messages a day from the best of addresses.",
               {.min = std::uint64_t{1}})
          .key("burst", &Reputation::burst,
               "An hour's allowance, times an even hour's part of the day's.",
               {.min = 1.0, .max = 24.0})
          .key("unknown_share", &Reputation::unknown_share,
               "Recipients refused with 5xx; more than this share lowers the score.",
               {.min = 0.0001, .max = 1.0})
          .key("complaints", &Reputation::complaints,
               "The share of accepted messages that people report.", {.min = 0.0, .max = 1.0})
          .key("complaint_share", &Reputation::complaint_share,
               "Complaints; more than this share lowers the score.", {.min = 0.0001, .max = 1.0})
          .key("excess_share", &Reputation::excess_share,
               "Refusals for pace on one day; more than this share of its allowance lowers the "
               "score.",
               {.min = 0.01, .max = 1000.0})
          .key("window", &Reputation::window, "Recipients by which shares are told.",
               {.min = 10U, .max = 1'000'000U})
          .key("recovery", &Reputation::recovery, "What a day adds to the score, which is 0 to 1.",
               {.min = 0.0, .max = 1.0})
          .key("poor_below", &Reputation::poor_below,
               "With a lower score deferrals are said in other words.", {.min = 0.0, .max = 1.0})
          .key("block_below", &Reputation::block_below,
               "A lower score blocks the address for block_time.", {.min = 0.0, .max = 1.0})
          .key("block_time", &Reputation::block_time, "How long.")
          .key("deferral", &Reputation::deferral, "What is said beyond the allowance.")
          .key("poor", &Reputation::poor, "What is said below poor_below.")
          .key("block", &Reputation::block, "What is said to a blocked address.")
          .validate([](const Reputation& config) {
            auto problems = check_deferral("deferral", config.deferral);
            for (auto& one : check_deferral("poor", config.poor)) problems.push_back(one);
            for (auto& one : check_refusal("block", config.block)) problems.push_back(one);
            return problems;
          });
  return schema;
}

}  // namespace posthaste
