#include "deliver/delivery_config.h"

#include <algorithm>

#include "platform/config_schema_impl.h"

namespace posthaste {
namespace {

std::string check_version(const std::string& version) {
  if (version == "4" || version == "6") return {};
  return "\"" + version + "\" is no IP version: write \"4\" or \"6\"";
}

}  // namespace

IpVersions DeliveryConfig::versions() const {
  const auto has = [this](const char* version) {
    return std::find(ip_versions.begin(), ip_versions.end(), version) != ip_versions.end();
  };
  if (!has("6")) return IpVersions::ipv4;
  if (!has("4")) return IpVersions::ipv6;
  return ip_versions.front() == "4" ? IpVersions::ipv4_first : IpVersions::ipv6_first;
}

const BlockSchema<DeliveryConfig>& delivery_schema() {
  static const auto schema =
      BlockSchema<DeliveryConfig>("delivery", BlockKind::single,
                                  "How connections to other servers are made and used.")
          .key("port", &DeliveryConfig::port, "Port of the mail exchangers.")
          .key("ehlo_name", &DeliveryConfig::ehlo_name,
               "Name given in EHLO; empty: the server's hostname.")
          .key("ip_versions", &DeliveryConfig::ip_versions,
               "IP versions to use, the preferred one first.", {.check = check_version})
          .key("connect_timeout", &DeliveryConfig::connect_timeout,
               "How long a TCP connection may take.")
          .key("initial_220_timeout", &DeliveryConfig::initial_220_timeout,
               "How long the greeting, and the reply to EHLO, may take.")
          .key("mail_timeout", &DeliveryConfig::mail_timeout,
               "How long the reply to MAIL may take.")
          .key("rcpt_timeout", &DeliveryConfig::rcpt_timeout,
               "How long the reply to RCPT may take.")
          .key("data_initiation_timeout", &DeliveryConfig::data_initiation_timeout,
               "How long the reply to DATA may take.")
          .key("data_block_timeout", &DeliveryConfig::data_block_timeout,
               "How long a part of the message may take to be sent.")
          .key("data_termination_timeout", &DeliveryConfig::data_termination_timeout,
               "How long the reply to the whole message may take.")
          .key("connections_per_site", &DeliveryConfig::connections_per_site,
               "Connections to one site at one time.", {.min = 1U})
          .key("messages_per_connection", &DeliveryConfig::messages_per_connection,
               "Messages on one connection before it is closed.", {.min = 1U})
          .key("recipients_per_transaction", &DeliveryConfig::recipients_per_transaction,
               "Recipients of one transaction; the rest go in the next.", {.min = 1U})
          .key("idle_timeout", &DeliveryConfig::idle_timeout,
               "How long an open connection waits for another message.")
          .key("shipped_providers", &DeliveryConfig::shipped_providers,
               "Whether the limits and rules for the large mailbox providers that come with the "
               "program hold.")
          .key("chunking", &DeliveryConfig::chunking,
               "Send messages with BDAT (RFC 3030) where it is offered.")
          .key("site_rest", &DeliveryConfig::site_rest,
               "How long a site rests when none of its hosts can be reached; doubled each time.")
          .key("site_rest_ceiling", &DeliveryConfig::site_rest_ceiling,
               "The longest that a site rests.");
  return schema;
}

}  // namespace posthaste
