#include "reputation/reputation_config.h"

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

std::string check_domain(const std::string& domain) {
  const auto name = normalize_dns_name(domain);
  if (name && !name->empty()) return {};
  return "\"" + domain + "\" is no domain: write \"example.com\"";
}

std::string check_url(const std::string& url) {
  const bool is_url = url.starts_with("https://") || url.starts_with("http://");
  return is_url && !url.ends_with('/') ? "" : "\"" + url + "\" is no address: write https://HOST";
}

}  // namespace

const BlockSchema<PostmasterToolsConfig>& postmaster_tools_schema() {
  using Config = PostmasterToolsConfig;
  static const auto schema =
      BlockSchema<Config>("postmaster_tools", BlockKind::single,
                          "Google Postmaster Tools: how Gmail sees the sending domains.")
          .key("credentials", &Config::credentials,
               "The JSON file of a Google service account, or of an authorised user with its "
               "refresh token. Not set: Google is not asked.")
          .key("domains", &Config::domains,
               "The domains to ask about; without any, all that the account sees.",
               {.check = check_domain})
          .key("interval", &Config::interval, "How often it is asked; its figures are of days.",
               {.min = seconds(1), .max = hours(24 * 7)})
          .key("api_url", &Config::api_url, "Where the API is.", {.check = check_url});
  return schema;
}

const BlockSchema<SndsConfig>& snds_schema() {
  static const auto schema =
      BlockSchema<SndsConfig>("snds", BlockKind::single,
                              "Microsoft SNDS: how Outlook.com sees the addresses.")
          .key("credentials", &SndsConfig::credentials,
               "A JSON file with client_id, scope and refresh_token or client_secret; or with url, "
               "a link of automated access. Not set: Microsoft is not asked.")
          .key("interval", &SndsConfig::interval, "How often it is asked; its figures are of days.",
               {.min = seconds(1), .max = hours(24 * 7)})
          .key("api_url", &SndsConfig::api_url, "Where the API is.", {.check = check_url});
  return schema;
}

}  // namespace posthaste
