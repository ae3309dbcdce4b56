#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/units.h"
#include "platform/config.h"
#include "sink/greylist.h"
#include "sink/sender_reputation.h"

namespace re2 {
class RE2;
}

namespace posthaste {

// Where in the SMTP dialogue a rule is asked. `data` is the DATA command; the last chunk of BDAT
// (RFC 3030) counts as end_of_data, as the lone dot does.
enum class PersonaStage : std::uint8_t { connect, ehlo, mail, rcpt, data, end_of_data };

enum class PersonaAction : std::uint8_t {
  reply,       // say `reply`; the dialogue goes on
  close,       // hang up without a word
  hang,        // say nothing more and keep the connection
  garbage,     // say what is no SMTP; the dialogue goes on
  delay,       // wait `delay`, then ask the next rule
  lose_reply,  // take the message, then hang up before saying so
};

enum class LimitOf : std::uint8_t { connections, messages, recipients };
enum class LimitPer : std::uint8_t { client, sender_domain, recipient_domain, all };

template <>
struct ConfigNames<PersonaStage> {
  static constexpr std::array names{std::pair{"connect", PersonaStage::connect},
                                    std::pair{"ehlo", PersonaStage::ehlo},
                                    std::pair{"mail", PersonaStage::mail},
                                    std::pair{"rcpt", PersonaStage::rcpt},
                                    std::pair{"data", PersonaStage::data},
                                    std::pair{"end_of_data", PersonaStage::end_of_data}};
};
template <>
struct ConfigNames<PersonaAction> {
  static constexpr std::array names{
      std::pair{"reply", PersonaAction::reply}, std::pair{"close", PersonaAction::close},
      std::pair{"hang", PersonaAction::hang},   std::pair{"garbage", PersonaAction::garbage},
      std::pair{"delay", PersonaAction::delay}, std::pair{"lose_reply", PersonaAction::lose_reply}};
};
template <>
struct ConfigNames<LimitOf> {
  static constexpr std::array names{std::pair{"connections", LimitOf::connections},
                                    std::pair{"messages", LimitOf::messages},
                                    std::pair{"recipients", LimitOf::recipients}};
};
template <>
struct ConfigNames<LimitPer> {
  static constexpr std::array names{
      std::pair{"client", LimitPer::client}, std::pair{"sender_domain", LimitPer::sender_domain},
      std::pair{"recipient_domain", LimitPer::recipient_domain}, std::pair{"all", LimitPer::all}};
};

// The persona block: what the server says of itself.
struct PersonaConfig {
  std::string name = "plain";
  std::string hostname = "sink.test";
  std::vector<std::string> extensions = {"PIPELINING", "SIZE", "8BITMIME", "CHUNKING",
                                         "SMTPUTF8",   "DSN",  "STARTTLS", "ENHANCEDSTATUSCODES"};
  Bytes max_message_size{100'000'000};
  std::uint32_t max_recipients = 1000;
};

// A rule block: what happens at one stage, to some. `pattern`s are compiled once.
struct RuleConfig {
  std::string name;
  PersonaStage at = PersonaStage::rcpt;
  std::string recipient;  // RE2, found anywhere, any case; "": every one
  std::string sender;
  double probability = 1;
  PersonaAction action = PersonaAction::reply;
  // The first line is "CODE text"; the others are text only.
  std::vector<std::string> reply;
  Duration delay{0};
  Duration delay_max{0};  // over `delay`: a delay between the two, evenly spread
};

// A limit block: what is granted to each client (or domain) in any stretch of time.
struct LimitConfig {
  std::string name;
  LimitOf of = LimitOf::messages;
  LimitPer per = LimitPer::client;
  Rate rate;                     // so many in any such period, exactly
  std::uint32_t concurrent = 0;  // connections open at one time; 0: no limit
  std::vector<std::string> reply = {"421 4.7.0 Too many, try again later"};
  Duration penalty{0};  // after an excess, all is refused for so long
};

// The tarpit block: a session that is refused again and again is answered ever more slowly, and so
// is an address that sends too fast.
struct TarpitConfig {
  std::uint32_t after = 3;                   // refusals in one session
  Rate rate;                                 // messages of one address; unlimited: at any pace
  Duration delay = std::chrono::seconds(2);  // more for each further one
  Duration delay_max = std::chrono::seconds(30);
};

// The unknown_users block: recipients that are not there, always the same ones.
struct UnknownUsersConfig {
  std::string pattern;  // RE2, found anywhere in the address, any case; "": none
  double share = 0;     // of all other addresses, by their hash
  std::vector<std::string> reply = {"550 5.1.1 No such user"};
};

// A reply as it goes over the wire, but for its "{client}", "{sender}" and "{recipient}".
struct PersonaReply {
  std::uint32_t code = 0;
  std::string wire;
};

struct PersonaRule {
  RuleConfig config;
  PersonaReply reply;
  std::shared_ptr<const re2::RE2> recipient;  // null: every one
  std::shared_ptr<const re2::RE2> sender;
};

struct PersonaLimit {
  LimitConfig config;
  PersonaReply reply;
};

struct PersonaReputation {
  ReputationConfig config;
  PersonaReply deferral;
  PersonaReply block;
  PersonaReply poor;
};

struct PersonaGreylist {
  GreylistConfig config;
  PersonaReply reply;
};

struct PersonaUnknownUsers {
  UnknownUsersConfig config;
  PersonaReply reply;
  std::shared_ptr<const re2::RE2> pattern;  // null: none
};

// How the sink behaves: a receiving server, modelled. Blocks in a file:
//
//   persona "moody" { hostname = "mx.moody.test" }
//   rule "unknown" { at = rcpt  recipient = "^nobody@"  reply = "550 5.1.1 No such user" }
//   limit "per-minute" { of = messages  per = client  rate = "100/min" }
//
// The rules of a stage are asked in the order of the file; the first that holds is the answer.
// Immutable once made.
struct Persona {
  PersonaConfig config;
  std::vector<PersonaRule> rules;
  std::vector<PersonaLimit> limits;
  std::optional<PersonaReputation> reputation;
  std::optional<PersonaGreylist> greylist;
  std::optional<PersonaUnknownUsers> unknown_users;
  std::optional<TarpitConfig> tarpit;

  bool offers(std::string_view extension) const;
  // Whether it answers by what it remembers of the client.
  bool remembers() const { return reputation || greylist || unknown_users || tarpit; }

  // Accepts everything.
  static Persona plain();
};

using PersonaOrErrors = std::variant<Persona, std::vector<ConfigError>>;
// "plain", the name of one that is part of the program (conf/personas), or a file's path.
PersonaOrErrors load_persona(const std::string& name_or_path);
// `name` stands for the file in errors.
PersonaOrErrors parse_persona(const std::string& text, const std::string& name);

// The names that load_persona() knows.
std::vector<std::string> persona_names();

// The blocks of a persona file, for its reference.
const Configuration::Schemas& persona_schemas();

}  // namespace posthaste
