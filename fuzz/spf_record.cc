// A record, whatever it holds, costs a check no more questions than RFC 7208 §4.6.4 allows; check,
// survey and reader agree on it, and what was read of it can be read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "identity/spf/spf.h"
#include "identity/spf/spf_record.h"
#include "identity/spf/spf_survey.h"
#include "one_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

boost::asio::awaitable<void> run(OneTextResolver& resolver, SpfVerdict& verdict,
                                 SpfSurvey& survey) {
  ManualClock clock;
  SpfQuery query{.address = "2001:db8::2", .helo = "he-lo.example", .mail_from = "a.b+c@d.example"};
  verdict = co_await check_spf(std::move(query), resolver, clock);
  survey = co_await survey_spf("d.example", resolver);
}

void demand(bool holds) {
  if (!holds) std::abort();
}

void judge_record(const SpfRecord& record) {
  for (const SpfDirective& directive : record.directives) {
    const SpfRecord again = parse_spf_record("v=spf1 " + directive.text);
    demand(again.problems.empty() && again.directives.size() == 1);
    const SpfDirective& same = again.directives.front();
    demand(same.mechanism == directive.mechanism && same.qualifier == directive.qualifier &&
           same.network == directive.network && same.ip4_prefix == directive.ip4_prefix &&
           same.ip6_prefix == directive.ip6_prefix);
    demand(directive.ip4_prefix <= 32 && directive.ip6_prefix <= 128);
  }
}

void judge_verdict(std::string_view text, const SpfVerdict& verdict) {
  demand(verdict.lookups <= 11 && verdict.void_lookups <= 3);
  const bool is_error =
      verdict.result == SpfResult::permerror || verdict.result == SpfResult::temperror;
  demand(is_error == !verdict.problem.empty());
  demand(verdict.explanation.empty() || verdict.result == SpfResult::fail);
  demand(verdict.explanation.size() <= 500);
  demand(verdict.mechanism.empty() || text.find(verdict.mechanism) != std::string_view::npos);
}

void judge_survey(const SpfSurvey& survey) {
  demand(survey.networks.size() <= 5000 && survey.problems.size() <= 100);
  for (const std::string& network : survey.networks) {
    const SpfRecord read = parse_spf_record("v=spf1 " + network);
    demand(read.problems.empty() && read.directives.size() == 1);
  }
}

void judge(std::string_view text) {
  OneTextResolver resolver(text);
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  SpfVerdict verdict;
  SpfSurvey survey;
  group.spawn(run(resolver, verdict, survey));
  loop.run();
  judge_verdict(text, verdict);
  judge_survey(survey);
  const bool is_record = is_spf_record(text);
  demand(survey.records.size() == (is_record ? 1 : 0));
  demand(is_record == (verdict.result != SpfResult::none));
  if (!is_record) return;
  const SpfRecord record = parse_spf_record(text);
  judge_record(record);
  if (record.problems.empty()) return;
  demand(verdict.result == SpfResult::permerror && !survey.problems.empty());
}

}  // namespace
}  // namespace posthaste

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  posthaste::judge(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
