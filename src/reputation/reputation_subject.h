#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "identity/blocklist/blocklist.h"
#include "reputation/postmaster_tools.h"
#include "reputation/snds_report.h"

namespace posthaste {

// Whose reputation it is: a source's, which is its address's, or a sending domain's.
enum class SubjectKind : std::uint8_t { source, domain };
std::string_view to_string(SubjectKind kind);

// An entry in a blocklist, from the check that found it first.
struct ReputationListing {
  BlocklistAnswer answer;
  WallTime since;
};

// All that is known of one subject.
struct ReputationSubject {
  SubjectKind kind = SubjectKind::source;
  std::string name;          // of the source, or the domain
  std::string address;       // of a source: the one that is asked about; "" when it has none to ask
  bool is_reported = false;  // no block names the domain: Google does

  std::vector<ReputationListing> listings;
  std::vector<BlocklistAnswer> answers;  // of the last check, every zone
  std::optional<WallTime> checked;       // in blocklists
  std::optional<int> sender_score;       // 0 to 100
  std::optional<SndsRow> snds;
  std::optional<SndsRange> snds_range;      // that holds the address
  std::optional<PostmasterDay> postmaster;  // the latest
  std::vector<PostmasterRule> rules;

  // Zones that said whether it is listed, and those that could not.
  std::size_t zones_known() const;
  std::size_t zones_silent() const { return answers.size() - zones_known(); }
};

// A score with what it is made of. No score: nobody has said enough; unknown is not good.
struct ReputationScore {
  std::optional<int> score;  // 0 to 100
  std::vector<std::string> reasons;
};
// The least of the Sender Score and 100 less the penalties. Each reason says what it costs.
ReputationScore score_of(const ReputationSubject& subject);

// What the API shows, and what is kept of it over restarts.
nlohmann::ordered_json to_json(const ReputationSubject& subject);
// What was kept of a subject of this kind and name; what cannot be read is left out.
void restore(ReputationSubject& subject, std::string_view json);

}  // namespace posthaste
