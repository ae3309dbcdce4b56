#include "sink/persona.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sink/persona_schema.h"
#include "sink/shipped_personas.h"

namespace posthaste {
namespace {

std::shared_ptr<const re2::RE2> compile(const std::string& text) {
  if (text.empty()) return nullptr;
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_case_sensitive(false);
  return std::make_shared<const re2::RE2>(text, options);
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

// Requires: check_reply finds nothing wrong.
PersonaReply make_reply(const std::vector<std::string>& lines) {
  PersonaReply reply;
  if (lines.empty()) return reply;
  reply.code = *reply_code_of(lines.front());
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
  if (const auto block = configuration.blocks(reputation_schema()).front(); block.written) {
    const PersonaReply deferral = make_reply(block.value.deferral);
    persona.reputation = {block.value, deferral, make_reply(block.value.block),
                          make_reply(block.value.poor)};
  }
  if (const auto block = configuration.blocks(greylist_schema()).front(); block.written) {
    persona.greylist = {block.value, make_reply(block.value.reply)};
  }
  if (const auto block = configuration.blocks(unknown_users_schema()).front(); block.written) {
    persona.unknown_users = {block.value, make_reply(block.value.reply),
                             compile(block.value.pattern)};
  }
  if (const auto block = configuration.blocks(tarpit_schema()).front(); block.written) {
    persona.tarpit = block.value;
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

std::vector<std::string> persona_names() {
  std::vector<std::string> names = {"plain"};
  for (const ShippedPersona& one : shipped_personas()) names.emplace_back(one.name);
  return names;
}

const Configuration::Schemas& persona_schemas() {
  static const Configuration::Schemas schemas = {
      &persona_schema(),       &rule_schema(),     &limit_schema(), &reputation_schema(),
      &unknown_users_schema(), &greylist_schema(), &tarpit_schema()};
  return schemas;
}

PersonaOrErrors load_persona(const std::string& name_or_path) {
  if (name_or_path == "plain") return Persona::plain();
  for (const ShippedPersona& one : shipped_personas()) {
    if (name_or_path == one.name) return parse_persona(std::string(one.text), one.file);
  }
  return to_persona(Configuration::load(name_or_path, persona_schemas()));
}

PersonaOrErrors parse_persona(const std::string& text, const std::string& name) {
  return to_persona(Configuration::load_text(text, name, persona_schemas()));
}

}  // namespace posthaste
