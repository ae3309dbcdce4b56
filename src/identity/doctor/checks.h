#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "identity/doctor/examination.h"

namespace posthaste {

// The checks, by what they look at; docs/guide/dns.md lists them. Each adds its findings to the
// section that the examination has begun, one for each check, whether in order or not.

// PTR, forward-confirmed; the name in EHLO. Adds "ptr", "ptr-forward", "ptr-generic", "ehlo-name",
// "ehlo-address", "ehlo-ptr", "ehlo-ipv6".
boost::asio::awaitable<void> check_source(Examination& exam, SenderSource source);
// The SPF record of a source's name in EHLO: "spf-ehlo".
boost::asio::awaitable<void> check_spf_of_helo(Examination& exam, SenderSource source);
// "blocklist" of an address, or of a domain.
boost::asio::awaitable<void> check_blocklists(Examination& exam, std::string what, bool is_address);
// "port-25"
boost::asio::awaitable<void> check_port_25(Examination& exam, SenderSource source);

// "spf", "spf-single", "spf-lookups", "spf-void", "spf-syntax", "spf-all", "spf-ptr", "spf-source".
boost::asio::awaitable<void> check_spf_policy(Examination& exam, std::string domain);
// "bounce-mx", "mta-sts", "tls-rpt", "tlsa", "certificate".
boost::asio::awaitable<void> check_bounce_mx(Examination& exam, std::string domain);
boost::asio::awaitable<void> check_mta_sts(Examination& exam, std::string domain);
boost::asio::awaitable<void> check_tls_rpt(Examination& exam, std::string domain);
boost::asio::awaitable<void> check_mail_hosts(Examination& exam, std::string domain);

// "dkim-key", "dkim-single", "dkim-syntax", "dkim-revoked", "dkim-type", "dkim-match", "dkim-bits",
// "dkim-hash", "dkim-service", "dkim-testing".
boost::asio::awaitable<void> check_dkim(Examination& exam, SenderDomain domain);
// "dmarc", "dmarc-single", "dmarc-syntax", "dmarc-policy", "dmarc-rua", "dmarc-tags",
// "dmarc-external", "alignment", and with them "bimi".
boost::asio::awaitable<void> check_dmarc(Examination& exam, SenderDomain domain);
// "from-mx", "from-soa".
boost::asio::awaitable<void> check_from_domain(Examination& exam, std::string domain);
// "one-click"
boost::asio::awaitable<void> check_unsubscribe(Examination& exam, std::string url);

// "clock"
void check_clock(Examination& exam);
// "certificate" of a listener.
void check_certificate_file(Examination& exam, const ServedCertificate& certificate);
// "propagation": where the authoritative servers and the resolver differ.
void check_propagation(Examination& exam);

}  // namespace posthaste
