#include "identity/dmarc/dmarc_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "mail/address.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxUris = 50;

// For messages: not at any length, and without what a terminal would obey.
std::string shown(std::string_view text) {
  constexpr std::size_t kMax = 60;
  std::string result;
  for (const char c : text.substr(0, kMax)) result.push_back(c >= ' ' && c <= '~' ? c : '?');
  return text.size() > kMax ? result + "…" : result;
}

// dmarc-request = "none" / "quarantine" / "reject"
std::optional<DmarcPolicy> parse_policy(std::string_view value) {
  const std::string word = lowered(value);
  for (const DmarcPolicy policy :
       {DmarcPolicy::none, DmarcPolicy::quarantine, DmarcPolicy::reject}) {
    if (word == to_string(policy)) return policy;
  }
  return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    unsigned octet = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const digits = text.data() + i + 1;
    const auto [end, error] = std::from_chars(digits, digits + 2, octet, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    decoded.push_back(static_cast<char>(octet));
    i += 2;
  }
  return decoded;
}

// obs-dmarc-report-size = "!" 1*DIGIT [ "k" / "m" / "g" / "t" ]
std::string_view without_size(std::string_view uri) {
  return uri.substr(0, uri.find('!'));
}

// dmarc-uri = URI ; commas and exclamation points MUST be encoded
std::optional<DmarcReportUri> parse_uri(std::string_view text) {
  const std::string_view uri = without_size(trim_blanks(text));
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == uri.size()) return std::nullopt;
  const bool is_uri =
      std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c <= '~'; });
  const std::string_view scheme = uri.substr(0, colon);
  const bool is_scheme =
      is_alpha(scheme.front()) && std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      });
  if (!is_uri || !is_scheme) return std::nullopt;
  DmarcReportUri result{.uri = std::string(uri), .mailbox = ""};
  if (lowered(scheme) != "mailto") return result;
  const auto mailbox = percent_decoded(uri.substr(colon + 1, uri.find('?') - colon - 1));
  if (!mailbox || !MailAddress::parse(*mailbox)) return std::nullopt;
  result.mailbox = *mailbox;
  return result;
}

// dmarc-fo = ("0" / "1") *(":" dmarc-afrf) / … ; 0, 1, d and s, each once, not both 0 and 1
bool is_failure_options(std::string_view value) {
  std::string seen;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i % 2 == 1) {
      if (value[i] != ':') return false;
      continue;
    }
    const char option = static_cast<char>(std::tolower(static_cast<unsigned char>(value[i])));
    if (std::string_view("01ds").find(option) == std::string_view::npos) return false;
    if (seen.find(option) != std::string::npos) return false;
    seen.push_back(option);
  }
  const bool has_both = seen.find('0') != std::string::npos && seen.find('1') != std::string::npos;
  return value.size() % 2 == 1 && !has_both;
}

// The tags behind the version, read one after the other.
class RecordReader {
 public:
  // dmarc-tag = 1*ALPHA equals 1*dmarc-value
  void read(const DmarcTag& tag) {
    if (tag.text.find('=') == std::string_view::npos || tag.name.empty() ||
        !std::all_of(tag.name.begin(), tag.name.end(), is_alpha)) {
      return ignore(tag.text, "is no tag: write NAME=VALUE");
    }
    if (std::find(seen_.begin(), seen_.end(), tag.name) != seen_.end()) {
      return ignore(tag.text, "stands twice: keep one");
    }
    if (seen_.size() >= kMaxTags) return;
    seen_.push_back(tag.name);
    read_value(tag.name, tag.text, tag.value);
  }

  // RFC 9989 §4.10.1: what to do without a policy that can be read.
  DmarcRecord finish() {
    if (has_bad_policy_) {
      record_.policy = DmarcPolicy::none;
      record_.subdomain_policy.reset();
      record_.nonexistent_policy.reset();
      record_.applies = !record_.aggregate_reports.empty();
    } else if (!record_.has_policy) {
      record_.problems.emplace_back(
          "there is no p, which means none: write p=none, p=quarantine "
          "or p=reject");
    }
    return std::move(record_);
  }

 private:
  static constexpr std::size_t kMaxTags = 100;

  void ignore(std::string_view tag, std::string_view why) {
    if (record_.problems.size() < kMaxTags) {
      record_.problems.push_back(fmt::format("\"{}\" {}", shown(trim_blanks(tag)), why));
    }
  }

  void read_value(const std::string& name, std::string_view tag, std::string_view value) {
    if (name == "p") {
      record_.has_policy = read_policy(tag, value, record_.policy);
    } else if (name == "sp" || name == "np") {
      DmarcPolicy policy{};
      if (!read_policy(tag, value, policy)) return;
      (name == "sp" ? record_.subdomain_policy : record_.nonexistent_policy) = policy;
    } else if (name == "adkim" || name == "aspf") {
      auto& alignment = name == "adkim" ? record_.dkim_alignment : record_.spf_alignment;
      const char letter = read_letter(tag, value, "rs");
      if (letter == 's') alignment = DmarcAlignment::strict;
    } else if (name == "rua") {
      read_uris(value, record_.aggregate_reports);
    } else if (name == "ruf") {
      read_uris(value, record_.failure_reports);
    } else if (name == "fo") {
      if (!is_failure_options(value)) return ignore(tag, "is not made of 0, 1, d and s");
      record_.failure_options = lowered(value);
    } else if (name == "psd") {
      if (const char letter = read_letter(tag, value, "ynu")) record_.psd = letter;
    } else if (name == "t") {
      record_.is_testing = read_letter(tag, value, "yn") == 'y';
    } else if (name == "pct" || name == "rf" || name == "ri") {
      // RFC 9989 §A.6, not done: pct, of which only 0 and 100 were ever applied alike, has no
      // effect any more; nor have rf and ri of RFC 7489 §6.3.
      record_.obsolete_tags.push_back(name);
    }
    // RFC 9989 §4.7: unknown tags are ignored.
  }

  bool read_policy(std::string_view tag, std::string_view value, DmarcPolicy& to) {
    const auto policy = parse_policy(value);
    if (policy) {
      to = *policy;
    } else {
      has_bad_policy_ = true;
      ignore(tag, "is no policy: write none, quarantine or reject");
    }
    return policy.has_value();
  }

  // The one letter of the value in lower case; 0 when it is none of `allowed`.
  char read_letter(std::string_view tag, std::string_view value, std::string_view allowed) {
    const std::string word = lowered(value);
    if (word.size() == 1 && allowed.find(word.front()) != std::string_view::npos) {
      return word.front();
    }
    ignore(tag, fmt::format("has none of the values {}", fmt::join(allowed, ", ")));
    return 0;
  }

  // dmarc-urilist = (dmarc-uri / obs-dmarc-uri) *(*WSP "," *WSP (dmarc-uri / obs-dmarc-uri))
  void read_uris(std::string_view list, std::vector<DmarcReportUri>& to) {
    while (!list.empty() && to.size() < kMaxUris) {
      const std::string_view text = list.substr(0, list.find(','));
      list.remove_prefix(std::min(list.size(), text.size() + 1));
      if (auto uri = parse_uri(text)) {
        to.push_back(std::move(*uri));
      } else {
        ignore(text, "is no address for reports: write mailto:NAME@DOMAIN");
      }
    }
  }

  DmarcRecord record_;
  std::vector<std::string> seen_;
  bool has_bad_policy_ = false;
};

}  // namespace

std::string_view to_string(DmarcPolicy policy) {
  switch (policy) {
    case DmarcPolicy::none:
      return "none";
    case DmarcPolicy::quarantine:
      return "quarantine";
    case DmarcPolicy::reject:
      return "reject";
  }
  return "unknown";
}

// dmarc-version = "v" equals %s"DMARC1" ; case sensitive
bool is_dmarc_record(std::string_view text) {
  const std::string_view version = text.substr(0, text.find(';'));
  const std::size_t equals = version.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = version.substr(0, equals);
  return !name.empty() && !is_blank(name.front()) && lowered(trim_blanks(name)) == "v" &&
         trim_blanks(version.substr(equals + 1)) == "DMARC1";
}

// dmarc-record = dmarc-version *(dmarc-sep dmarc-tag) [dmarc-sep]
// dmarc-sep    = *WSP ";" *WSP
std::vector<DmarcTag> split_dmarc_record(std::string_view text) {
  std::vector<DmarcTag> tags;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view tag = trim_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (tag.empty()) continue;
    const std::size_t equals = std::min(tag.find('='), tag.size());
    tags.push_back({tag, lowered(trim_blanks(tag.substr(0, equals))),
                    trim_blanks(tag.substr(std::min(equals + 1, tag.size())))});
  }
  return tags;
}

std::optional<DmarcRecord> parse_dmarc_record(std::string_view text) {
  if (!is_dmarc_record(text)) return std::nullopt;
  RecordReader reader;
  const std::vector<DmarcTag> tags = split_dmarc_record(text);
  for (std::size_t i = 1; i < tags.size(); ++i) reader.read(tags[i]);
  return reader.finish();
}

}  // namespace posthaste
