#include "identity/doctor/sender_zone.h"

#include <fmt/format.h>
#include <set>
#include <utility>

#include "identity/dkim/dkim_record.h"
#include "identity/doctor/bimi_check.h"
#include "identity/doctor/mta_sts_policy_text.h"
#include "identity/doctor/spf_edit.h"

namespace posthaste {
namespace {

std::string host_of(const DoctorRequest& request, const SenderSource& source) {
  return source.helo.empty() ? request.host_name() : source.helo;
}

ZonePart hosts(const DoctorRequest& request) {
  ZonePart part{"The sending host: its addresses, and SPF for its name in EHLO", {}, {}};
  std::set<std::string> names;
  for (const SenderSource& source : request.sources) {
    const std::string host = host_of(request, source);
    part.records.push_back(address_record(host, source.address));
    names.insert(host);
  }
  if (request.sources.empty()) {
    part.remarks.push_back("No sending address is known: add --source IP.");
  }
  for (const std::string& name : names) {
    if (name == request.return_path_domain()) continue;
    part.records.push_back(txt_record(name, "v=spf1 a -all"));
  }
  return part;
}

ZonePart return_path(const DoctorRequest& request) {
  const std::string domain = request.return_path_domain();
  ZonePart part{"The return path: where bounces come in, and who may send from it (SPF)", {}, {}};
  part.records.push_back({domain, RecordType::mx, mx_data(10, request.host_name())});
  SpfEdit spf;
  for (const SenderSource& source : request.sources) spf.authorize(source.address);
  spf.set_all("-all");
  if (request.sources.empty()) {
    part.remarks.push_back("The SPF record needs your addresses: add --source IP.");
  } else {
    part.records.push_back(txt_record(domain, spf.text()));
  }
  part.remarks.push_back("Set bounce { domain = \"" + domain + "\" } in the configuration.");
  return part;
}

ZonePart signature(const SenderDomain& domain) {
  ZonePart part{"DKIM: the public keys that sign " + domain.name, {}, {}};
  for (const SenderKey& key : domain.keys) {
    if (key.key) {
      part.records.push_back(txt_record(dkim_record_name(key.selector, key.domain),
                                        make_dkim_record(*key.key).value_or("")));
    }
  }
  if (!part.records.empty()) return part;
  const std::string selector = domain.keys.empty() ? "mail" : domain.keys.front().selector;
  part.remarks.push_back(fmt::format(
      "Make a key first: posthaste dkim keygen --domain {} --selector {} --out /etc/posthaste/dkim",
      domain.name, selector));
  part.remarks.push_back(fmt::format(
      "It prints the record, {}._domainkey.{}; or add --key FILE here.", selector, domain.name));
  return part;
}

ZonePart policy(const SenderDomain& domain) {
  ZonePart part{
      "DMARC: what receivers do with mail that is not yours, and where they report", {}, {}};
  part.records.push_back(txt_record(
      "_dmarc." + domain.name, fmt::format("v=DMARC1; p=none; rua=mailto:dmarc@{}", domain.name)));
  part.remarks.push_back("Begin by p=none and read the reports; then p=quarantine, then p=reject.");
  return part;
}

ZonePart logo(const SenderDomain& domain) {
  ZonePart part{"BIMI: the logo; it counts once DMARC says quarantine or reject", {}, {}};
  part.records.push_back(txt_record("default._bimi." + domain.name, bimi_record(domain.name)));
  part.remarks.push_back(
      "Put an SVG (Tiny PS) and its certificate (VMC or CMC) there, or leave it out.");
  return part;
}

ZonePart transport(const DoctorRequest& request, WallTime now) {
  const std::string domain = request.return_path_domain();
  ZonePart part{"TLS towards the return path: MTA-STS and TLS-RPT", {}, {}};
  part.records.push_back(txt_record("_mta-sts." + domain, mta_sts_record(now)));
  part.records.push_back({"mta-sts." + domain, RecordType::cname, request.host_name()});
  part.records.push_back(txt_record("_smtp._tls." + domain, tls_rpt_record(domain)));
  part.remarks.push_back(fmt::format("Serve this at {}:", mta_sts_policy_url(domain)));
  std::string text = mta_sts_policy_text({request.host_name()});
  for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
    part.remarks.push_back("  " + text.substr(0, end));
  }
  return part;
}

ZonePart reverse(const DoctorRequest& request) {
  ZonePart part{
      "The reverse zone: set where the addresses come from, in the panel of the hosting "
      "provider",
      {},
      {}};
  for (const SenderSource& source : request.sources) {
    part.records.push_back(ptr_record(source.address, host_of(request, source)));
  }
  return part;
}

}  // namespace

std::vector<ZonePart> make_sender_zone(const DoctorRequest& request, WallTime now) {
  std::vector<ZonePart> parts{hosts(request), return_path(request)};
  for (const SenderDomain& domain : request.domains) {
    parts.push_back(signature(domain));
    parts.push_back(policy(domain));
  }
  parts.push_back(transport(request, now));
  for (const SenderDomain& domain : request.domains) parts.push_back(logo(domain));
  if (!request.sources.empty()) parts.push_back(reverse(request));
  return parts;
}

std::string sender_zone_text(const std::vector<ZonePart>& parts) {
  std::string text;
  for (const ZonePart& part : parts) {
    if (!text.empty()) text += "\n";
    text += "; " + part.title + "\n";
    for (const std::string& remark : part.remarks) text += ";   " + remark + "\n";
    for (const DoctorRecord& record : part.records) text += zone_line(record) + "\n";
  }
  return text;
}

}  // namespace posthaste
