#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/units.h"

namespace posthaste {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// "debug", "info", "warning" or "error".
const char* to_string(LogLevel level);

// One `key=value` of a log line. The key is a literal, in snake_case.
struct LogField {
  LogField(const char* field_key, std::string text) : key(field_key), value(std::move(text)) {}
  LogField(const char* field_key, std::string_view text) : key(field_key), value(text) {}
  LogField(const char* field_key, const char* text) : key(field_key), value(text) {}
  LogField(const char* field_key, bool claim) : key(field_key), value(claim ? "true" : "false") {}
  LogField(const char* field_key, double number);
  LogField(const char* field_key, std::chrono::nanoseconds duration)
      : key(field_key), value(posthaste::to_string(duration)) {}
  template <std::integral Integer>
  LogField(const char* field_key, Integer number) : key(field_key), value(std::to_string(number)) {}

  const char* key;
  std::string value;
};

// The program's log: what an operator should know of the server itself (mail has its events).
// A copy is cheap and writes to the same place; there is no global one. Any thread may use it.
//
//   log.child("accept").warning("too many connections", {{"peer", address}, {"limit", 100}});
//   2026-01-01T00:00:00.000000Z warning accept: too many connections peer=192.0.2.1 limit=100
//
// A text that comes more than five times in ten seconds is held back and counted; the count
// follows when the ten seconds are over. So `text` is a literal, and what varies is in the fields.
class Log {
 public:
  // Requires: `clock` (and `out`) outlive every copy.
  static Log to_stderr(Clock& clock, LogLevel level);
  static Log to_stream(std::ostream& out, Clock& clock, LogLevel level);
  static Log to_nowhere(Clock& clock);

  // Writes to the same place under the name of a component.
  Log child(std::string component) const;

  void debug(const char* text, std::initializer_list<LogField> fields = {}) const;
  void info(const char* text, std::initializer_list<LogField> fields = {}) const;
  void warning(const char* text, std::initializer_list<LogField> fields = {}) const;
  void error(const char* text, std::initializer_list<LogField> fields = {}) const;

  bool is_enabled(LogLevel level) const;
  // For every copy.
  void set_level(LogLevel level) const;

 private:
  class Core;
  Log(std::shared_ptr<Core> core, std::string component)
      : core_(std::move(core)), component_(std::move(component)) {}

  void write(LogLevel level, const char* text, std::initializer_list<LogField> fields) const;

  std::shared_ptr<Core> core_;
  std::string component_;
};

}  // namespace posthaste
