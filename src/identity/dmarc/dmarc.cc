#include "identity/dmarc/dmarc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "identity/dmarc/dmarc_walk.h"
#include "identity/dmarc/public_suffix.h"
#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

// A hostile message may carry any number of signatures; the walks of more than these are not made.
constexpr std::size_t kMaxIdentifiers = 20;

bool is_one_above_other(std::string_view one, std::string_view other) {
  return is_in_zone(one, other) || is_in_zone(other, one);
}

// The record that holds by RFC 9989 §4.10.1: the domain's own, its organization's, or that of the
// public suffix above. Null if there is none.
const DmarcStop* find_policy(const DmarcWalk& walk) {
  if (walk.stops.front().record) return &walk.stops.front();
  const std::string organization = walk.organizational_domain();
  for (const DmarcStop& stop : walk.stops) {
    if (stop.record && stop.domain == organization) return &stop;
  }
  const DmarcStop& last = walk.stops.back();
  return last.record && last.record->psd == 'y' ? &last : nullptr;
}

DmarcDiscovery discovery_of(const DmarcWalk& walk) {
  DmarcDiscovery discovery;
  discovery.organizational_domain = walk.organizational_domain();
  discovery.lookups = static_cast<int>(walk.stops.size());
  const DmarcStop* const policy = find_policy(walk);
  // What stands above the record changes nothing; what is not known below it might be nearer.
  if (walk.has_failure_in(policy ? policy->domain : "")) {
    discovery.status = DmarcDiscovery::Status::temporary_failure;
    return discovery;
  }
  if (!policy) return discovery;
  discovery.status = DmarcDiscovery::Status::found;
  discovery.record_domain = policy->domain;
  discovery.text = policy->text;
  discovery.record = *policy->record;
  return discovery;
}

// RFC 9989 §4.7, t=y: one level less than is said.
DmarcPolicy in_test(DmarcPolicy policy) {
  return policy == DmarcPolicy::reject ? DmarcPolicy::quarantine : DmarcPolicy::none;
}

// One evaluation.
class DmarcEvaluation {
 public:
  DmarcEvaluation(DmarcQuery query, Resolver& resolver)
      : query_(std::move(query)), resolver_(resolver), tree_(resolver) {}

  boost::asio::awaitable<DmarcVerdict> run() {
    const auto from = normalize_dns_name(query_.from_domain);
    if (!from || from->empty()) {
      verdict_.problem = "the message has no single author domain to judge it by";
      co_return verdict_;
    }
    query_.from_domain = *from;
    const std::vector<std::string> start{*from};
    co_await tree_.fetch(start);
    from_walk_ = tree_.walk(*from);
    const DmarcDiscovery discovery = discovery_of(from_walk_);
    verdict_.organizational_domain = discovery.organizational_domain;
    if (!begin(discovery)) co_return verdict_;
    verdict_.policy = co_await find_policy_for_author(discovery);
    const std::vector<std::string> related = related_identifiers();
    co_await tree_.fetch(related);
    align(discovery.record);
    finish(discovery.record);
    co_return verdict_;
  }

 private:
  // False when there is nothing to evaluate by: the verdict stands.
  bool begin(const DmarcDiscovery& discovery) {
    if (discovery.status == DmarcDiscovery::Status::temporary_failure) {
      verdict_.result = DmarcResult::temperror;
      verdict_.problem = fmt::format("DNS gives no answer for the DMARC record of {}: ask again",
                                     query_.from_domain);
      return false;
    }
    if (discovery.status == DmarcDiscovery::Status::absent) return false;
    verdict_.policy_domain = discovery.record_domain;
    if (!discovery.record.applies) {
      verdict_.result = DmarcResult::permerror;
      verdict_.problem = fmt::format("in the record of {}, {}", discovery.record_domain,
                                     discovery.record.problems.front());
    }
    return discovery.record.applies;
  }

  // RFC 9989 §4.10.1: p for the record's own domain; below it np if the author domain does not
  // exist, sp if it does, and p where these are not there.
  boost::asio::awaitable<DmarcPolicy> find_policy_for_author(const DmarcDiscovery& discovery) {
    const DmarcRecord& record = discovery.record;
    if (discovery.record_domain == query_.from_domain) co_return record.policy;
    const DmarcPolicy of_subdomains = record.subdomain_policy.value_or(record.policy);
    if (!record.nonexistent_policy) co_return of_subdomains;
    // RFC 9989 §A.4: a name with records of any type exists.
    const DnsResult answer = co_await resolver_.lookup(query_.from_domain, RecordType::a);
    const bool is_missing = answer.status == DnsStatus::nxdomain;
    co_return is_missing ? *record.nonexistent_policy : of_subdomains;
  }

  // Those that may turn out aligned, besides the author domain itself: an organization has all its
  // names below its own, so others need no walk.
  std::vector<std::string> related_identifiers() const {
    std::vector<std::string> related;
    std::vector<std::string> all{query_.spf_domain};
    all.insert(all.end(), query_.dkim_domains.begin(), query_.dkim_domains.end());
    for (const std::string& identifier : all) {
      const auto name = normalize_dns_name(identifier);
      if (name && is_related(*name) && related.size() < kMaxIdentifiers) {
        related.push_back(*name);
      }
    }
    return related;
  }

  bool is_related(std::string_view identifier) const {
    if (identifier.empty()) return false;
    const std::string organization = from_walk_.organizational_domain();
    // Where a name was not answered, it may be the organization's.
    const std::string_view base =
        from_walk_.has_failure_in("") ? from_walk_.stops.back().domain : organization;
    return is_in_zone(identifier, base) || is_in_zone(query_.from_domain, identifier);
  }

  void align(const DmarcRecord& record) {
    verdict_.spf_aligned = is_aligned_with_from(query_.spf_domain, record.spf_alignment);
    for (const std::string& domain : query_.dkim_domains) {
      if (!is_aligned_with_from(domain, record.dkim_alignment)) continue;
      verdict_.aligned_dkim_domain = domain;
      break;
    }
    if (verdict_.spf_aligned || !verdict_.aligned_dkim_domain.empty()) return;
    align_by_suffix_list(record);
  }

  bool is_aligned_with_from(const std::string& identifier, DmarcAlignment alignment) {
    const auto name = normalize_dns_name(identifier);
    if (!name || name->empty()) return false;
    if (*name == query_.from_domain) return true;
    if (alignment == DmarcAlignment::strict || !tree_.has(*name)) return false;
    const DmarcWalk walk = tree_.walk(*name);
    const std::string organization = walk.organizational_domain();
    const bool is_same = is_aligned(*name, organization, query_.from_domain,
                                    from_walk_.organizational_domain(), alignment);
    // With one organization, only what is not known below it could part them.
    const std::string_view matters = is_same ? std::string_view(organization) : "";
    if (walk.has_failure_in(matters) || from_walk_.has_failure_in(matters)) {
      is_uncertain_ = true;
      return false;
    }
    return is_same;
  }

  // RFC 7489 §3.2: records that were published for the public suffix list say nothing of where
  // organizations end. Held to a domain and one above it, both below one public suffix: a list that
  // is out of date then cannot make one organization of two.
  void align_by_suffix_list(const DmarcRecord& record) {
    if (is_uncertain_ || from_walk_.has_psd_tag()) return;
    verdict_.spf_aligned =
        record.spf_alignment == DmarcAlignment::relaxed && is_same_registration(query_.spf_domain);
    for (const std::string& domain : query_.dkim_domains) {
      if (record.dkim_alignment == DmarcAlignment::strict || !is_same_registration(domain))
        continue;
      verdict_.aligned_dkim_domain = domain;
      break;
    }
    verdict_.is_by_suffix_list = verdict_.spf_aligned || !verdict_.aligned_dkim_domain.empty();
  }

  bool is_same_registration(const std::string& identifier) const {
    const auto name = normalize_dns_name(identifier);
    if (!name || name->empty() || !is_one_above_other(*name, query_.from_domain)) return false;
    if (!tree_.has(*name) || tree_.walk(*name).has_psd_tag()) return false;
    const std::string registered = registrable_domain(query_.from_domain);
    return !registered.empty() && registrable_domain(*name) == registered;
  }

  void finish(const DmarcRecord& record) {
    if (verdict_.spf_aligned || !verdict_.aligned_dkim_domain.empty()) {
      verdict_.result = DmarcResult::pass;
    } else if (query_.had_temporary_failure || is_uncertain_) {
      // RFC 9989 §5.3.6: neither pass nor fail.
      verdict_.result = DmarcResult::temperror;
      verdict_.problem = "DNS did not answer all that SPF, DKIM and alignment asked: ask again";
    } else {
      verdict_.result = DmarcResult::fail;
      verdict_.disposition = record.is_testing ? in_test(verdict_.policy) : verdict_.policy;
    }
  }

  DmarcQuery query_;
  Resolver& resolver_;
  DmarcTree tree_;
  DmarcWalk from_walk_;
  bool is_uncertain_ = false;
  DmarcVerdict verdict_;
};

}  // namespace

std::string_view to_string(DmarcResult result) {
  switch (result) {
    case DmarcResult::none:
      return "none";
    case DmarcResult::pass:
      return "pass";
    case DmarcResult::fail:
      return "fail";
    case DmarcResult::temperror:
      return "temperror";
    case DmarcResult::permerror:
      return "permerror";
  }
  return "unknown";
}

boost::asio::awaitable<DmarcDiscovery> discover_dmarc(std::string domain, Resolver& resolver) {
  const auto name = normalize_dns_name(domain);
  if (!name || name->empty()) co_return DmarcDiscovery{.organizational_domain = domain};
  DmarcTree tree(resolver);
  const std::vector<std::string> start{*name};
  co_await tree.fetch(start);
  DmarcDiscovery discovery = discovery_of(tree.walk(*name));
  discovery.lookups = tree.lookups();
  co_return discovery;
}

boost::asio::awaitable<std::string> find_organizational_domain(std::string domain,
                                                               Resolver& resolver) {
  const DmarcDiscovery discovery = co_await discover_dmarc(std::move(domain), resolver);
  co_return discovery.organizational_domain;
}

// RFC 9989 §4.4
bool is_aligned(std::string_view identifier, std::string_view identifier_organization,
                std::string_view from, std::string_view from_organization,
                DmarcAlignment alignment) {
  if (identifier.empty() || from.empty()) return false;
  if (identifier == from) return true;
  return alignment == DmarcAlignment::relaxed && !from_organization.empty() &&
         identifier_organization == from_organization;
}

boost::asio::awaitable<DmarcVerdict> evaluate_dmarc(DmarcQuery query, Resolver& resolver) {
  DmarcEvaluation evaluation(std::move(query), resolver);
  co_return co_await evaluation.run();
}

}  // namespace posthaste
