#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "reputation/reputation_subject.h"
#include "reputation/reputation_view.h"
#include "reputation/snds.h"

namespace posthaste {

// Something about a reputation is not what it was.
struct ReputationChange {
  SubjectKind kind = SubjectKind::source;
  std::string name;
  std::string address;
  std::string provider;  // "google", "microsoft"; "" for blocklists and the score
  std::string what;      // in words
  std::map<std::string, std::string> facts;  // "change": "listed", "zone": …
  bool is_alert = false;
};

// What is known of all subjects: takes what blocklists and providers say, tells what changed, and
// keeps the latest and ninety days of it in the spool, also of those who are subjects no more.
//
// Lives on the watch's loop; not thread-safe.
class ReputationBook {
 public:
  static constexpr std::string_view kPrefix = "reputation/";

  struct Parts {
    Clock& clock;
    // As Spool::put_state and remove_state.
    std::function<void(std::string key, std::optional<std::string> value)> keep;
    std::function<void(const ReputationChange& change)> tell;
  };
  explicit ReputationBook(Parts parts) : parts_(std::move(parts)) {}

  // What an earlier run kept, by its keys. Before the subjects.
  void restore(const std::vector<std::pair<std::string, std::string>>& kept);
  // Name and address of the sources, and the domains; what is known of those that stay, stays, and
  // so do domains that Google told of unasked.
  void set_subjects(const std::vector<std::pair<std::string, std::string>>& sources,
                    const std::vector<std::string>& domains);

  // A zone that could not say leaves a listing as it is; one that is asked no more ends it quietly.
  void take_blocklists(ReputationSubject& subject, std::vector<BlocklistAnswer> answers);
  void take_sender_score(ReputationSubject& subject, std::optional<int> score);
  void take_snds(const Snds::Report& report);
  void take_postmaster(const PostmasterDomain& domain);
  // How asking a provider ended; "" is well. Tells when that changes.
  void take_outcome(const std::string& provider, const std::string& error);

  std::vector<ReputationSubject>& subjects() { return subjects_; }
  const std::vector<ReputationSubject>& subjects() const { return subjects_; }

  const std::map<std::string, ReputationOutcome>& outcomes() const { return outcomes_; }
  // The last days of a subject, a JSON document each, the oldest first.
  std::vector<std::string> history(const ReputationSubject& subject) const;

 private:
  ReputationSubject* find(SubjectKind kind, const std::string& name);
  void tell(const ReputationSubject& subject, ReputationChange change);
  void tell_listing(const ReputationSubject& subject, const BlocklistAnswer& answer,
                    const char* change);
  void take_snds_row(ReputationSubject& subject, const SndsRow& row);
  void take_snds_range(ReputationSubject& subject, const SndsRange& range);
  // Tells of the score when it is another one than `before`, and keeps all.
  void finish(const ReputationSubject& subject, std::optional<int> before);
  void keep(const ReputationSubject& subject);
  void purge(std::chrono::sys_days today);

  Parts parts_;
  std::vector<ReputationSubject> subjects_;
  std::map<std::string, ReputationOutcome> outcomes_;
  std::map<std::string, std::string> kept_;  // by key: as last written
  std::chrono::sys_days purged_{};           // the day on which the old ones were last taken out
};

}  // namespace posthaste
