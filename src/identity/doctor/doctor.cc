#include "identity/doctor/doctor.h"

#include <set>
#include <utility>

#include "identity/doctor/checks.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> examine_sources(Examination& exam) {
  std::set<std::string> greeted;
  for (const SenderSource& source : exam.request().sources) {
    exam.begin("Sending address", source.address);
    co_await check_source(exam, source);
    // One name may stand for several addresses.
    if (greeted.insert(source.helo).second) co_await check_spf_of_helo(exam, source);
    co_await check_port_25(exam, source);
    co_await check_blocklists(exam, source.address, true);
  }
}

asio::awaitable<void> examine_domain(Examination& exam, SenderDomain domain) {
  exam.begin("Domain", domain.name);
  co_await check_from_domain(exam, domain.name);
  co_await check_dkim(exam, domain);
  co_await check_dmarc(exam, domain);
  co_await check_blocklists(exam, domain.name, false);
  if (!domain.unsubscribe_url.empty()) co_await check_unsubscribe(exam, domain.unsubscribe_url);
}

asio::awaitable<void> examine_return_path(Examination& exam, std::string domain) {
  exam.begin("Return path", domain);
  if (exam.request().sources.empty()) {
    exam.skip("spf-source", "no sending address is known: add --source IP, or use -c");
  }
  co_await check_spf_policy(exam, domain);
  co_await check_bounce_mx(exam, domain);
  co_await check_mail_hosts(exam, domain);
  co_await check_mta_sts(exam, domain);
  co_await check_tls_rpt(exam, domain);
}

void examine_machine(Examination& exam) {
  const DoctorRequest& request = exam.request();
  const bool looks = exam.probes() && request.looks_at_machine;
  if (!looks && request.certificates.empty()) return;
  exam.begin("This machine", "");
  if (looks) check_clock(exam);
  for (const ServedCertificate& certificate : request.certificates) {
    check_certificate_file(exam, certificate);
  }
}

}  // namespace

asio::awaitable<DoctorReport> examine(DoctorRequest request, DoctorWorld world) {
  Examination exam(request, world);
  co_await examine_sources(exam);
  for (const SenderDomain& domain : request.domains) co_await examine_domain(exam, domain);
  const std::string return_path = request.return_path_domain();
  if (!return_path.empty()) co_await examine_return_path(exam, return_path);
  examine_machine(exam);
  if (world.authoritative) {
    exam.begin("Seen from both sides", "");
    check_propagation(exam);
  }
  DoctorReport report = exam.take_report();
  std::erase_if(report.sections,
                [](const DoctorSection& section) { return section.findings.empty(); });
  co_return report;
}

}  // namespace posthaste
