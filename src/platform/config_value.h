#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "platform/config_error.h"

namespace posthaste {

// How a type is written in the configuration. Specialise it for a type that is not served below:
//
//   template <>
//   struct ConfigValue<Network> {
//     static Result<Network> parse(const std::string& text);
//     static std::string print(const Network& value);     // parse reads it back
//     static std::string type_name() { return "network"; }
//   };
//
// Served below: std::string, bool, integers, double, Duration, Bytes, Rate, std::filesystem::path,
// enums with a ConfigNames table, and every type with `static Result<T> parse(std::string_view)`
// and to_string(), ascii() or smtp_form() (so Domain and MailAddress). The schema adds
// std::optional<T> and std::vector<T>.
template <class T>
struct ConfigValue;

// The words of an enum, as users write them:
//
//   template <>
//   struct ConfigNames<ListenerAuth> {
//     static constexpr std::array names{std::pair{"off", ListenerAuth::off}, …};
//   };
template <class Enum>
struct ConfigNames;

// The words, quoted and separated: `"off", "optional" or "required"`.
std::string join_choices(std::span<const std::string_view> words);
// The word most like `word`, or "" when none is near.
std::string nearest_word(std::string_view word, std::span<const std::string_view> words);

Error bad_config_value(std::string what);
Result<std::uint64_t> parse_config_integer(const std::string& text, std::uint64_t max);
Result<std::int64_t> parse_config_signed(const std::string& text, std::int64_t min,
                                         std::int64_t max);

template <>
struct ConfigValue<std::string> {
  static Result<std::string> parse(const std::string& text) { return text; }
  static std::string print(const std::string& value) { return value; }
  static std::string type_name() { return "text"; }
};

template <>
struct ConfigValue<std::filesystem::path> {
  static Result<std::filesystem::path> parse(const std::string& text) {
    return std::filesystem::path(text);
  }
  static std::string print(const std::filesystem::path& value) { return value.string(); }
  static std::string type_name() { return "path"; }
};

template <>
struct ConfigValue<bool> {
  static Result<bool> parse(const std::string& text);
  static std::string print(bool value) { return value ? "true" : "false"; }
  static std::string type_name() { return "boolean"; }
};

template <>
struct ConfigValue<double> {
  static Result<double> parse(const std::string& text);
  static std::string print(double value);
  static std::string type_name() { return "number"; }
};

template <class T>
requires std::integral<T> &&(!std::same_as<T, bool>)struct ConfigValue<T> {
  static Result<T> parse(const std::string& text) {
    if constexpr (std::is_unsigned_v<T>) {
      const auto value = parse_config_integer(text, std::numeric_limits<T>::max());
      if (!value) return value.error();
      return static_cast<T>(*value);
    } else {
      const auto value =
          parse_config_signed(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
      if (!value) return value.error();
      return static_cast<T>(*value);
    }
  }
  static std::string print(T value) { return std::to_string(value); }
  static std::string type_name() { return "integer"; }
};

template <>
struct ConfigValue<Duration> {
  static Result<Duration> parse(const std::string& text) { return parse_duration(text); }
  static std::string print(Duration value) { return posthaste::to_string(value); }
  static std::string type_name() { return "duration"; }
};

template <>
struct ConfigValue<Bytes> {
  static Result<Bytes> parse(const std::string& text) { return Bytes::parse(text); }
  static std::string print(Bytes value) { return value.to_string(); }
  static std::string type_name() { return "size"; }
};

template <>
struct ConfigValue<Rate> {
  static Result<Rate> parse(const std::string& text) { return Rate::parse(text); }
  static std::string print(Rate value) { return value.to_string(); }
  static std::string type_name() { return "rate"; }
};

template <class T>
requires std::is_enum_v<T>
struct ConfigValue<T> {
  static std::vector<std::string_view> words() {
    std::vector<std::string_view> words;
    for (const auto& [name, value] : ConfigNames<T>::names) words.emplace_back(name);
    return words;
  }
  static Result<T> parse(const std::string& text) {
    for (const auto& [name, value] : ConfigNames<T>::names) {
      if (text == name) return value;
    }
    return bad_config_value("\"" + text + "\" is not possible here: use " + join_choices(words()));
  }
  static std::string print(T value) {
    for (const auto& [name, known] : ConfigNames<T>::names) {
      if (value == known) return std::string(name);
    }
    return {};
  }
  static std::string type_name() { return join_choices(words()); }
};

template <class T>
concept ParsedFromText = requires(std::string_view text) {
  { T::parse(text) } -> std::same_as<Result<T>>;
};

template <class T>
requires std::is_class_v<T> && ParsedFromText<T>
struct ConfigValue<T> {
  static Result<T> parse(const std::string& text) { return T::parse(text); }
  static std::string print(const T& value) {
    if constexpr (requires { value.to_string(); }) {
      return value.to_string();
    } else if constexpr (requires { value.ascii(); }) {
      return value.ascii();
    } else {
      return value.smtp_form();
    }
  }
  static std::string type_name() {
    if constexpr (requires { std::string(T::config_type_name()); }) {
      return T::config_type_name();
    } else if constexpr (requires(const T& value) { value.ascii(); }) {
      return "domain";
    } else if constexpr (requires(const T& value) { value.smtp_form(); }) {
      return "mail address";
    } else {
      return "text";
    }
  }
};

}  // namespace posthaste
