#include <fmt/format.h>
#include <utility>

#include "identity/doctor/checks.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr double kMaxClockError = 5;  // seconds

Severity severity_of(BlocklistTier tier) {
  switch (tier) {
    case BlocklistTier::page:
      return Severity::error;
    case BlocklistTier::warn:
      return Severity::warning;
    default:
      return Severity::info;
  }
}

const char* why_listed(BlocklistTier tier) {
  switch (tier) {
    case BlocklistTier::page:
      return "Large providers refuse by it: Yahoo 553 5.7.1 [BLnn], Outlook 550 OU-001, Apple and "
             "Comcast too.";
    case BlocklistTier::warn:
      return "Many small receivers refuse or score by it.";
    default:
      return "Few receivers use it.";
  }
}

void report_listing(Examination& exam, const std::string& what, const BlocklistAnswer& answer) {
  std::string codes;
  for (const std::string& code : answer.codes) codes += (codes.empty() ? "" : ", ") + code;
  std::string found = fmt::format("{} is listed at {} ({}", what, answer.zone, codes);
  found += answer.meaning.empty() ? ")" : ": " + answer.meaning + ")";
  if (!answer.text.empty()) found += ", which says: " + answer.text;
  Remedy remedy;
  remedy.advice = "Stop what caused it, then ask for removal";
  remedy.advice += answer.remove_at.empty() ? " at the operator of the list."
                                            : fmt::format(": {}", answer.remove_at);
  exam.add({"blocklist", severity_of(answer.tier), std::move(found), why_listed(answer.tier),
            std::move(remedy)});
}

}  // namespace

asio::awaitable<void> check_blocklists(Examination& exam, std::string what, bool is_address) {
  if (!exam.blocklists()) co_return;
  std::vector<BlocklistAnswer> answers;
  if (is_address) {
    answers = co_await exam.blocklists()->check_address(what);
  } else {
    answers = co_await exam.blocklists()->check_domain(what);
  }
  std::size_t clear = 0;
  std::size_t listed = 0;
  for (const BlocklistAnswer& answer : answers) {
    const bool is_blocklist = answer.tier != BlocklistTier::allow;
    if (answer.status == BlocklistAnswer::Status::clear) clear += is_blocklist;
    if (answer.status != BlocklistAnswer::Status::listed || !is_blocklist) continue;
    ++listed;
    report_listing(exam, what, answer);
  }
  if (listed > 0) co_return;
  if (clear == 0) {
    exam.skip("blocklist", "no list gave an answer: most refuse shared resolvers; ask by your own");
    co_return;
  }
  exam.pass("blocklist", fmt::format("{} is on none of the {} lists that answered", what, clear));
}

asio::awaitable<void> check_port_25(Examination& exam, SenderSource source) {
  if (!exam.probes() || !exam.request().looks_at_machine) co_return;
  const EgressAnswer answer = co_await exam.probes()->try_port_25(source.address);
  if (!answer.is_own_address) {
    exam.skip("port-25", fmt::format("{} is no address of this machine", source.address));
    co_return;
  }
  if (answer.is_open) {
    exam.pass("port-25", fmt::format("{} can be reached on port 25", answer.peer));
    co_return;
  }
  exam.add(
      {"port-25",
       Severity::error,
       fmt::format("no way out by port 25 from {}: {}", source.address, answer.problem),
       "No mail leaves at all.",
       {.advice = "Many hosting providers close port 25 until asked: ask yours. If this is not "
                  "the sending machine, run the doctor there, or add --no-probes."}});
}

void check_clock(Examination& exam) {
  const ClockAnswer answer = exam.probes()->read_clock();
  if (!answer.is_known) {
    exam.skip("clock", "the system does not say whether its clock is kept in step");
  } else if (!answer.is_synchronized || answer.error_seconds > kMaxClockError) {
    exam.add({"clock",
              Severity::warning,
              "the clock of this machine is not kept in step",
              "Signatures from the future fail, and Date fields far off are scored as spam.",
              {.commands = {"timedatectl set-ntp true"}}});
  } else {
    exam.pass("clock", fmt::format("the clock is right within {:.3f} s", answer.error_seconds));
  }
}

asio::awaitable<void> check_unsubscribe(Examination& exam, std::string url) {
  const std::string why =
      "Gmail and Yahoo ask bulk senders for one-click unsubscribe by RFC 8058; without it they "
      "filter to spam, and people press the spam button.";
  Remedy remedy;
  remedy.advice = fmt::format(
      "Send both headers, covered by DKIM: \"List-Unsubscribe: <{}>\" and "
      "\"List-Unsubscribe-Post: List-Unsubscribe=One-Click\". The address answers a POST "
      "by 2xx at once, without login, cookie or redirect; a GET shows a page.",
      url.starts_with("https://") ? url : "https://…");
  if (!url.starts_with("https://")) {
    exam.add({"one-click", Severity::error, fmt::format("{} is not an https: address", url), why,
              std::move(remedy)});
    co_return;
  }
  if (!exam.probes()) {
    exam.skip("one-click", "the link was not probed");
    co_return;
  }
  WebQuestion get;
  get.url = url;
  WebQuestion post;
  post.method = "POST";
  post.url = url;
  post.body = "List-Unsubscribe=One-Click";  // RFC 8058 §3.2
  const WebAnswer shown = co_await exam.probes()->ask_web(std::move(get));
  const WebAnswer done = co_await exam.probes()->ask_web(std::move(post));
  for (const auto& [method, answer] : {std::pair("GET", shown), std::pair("POST", done)}) {
    if (answer.status >= 200 && answer.status < 300) continue;
    exam.add({"one-click", Severity::error,
              answer.status == 0 ? fmt::format("{} {} fails: {}", method, url, answer.problem)
                                 : fmt::format("{} {} returned {}{}", method, url, answer.status,
                                               answer.location.empty() ? "" : " (a redirect)"),
              why, remedy});
    co_return;
  }
  exam.pass("one-click", "the link takes GET and POST");
}

}  // namespace posthaste
