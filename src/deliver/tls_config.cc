#include "deliver/tls_config.h"

#include <fmt/format.h>

#include "identity/dkim/dkim_canonical.h"
#include "mail/address.h"
#include "platform/config_schema_impl.h"
#include "platform/http/https_client.h"

namespace posthaste {
namespace {

std::string check_ca_file(const std::filesystem::path& file) {
  if (file.empty()) return {};
  const auto trust = make_trust(file.string());
  return trust ? std::string() : trust.error().message();
}

std::string check_contact(const std::string& contact) {
  if (contact.empty() || MailAddress::parse(contact)) return {};
  return "\"" + contact + "\" is no address: write \"tls-reports@example.com\"";
}

std::string check_name(const std::string& name) {
  if (Domain::parse(name)) return {};
  return "\"" + name + "\" is no host name";
}

std::vector<ConfigProblem> check_policy(const TlsPolicyConfig& policy) {
  if (policy.names.empty() || policy.mode == TlsMode::verified) return {};
  return {
      {"names", "names are looked at only where mode = \"verified\": set it, or take them out"}};
}

}  // namespace

const BlockSchema<TlsConfig>& tls_schema() {
  static const auto schema =
      BlockSchema<TlsConfig>("tls", BlockKind::single,
                             "TLS towards other servers. A reload takes over mta_sts and no other "
                             "key of it.")
          .key("ca_file", &TlsConfig::ca_file,
               "PEM file of the certification authorities that are trusted; \"\": the system's.",
               {.check = check_ca_file})
          .key("dane", &TlsConfig::dane, "Obey TLSA records that DNSSEC authenticates (RFC 7672).")
          .key("mta_sts", &TlsConfig::mta_sts,
               "Obey the MTA-STS policies of recipient domains (RFC 8461).")
          .key("mta_sts_port", &TlsConfig::mta_sts_port,
               "Port of the hosts that publish policies; another one than 443 is for tests.",
               {.min = std::uint16_t{1}})
          .key("resumption", &TlsConfig::resumption, "Resume TLS sessions with hosts known before.")
          .key("broken_memory", &TlsConfig::broken_memory,
               "How long a host whose STARTTLS fails is spoken to in plain text, where nothing "
               "demands TLS.")
          .key("reports", &TlsConfig::reports,
               "Send daily TLS reports to the domains that ask for them (RFC 8460); needs "
               "report_contact.")
          .key("report_contact", &TlsConfig::report_contact,
               "Address that stands in TLS reports as contact and sender. \"\": none are sent.",
               {.check = check_contact})
          .key("report_organization", &TlsConfig::report_organization,
               "Name that stands in TLS reports; \"\": the server's hostname.");
  return schema;
}

const BlockSchema<TlsPolicyConfig>& tls_policy_schema() {
  static const auto schema =
      BlockSchema<TlsPolicyConfig>(
          "tls_policy", BlockKind::titled,
          "What TLS must be towards the MX hosts of the recipient domains of the title: \"*\", "
          "\"*.example\" or \"example.com\"; the most specific block is taken. Routes have a tls "
          "of their own.")
          .title(&TlsPolicyConfig::pattern)
          .key("mode", &TlsPolicyConfig::mode,
               "auto: DANE, else MTA-STS, else TLS where it is offered; off; opportunistic: where "
               "it is offered, with any certificate; required: always, with any; verified: always, "
               "with one of a trusted authority; dane: always, by TLSA records. What is demanded "
               "and cannot be had holds the mail up.")
          .key("names", &TlsPolicyConfig::names,
               "Of verified: names of which the certificate bears one, instead of the MX host's.",
               {.check = check_name})
          .validate(check_policy);
  return schema;
}

const TlsPolicyConfig* choose_tls_policy(const std::vector<TlsPolicyConfig>& policies,
                                         std::string_view domain) {
  const TlsPolicyConfig* best = nullptr;
  std::size_t best_fit = 0;
  for (const TlsPolicyConfig& policy : policies) {
    const std::size_t fits = pattern_fit(policy.pattern.text, domain);
    if (fits <= best_fit) continue;
    best = &policy;
    best_fit = fits;
  }
  return best;
}

std::string tls_site_suffix(const TlsTerms& terms) {
  std::string suffix;
  if (terms.mode != TlsMode::automatic) {
    suffix = ";tls=" + ConfigValue<TlsMode>::print(terms.mode);
    for (const std::string& name : terms.names) suffix += "," + name;
  }
  if (terms.sts) {
    // Whoever makes policies must not be able to make one of another's suffix: connections are
    // shared by site.
    std::string text(to_string(terms.sts->mode));
    for (const std::string& pattern : terms.sts->mx) text += " " + pattern;
    const Sha256 digest = sha256(text);
    suffix += fmt::format(";sts={}-", to_string(terms.sts->mode));
    for (std::size_t i = 0; i < digest.size() / 2; ++i) suffix += fmt::format("{:02x}", digest[i]);
  }
  return suffix;
}

}  // namespace posthaste
