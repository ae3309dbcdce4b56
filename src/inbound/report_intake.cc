#include "inbound/report_intake.h"

#include <atomic>
#include <functional>
#include <utility>

#include "inbound/inbound_error.h"

namespace posthaste {
namespace {

constexpr auto kExpireEvery = std::chrono::hours(1);

std::string_view to_string(IntakeOutcome::Kind kind) {
  switch (kind) {
    case IntakeOutcome::Kind::taken:
      return "taken";
    case IntakeOutcome::Kind::not_a_report:
      return "not_a_report";
    case IntakeOutcome::Kind::refused:
      return "refused";
    case IntakeOutcome::Kind::busy:
      return "busy";
  }
  return "busy";
}

// Counts one mail while it is under way, also when its coroutine is unwound.
class Waiting {
 public:
  Waiting(std::atomic<std::size_t>& mails, std::atomic<std::size_t>& octets, std::size_t size)
      : mails_(mails), octets_(octets), size_(size) {
    count_ = mails_.fetch_add(1) + 1;
    sum_ = octets_.fetch_add(size_) + size_;
  }
  ~Waiting() {
    mails_.fetch_sub(1);
    octets_.fetch_sub(size_);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // One mail alone is always taken: its own limit is what refuses it.
  bool is_beyond(const ReportIntake::Options& options) const {
    return count_ > 1 && (count_ > options.max_waiting || sum_ > options.max_waiting_octets);
  }

 private:
  std::atomic<std::size_t>& mails_;
  std::atomic<std::size_t>& octets_;
  std::size_t size_;
  std::size_t count_ = 0;
  std::size_t sum_ = 0;
};

}  // namespace

ReportIntake::ReportIntake(Parts parts, Options options)
    : parts_(std::move(parts)), options_(options) {}

boost::asio::awaitable<IntakeOutcome> ReportIntake::take(SharedBody mail) {
  const Waiting waiting(waiting_, waiting_octets_, mail->size());
  IntakeOutcome outcome;
  if (waiting.is_beyond(options_)) {
    outcome.kind = IntakeOutcome::Kind::busy;
    outcome.reason = "too many reports at once: come again later";
  } else {
    std::function<IntakeOutcome()> work = [this, mail] { return read_and_store(*mail); };
    outcome = co_await pool_.run<IntakeOutcome>(std::move(work));
  }
  count(outcome);
  co_return outcome;
}

IntakeOutcome ReportIntake::read_and_store(const std::string& mail) {
  IntakeOutcome outcome;
  auto reading = read_report_mail(mail);
  if (reading) {
    keep(std::move(*reading), outcome);
    return outcome;
  }
  const Error error = reading.error();
  if (error.code == make_error_code(InboundErrc::no_report)) return outcome;
  outcome.kind = IntakeOutcome::Kind::refused;
  outcome.reason = error.message();
  parts_.log.warning("a report cannot be read", {{"reason", outcome.reason}});
  return outcome;
}

void ReportIntake::keep(ReportReading reading, IntakeOutcome& outcome) {
  const WallTime now = parts_.clock.wall();
  expire_old(now);
  outcome.kind = IntakeOutcome::Kind::taken;
  for (Report& report : reading.reports) {
    auto stored = parts_.store.add(report, reading.submitter, now);
    if (!stored) {
      outcome.kind = IntakeOutcome::Kind::busy;
      outcome.reason = stored.error().message();
      parts_.log.error("a report cannot be stored", {{"reason", outcome.reason}});
      return;
    }
    if (*stored == StoreOutcome::stored) ++outcome.stored;
    if (*stored == StoreOutcome::duplicate) ++outcome.duplicates;
    if (*stored != StoreOutcome::not_kept) continue;
    auto& feedback = std::get<Feedback>(report);
    auto clues = clues_of(feedback);
    outcome.complaints.push_back({std::move(feedback), std::move(clues)});
  }
}

void ReportIntake::expire_old(WallTime now) {
  if (now - expired_at_ < kExpireEvery) return;
  expired_at_ = now;
  auto dropped = parts_.store.expire(now - options_.retention);
  if (!dropped) {
    parts_.log.error("old reports cannot be dropped", {{"reason", dropped.error().message()}});
  } else if (*dropped > 0) {
    parts_.log.info("old reports were dropped", {{"reports", *dropped}});
  }
}

void ReportIntake::count(const IntakeOutcome& outcome) {
  parts_.metrics
      .counter({"posthaste_report_mails_total", "Mails at the addresses of reports.", {"outcome"}},
               {std::string(to_string(outcome.kind))})
      .increment();
}

}  // namespace posthaste
