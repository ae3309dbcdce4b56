#include "identity/doctor/spf_edit.h"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <utility>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

bool is_qualifier(char c) {
  return c == '+' || c == '-' || c == '~' || c == '?';
}

// "ip4" of "-ip4:192.0.2.1"; "redirect=" of "redirect=example.com".
std::string_view name_of(std::string_view term) {
  if (!term.empty() && is_qualifier(term.front())) term.remove_prefix(1);
  const std::size_t end = std::min(term.find_first_of(":/="), term.size());
  const bool is_modifier = end < term.size() && term[end] == '=';
  return term.substr(0, is_modifier ? end + 1 : end);
}

bool is_named(std::string_view term, std::string_view name) {
  return boost::iequals(name_of(term), name);
}

bool is_last(std::string_view term) {
  return is_named(term, "all") || is_named(term, "redirect=");
}

// "192.0.2.0/24": an address, and a length that its family has.
bool is_network(std::string_view text, bool is_v6) {
  const std::size_t slash = text.find('/');
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text.substr(0, slash)), error);
  if (error || address.is_v6() != is_v6) return false;
  if (slash == std::string_view::npos) return true;
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return fault == std::errc() && end == digits.data() + digits.size() &&
         length <= (is_v6 ? 128u : 32u);
}

bool is_well_formed(std::string_view term) {
  const std::string_view name = name_of(term);
  if (name.ends_with('=')) return !is_qualifier(term.front()) && name.size() > 1;
  if (is_qualifier(term.front())) term.remove_prefix(1);
  const std::string_view rest = term.substr(name.size());
  if (boost::iequals(name, "all")) return rest.empty();
  if (boost::iequals(name, "ip4"))
    return rest.starts_with(':') && is_network(rest.substr(1), false);
  if (boost::iequals(name, "ip6")) return rest.starts_with(':') && is_network(rest.substr(1), true);
  if (boost::iequals(name, "include") || boost::iequals(name, "exists")) {
    return rest.starts_with(':') && rest.size() > 1;
  }
  constexpr std::array<std::string_view, 3> kOptional{"a", "mx", "ptr"};
  const auto is_it = [&](std::string_view known) { return boost::iequals(name, known); };
  return std::any_of(kOptional.begin(), kOptional.end(), is_it) && rest != ":";
}

// Stricter comes later: what several records meant together should refuse no more than one did.
int strictness(std::string_view all) {
  constexpr std::string_view kOrder = "~-?+";
  const std::size_t place = kOrder.find(is_qualifier(all.front()) ? all.front() : '+');
  return static_cast<int>(place);
}

}  // namespace

SpfEdit SpfEdit::of(std::string_view text) {
  SpfEdit edit;
  text.remove_prefix(std::min(text.find(' '), text.size()));
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) edit.terms_.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return edit;
}

SpfEdit SpfEdit::merged(const std::vector<std::string>& records) {
  SpfEdit all;
  std::string last;
  for (const std::string& record : records) {
    for (const std::string& term : of(record).terms_) {
      if (is_named(term, "all")) {
        if (last.empty() || strictness(term) < strictness(last)) last = term;
      } else if (std::find(all.terms_.begin(), all.terms_.end(), term) == all.terms_.end()) {
        all.terms_.push_back(term);
      }
    }
  }
  if (!last.empty()) all.set_all(last);
  return all;
}

SpfEdit SpfEdit::flat(std::vector<std::string> networks, const std::string& all) {
  SpfEdit edit;
  for (std::string& network : networks) {
    if (std::find(edit.terms_.begin(), edit.terms_.end(), network) == edit.terms_.end()) {
      edit.terms_.push_back(std::move(network));
    }
  }
  edit.set_all(all);
  return edit;
}

void SpfEdit::authorize(const std::string& address) {
  const std::string term = (address.find(':') == std::string::npos ? "ip4:" : "ip6:") + address;
  if (std::find(terms_.begin(), terms_.end(), term) != terms_.end()) return;
  terms_.insert(std::find_if(terms_.begin(), terms_.end(), is_last), term);
}

void SpfEdit::set_all(const std::string& all) {
  std::erase_if(terms_, is_last);
  terms_.push_back(all);
}

void SpfEdit::remove_mechanism(std::string_view name) {
  std::erase_if(terms_, [&](const std::string& term) { return is_named(term, name); });
}

void SpfEdit::remove_term(std::string_view term) {
  std::erase(terms_, term);
}

void SpfEdit::remove_malformed() {
  std::erase_if(terms_, [](const std::string& term) { return !is_well_formed(term); });
  bool has_redirect = false;
  std::erase_if(terms_, [&](const std::string& term) {
    return is_named(term, "redirect=") && std::exchange(has_redirect, true);
  });
}

bool SpfEdit::has_all() const {
  return std::any_of(terms_.begin(), terms_.end(), is_last);
}

std::string SpfEdit::text() const {
  std::string result = "v=spf1";
  for (const std::string& term : terms_) result += " " + term;
  return result;
}

std::string_view spf_target(std::string_view term) {
  const std::string_view name = name_of(term);
  if (boost::iequals(name, "redirect=")) return term.substr(term.find('=') + 1);
  if (boost::iequals(name, "include")) {
    const std::size_t colon = term.find(':');
    return colon == std::string_view::npos ? std::string_view() : term.substr(colon + 1);
  }
  return {};
}

std::string_view spf_host(std::string_view term) {
  const std::size_t colon = term.find(':');
  if (colon == std::string_view::npos || (!is_named(term, "a") && !is_named(term, "mx"))) return {};
  const std::string_view rest = term.substr(colon + 1);
  return rest.substr(0, rest.find('/'));
}

boost::asio::awaitable<DnsResult> SpfOverlay::lookup(std::string name, RecordType type) {
  if (type == RecordType::txt && normalize_dns_name(name) == name_) {
    co_return DnsResult{.status = DnsStatus::found, .canonical_name = name_, .records = {text_}};
  }
  DnsResult result = co_await below_.lookup(std::move(name), type);
  co_return result;
}

}  // namespace posthaste
