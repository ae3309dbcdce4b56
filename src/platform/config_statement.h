#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/config_scanner.h"

namespace posthaste {

// What the parser does with tokens before and beside libConfuse.

// Stands for the values of `key = {}`, which would pass without a callback.
inline constexpr const char* kEmptyConfigList = "\x01";

// A name that no schema knows; `line` leads to its token.
struct UnknownConfigName {
  std::string name;
  std::uint32_t line;
};

// The text for libConfuse: no comments, every token on its own line of the file.
std::string compose_config_text(const std::vector<ConfigToken>& tokens);

// Takes the statement of an unknown name out, so that parsing can go on behind it. False when it
// has no recognisable end.
bool remove_config_statement(std::vector<ConfigToken>& tokens, const UnknownConfigName& unknown);

// The innermost block without an end: libConfuse takes the end of the text for the end of all.
std::optional<ConfigError> find_unclosed_block(const std::vector<ConfigToken>& tokens,
                                               const std::string& file);

}  // namespace posthaste
