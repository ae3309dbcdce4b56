#include "identity/blocklist/blocklist_zone.h"

#include <fmt/format.h>
#include <libpsl.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "platform/dns/dns_name.h"
#include "platform/dns/reverse_name.h"

namespace posthaste {

namespace ip = boost::asio::ip;

namespace {

constexpr std::uint32_t kListings = 0x7f000000;  // 127/8
constexpr std::uint32_t kErrors = 0x7fffff00;    // 127.255.255/24

struct DeadZone {
  std::string_view zone;
  std::string_view what;
};

constexpr DeadZone kDead[] = {
    {"sorbs.net", "closed in June 2024"},
    {"ix.dnsbl.manitu.net", "closed in January 2025"},
    {"ubl.unsubscore.com", "closed"},
    {"dnsbl.njabl.org", "closed in 2013"},
    {"dnsbl.ahbl.org", "closed in 2015, then listed everybody"},
    {"list.dsbl.org", "closed in 2009"},
    {"relays.ordb.org", "closed in 2006, then listed everybody"},
    {"rfc-ignorant.org", "closed in 2012"},
    {"bl.spamcannibal.org", "closed in 2018, then listed everybody"},
    {"dnsbl.inps.de", "closed"},
    {"megarbl.net", "closed"},
    {"bl.emailbasura.org", "closed"},
    {"cidr.bl.mcafee.com", "closed"},
    {"spam.dnsbl.anonmails.de", "closed"},
    {"spamdown.org", "closed"},
    {"msrbl.net", "closed"},
    {"cbl.abuseat.org", "now part of zen.spamhaus.org (XBL)"},
};

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return word;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint32_t> parse_v4(std::string_view text) {
  boost::system::error_code ec;
  const auto address = ip::make_address_v4(std::string(text), ec);
  if (ec) return std::nullopt;
  return address.to_uint();
}

std::string refusal(std::uint32_t answer) {
  if ((answer & 0xff000000) != kListings) {
    return "the answer lies outside 127.0.0.0/8: somebody between here and the zone made it up";
  }
  switch (answer) {
    case kErrors + 252:
      return "the zone's name is wrong";
    case kErrors + 254:
      return "asked through a public resolver: use one of your own";
    case kErrors + 255:
      return "asked too often";
    default:
      return "the zone answered with an error";
  }
}

// Why this answer is none; "" when it is a listing.
std::string refusal_of(const BlocklistZone& zone, std::uint32_t answer) {
  for (const BlocklistCode& error : zone.errors) {
    if (answer >= error.first && answer <= error.last) return error.meaning;
  }
  const bool is_outside = (answer & 0xff000000) != kListings;
  return is_outside || (answer & 0xffffff00) == kErrors ? refusal(answer) : "";
}

void add_meaning(const BlocklistZone& zone, std::uint32_t answer, std::string& meaning) {
  const auto add = [&meaning](const std::string& text) {
    if (text.empty() || meaning.find(text) != std::string::npos) return;
    if (!meaning.empty()) meaning += "; ";
    meaning += text;
  };
  for (const BlocklistCode& code : zone.codes) {
    if (answer >= code.first && answer <= code.last) add(code.meaning);
  }
  for (const BlocklistBit& bit : zone.bits) {
    if ((answer & bit.mask) != 0) add(bit.meaning);
  }
}

}  // namespace

std::string_view to_string(BlocklistTier tier) {
  for (const auto& [name, value] : ConfigNames<BlocklistTier>::names) {
    if (value == tier) return name;
  }
  return "";
}

std::string_view to_string(BlocklistKind kind) {
  for (const auto& [name, value] : ConfigNames<BlocklistKind>::names) {
    if (value == kind) return name;
  }
  return "";
}

std::string_view to_string(BlocklistAnswer::Status status) {
  using Status = BlocklistAnswer::Status;
  switch (status) {
    case Status::clear:
      return "clear";
    case Status::listed:
      return "listed";
    case Status::refused:
      return "refused";
    case Status::disabled:
      return "disabled";
    case Status::failed:
      return "failed";
  }
  return "";
}

Result<BlocklistCode> BlocklistCode::parse(std::string_view text) {
  const std::string whole(text);
  const auto bad = [&whole] {
    return bad_config_value("\"" + whole +
                            "\" is no answer of a blocklist: write \"127.0.0.2 what it means\" or "
                            "\"127.0.0.10-11 what they mean\"");
  };
  const std::string_view range = take_word(text);
  const std::size_t dash = std::min(range.find('-'), range.size());
  const auto first = parse_v4(range.substr(0, dash));
  if (!first || (*first & 0xff000000) != kListings) return bad();
  BlocklistCode code{*first, *first, std::string(text)};
  if (dash == range.size()) return code;
  const auto last = parse_number<std::uint8_t>(range.substr(dash + 1));
  if (!last || *last < (*first & 0xff)) return bad();
  code.last = (*first & 0xffffff00) | *last;
  return code;
}

std::string BlocklistCode::to_string() const {
  std::string text = ip::address_v4(first).to_string();
  if (last != first) text += fmt::format("-{}", last & 0xff);
  return meaning.empty() ? text : text + " " + meaning;
}

Result<BlocklistBit> BlocklistBit::parse(std::string_view text) {
  const std::string whole(text);
  const auto mask = parse_number<std::uint8_t>(take_word(text));
  if (!mask || *mask == 0) {
    return bad_config_value("\"" + whole +
                            "\" is no bit of an answer: write \"8 what it means\", 1 to 255");
  }
  return BlocklistBit{*mask, std::string(text)};
}

std::string BlocklistBit::to_string() const {
  return meaning.empty() ? std::to_string(mask) : fmt::format("{} {}", mask, meaning);
}

bool BlocklistZone::has(BlocklistKind kind) const {
  return std::find(lists.begin(), lists.end(), kind) != lists.end();
}

BlocklistReading read_blocklist_answer(const BlocklistZone& zone,
                                       const std::vector<std::string>& addresses) {
  BlocklistReading reading;
  for (const std::string& text : addresses) {
    const auto answer = parse_v4(text);
    const std::string why = answer ? refusal_of(zone, *answer) : "the answer is no address";
    if (!why.empty()) return {BlocklistAnswer::Status::refused, {text}, why};
    reading.status = BlocklistAnswer::Status::listed;
    reading.codes.push_back(text);
    add_meaning(zone, *answer, reading.meaning);
  }
  std::sort(reading.codes.begin(), reading.codes.end());
  return reading;
}

std::optional<std::pair<BlocklistKind, std::string>> reversed_address(const std::string& address) {
  boost::system::error_code ec;
  const auto parsed = ip::make_address(address, ec);
  if (ec) return std::nullopt;
  // RFC 5782 §2.1
  if (parsed.is_v4()) return std::pair{BlocklistKind::ipv4, reversed_labels(parsed)};
  if (parsed.to_v6().is_v4_mapped()) {
    const ip::address_v4 mapped = ip::make_address_v4(ip::v4_mapped, parsed.to_v6());
    return std::pair{BlocklistKind::ipv4, reversed_labels(mapped)};
  }
  // RFC 5782 §2.4
  return std::pair{BlocklistKind::ipv6, reversed_labels(parsed)};
}

std::string registered_domain(const std::string& domain) {
  const psl_ctx_t* list = psl_builtin();
  const char* found = list == nullptr ? nullptr : psl_registrable_domain(list, domain.c_str());
  return found == nullptr ? domain : found;
}

std::optional<std::string_view> dead_blocklist(std::string_view zone) {
  const std::string name = normalize_dns_name(zone).value_or(std::string(zone));
  for (const DeadZone& dead : kDead) {
    if (is_in_zone(name, dead.zone)) return dead.what;
  }
  return std::nullopt;
}

}  // namespace posthaste
