#include "inbound/report_intake.h"

#include <functional>
#include <utility>

#include "inbound/report/report_error.h"

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

}  // namespace

ReportIntake::ReportIntake(Parts parts, Options options)
    : parts_(std::move(parts)),
      options_(options),
      room_({options.max_waiting, options.max_waiting_octets}) {}

boost::asio::awaitable<IntakeOutcome> ReportIntake::take(SharedBody mail) {
  const auto place = room_.enter(mail->size());
  IntakeOutcome outcome;
  if (!place) {
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
  if (error.code == make_error_code(ReportErrc::no_report)) return outcome;
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
