#include "platform/dns/lookup_all.h"

#include <cstddef>
#include <utility>

#include "platform/io/run_all.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> lookup_into(Resolver& resolver, DnsQuestion question, DnsResult& result) {
  result = co_await resolver.lookup(std::move(question.name), question.type);
}

}  // namespace

asio::awaitable<std::vector<DnsResult>> lookup_all(Resolver& resolver,
                                                   std::vector<DnsQuestion> questions) {
  std::vector<DnsResult> results(questions.size());
  std::vector<asio::awaitable<void>> tasks;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    tasks.push_back(lookup_into(resolver, std::move(questions[i]), results[i]));
  }
  co_await run_all(std::move(tasks));
  co_return results;
}

}  // namespace posthaste
