#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace posthaste {

// An expected failure: what kind (for code) and what exactly (for people). `detail` reads
// "what is wrong: what to do" and never repeats the code's own message.
struct Error {
  boost::system::error_code code;
  std::string detail;

  // "detail", or the code's message where there is no detail.
  std::string message() const { return detail.empty() ? code.message() : detail; }
};

// Boost.System asks for this to compile value(); reaching it is a bug in the caller.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

// A value or the Error that took its place. Unlike boost::system::result it may not be ignored.
//
//   Result<Domain> domain = Domain::parse(text);
//   if (!domain) return domain.error();
//   use(*domain);
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : result_(boost::system::in_place_value, std::move(value)) {}
  Result(Error error) : result_(boost::system::in_place_error, std::move(error)) {}
  Result(boost::system::error_code code, std::string detail = {})
      : result_(boost::system::in_place_error, Error{code, std::move(detail)}) {}

  explicit operator bool() const { return result_.has_value(); }
  bool has_value() const { return result_.has_value(); }

  // Requires: has_value().
  T& operator*() & { return *result_; }
  const T& operator*() const& { return *result_; }
  T&& operator*() && { return std::move(*result_); }
  T* operator->() { return result_.operator->(); }
  const T* operator->() const { return result_.operator->(); }
  T& value() & { return result_.value(); }
  const T& value() const& { return result_.value(); }
  T&& value() && { return std::move(result_.value()); }
  T value_or(T other) const { return result_.has_value() ? *result_ : std::move(other); }

  // Requires: !has_value().
  Error error() const { return result_.error(); }

 private:
  boost::system::result<T, Error> result_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : result_(boost::system::in_place_error, std::move(error)) {}
  Result(boost::system::error_code code, std::string detail = {})
      : result_(boost::system::in_place_error, Error{code, std::move(detail)}) {}

  explicit operator bool() const { return result_.has_value(); }
  bool has_value() const { return result_.has_value(); }

  // Requires: !has_value().
  Error error() const { return result_.error(); }

 private:
  boost::system::result<void, Error> result_;
};

}  // namespace posthaste
