#include "route/suppression.h"

#include <algorithm>
#include <chrono>

#include "mail/folded_address.h"
#include "route/route_error.h"

namespace posthaste {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 5> kReasons{"hard_bounce", "soft_bounces", "complaint",
                                                   "unsubscribe", "manual"};
constexpr std::uint8_t kReasonBits = 0x07;
constexpr std::uint8_t kHasUntil = 0x08;
constexpr std::uint8_t kHasEvent = 0x10;
constexpr char kNul = '\0';

void put_number(std::string& out, std::uint64_t number, int octets) {
  for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift & 0xff));
  }
}

// False when `from` is too short.
bool take_number(std::string_view& from, std::size_t octets, std::uint64_t& number) {
  if (from.size() < octets) return false;
  number = 0;
  for (const char octet : from.substr(0, octets)) {
    number = number << 8 | static_cast<std::uint8_t>(octet);
  }
  from.remove_prefix(octets);
  return true;
}

std::uint64_t seconds_of(WallTime time) {
  const auto count = floor<seconds>(time).time_since_epoch().count();
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
}

WallTime time_of(std::uint64_t number) {
  return WallTime(duration_cast<WallTime::duration>(seconds(number)));
}

std::string address_part(const MailAddress& address) {
  const MailAddress one = folded(address);
  return one.domain().ascii() + kNul + one.local().unquoted();
}

// The part before the next NUL, or all.
std::string_view take_part(std::string_view& key) {
  const std::size_t end = std::min(key.find(kNul), key.size());
  const std::string_view part = key.substr(0, end);
  key.remove_prefix(std::min(end + 1, key.size()));
  return part;
}

Error damaged() {
  return Error{RouteErrc::bad_suppression, "an entry of the suppression list is damaged"};
}

// A local part as MailAddress::parse() takes it.
std::string parsable(std::string_view local) {
  if (LocalPart::parse(local)) return std::string(local);
  std::string form = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') form.push_back('\\');
    form.push_back(c);
  }
  return form + "\"";
}

}  // namespace

std::string_view to_string(SuppressionReason reason) {
  return kReasons[static_cast<std::size_t>(reason)];
}

std::optional<SuppressionReason> parse_suppression_reason(std::string_view text) {
  const auto found = std::find(kReasons.begin(), kReasons.end(), text);
  if (found == kReasons.end()) return std::nullopt;
  return static_cast<SuppressionReason>(found - kReasons.begin());
}

std::string Suppression::explain() const {
  std::string what =
      "suppressed: " + std::string(to_string(reason)) + " since " + to_rfc3339(since).substr(0, 10);
  if (!text.empty()) what += ": " + text;
  return what;
}

std::string suppression_key(const MailAddress& address, const TenantId& tenant,
                            std::string_view stream) {
  std::string key = "e" + address_part(address) + kNul + tenant.value() + kNul;
  key += stream;
  return key;
}

std::vector<std::string> suppression_keys(const MailAddress& address, const TenantId& tenant,
                                          std::string_view stream) {
  const std::string prefix = "e" + address_part(address) + kNul;
  std::vector<std::string> keys{prefix + kNul};
  if (!stream.empty()) keys.push_back(keys[0] + std::string(stream));
  if (tenant.value().empty()) return keys;
  const std::string own = prefix + tenant.value() + kNul;
  keys.push_back(own);
  if (!stream.empty()) keys.push_back(own + std::string(stream));
  return keys;
}

std::string soft_bounces_key(const MailAddress& address) {
  return "s" + address_part(address);
}

std::pair<std::string, std::string> suppression_range(std::string_view domain) {
  if (domain.empty()) return {"e", "f"};
  const std::string prefix = "e" + std::string(domain);
  return {prefix + kNul, prefix + '\x01'};
}

std::pair<std::string, std::string> suppression_range(const MailAddress& address) {
  const std::string prefix = "e" + address_part(address);
  return {prefix + kNul, prefix + '\x01'};
}

std::string suppression_value(const Suppression& entry) {
  std::string value;
  std::uint8_t first = static_cast<std::uint8_t>(entry.reason);
  if (entry.until) first |= kHasUntil;
  if (entry.event != 0) first |= kHasEvent;
  value.push_back(static_cast<char>(first));
  put_number(value, seconds_of(entry.since), 4);
  if (entry.until) put_number(value, seconds_of(*entry.until), 4);
  if (entry.event != 0) put_number(value, entry.event, 8);
  return value + entry.text;
}

Result<Suppression> decode_suppression(std::string_view key, std::string_view value) {
  if (!key.starts_with('e') || value.empty()) return damaged();
  key.remove_prefix(1);
  const std::string domain(take_part(key));
  const std::string local(take_part(key));
  auto address = MailAddress::parse(parsable(local) + "@" + domain);
  if (!address) return damaged();
  Suppression entry;
  entry.address = std::move(*address);
  entry.tenant = TenantId(std::string(take_part(key)));
  entry.stream = take_part(key);

  const auto first = static_cast<std::uint8_t>(value.front());
  value.remove_prefix(1);
  if ((first & kReasonBits) >= kReasons.size()) return damaged();
  entry.reason = static_cast<SuppressionReason>(first & kReasonBits);
  std::uint64_t number = 0;
  if (!take_number(value, 4, number)) return damaged();
  entry.since = time_of(number);
  if ((first & kHasUntil) != 0) {
    if (!take_number(value, 4, number)) return damaged();
    entry.until = time_of(number);
  }
  if ((first & kHasEvent) != 0 && !take_number(value, 8, entry.event)) return damaged();
  entry.text = value;
  return entry;
}

}  // namespace posthaste
