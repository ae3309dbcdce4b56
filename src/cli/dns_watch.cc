#include "cli/dns_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "platform/dns/lookup_all.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

std::string asked(const std::vector<std::string>& servers) {
  if (servers.empty()) return "the name servers of the Internet";
  return fmt::format("{}", fmt::join(servers, ", "));
}

// "com" is always there; where servers know of their own zones alone, the name is.
std::vector<DnsQuestion> signs_of_life(const std::string& name) {
  return {{"com", RecordType::soa}, {name, RecordType::soa}};
}

std::string no_answer(const DnsQuestion& question, Duration in) {
  return fmt::format("no answer for {} {} in {}", printable(question.name),
                     to_string(question.type), to_string(in));
}

}  // namespace

asio::awaitable<std::string> find_dns_problem(Resolver& resolver, std::string name) {
  std::vector<DnsQuestion> questions = signs_of_life(name);
  const std::vector<DnsResult> answers = co_await lookup_all(resolver, std::move(questions));
  const auto has_failed = [](const DnsResult& one) { return one.is_temporary_failure(); };
  if (!std::all_of(answers.begin(), answers.end(), has_failed)) co_return "";
  co_return answers.front().why.empty() ? "no answer" : answers.front().why;
}

Error no_name_server_answers(const std::string& problem, const std::string& remedy) {
  return {make_error_code(boost::system::errc::host_unreachable),
          fmt::format("no name server answers ({}): {}", problem, remedy)};
}

// A question's place among the open ones, for as long as its caller waits, and is not unwound.
class DnsWatch::Stay {
 public:
  Stay(Places& places, Open open) : places_(places), at_(places.insert(places.end(), open)) {}
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;
  ~Stay() { places_.erase(at_); }

 private:
  Places& places_;
  const Places::iterator at_;
};

DnsWatch::DnsWatch(asio::any_io_executor loop, World world, DnsWatchWords words,
                   std::function<void()> end)
    : resolver_(world.resolver),
      clock_(world.clock),
      words_(std::move(words)),
      end_(std::move(end)),
      tasks_(std::move(loop)) {}

asio::awaitable<DnsResult> DnsWatch::lookup(std::string name, RecordType type) {
  const Stay stay(open_, {{name, type}, clock_.now()});
  DnsResult result = co_await resolver_.lookup(std::move(name), type);
  // Who is cancelled is unwound here: it judges nothing by an answer that nobody gave.
  if (!problem_.empty()) co_await clock_.sleep_until(Clock::time_point::max());
  if (!result.is_temporary_failure()) ++answers_;
  co_return result;
}

void DnsWatch::start() {
  tasks_.spawn(watch());
}

asio::awaitable<void> DnsWatch::stop() {
  tasks_.cancel();
  co_await tasks_.join();
}

asio::awaitable<void> DnsWatch::watch() {
  for (;;) {
    const auto next = first_untold();
    const Clock::time_point due =
        (next == open_.end() ? clock_.now() : next->since) + words_.patience;
    co_await clock_.sleep_until(due);
    if (clock_.now() < due) co_return;
    const auto overdue = first_untold();
    if (overdue == open_.end() || overdue->since + words_.patience > clock_.now()) continue;
    tell(overdue);
    const DnsQuestion question = overdue->question;
    const std::uint64_t answers = answers_;
    for (DnsQuestion& sign : signs_of_life(question.name)) {
      tasks_.spawn(look_for_life(std::move(sign)));
    }
    const Clock::time_point end = clock_.now() + words_.patience;
    co_await clock_.sleep_until(end);
    if (clock_.now() < end) co_return;
    if (answers_ != answers || open_.empty()) continue;
    give_up(question);
    co_return;
  }
}

DnsWatch::Places::iterator DnsWatch::first_untold() {
  return std::find_if(open_.begin(), open_.end(), [](const Open& open) { return !open.is_told; });
}

void DnsWatch::tell(Places::iterator question) {
  question->is_told = true;
  fmt::print(words_.to, "posthaste {}: {} from {}, waiting on: {}\n", words_.verb,
             no_answer(question->question, words_.patience), asked(words_.servers), words_.remedy);
  std::fflush(words_.to);
}

asio::awaitable<void> DnsWatch::look_for_life(DnsQuestion question) {
  const DnsResult result = co_await resolver_.lookup(std::move(question.name), question.type);
  if (!result.is_temporary_failure()) ++answers_;
}

void DnsWatch::give_up(const DnsQuestion& question) {
  problem_ = no_answer(question, 2 * words_.patience);
  end_();
}

}  // namespace posthaste
