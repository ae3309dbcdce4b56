#include "identity/doctor/doctor.h"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "identity/doctor/checks.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// One thing to look at. Those of one section follow one another.
struct Step {
  std::string section;
  std::string subject;
  std::string what;
  std::function<asio::awaitable<void>(Examination&)> run;
};

asio::awaitable<void> say_that_no_source_is_known(Examination& exam) {
  exam.skip("spf-source", "no sending address is known: add --source IP, or use -c");
  co_return;
}

asio::awaitable<void> examine_clock(Examination& exam) {
  check_clock(exam);
  co_return;
}

asio::awaitable<void> examine_certificate(Examination& exam, ServedCertificate certificate) {
  check_certificate_file(exam, certificate);
  co_return;
}

asio::awaitable<void> examine_propagation(Examination& exam) {
  check_propagation(exam);
  co_return;
}

// All that an examination does, in its order.
class Plan {
 public:
  Plan(const DoctorRequest& request, const DoctorWorld& world) {
    std::set<std::string> greeted;
    for (const SenderSource& source : request.sources) {
      // One name may stand for several addresses.
      add_source(source, greeted.insert(source.helo).second);
    }
    for (const SenderDomain& domain : request.domains) add_domain(domain);
    if (const std::string name = request.return_path_domain(); !name.empty()) {
      add_return_path(name, request.sources.empty());
    }
    add_machine(request, world.probes && request.looks_at_machine);
    if (world.authoritative) {
      begin("Seen from both sides", "");
      add("propagation", examine_propagation);
    }
  }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  using Run = std::function<asio::awaitable<void>(Examination&)>;

  void begin(std::string section, std::string subject) {
    section_ = std::move(section);
    subject_ = std::move(subject);
  }
  void add(std::string what, Run run) {
    steps_.push_back({section_, subject_, std::move(what), std::move(run)});
  }

  void add_source(const SenderSource& source, bool is_new_name) {
    begin("Sending address", source.address);
    add("names", [source](Examination& exam) { return check_source(exam, source); });
    if (is_new_name) {
      add("SPF of its name",
          [source](Examination& exam) { return check_spf_of_helo(exam, source); });
    }
    add("port 25", [source](Examination& exam) { return check_port_25(exam, source); });
    add("blocklists",
        [source](Examination& exam) { return check_blocklists(exam, source.address, true); });
  }

  void add_domain(const SenderDomain& domain) {
    begin("Domain", domain.name);
    add("MX and SOA", [domain](Examination& exam) { return check_from_domain(exam, domain.name); });
    add("DKIM", [domain](Examination& exam) { return check_dkim(exam, domain); });
    add("DMARC", [domain](Examination& exam) { return check_dmarc(exam, domain); });
    add("blocklists",
        [domain](Examination& exam) { return check_blocklists(exam, domain.name, false); });
    if (domain.unsubscribe_url.empty()) return;
    add("unsubscribing",
        [domain](Examination& exam) { return check_unsubscribe(exam, domain.unsubscribe_url); });
  }

  void add_return_path(const std::string& name, bool has_no_source) {
    begin("Return path", name);
    if (has_no_source) add("SPF", say_that_no_source_is_known);
    add("SPF", [name](Examination& exam) { return check_spf_policy(exam, name); });
    add("MX", [name](Examination& exam) { return check_bounce_mx(exam, name); });
    add("mail hosts", [name](Examination& exam) { return check_mail_hosts(exam, name); });
    add("MTA-STS", [name](Examination& exam) { return check_mta_sts(exam, name); });
    add("TLS-RPT", [name](Examination& exam) { return check_tls_rpt(exam, name); });
  }

  void add_machine(const DoctorRequest& request, bool looks) {
    begin("This machine", "");
    if (looks) add("clock", examine_clock);
    for (const ServedCertificate& certificate : request.certificates) {
      add("certificate",
          [certificate](Examination& exam) { return examine_certificate(exam, certificate); });
    }
  }

  std::vector<Step> steps_;
  std::string section_;
  std::string subject_;
};

}  // namespace

asio::awaitable<DoctorReport> examine(DoctorRequest request, DoctorWorld world) {
  Examination exam(request, world);
  const Plan plan(request, world);
  const std::vector<Step>& steps = plan.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const bool is_first =
        i == 0 || step.section != steps[i - 1].section || step.subject != steps[i - 1].subject;
    if (is_first) exam.begin(step.section, step.subject);
    if (world.observe) world.observe({step.subject, step.what, i + 1, steps.size()});
    co_await step.run(exam);
  }
  DoctorReport report = exam.take_report();
  std::erase_if(report.sections,
                [](const DoctorSection& section) { return section.findings.empty(); });
  co_return report;
}

}  // namespace posthaste
