#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "identity/spf/spf.h"
#include "identity/spf/spf_lookup.h"
#include "identity/spf/spf_macro.h"
#include "identity/spf/spf_record.h"

namespace posthaste {

// check_host() itself (RFC 7208 §4): one evaluation, with all that its record includes.
class SpfEvaluation {
 public:
  // What a record says of the client.
  struct Outcome {
    SpfResult result = SpfResult::none;
    std::string mechanism;                      // that matched, as it stands in the record
    std::optional<SpfMacroString> explanation;  // of the record that decided
    std::string domain;                         // where that record stands
    std::string problem;                        // of temperror and permerror
  };

  // `lookup` outlives it. `values.domain` is set for each record.
  SpfEvaluation(SpfLookup& lookup, SpfMacroValues values);

  // Requires: a domain that DNS can hold.
  boost::asio::awaitable<Outcome> check_host(std::string domain);
  // The text of "exp=" (RFC 7208 §6.2); "" when there is none that may be shown.
  boost::asio::awaitable<std::string> explain(Outcome outcome);

 private:
  // Whether a directive matches; an end is what check_host() ends with.
  struct Match {
    bool is_match = false;
    std::optional<SpfResult> end;
    std::string problem;
  };

  static Match error_of(const DnsResult& result, const std::string& name);
  static Match too_many_lookups();
  static Match too_many_voids();

  boost::asio::awaitable<Outcome> read_record(std::string domain, SpfRecord& record);
  boost::asio::awaitable<Match> match(const SpfDirective& directive, std::string domain);
  boost::asio::awaitable<Match> match_lookup(const SpfDirective& directive, std::string target);
  boost::asio::awaitable<Match> match_a(const SpfDirective& directive, std::string target);
  boost::asio::awaitable<Match> match_mx(const SpfDirective& directive, std::string target);
  boost::asio::awaitable<Match> match_ptr(std::string target);
  boost::asio::awaitable<Match> match_exists(std::string target);
  boost::asio::awaitable<Match> match_include(std::string target);
  boost::asio::awaitable<Outcome> redirect(const SpfMacroString& target, std::string domain);

  // The macro values for a record of `domain`; asks for the client's name where `text` wants it.
  boost::asio::awaitable<SpfMacroValues> values_for(const SpfMacroString& text, std::string domain);
  bool has_match(const SpfDirective& directive, const DnsResult& addresses) const;
  RecordType address_type() const;

  SpfLookup& lookup_;
  SpfMacroValues values_;
};

}  // namespace posthaste
