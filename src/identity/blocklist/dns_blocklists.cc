#include "identity/blocklist/dns_blocklists.h"

#include <fmt/format.h>

#include <chrono>

#include "platform/dns/dns_name.h"
#include "platform/dns/lookup_all.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using Status = BlocklistAnswer::Status;

constexpr auto kTestEvery = 24h;
constexpr auto kTestAgain = 10min;  // after a test that found nothing out

// RFC 5782 §5
std::vector<std::string> listed_entries(const BlocklistZone& zone, BlocklistKind kind) {
  switch (kind) {
    case BlocklistKind::ipv4:
      return {"2.0.0.127"};
    case BlocklistKind::ipv6:
      // ::FFFF:7F00:2
      return {"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"};
    case BlocklistKind::domain:
      return zone.test;
  }
  return {};
}

std::string clear_entry(BlocklistKind kind) {
  switch (kind) {
    case BlocklistKind::ipv4:
      return "1.0.0.127";
    case BlocklistKind::ipv6:
      return "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";
    case BlocklistKind::domain:
      return "invalid";
  }
  return {};
}

std::string joined(const std::string& name, const BlocklistZone& zone) {
  return name + "." + zone.suffix;
}

std::string filled(std::string text, const std::string& query) {
  constexpr std::string_view kPlace = "{query}";
  const std::size_t at = text.find(kPlace);
  return at == std::string::npos ? text : text.replace(at, kPlace.size(), query);
}

std::string failure(const DnsResult& result) {
  const std::string status(to_string(result.status));
  return result.why.empty() ? status : status + ": " + result.why;
}

BlocklistAnswer read_answer(const BlocklistZone& zone, const DnsResult& result) {
  BlocklistAnswer answer;
  answer.zone = zone.name;
  answer.tier = zone.tier;
  if (result.is_temporary_failure()) {
    answer.status = Status::failed;
    answer.text = failure(result);
    return answer;
  }
  BlocklistReading reading = read_blocklist_answer(zone, result.strings());
  answer.status = reading.status;
  answer.codes = std::move(reading.codes);
  answer.meaning = std::move(reading.meaning);
  return answer;
}

}  // namespace

DnsBlocklists::DnsBlocklists(Resolver& resolver, Clock& clock, std::vector<BlocklistZone> zones)
    : clock_(clock), zones_(std::move(zones)), resolver_(resolver, clock, zones_) {}

DnsBlocklists::Test DnsBlocklists::judge(const BlocklistZone& zone,
                                         const std::vector<DnsResult>& listed,
                                         const DnsResult& clear) const {
  const auto end = [this](Status status, std::string why) {
    const bool is_known = status == Status::clear || status == Status::disabled;
    return Test{status, std::move(why), clock_.now() + (is_known ? kTestEvery : kTestAgain)};
  };
  const BlocklistAnswer nobody = read_answer(zone, clear);
  if (nobody.status == Status::refused) return end(Status::refused, nobody.meaning);
  if (nobody.status == Status::listed) {
    return end(Status::disabled, "it lists what no list may hold, and so perhaps everybody");
  }
  std::string unanswered = nobody.status == Status::failed ? nobody.text : "";
  for (const DnsResult& result : listed) {
    const BlocklistAnswer entry = read_answer(zone, result);
    if (entry.status == Status::refused) return end(Status::refused, entry.meaning);
    if (entry.status == Status::failed) unanswered = entry.text;
    if (entry.status == Status::listed && unanswered.empty()) return end(Status::clear, "");
  }
  if (!unanswered.empty()) return end(Status::failed, "its test had no answer: " + unanswered);
  return end(Status::disabled, "it does not list its own test entry, and so perhaps nobody");
}

std::vector<std::size_t> DnsBlocklists::untested(BlocklistKind kind,
                                                 const std::vector<Inquiry>& inquiries) {
  const Clock::time_point now = clock_.now();
  std::vector<std::size_t> zones;
  tests_.with([&](const auto& tests) {
    for (const Inquiry& inquiry : inquiries) {
      const auto found = tests.find({inquiry.zone, kind});
      if (found == tests.end() || found->second.again_at <= now) zones.push_back(inquiry.zone);
    }
  });
  return zones;
}

DnsBlocklists::Test DnsBlocklists::test_of(std::size_t zone, BlocklistKind kind) {
  return tests_.with([&](const auto& tests) {
    const auto found = tests.find({zone, kind});
    return found == tests.end() ? Test() : found->second;
  });
}

asio::awaitable<void> DnsBlocklists::test_zones(BlocklistKind kind,
                                                std::vector<std::size_t> zones) {
  std::vector<DnsQuestion> questions;
  std::vector<std::size_t> counts;
  for (const std::size_t index : zones) {
    const BlocklistZone& zone = zones_[index];
    const std::vector<std::string> entries = listed_entries(zone, kind);
    counts.push_back(entries.size());
    for (const std::string& entry : entries) {
      questions.push_back({joined(entry, zone), RecordType::a});
    }
    questions.push_back({joined(clear_entry(kind), zone), RecordType::a});
  }
  const std::vector<DnsResult> results = co_await lookup_all(resolver_, std::move(questions));
  auto next = results.begin();
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const auto clear = next + static_cast<std::ptrdiff_t>(counts[i]);
    Test test = judge(zones_[zones[i]], {next, clear}, *clear);
    tests_.with([&](auto& tests) { tests[{zones[i], kind}] = std::move(test); });
    next = clear + 1;
  }
}

asio::awaitable<std::vector<BlocklistAnswer>> DnsBlocklists::check(BlocklistKind kind,
                                                                   std::vector<Inquiry> inquiries) {
  std::vector<std::size_t> to_test = untested(kind, inquiries);
  if (!to_test.empty()) co_await test_zones(kind, std::move(to_test));

  std::vector<BlocklistAnswer> answers(inquiries.size());
  std::vector<std::size_t> asked;
  std::vector<DnsQuestion> questions;
  for (std::size_t i = 0; i < inquiries.size(); ++i) {
    const BlocklistZone& zone = zones_[inquiries[i].zone];
    const Test test = test_of(inquiries[i].zone, kind);
    answers[i].zone = zone.name;
    answers[i].tier = zone.tier;
    answers[i].status = test.status;
    answers[i].text = test.why;
    if (test.status != Status::clear) continue;
    asked.push_back(i);
    questions.push_back({joined(inquiries[i].name, zone), RecordType::a});
  }
  const std::vector<DnsResult> results = co_await lookup_all(resolver_, questions);

  std::vector<std::size_t> listed;
  std::vector<DnsQuestion> texts;
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const Inquiry& inquiry = inquiries[asked[k]];
    const BlocklistZone& zone = zones_[inquiry.zone];
    BlocklistAnswer& answer = answers[asked[k]];
    answer = read_answer(zone, results[k]);
    if (answer.status != Status::listed) continue;
    answer.remove_at = filled(zone.remove_at, inquiry.query);
    listed.push_back(asked[k]);
    texts.push_back({questions[k].name, RecordType::txt});
  }
  const std::vector<DnsResult> said = co_await lookup_all(resolver_, std::move(texts));
  for (std::size_t k = 0; k < listed.size(); ++k) {
    const std::vector<std::string> lines = said[k].strings();
    if (!lines.empty()) answers[listed[k]].text = lines.front();
  }
  co_return answers;
}

asio::awaitable<std::vector<BlocklistAnswer>> DnsBlocklists::check_address(std::string address) {
  const auto reversed = reversed_address(address);
  std::vector<Inquiry> inquiries;
  if (!reversed) co_return std::vector<BlocklistAnswer>();
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    if (!zones_[i].has(reversed->first)) continue;
    inquiries.push_back({i, reversed->second, address});
  }
  co_return co_await check(reversed->first, std::move(inquiries));
}

asio::awaitable<std::vector<BlocklistAnswer>> DnsBlocklists::check_domain(std::string domain) {
  const auto name = normalize_dns_name(domain);
  std::vector<Inquiry> inquiries;
  if (!name || !is_host_name(*name)) co_return std::vector<BlocklistAnswer>();
  const std::string registered = registered_domain(*name);
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    if (!zones_[i].has(BlocklistKind::domain)) continue;
    inquiries.push_back({i, zones_[i].registered_only ? registered : *name, *name});
  }
  co_return co_await check(BlocklistKind::domain, std::move(inquiries));
}

}  // namespace posthaste
