// A record, whatever it holds, costs a check no more questions than RFC 7208 §4.6.4 allows.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/spf/spf.h"
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

}  // namespace
}  // namespace posthaste

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  posthaste::OneTextResolver resolver(std::string_view(reinterpret_cast<const char*>(data), size));
  boost::asio::io_context loop;
  posthaste::TaskGroup group(loop.get_executor());
  posthaste::SpfVerdict verdict;
  posthaste::SpfSurvey survey;
  group.spawn(posthaste::run(resolver, verdict, survey));
  loop.run();
  if (verdict.lookups > 11 || verdict.explanation.size() > 500) std::abort();
  if (survey.networks.size() > 5000 || survey.problems.size() > 100) std::abort();
  return 0;
}
