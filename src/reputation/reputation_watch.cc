#include "reputation/reputation_watch.h"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <chrono>

#include "identity/blocklist/blocklist_zone.h"
#include "reputation/reputation_error.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr const char* kScoreZone = ".score.senderscore.com";
constexpr std::uint32_t kScoreNetwork = 0x7f000400;  // 127.0.4.N
// Google has a day's figures some days later, and may mend them.
constexpr auto kPostmasterDays = days(7);
constexpr auto kPublishEvery = 1s;
constexpr const char* kGoogle = "google";
constexpr const char* kMicrosoft = "microsoft";

}  // namespace

void ReputationWatch::set_plan(ReputationPlan plan) {
  plan_ = std::move(plan);
  parts_.book.set_subjects(plan_.sources, plan_.domains);
  publish();
}

void ReputationWatch::start() {
  parts_.tasks.spawn(
      repeat(&ReputationWatch::check_blocklists, &ReputationPlan::blocklist_interval));
  if (postmaster_) {
    parts_.tasks.spawn(
        repeat(&ReputationWatch::ask_postmaster, &ReputationPlan::postmaster_interval));
  }
  if (snds_) {
    parts_.tasks.spawn(repeat(&ReputationWatch::ask_snds, &ReputationPlan::snds_interval));
  }
}

asio::awaitable<void> ReputationWatch::repeat(Round round, Duration ReputationPlan::*interval) {
  for (;;) {
    co_await (this->*round)();
    const auto span = std::chrono::duration_cast<Clock::duration>(plan_.*interval);
    co_await parts_.clock.sleep_until(parts_.clock.now() + span);
  }
}

ReputationSubject* ReputationWatch::find(SubjectKind kind, const std::string& name) {
  auto& subjects = parts_.book.subjects();
  const auto found = std::find_if(subjects.begin(), subjects.end(), [&](const auto& one) {
    return one.kind == kind && one.name == name;
  });
  return found == subjects.end() ? nullptr : &*found;
}

void ReputationWatch::publish() {
  auto view = std::make_shared<ReputationView>();
  for (const ReputationSubject& subject : parts_.book.subjects()) {
    view->entries.push_back({subject, parts_.book.history(subject)});
  }
  view->outcomes = parts_.book.outcomes();
  view_.with([&](ReputationView::Shared& current) { current = std::move(view); });
  publishes_at_ = parts_.clock.now() + kPublishEvery;
}

// The score; an inner nothing when there is none, an outer one when nobody could say.
asio::awaitable<std::optional<std::optional<int>>> ReputationWatch::sender_score(
    std::string address) {
  const auto reversed = reversed_address(address);
  std::optional<int> score;
  if (!reversed || reversed->first != BlocklistKind::ipv4) co_return score;
  std::string name = reversed->second + kScoreZone;
  const DnsResult result = co_await parts_.scores.lookup(std::move(name), RecordType::a);
  if (result.is_temporary_failure()) co_return std::nullopt;
  for (const std::string& text : result.strings()) {
    boost::system::error_code ec;
    const std::uint32_t answer = asio::ip::make_address_v4(text, ec).to_uint();
    const bool is_score = !ec && (answer & 0xffffff00) == kScoreNetwork && (answer & 0xff) <= 100;
    // 127.255.255.255 and the like: asked too often.
    if (!is_score) co_return std::nullopt;
    score = static_cast<int>(answer & 0xff);
  }
  co_return score;
}

asio::awaitable<void> ReputationWatch::check_subject(SubjectKind kind, std::string name,
                                                     std::string address) {
  std::vector<BlocklistAnswer> answers;
  if (kind == SubjectKind::source) {
    answers = co_await parts_.blocklists.check_address(address);
  } else {
    answers = co_await parts_.blocklists.check_domain(name);
  }
  // The plan may have changed meanwhile.
  ReputationSubject* subject = find(kind, name);
  if (subject == nullptr || subject->address != address) co_return;
  parts_.book.take_blocklists(*subject, std::move(answers));
  if (kind != SubjectKind::source) co_return;
  for (const ReputationListing& listing : subject->listings) {
    if (listing.answer.tier != BlocklistTier::page || !parts_.on_page_listing) continue;
    parts_.on_page_listing(name, address + " is listed by " + listing.answer.zone);
    break;
  }
  const auto score = co_await sender_score(address);
  subject = find(kind, name);
  if (score && subject != nullptr && subject->address == address) {
    parts_.book.take_sender_score(*subject, *score);
  }
}

asio::awaitable<void> ReputationWatch::check_blocklists() {
  if (!plan_.asks_blocklists) co_return;
  struct Wanted {
    SubjectKind kind;
    std::string name;
    std::string address;
  };
  std::vector<Wanted> wanted;
  for (const ReputationSubject& subject : parts_.book.subjects()) {
    const bool has_address = subject.kind == SubjectKind::domain || !subject.address.empty();
    if (has_address) wanted.push_back({subject.kind, subject.name, subject.address});
  }
  for (const Wanted& one : wanted) {
    co_await check_subject(one.kind, one.name, one.address);
    if (parts_.clock.now() >= publishes_at_) publish();
  }
  publish();
}

void ReputationWatch::end_round(const std::string& provider, const std::string& error) {
  parts_.book.take_outcome(provider, error);
  if (!error.empty()) {
    parts_.log.warning("no figures of reputation", {{"provider", provider}, {"why", error}});
  }
  publish();
}

// Why not all that was asked could be had; "" when it could.
asio::awaitable<std::string> ReputationWatch::ask_domains() {
  std::vector<std::string> domains = plan_.postmaster_domains;
  if (domains.empty()) {
    auto all = co_await postmaster_->domains();
    if (!all) co_return all.error().message();
    domains = std::move(*all);
  }
  std::string error;
  const auto today = std::chrono::floor<days>(parts_.clock.wall());
  for (const std::string& domain : domains) {
    auto figures = co_await postmaster_->domain(domain, today - kPostmasterDays, today - days(1));
    if (figures) {
      parts_.book.take_postmaster(*figures);
    } else {
      error = domain + ": " + figures.error().message();
    }
  }
  co_return error;
}

asio::awaitable<void> ReputationWatch::ask_postmaster() {
  const std::string error = co_await ask_domains();
  end_round(kGoogle, error);
}

asio::awaitable<void> ReputationWatch::ask_snds() {
  auto report = co_await snds_->report();
  if (report) {
    parts_.book.take_snds(*report);
    end_round(kMicrosoft, "");
    co_return;
  }
  std::string why = report.error().message();
  if (report.error().code == make_error_code(ReputationErrc::not_found)) {
    why +=
        ": the link has expired after its 30 days, or the addresses want attesting anew: log in "
        "to SNDS";
  }
  end_round(kMicrosoft, why);
}

}  // namespace posthaste
