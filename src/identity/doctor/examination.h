#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "identity/blocklist/blocklist.h"
#include "identity/doctor/doctor_request.h"
#include "identity/doctor/finding.h"
#include "identity/doctor/probes.h"
#include "identity/doctor/two_views.h"

namespace posthaste {

// What is looked at next.
struct DoctorStep {
  std::string subject;     // "example.com"; "" where it is about no one thing
  std::string what;        // "DMARC"
  std::size_t number = 0;  // from 1
  std::size_t count = 0;   // of all
};

// What the doctor looks through. All outlive the examination; a null one is not asked, and what
// needs it is skipped.
struct DoctorWorld {
  Resolver& resolver;
  Clock& clock;
  AuthoritativeServers* authoritative = nullptr;
  Probes* probes = nullptr;
  Blocklists* blocklists = nullptr;
  std::function<void(const DoctorStep&)> observe =
      nullptr;  // hears of each step before it is taken
};

// One examination while it goes on: what is asked, what can be asked, and what was found so far.
class Examination {
 public:
  Examination(const DoctorRequest& request, const DoctorWorld& world);

  const DoctorRequest& request() const { return request_; }
  TwoViews& dns() { return dns_; }
  Probes* probes() { return world_.probes; }
  Blocklists* blocklists() { return world_.blocklists; }
  Clock& clock() { return world_.clock; }
  WallTime now() const { return world_.clock.wall(); }

  // Everything that is added from now on is about `subject`.
  void begin(std::string title, std::string subject);
  void add(Finding finding);
  void pass(std::string check, std::string found);
  void skip(std::string check, std::string why);
  // DNS gave no answer, so the check could not be made.
  void unanswered(std::string check, const DnsResult& result, std::string_view name);

  const DoctorReport& report() const { return report_; }
  DoctorReport take_report() { return std::move(report_); }

  boost::asio::awaitable<DnsResult> look_up(std::string name, RecordType type);
  // A and AAAA of a host. Asks both; a failure of one alone leaves the other's.
  boost::asio::awaitable<std::vector<std::string>> addresses_of(std::string host);
  // Whether `host` has one of the sender's addresses, or is what one of them says in EHLO.
  bool is_own_host(std::string_view host, const std::vector<std::string>& addresses) const;

 private:
  const DoctorRequest& request_;
  DoctorWorld world_;
  TwoViews dns_;
  DoctorReport report_;
};

}  // namespace posthaste
