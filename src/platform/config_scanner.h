#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config_error.h"

namespace posthaste {

// A word or sign of the configuration's text. `text` is as it stands there, quotes included.
struct ConfigToken {
  enum class Kind : std::uint8_t { word, string, open, close, equals, comma };
  Kind kind;
  std::string text;
  std::uint32_t line;

  bool is_name() const { return kind == Kind::word || kind == Kind::string; }
  // Without the quotes; escapes stay.
  std::string_view unquoted() const;
};

// Splits a configuration text into tokens and reports what no configuration may hold.
//
// It goes before libConfuse for four reasons: that counts lines wrongly behind comments, keeps its
// state after a string that is never closed, passes silently over signs it does not know and over
// undefined ${VARIABLES}, and has no `include "pattern"`.
class ConfigScanner {
 public:
  ConfigScanner(std::string_view text, std::string file, std::vector<ConfigError>& errors)
      : text_(text), file_(std::move(file)), errors_(errors) {}

  // The tokens, complete only when it has added nothing to `errors`.
  std::vector<ConfigToken> scan();

 private:
  void skip_line();
  void skip_comment();
  void read_string(char quote);
  void read_escape();
  void read_variable();
  void read_word();
  void add(ConfigToken::Kind kind, std::size_t start);
  void complain(std::string what);
  char at(std::size_t position) const { return position < text_.size() ? text_[position] : '\0'; }

  std::string_view text_;
  std::string file_;
  std::vector<ConfigError>& errors_;
  std::vector<ConfigToken> tokens_;
  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace posthaste
