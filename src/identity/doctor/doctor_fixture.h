#pragma once

#include <fmt/format.h>
#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "identity/dkim/dkim_record.h"
#include "identity/doctor/doctor.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {

inline std::string read_test_data(const std::string& name) {
  std::ifstream in(std::filesystem::path(POSTHASTE_SOURCE_DIR) / "src/identity/doctor" / name);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Lines of a zone file that can be taken away and added as a person would edit them.
class EditableZone {
 public:
  void add(const std::string& line) { lines_.push_back(line); }
  // All lines of that name and type; with data, the one that has it. False: there was none.
  bool remove(std::string_view line) {
    const Parts wanted = split(line);
    return std::erase_if(lines_, [&](const std::string& one) {
             const Parts parts = split(one);
             return parts.name == wanted.name && parts.type == wanted.type &&
                    (wanted.data.empty() || parts.data == wanted.data);
           }) > 0;
  }
  std::string text() const {
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

 private:
  struct Parts {
    std::string name, type, data;
  };
  static Parts split(std::string_view line) {
    Parts parts;
    std::istringstream in{std::string(line)};
    in >> parts.name >> parts.type;
    if (parts.type == "IN") in >> parts.type;
    std::getline(in >> std::ws, parts.data);
    // One record is one text, however it is cut into strings.
    boost::replace_all(parts.data, "\" \"", "");
    return parts;
  }

  std::vector<std::string> lines_;
};

// The network beside DNS as a test has it.
class FakeProbes final : public Probes {
 public:
  boost::asio::awaitable<WebAnswer> ask_web(WebQuestion question) override {
    asked.push_back(question.method + " " + question.url + " " + question.body);
    const auto own = web.find(question.method + " " + question.url);
    co_return own == web.end() ? anything : own->second;
  }
  boost::asio::awaitable<MailHostAnswer> greet_mail_host(std::string, std::string) override {
    co_return mail_host;
  }
  boost::asio::awaitable<EgressAnswer> try_port_25(std::string) override { co_return egress; }
  ClockAnswer read_clock() override { return clock; }

  std::map<std::string, WebAnswer> web;                             // by "METHOD URL"
  WebAnswer anything{.status = 200, .content_type = "text/plain"};  // of every other address
  MailHostAnswer mail_host{.is_connected = true, .offers_starttls = true};
  EgressAnswer egress{.is_open = true, .peer = "mx.test"};
  ClockAnswer clock{.is_known = true, .is_synchronized = true, .error_seconds = 0.01};
  std::vector<std::string> asked;
};

class FakeBlocklists final : public Blocklists {
 public:
  boost::asio::awaitable<std::vector<BlocklistAnswer>> check_address(std::string) override {
    co_return addresses;
  }
  boost::asio::awaitable<std::vector<BlocklistAnswer>> check_domain(std::string) override {
    co_return domains;
  }
  std::vector<BlocklistAnswer> addresses{{.zone = "zen.test", .tier = BlocklistTier::page}};
  std::vector<BlocklistAnswer> domains{{.zone = "dbl.test", .tier = BlocklistTier::page}};
};

// Keys take a while to make: one of each for all tests.
struct DoctorKeys {
  DkimPrivateKey own = *DkimPrivateKey::generate_rsa(2048);
  DkimPrivateKey other = *DkimPrivateKey::generate_rsa(2048);
  DkimPrivateKey weak = *DkimPrivateKey::generate_rsa(1024);

  static const DoctorKeys& get() {
    static const DoctorKeys keys;
    return keys;
  }
};

inline CertificateFacts doctor_certificate() {
  const WallTime start = ManualClock().wall();
  return {.not_before = start - std::chrono::days(10),
          .not_after = start + std::chrono::days(80),
          .names = {"mail.example.com"},
          .subject = "/CN=mail.example.com",
          .der = "certificate",
          .public_key = "public key"};
}

// One sender's world: sound at first, for a test to break and mend.
class DoctorPatient {
 public:
  DoctorPatient() {
    const DoctorKeys& keys = DoctorKeys::get();
    std::istringstream lines(read_test_data("sound_zone.txt"));
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line[0] != ';') zone.add(filled(line));
    }
    request.domains = {{"example.com", {{"example.com", "mail", keys.own}}, ""}};
    request.sources = {{"192.0.2.25", "mail.example.com"}, {"2001:db8::25", "mail.example.com"}};
    request.bounce_domain = "bounce.example.com";
    request.is_bounce_domain_assumed = false;
    probes.mail_host.chain = {doctor_certificate()};
    probes.anything.body = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n";
  }

  // `text` with the keys that stand for themselves: {key}, {other}, {weak}, {tiny}, {tlsa}.
  static std::string filled(std::string text) {
    const DoctorKeys& keys = DoctorKeys::get();
    boost::replace_all(text, "{key}", *make_dkim_record(keys.own));
    boost::replace_all(text, "{other}", *make_dkim_record(keys.other));
    boost::replace_all(text, "{weak}", *make_dkim_record(keys.weak));
    boost::replace_all(text, "{tiny}",
                       "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOKzgcUjCJTz8MdLeRHCHkyWHPENi4T0VljVvp8B9/"
                       "gI8T9j+IdzQ461GCOYnSFGqwYrNTiL2olamAFQFZsldR8CAwEAAQ==");
    boost::replace_all(text, "{tlsa}", tlsa_data(doctor_certificate()));
    return text;
  }

  DoctorReport examine_now(AuthoritativeServers* authoritative = nullptr) {
    ZoneTextResolver resolver(zone.text());
    boost::asio::io_context loop;
    TaskGroup group(loop.get_executor());
    std::optional<DoctorReport> report;
    const DoctorWorld world{resolver, clock, authoritative, &probes, &blocklists, observe};
    group.spawn(run(request, world, report));
    loop.run();
    return std::move(*report);
  }

  EditableZone zone;
  DoctorRequest request;
  FakeProbes probes;
  FakeBlocklists blocklists;
  ManualClock clock;
  std::function<void(const DoctorStep&)> observe;

 private:
  static boost::asio::awaitable<void> run(DoctorRequest request, DoctorWorld world,
                                          std::optional<DoctorReport>& report) {
    report = co_await examine(std::move(request), world);
  }
};

// "error ptr": what was found that is not in order.
inline std::vector<std::string> troubles(const DoctorReport& report) {
  std::vector<std::string> all;
  for (const DoctorSection& section : report.sections) {
    for (const Finding& finding : section.findings) {
      if (finding.severity > Severity::skipped) {
        all.push_back(fmt::format("{} {}", to_string(finding.severity), finding.check));
      }
    }
  }
  return all;
}

// The first finding of a check that is not in order; null if there is none.
inline const Finding* find_trouble(const DoctorReport& report, std::string_view check) {
  for (const DoctorSection& section : report.sections) {
    for (const Finding& finding : section.findings) {
      if (finding.severity > Severity::skipped && finding.check == check) return &finding;
    }
  }
  return nullptr;
}

}  // namespace posthaste
