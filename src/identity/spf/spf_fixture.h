#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>

#include "identity/spf/spf.h"
#include "identity/spf/spf_survey.h"
#include "platform/dns/resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {

// Checks and surveys on a loop of its own, for tests.
class SpfRun {
 public:
  static SpfVerdict check(SpfQuery query, Resolver& resolver, Clock& clock) {
    boost::asio::io_context loop;
    TaskGroup group(loop.get_executor());
    SpfVerdict verdict;
    group.spawn(check_into(std::move(query), resolver, clock, verdict));
    loop.run();
    return verdict;
  }
  static SpfVerdict check(SpfQuery query, Resolver& resolver) {
    ManualClock clock;
    return check(std::move(query), resolver, clock);
  }

  static SpfSurvey survey(std::string domain, Resolver& resolver) {
    boost::asio::io_context loop;
    TaskGroup group(loop.get_executor());
    SpfSurvey survey;
    group.spawn(survey_into(std::move(domain), resolver, survey));
    loop.run();
    return survey;
  }

 private:
  static boost::asio::awaitable<void> check_into(SpfQuery query, Resolver& resolver, Clock& clock,
                                                 SpfVerdict& verdict) {
    verdict = co_await check_spf(std::move(query), resolver, clock);
  }
  static boost::asio::awaitable<void> survey_into(std::string domain, Resolver& resolver,
                                                  SpfSurvey& survey) {
    survey = co_await survey_spf(std::move(domain), resolver);
  }
};

}  // namespace posthaste
