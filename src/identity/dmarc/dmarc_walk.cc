#include "identity/dmarc/dmarc_walk.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "platform/dns/dns_name.h"
#include "platform/dns/lookup_all.h"

namespace posthaste {
namespace {

// RFC 9989 §4.10: a longer name goes on with its last seven labels.
constexpr std::size_t kMaxQueries = 8;

std::size_t count_labels(std::string_view domain) {
  return static_cast<std::size_t>(std::count(domain.begin(), domain.end(), '.')) + 1;
}

// The last `count` labels.
std::string_view last_labels(std::string_view domain, std::size_t count) {
  while (count_labels(domain) > count) domain = parent_dns_name(domain);
  return domain;
}

DmarcStop stop_of(std::string domain, const DnsResult& answer) {
  DmarcStop stop;
  stop.domain = std::move(domain);
  stop.is_failure = answer.is_temporary_failure();
  std::vector<std::string> texts = answer.strings();
  std::erase_if(texts, [](const std::string& text) { return !is_dmarc_record(text); });
  // RFC 9989 §4.10: several records are as none.
  if (texts.size() != 1) return stop;
  stop.text = texts.front();
  stop.record = parse_dmarc_record(stop.text);
  return stop;
}

bool is_psd(const DmarcStop& stop, char value) {
  return stop.record && stop.record->psd == value;
}

}  // namespace

std::vector<std::string> dmarc_walk_names(std::string_view domain) {
  std::vector<std::string> names{std::string(domain)};
  std::string_view next = last_labels(parent_dns_name(domain), kMaxQueries - 1);
  for (; !next.empty(); next = parent_dns_name(next)) names.emplace_back(next);
  return names;
}

// From the longest to the shortest name with a record: "psd=n" is it; "psd=y", unless the walk
// began there, has it one label below; otherwise the shortest is it.
std::string DmarcWalk::organizational_domain() const {
  const std::string* shortest = &stops.front().domain;
  for (const DmarcStop& stop : stops) {
    if (!stop.record) continue;
    if (is_psd(stop, 'n')) return stop.domain;
    if (is_psd(stop, 'y') && &stop != &stops.front()) {
      return std::string(last_labels(stops.front().domain, count_labels(stop.domain) + 1));
    }
    shortest = &stop.domain;
  }
  return *shortest;
}

bool DmarcWalk::has_failure_in(std::string_view domain) const {
  return std::any_of(stops.begin(), stops.end(), [domain](const DmarcStop& stop) {
    return stop.is_failure && is_in_zone(stop.domain, domain);
  });
}

bool DmarcWalk::has_psd_tag() const {
  return std::any_of(stops.begin(), stops.end(),
                     [](const DmarcStop& stop) { return is_psd(stop, 'y') || is_psd(stop, 'n'); });
}

boost::asio::awaitable<void> DmarcTree::fetch(std::vector<std::string> domains) {
  std::vector<std::string> names;
  std::vector<DnsQuestion> questions;
  for (const std::string& domain : domains) {
    for (const std::string& name : dmarc_walk_names(domain)) {
      if (known_.contains(name) || std::find(names.begin(), names.end(), name) != names.end()) {
        continue;
      }
      names.push_back(name);
      questions.push_back({"_dmarc." + name, RecordType::txt});
    }
  }
  const std::vector<DnsResult> answers = co_await lookup_all(resolver_, std::move(questions));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    known_.emplace(names[i], stop_of(names[i], answers[i]));
  }
}

DmarcWalk DmarcTree::walk(std::string_view domain) const {
  DmarcWalk walk;
  for (const std::string& name : dmarc_walk_names(domain)) {
    walk.stops.push_back(known_.at(name));
    if (is_psd(walk.stops.back(), 'n') || is_psd(walk.stops.back(), 'y')) break;
  }
  return walk;
}

}  // namespace posthaste
