#include "platform/dns/zone_text.h"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>
#include <charconv>
#include <cstddef>
#include <utility>

#include "platform/dns/dns_error.h"
#include "platform/dns/dns_name.h"
#include "platform/dns/rdata.h"

namespace posthaste {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr int kMaxCnames = 16;
constexpr std::uint32_t kDefaultTtl = 300;
constexpr std::uint32_t kMaxTtl = 0x7fffffff;  // RFC 2181 §8

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::optional<std::uint32_t> parse_ttl(std::string_view text) {
  std::uint32_t ttl = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ttl);
  if (error != std::errc() || end != text.data() + text.size() || ttl > kMaxTtl) {
    return std::nullopt;
  }
  return ttl;
}

std::optional<DnsStatus> parse_status(std::string_view word) {
  for (const DnsStatus status : {DnsStatus::nodata, DnsStatus::nxdomain, DnsStatus::servfail,
                                 DnsStatus::timeout, DnsStatus::bogus}) {
    if (boost::iequals(word, to_string(status))) return status;
  }
  return std::nullopt;
}

bool is_nothing(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string_view::npos || text[begin] == ';';
}

}  // namespace

Result<void> ZoneText::add(std::string_view line) {
  if (is_nothing(line)) return {};
  const std::string_view owner = take_word(line);
  const std::optional<std::string> name = normalize_dns_name(owner);
  if (!name) return {DnsErrc::bad_record, fmt::format("\"{}\" is not a domain name", owner)};

  std::optional<std::uint32_t> ttl;
  std::string_view word = take_word(line);
  for (;; word = take_word(line)) {
    if (const auto number = parse_ttl(word); number && !ttl) {
      ttl = number;
    } else if (!boost::iequals(word, "IN")) {
      break;
    }
  }
  if (is_nothing(line) && add_directive(*name, word)) return {};

  const std::optional<RecordType> type = parse_record_type(word);
  if (!type) {
    return {DnsErrc::bad_record,
            fmt::format("\"{}\" is not a record type that is known here: use A, AAAA, MX, TXT, "
                        "CNAME, PTR, NS, SOA, SRV or TLSA",
                        word)};
  }
  std::string_view data = line;
  if (const auto status = parse_status(take_word(data)); status && is_nothing(data)) {
    set_status(*name, *type, *status);
    return {};
  }
  Result<Rdata> record = parse_rdata_text(*type, line);
  if (!record) return record.error();
  add_record(*name, *type, std::move(*record));
  if (ttl) {
    Entry& changed = entry(*name);
    changed.ttl = std::min(changed.ttl, *ttl);
  }
  return {};
}

void ZoneText::add_record(const std::string& name, RecordType type, Rdata record) {
  entry(name).records[type].push_back(std::move(record));
}

void ZoneText::set_status(const std::string& name, RecordType type, DnsStatus status) {
  entry(name).statuses[type] = status;
}

bool ZoneText::add_directive(const std::string& name, std::string_view word) {
  if (boost::iequals(word, "SECURE")) {
    entry(name).is_secure = true;
    return true;
  }
  const std::optional<DnsStatus> status = parse_status(word);
  if (status) entry(name).status = status;
  return status.has_value();
}

ZoneText::Entry& ZoneText::entry(const std::string& name) {
  for (std::string_view above = name; !above.empty();) {
    above = parent_dns_name(above);
    inner_.emplace(above);
  }
  return entries_[name];
}

const ZoneText::Entry* ZoneText::find(std::string_view name) const {
  if (const auto found = entries_.find(name); found != entries_.end()) return &found->second;
  // RFC 4592 §3.3.1: only the wildcard right below the closest name that exists stands in.
  for (std::string_view above = name; !inner_.contains(above);) {
    if (above.empty()) return nullptr;
    above = parent_dns_name(above);
    if (!inner_.contains(above) && !entries_.contains(above)) continue;
    const std::string wildcard = above.empty() ? "*" : "*." + std::string(above);
    const auto found = entries_.find(wildcard);
    return found == entries_.end() ? nullptr : &found->second;
  }
  return nullptr;
}

std::optional<DnsStatus> ZoneText::status_of(std::string_view name, RecordType type) const {
  if (const Entry* own = find(name)) {
    if (const auto found = own->statuses.find(type); found != own->statuses.end()) {
      return found->second;
    }
    if (own->status) return own->status;
  }
  for (std::string_view above = name; !above.empty();) {
    above = parent_dns_name(above);
    const auto found = entries_.find(above);
    if (found != entries_.end() && found->second.status) return found->second.status;
  }
  return std::nullopt;
}

bool ZoneText::is_secure(std::string_view name) const {
  for (;;) {
    const auto found = entries_.find(name);
    if (found != entries_.end() && found->second.is_secure) return true;
    if (name.empty()) return false;
    name = parent_dns_name(name);
  }
}

bool ZoneText::has(std::string_view name) const {
  if (find(name)) return true;
  for (std::string_view above = name; !above.empty();) {
    above = parent_dns_name(above);
    const auto found = entries_.find(above);
    if (found != entries_.end() && found->second.status) return true;
  }
  return false;
}

std::vector<std::string> ZoneText::owners() const {
  std::vector<std::string> names;
  for (const auto& [name, unused] : entries_) names.push_back(name);
  return names;
}

DnsResult ZoneText::answer(std::string_view name, RecordType type) const {
  DnsResult result{
      .status = DnsStatus::nxdomain, .secure = true, .ttl = std::chrono::seconds(kDefaultTtl)};
  std::optional<std::string> current = normalize_dns_name(name);
  for (int i = 0; current && i <= kMaxCnames; ++i) {
    result.canonical_name = *current;
    result.secure = result.secure && is_secure(*current);
    if (const std::optional<DnsStatus> status = status_of(*current, type)) {
      result.status = *status;
      if (result.is_temporary_failure()) {
        result.secure = false;
        result.why = fmt::format("{} {} for {}", to_string(*status), to_string(type), *current);
      }
      return result;
    }
    const Entry* entry = find(*current);
    if (!entry) {
      result.status = inner_.contains(*current) ? DnsStatus::nodata : DnsStatus::nxdomain;
      return result;
    }
    result.ttl = std::min(result.ttl, std::chrono::seconds(entry->ttl));
    const auto records = entry->records.find(type);
    if (records != entry->records.end()) {
      result.status = DnsStatus::found;
      result.records = records->second;
      return result;
    }
    const auto cname = entry->records.find(RecordType::cname);
    if (cname == entry->records.end()) {
      result.status = DnsStatus::nodata;
      return result;
    }
    current = std::get<std::string>(cname->second.front());
  }
  if (!current) return {.status = DnsStatus::nxdomain, .canonical_name = std::string(name)};
  return {.status = DnsStatus::servfail,
          .canonical_name = *current,
          .why = fmt::format("{} is the start of a chain of CNAMEs without end", name)};
}

}  // namespace posthaste
