#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reputation/reputation_subject.h"

namespace posthaste {

// How it stands with asking a provider.
struct ReputationOutcome {
  std::string error;  // "": the last time it went well
  std::optional<WallTime> succeeded;
};

// All that is known at one time, for those who show it.
struct ReputationView {
  using Shared = std::shared_ptr<const ReputationView>;
  struct Entry {
    ReputationSubject subject;
    std::vector<std::string> history;  // of each day a JSON document, the oldest first
  };
  std::vector<Entry> entries;
  std::map<std::string, ReputationOutcome> outcomes;  // by provider: "google", "microsoft"
};

}  // namespace posthaste
