#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/guarded.h"
#include "platform/dns/resolver.h"
#include "platform/dns/zone_text.h"

namespace posthaste {

// Answers from lines of zone text, for tests: at once, always the same, nothing leaves the program.
// A name that the text does not hold is nxdomain.
//
//   ZoneTextResolver resolver(R"(
//     example.test.   300 MX 10 mx.example.test.
//     mx.example.test.    A 192.0.2.1
//     broken.test.        SERVFAIL
//   )");
//
// zone_text.h describes the lines. Safe to use from any thread.
class ZoneTextResolver final : public Resolver {
 public:
  // Requires: text that parses; a test that errs here ends with the line's error as an exception.
  explicit ZoneTextResolver(std::string_view text);

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override;

  // Replaces all that was known: the world changed.
  void replace(std::string_view text);
  // How often a question was asked.
  std::size_t asked(std::string_view name, RecordType type) const;

 private:
  struct State {
    ZoneText zone;
    std::map<std::pair<std::string, RecordType>, std::size_t> asked;
  };
  DnsResult answer(const std::string& name, RecordType type);

  Guarded<State> state_;
};

}  // namespace posthaste
