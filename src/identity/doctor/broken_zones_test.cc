#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "identity/doctor/doctor_fixture.h"
#include "identity/doctor/report_text.h"

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

// A paragraph of broken_zones.txt.
struct BrokenZone {
  std::string name;
  std::string trouble;             // "error ptr"
  std::vector<std::string> then;   // what is left to know when it is mended
  std::vector<std::string> edits;  // lines that begin with "-", "+" or "@"
};

void PrintTo(const BrokenZone& zone, std::ostream* out) {
  *out << zone.name;
}

std::vector<BrokenZone> read_broken_zones() {
  std::vector<BrokenZone> all;
  std::istringstream lines(read_test_data("broken_zones.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == ';') continue;
    if (line.starts_with("# ")) {
      all.push_back({line.substr(2), {}, {}, {}});
    } else if (std::string_view("-+@").find(line[0]) != std::string_view::npos) {
      all.back().edits.push_back(DoctorPatient::filled(line));
    } else if (line.starts_with("then ")) {
      all.back().then.push_back(line.substr(5));
    } else {
      all.back().trouble = line;
    }
  }
  return all;
}

void set_option(DoctorPatient& patient, const std::string& option, const std::string& value) {
  SenderDomain& domain = patient.request.domains.front();
  if (option == "--helo") {
    patient.request.sources.front().helo = value;
  } else if (option == "--bounce-domain") {
    patient.request.bounce_domain = value;
  } else if (option == "--dkim-domain") {
    domain.keys.front().domain = value;
  } else if (option == "--selector") {
    domain.keys.front().selector = value;
  } else if (option == "--no-key") {
    domain.keys.front().key.reset();
  } else {
    ADD_FAILURE() << "no option " << option;
  }
}

// `command` as a zone's owner would carry it out: "posthaste dkim keygen --domain D --selector S
// …".
void carry_out(DoctorPatient& patient, const std::string& command) {
  std::istringstream words(command);
  std::string domain, selector;
  for (std::string word; words >> word;) {
    if (word == "--domain") words >> domain;
    if (word == "--selector") words >> selector;
  }
  ASSERT_NE(domain, "") << command;
  ASSERT_NE(selector, "") << command;
  SenderKey& key = patient.request.domains.front().keys.front();
  key.key = DoctorKeys::get().other;
  patient.zone.add(
      zone_line(txt_record(dkim_record_name(selector, domain), *make_dkim_record(*key.key))));
}

void serve(DoctorPatient& patient, const std::string& text) {
  patient.probes.anything = {.status = 200, .content_type = "text/plain", .body = text};
}

void break_it(DoctorPatient& patient, const std::vector<std::string>& edits) {
  for (const std::string& edit : edits) {
    const std::string rest = edit.substr(2);
    if (edit[0] == '+') {
      patient.zone.add(rest);
    } else if (edit[0] == '-') {
      EXPECT_TRUE(patient.zone.remove(rest)) << "the sound zone has no " << rest;
    } else if (rest.starts_with("web ")) {
      std::string text = rest.substr(4);
      std::replace(text.begin(), text.end(), '|', '\n');
      if (text == "404") patient.probes.anything = {.status = 404};
      if (text != "404") serve(patient, text + "\n");
    } else {
      const std::size_t space = rest.find(' ');
      set_option(patient, rest.substr(0, space),
                 space == std::string::npos ? "" : rest.substr(space + 1));
    }
  }
}

// Does what the printed report says, and nothing else.
void obey(DoctorPatient& patient, const std::string& printed) {
  std::istringstream lines(printed);
  std::string file;
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(' '));
    const std::string rest = line.size() > 2 ? line.substr(2) : "";
    if (line.starts_with("+ ")) patient.zone.add(rest);
    if (line.starts_with("- ")) {
      EXPECT_TRUE(patient.zone.remove(rest)) << "there is no " << rest;
    }
    if (line.starts_with("$ ")) carry_out(patient, rest);
    if (line.starts_with("| ")) file += rest + "\n";
    if (line.starts_with("set ")) {
      std::istringstream words(line.substr(line.find("(here: ") + 7));
      std::string option, value;
      words >> option >> value;
      set_option(patient, option, value.substr(0, value.find(')')));
    }
  }
  if (!file.empty()) serve(patient, file);
}

class BrokenZones : public testing::TestWithParam<BrokenZone> {};

TEST_P(BrokenZones, AreToldByTheirOneFaultAndMendedByTheRemedyAsPrinted) {
  const BrokenZone& broken = GetParam();
  DoctorPatient patient;
  break_it(patient, broken.edits);
  const DoctorReport report = patient.examine_now();
  const std::string printed = report_text(report, {.shows_all = false});
  EXPECT_THAT(troubles(report), ElementsAre(broken.trouble)) << printed;
  obey(patient, printed);
  const DoctorReport mended = patient.examine_now();
  EXPECT_THAT(troubles(mended), ElementsAreArray(broken.then))
      << "after the remedy of\n"
      << printed << "stands\n"
      << report_text(mended, {.shows_all = false});
}

std::string test_name(const testing::TestParamInfo<BrokenZone>& info) {
  std::string name;
  bool is_first = true;
  for (const char c : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      name += is_first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      is_first = false;
    } else {
      is_first = true;
    }
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Doctor, BrokenZones, testing::ValuesIn(read_broken_zones()), test_name);

TEST(Doctor, HasNoComplaintAboutASoundZone) {
  DoctorPatient patient;
  const DoctorReport report = patient.examine_now();
  EXPECT_THAT(troubles(report), IsEmpty()) << report_text(report, {});
  EXPECT_EQ(report.count(Severity::skipped), 0u) << report_text(report, {});
}

// A paragraph that is lost, or read as part of another, is noticed here.
TEST(Doctor, IsTriedOnEveryBrokenZone) {
  const std::vector<BrokenZone> all = read_broken_zones();
  std::map<std::string, int> checks;
  for (const BrokenZone& zone : all) ++checks[zone.trouble.substr(zone.trouble.find(' ') + 1)];
  EXPECT_EQ(all.size(), 83u);
  EXPECT_EQ(checks.size(), 41u);
}

}  // namespace
}  // namespace posthaste
