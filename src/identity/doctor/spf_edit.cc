#include "identity/doctor/spf_edit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

// One term, as it is read where it stands alone; it is malformed if there are problems.
SpfRecord read_term(std::string_view term) {
  return parse_spf_record("v=spf1 " + std::string(term));
}

bool is_mechanism(const SpfRecord& term, SpfMechanism mechanism) {
  return !term.directives.empty() && term.directives.front().mechanism == mechanism;
}

bool is_last(std::string_view term) {
  const SpfRecord read = read_term(term);
  return is_mechanism(read, SpfMechanism::all) || read.redirect;
}

// Stricter comes later: what several records meant together should refuse no more than one did.
std::size_t strictness(std::string_view all) {
  constexpr std::string_view kOrder = "~-?+";
  return kOrder.find(read_term(all).directives.front().qualifier);
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
      if (is_mechanism(read_term(term), SpfMechanism::all)) {
        if (last.empty() || strictness(term) < strictness(last)) last = term;
      } else if (std::find(all.terms_.begin(), all.terms_.end(), term) == all.terms_.end()) {
        all.terms_.push_back(term);
      }
    }
  }
  all.remove_malformed();
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

void SpfEdit::remove_mechanism(SpfMechanism mechanism) {
  std::erase_if(terms_,
                [&](const std::string& term) { return is_mechanism(read_term(term), mechanism); });
}

void SpfEdit::remove_term(std::string_view term) {
  std::erase(terms_, term);
}

void SpfEdit::remove_malformed() {
  bool has_redirect = false;
  bool has_explanation = false;
  std::erase_if(terms_, [&](const std::string& term) {
    const SpfRecord read = read_term(term);
    if (read.redirect) return std::exchange(has_redirect, true);
    if (read.explanation) return std::exchange(has_explanation, true);
    return !read.problems.empty();
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

SpfTarget spf_target(std::string_view term, const std::string& domain) {
  const SpfRecord read = read_term(term);
  std::optional<SpfMacroString> named = read.redirect;
  SpfTarget target;
  if (!named) {
    if (read.directives.empty()) return {};
    const SpfDirective& directive = read.directives.front();
    if (directive.mechanism == SpfMechanism::a) {
      target.type = RecordType::a;
    } else if (directive.mechanism == SpfMechanism::mx) {
      target.type = RecordType::mx;
    } else if (directive.mechanism != SpfMechanism::include) {
      return {};
    }
    named = directive.domain;
  }
  target.domain = named ? named->text() : domain;
  return target.domain.find('%') == std::string::npos ? target : SpfTarget();
}

boost::asio::awaitable<DnsResult> SpfOverlay::lookup(std::string name, RecordType type) {
  if (type == RecordType::txt && normalize_dns_name(name) == name_) {
    co_return DnsResult{.status = DnsStatus::found, .canonical_name = name_, .records = {text_}};
  }
  DnsResult result = co_await below_.lookup(std::move(name), type);
  co_return result;
}

}  // namespace posthaste
