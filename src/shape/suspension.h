#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace posthaste {

// Which mail: every word that is not empty must be the same, or is kNone where the mail has none.
// All empty: all mail.
struct MailScope {
  // As the tenant, say: mail of no tenant, where "" is mail of any.
  static constexpr std::string_view kNone = "-";

  std::string remote_queue;
  std::string tenant;
  std::string campaign;
  std::string domain;
  std::string pool;
  std::string source;
  std::string site;
  std::string provider;

  bool empty() const;
  // `mail` says all its words.
  bool covers(const MailScope& mail) const;
  // Whether all that `other` covers is covered.
  bool includes(const MailScope& other) const;
  // "tenant=acme provider=google"; "everything" when all are empty.
  std::string to_string() const;
  auto operator<=>(const MailScope&) const = default;
};

// Mail that goes nowhere for a time.
struct Suspension {
  std::uint64_t number = 0;  // given by the book
  MailScope scope;
  WallTime since;
  std::optional<WallTime> until;  // absent: until somebody ends it
  std::string reason;
  std::string by;  // "operator", or the rule that asked for it

  std::string encode() const;
  // nullopt: no such record.
  static std::optional<Suspension> decode(std::string_view record);
};

// All suspensions in force. Lives on the queue loop; not thread-safe.
class SuspensionBook {
 public:
  // A suspension of the same scope by the same author is replaced when the new one ends later, and
  // kept otherwise. Returns the one in force, and whether anything changed.
  std::pair<const Suspension&, bool> add(Suspension suspension);
  // Takes up what an earlier run kept, with its number.
  void restore(Suspension suspension);

  // Ends those whose scope is `scope`, or lies within it. Returns them.
  std::vector<Suspension> end_within(const MailScope& scope);
  // Ends those whose time is over.
  std::vector<Suspension> end_expired(WallTime now);

  // The suspension that holds this mail longest, nullptr when none does. `mail` says all its words.
  const Suspension* find(const MailScope& mail, WallTime now) const;
  bool empty() const { return by_number_.empty(); }
  // Whether any names a domain.
  bool has_domains() const;
  std::vector<Suspension> list() const;

 private:
  // Suspensions of one source towards one site or provider, of which there may be thousands, are
  // found by that key; the others are few.
  static std::string cell_key(const MailScope& scope);
  void index(const Suspension& suspension);
  void drop(std::uint64_t number);

  std::map<std::uint64_t, Suspension> by_number_;
  std::unordered_map<std::string, std::vector<std::uint64_t>> cells_;
  std::vector<std::uint64_t> others_;
  std::uint64_t next_ = 1;
};

}  // namespace posthaste
