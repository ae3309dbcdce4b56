#include "platform/config_scanner.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace posthaste {
namespace {

constexpr std::size_t kMaxTokenLength = 64 * 1024;
constexpr std::size_t kMaxTokens = 4'000'000;

bool is_word_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte != 0x7f &&
         std::string_view("#\"'={}(),;+*|$\\").find(c) == std::string_view::npos;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < ' ' && c != '\t') || byte == 0x7f;
}

std::string describe(char c) {
  if (!is_control(c)) return fmt::format("\"{}\"", c);
  return fmt::format("the control character 0x{:02x}", static_cast<unsigned char>(c));
}

}  // namespace

std::string_view ConfigToken::unquoted() const {
  const std::string_view whole = text;
  return kind == Kind::string ? whole.substr(1, whole.size() - 2) : whole;
}

void ConfigScanner::complain(std::string what) {
  errors_.push_back({{file_, line_}, std::move(what)});
}

void ConfigScanner::add(ConfigToken::Kind kind, std::size_t start) {
  if (position_ - start > kMaxTokenLength) {
    complain(fmt::format("a value of {} octets is too long: use at most {}", position_ - start,
                         kMaxTokenLength));
    return;
  }
  if (tokens_.size() >= kMaxTokens) {
    complain(fmt::format("the file holds over {} words: split it", kMaxTokens));
    position_ = text_.size();
    return;
  }
  tokens_.push_back({kind, std::string(text_.substr(start, position_ - start)), line_});
}

std::vector<ConfigToken> ConfigScanner::scan() {
  using Kind = ConfigToken::Kind;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    const std::size_t start = position_;
    if (c == '\n') {
      ++line_;
      ++position_;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++position_;
    } else if (c == '#' || (c == '/' && at(position_ + 1) == '/')) {
      skip_line();
    } else if (c == '/' && at(position_ + 1) == '*') {
      skip_comment();
    } else if (c == '"' || c == '\'') {
      read_string(c);
    } else if (c == '{' || c == '}' || c == '=' || c == ',') {
      ++position_;
      add(c == '{'   ? Kind::open
          : c == '}' ? Kind::close
          : c == '=' ? Kind::equals
                     : Kind::comma,
          start);
    } else if (is_word_character(c)) {
      read_word();
    } else {
      complain(describe(c) + " cannot stand outside quotes: remove it or quote the value");
      skip_line();
    }
  }
  return std::move(tokens_);
}

void ConfigScanner::skip_line() {
  while (position_ < text_.size() && text_[position_] != '\n') ++position_;
}

void ConfigScanner::skip_comment() {
  const std::size_t end = text_.find("*/", position_ + 2);
  if (end == std::string_view::npos) {
    complain("the comment is never closed: add \"*/\"");
    position_ = text_.size();
    return;
  }
  for (; position_ < end + 2; ++position_) {
    if (text_[position_] == '\n') ++line_;
  }
}

void ConfigScanner::read_word() {
  const std::size_t start = position_;
  while (position_ < text_.size() && is_word_character(text_[position_])) ++position_;
  add(ConfigToken::Kind::word, start);
}

void ConfigScanner::read_string(char quote) {
  const std::size_t start = position_++;
  while (position_ < text_.size() && text_[position_] != '\n') {
    const char c = text_[position_];
    if (c == quote) {
      ++position_;
      add(ConfigToken::Kind::string, start);
      return;
    }
    if (is_control(c)) {
      complain(describe(c) + " cannot stand in a value: remove it");
      skip_line();
      return;
    }
    if (c == '\\') {
      if (quote == '"') {
        read_escape();
      } else {
        position_ += at(position_ + 1) == '\\' || at(position_ + 1) == '\'' ? 2 : 1;
      }
    } else if (quote == '"' && c == '$' && at(position_ + 1) == '{') {
      read_variable();
    } else {
      ++position_;
    }
  }
  complain(fmt::format("the value is not closed on its line: add {}", quote));
}

void ConfigScanner::read_escape() {
  const char c = at(position_ + 1);
  if (std::string_view("\\\"$ntr").find(c) == std::string_view::npos || c == '\0') {
    complain(fmt::format("\"\\{}\" is no escape: write \"\\\\\" for a backslash, or use '…'",
                         is_control(c) || (c & 0x80) != 0 ? std::string() : std::string(1, c)));
    ++position_;
    return;
  }
  position_ += 2;
}

// ${NAME} or ${NAME:-text}: from the environment.
void ConfigScanner::read_variable() {
  const std::size_t name = position_ + 2;
  std::size_t end = name;
  while (std::isalnum(static_cast<unsigned char>(at(end))) != 0 || at(end) == '_') ++end;
  const std::string variable(text_.substr(name, end - name));
  const bool has_default = at(end) == ':' && at(end + 1) == '-';
  if (has_default) {
    while (end < text_.size() &&
           std::string_view("}\"\\\n").find(at(end)) == std::string_view::npos)
      ++end;
  }
  if (variable.empty() || at(end) != '}') {
    complain(
        "\"${\" begins the name of an environment variable: write ${NAME}, ${NAME:-text}, or "
        "\"\\${\" for the signs themselves");
    position_ = name;
    return;
  }
  // The program is told its environment at the start and never changes it.
  if (!has_default && std::getenv(variable.c_str()) == nullptr) {  // NOLINT(concurrency-mt-unsafe)
    complain(fmt::format("the environment variable {} is not set: set it, or write ${{{}:-text}}",
                         variable, variable));
  }
  position_ = end + 1;
}

}  // namespace posthaste
