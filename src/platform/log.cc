#include "platform/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/guarded.h"

namespace posthaste {
namespace {

using std::chrono_literals::operator""s;

constexpr std::uint32_t kLinesPerWindow = 5;
constexpr std::chrono::nanoseconds kWindow = 10s;
// Texts are literals, so a program has few: a bound all the same.
constexpr std::size_t kMaxTexts = 1000;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

bool is_plain(std::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

// What a peer sent must neither break the line nor pose as another field.
std::string quote_field(std::string_view value) {
  if (is_plain(value)) return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else if (byte < ' ' || byte == 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text + '"';
}

}  // namespace

const char* to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

LogField::LogField(const char* field_key, double number)
    : key(field_key), value(fmt::format("{}", number)) {}

// Where all copies of a log write.
class Log::Core {
 public:
  Core(spdlog::sink_ptr sink, Clock& clock, LogLevel level)
      : logger_("posthaste", std::move(sink)), clock_(clock) {
    logger_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc));
    logger_.set_level(to_spdlog(level));
    logger_.flush_on(spdlog::level::trace);
  }

  bool is_enabled(LogLevel level) const { return logger_.should_log(to_spdlog(level)); }
  void set_level(LogLevel level) { logger_.set_level(to_spdlog(level)); }

  void write(LogLevel level, const std::string& component, const char* text,
             const std::string& fields) {
    const Clock::time_point now = clock_.now();
    const Repeated repeated = repeats_.with([&](Repeats& repeats) {
      Repeated result = take_finished(repeats, now);
      result.is_held_back = hold_back(repeats, {level, component, text}, now);
      return result;
    });
    for (const auto& [key, count] : repeated.finished) {
      put(key, fmt::format(" repeated={}", count));
    }
    if (!repeated.is_held_back) put({level, component, text}, fields);
  }

 private:
  struct Key {
    LogLevel level;
    std::string component;
    std::string text;
    auto operator<=>(const Key&) const = default;
  };
  struct Repeat {
    Clock::time_point window_end;
    std::uint32_t lines = 0;
    std::uint64_t held_back = 0;
  };
  struct Repeats {
    std::map<Key, Repeat> texts;
    Clock::time_point next_sweep = Clock::time_point::min();
  };
  struct Repeated {
    std::vector<std::pair<Key, std::uint64_t>> finished;
    bool is_held_back = false;
  };

  // Forgets the windows that are over; those that held lines back are to be told.
  static Repeated take_finished(Repeats& repeats, Clock::time_point now) {
    Repeated result;
    if (now < repeats.next_sweep) return result;
    repeats.next_sweep = now + std::chrono::seconds(1);
    std::erase_if(repeats.texts, [&](const auto& entry) {
      if (now < entry.second.window_end) return false;
      if (entry.second.held_back > 0) {
        result.finished.emplace_back(entry.first, entry.second.held_back);
      }
      return true;
    });
    return result;
  }

  static bool hold_back(Repeats& repeats, Key key, Clock::time_point now) {
    const auto found = repeats.texts.find(key);
    if (found == repeats.texts.end()) {
      if (repeats.texts.size() < kMaxTexts) {
        repeats.texts.emplace(std::move(key), Repeat{now + kWindow, 1, 0});
      }
      return false;
    }
    Repeat& repeat = found->second;
    if (repeat.lines < kLinesPerWindow) {
      ++repeat.lines;
      return false;
    }
    ++repeat.held_back;
    return true;
  }

  void put(const Key& key, const std::string& fields) {
    logger_.log(to_spdlog(key.level),
                fmt::format("{} {} {}{}{}{}", to_rfc3339(clock_.wall()), to_string(key.level),
                            key.component, key.component.empty() ? "" : ": ", key.text, fields));
  }

  spdlog::logger logger_;
  Clock& clock_;
  Guarded<Repeats> repeats_;
};

Log Log::to_stderr(Clock& clock, LogLevel level) {
  return {std::make_shared<Core>(std::make_shared<spdlog::sinks::stderr_sink_mt>(), clock, level),
          ""};
}

Log Log::to_stream(std::ostream& out, Clock& clock, LogLevel level) {
  return {
      std::make_shared<Core>(std::make_shared<spdlog::sinks::ostream_sink_mt>(out), clock, level),
      ""};
}

Log Log::to_nowhere(Clock& clock) {
  return {std::make_shared<Core>(std::make_shared<spdlog::sinks::null_sink_mt>(), clock,
                                 LogLevel::error),
          ""};
}

Log Log::child(std::string component) const {
  return {core_, std::move(component)};
}

void Log::write(LogLevel level, const char* text, std::initializer_list<LogField> fields) const {
  if (!core_->is_enabled(level)) return;
  std::string line;
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=").append(quote_field(field.value));
  }
  core_->write(level, component_, text, line);
}

void Log::debug(const char* text, std::initializer_list<LogField> fields) const {
  write(LogLevel::debug, text, fields);
}

void Log::info(const char* text, std::initializer_list<LogField> fields) const {
  write(LogLevel::info, text, fields);
}

void Log::warning(const char* text, std::initializer_list<LogField> fields) const {
  write(LogLevel::warning, text, fields);
}

void Log::error(const char* text, std::initializer_list<LogField> fields) const {
  write(LogLevel::error, text, fields);
}

bool Log::is_enabled(LogLevel level) const {
  return core_->is_enabled(level);
}

void Log::set_level(LogLevel level) const {
  core_->set_level(level);
}

}  // namespace posthaste
