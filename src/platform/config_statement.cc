#include "platform/config_statement.h"

#include <fmt/format.h>

namespace posthaste {
namespace {

using Tokens = std::vector<ConfigToken>;

std::size_t find_closing(const Tokens& tokens, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i].kind == ConfigToken::Kind::open) ++depth;
    if (tokens[i].kind == ConfigToken::Kind::close && --depth == 0) return i;
  }
  return tokens.size();
}

}  // namespace

std::string compose_config_text(const Tokens& tokens) {
  using Kind = ConfigToken::Kind;
  std::string text;
  std::uint32_t line = 1;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    text.append(tokens[i].line - line, '\n');
    line = tokens[i].line;
    text += tokens[i].text;
    text += ' ';
    // `key = {}` would pass without a callback.
    const bool is_empty_list = i + 1 < tokens.size() && i > 0 && tokens[i].kind == Kind::open &&
                               tokens[i - 1].kind == Kind::equals &&
                               tokens[i + 1].kind == Kind::close;
    if (is_empty_list) text.append("\"").append(kEmptyConfigList).append("\" ");
  }
  return text;
}

bool remove_config_statement(Tokens& tokens, const UnknownConfigName& unknown) {
  using Kind = ConfigToken::Kind;
  const auto kind = [&](std::size_t i) {
    return i < tokens.size() ? std::optional(tokens[i].kind) : std::nullopt;
  };
  for (std::size_t i = 0; i < tokens.size() && tokens[i].line <= unknown.line; ++i) {
    const bool is_value =
        i > 0 && (tokens[i - 1].kind == Kind::equals || tokens[i - 1].kind == Kind::comma);
    if (tokens[i].line != unknown.line || !tokens[i].is_name() || is_value ||
        tokens[i].unquoted() != unknown.name) {
      continue;
    }
    std::size_t end = i + 1;
    if (kind(end) == Kind::equals || (kind(end) && tokens[end].is_name())) ++end;
    if (kind(end) == Kind::open) {
      end = find_closing(tokens, end);
    } else if (kind(i + 1) != Kind::equals || !kind(end) || !tokens[end].is_name()) {
      return false;
    }
    if (end >= tokens.size()) return false;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(i),
                 tokens.begin() + static_cast<std::ptrdiff_t>(end) + 1);
    return true;
  }
  return false;
}

std::optional<ConfigError> find_unclosed_block(const Tokens& tokens, const std::string& file) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == ConfigToken::Kind::open) open.push_back(i);
    if (tokens[i].kind == ConfigToken::Kind::close && !open.empty()) open.pop_back();
  }
  if (open.empty()) return std::nullopt;
  std::size_t name = open.back();
  while (name > 0 && tokens[name - 1].is_name()) {
    --name;
    if (tokens[name].kind == ConfigToken::Kind::word) break;
  }
  return ConfigError{
      {file, tokens[open.back()].line},
      fmt::format("{}: the block is never closed: add \"}}\"", tokens[name].unquoted())};
}

}  // namespace posthaste
