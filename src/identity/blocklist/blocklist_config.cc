#include "identity/blocklist/blocklist_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/ascii.h"
#include "base/text_file.h"
#include "platform/config.h"
#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kKey = "{key}";

std::string check_zone(const std::string& zone) {
  const auto name = normalize_dns_name(zone);
  if (!name || name->empty()) {
    return "\"" + zone + "\" is no zone: write its name, as \"zen.spamhaus.org\"";
  }
  if (const auto dead = dead_blocklist(*name)) {
    return fmt::format("{} is dead ({}), and a dead list may list everybody: remove it", zone,
                       *dead);
  }
  return {};
}

std::string check_domain(const std::string& domain) {
  const auto name = normalize_dns_name(domain);
  return name && !name->empty() ? "" : "\"" + domain + "\" is no domain: write \"example.com\"";
}

std::string check_keyed_name(const std::string& name) {
  const bool has_key = name.starts_with(kKey) && name.size() > kKey.size();
  return has_key ? "" : "\"" + name + "\" has no place for the key: write \"{key}.ZONE\"";
}

std::vector<ConfigProblem> check_zone_block(const BlocklistZoneConfig& block) {
  std::vector<ConfigProblem> problems;
  const std::string wrong = check_zone(block.name);
  if (!wrong.empty()) problems.push_back({"", wrong});
  return problems;
}

const BlockSchema<BlocklistZoneConfig>& zone_schema() {
  using Zone = BlocklistZoneConfig;
  static const auto schema =
      BlockSchema<Zone>("zone", BlockKind::titled,
                        "A zone. One of a shipped zone's name changes what it sets.")
          .title(&Zone::name)
          .key("tier", &Zone::tier,
               "How much a listing matters: page (large providers refuse by it), warn, info, or "
               "allow, where to be listed is good.")
          .key("lists", &Zone::lists, "What it lists.")
          .key("test", &Zone::test,
               "Domains one of which at least it always lists; \"test\" if nothing is said. "
               "Addresses are tested with 127.0.0.2 and ::FFFF:7F00:2.")
          .key("codes", &Zone::codes, "What its answers mean, as \"127.0.0.10-11 PBL\".")
          .key("bits", &Zone::bits, "What the bits of its answers' last octet mean, as \"8 PH\".")
          .key("errors", &Zone::errors,
               "Answers that are no listing but refuse the question; 127.255.255.x always does.")
          .key("registered_only", &Zone::registered_only,
               "It knows registered domains only: example.com is asked for mail.example.com.")
          .key("needs_key", &Zone::needs_key, "It answers customers only.")
          .key("keyed_name", &Zone::keyed_name, "The zone that customers ask, \"{key}.ZONE\".",
               {.check = check_keyed_name})
          .key("key_file", &Zone::key_file, "File whose first line is the key.")
          .key("remove_at", &Zone::remove_at,
               "Where to ask for removal; {query} stands for the address or domain.")
          .key("rate", &Zone::rate, "Questions at most; not set, that of the blocklist block.")
          .key("keep", &Zone::keep, "How long an answer is kept at least, whatever its TTL says.",
               {.max = hours(24)})
          .validate(check_zone_block);
  return schema;
}

// What `changes` sets takes the place of what `zone` had.
void overlay(BlocklistZoneConfig& zone, const BlocklistZoneConfig& changes) {
  const auto take = [&](auto member) {
    const auto& value = changes.*member;
    if (value != std::remove_cvref_t<decltype(value)>()) zone.*member = value;
  };
  const auto take_list = [&](auto member) {
    if (!(changes.*member).empty()) zone.*member = changes.*member;
  };
  take(&BlocklistZoneConfig::tier);
  take(&BlocklistZoneConfig::registered_only);
  take(&BlocklistZoneConfig::needs_key);
  take(&BlocklistZoneConfig::rate);
  take(&BlocklistZoneConfig::keep);
  take(&BlocklistZoneConfig::keyed_name);
  take(&BlocklistZoneConfig::key_file);
  take(&BlocklistZoneConfig::remove_at);
  take_list(&BlocklistZoneConfig::lists);
  take_list(&BlocklistZoneConfig::test);
  take_list(&BlocklistZoneConfig::codes);
  take_list(&BlocklistZoneConfig::bits);
  take_list(&BlocklistZoneConfig::errors);
}

Result<std::string> read_key(const std::filesystem::path& path) {
  const Result<std::string> line = read_first_line(path);
  if (!line) return bad_config_value(line.error().message());
  const auto label = normalize_dns_name(std::string(trim_white(*line)));
  if (!label || label->empty()) {
    return bad_config_value(path.string() +
                            ": its first line is no key: it is one label of a DNS name");
  }
  return *label;
}

// The name of `wanted` as it is known, or an error.
Result<void> check_known(const std::vector<BlocklistZoneConfig>& known, const std::string& wanted) {
  const bool is_known = std::any_of(known.begin(), known.end(), [&](const auto& zone) {
    return zone.name == normalize_dns_name(wanted);
  });
  if (is_known) return {};
  return bad_config_value(
      fmt::format("zone {} is not known: add zone \"{}\" {{ lists = … }} to the blocklist block",
                  wanted, wanted));
}

Result<BlocklistZone> make_zone(const BlocklistZoneConfig& config, Rate rate) {
  BlocklistZone zone;
  zone.name = zone.suffix = config.name;
  zone.tier = config.tier.value_or(BlocklistTier::warn);
  zone.lists = config.lists;
  if (!config.test.empty()) zone.test = config.test;
  zone.codes = config.codes;
  zone.bits = config.bits;
  zone.errors = config.errors;
  zone.registered_only = config.registered_only.value_or(false);
  zone.remove_at = config.remove_at;
  zone.rate = config.rate.value_or(rate);
  zone.keep = config.keep.value_or(Duration(0));
  if (zone.lists.empty()) {
    return bad_config_value("zone \"" + zone.name + "\" does not say what it lists: set lists");
  }
  if (config.key_file.empty()) return zone;
  auto key = read_key(config.key_file);
  if (!key) return key.error();
  const std::string form = config.keyed_name.empty() ? "{key}." + zone.name : config.keyed_name;
  zone.suffix = *key + form.substr(kKey.size());
  return zone;
}

std::vector<BlocklistZoneConfig> known_zones(const BlocklistConfig& config) {
  std::vector<BlocklistZoneConfig> known = shipped_blocklists();
  for (const BlocklistZoneConfig& block : config.zone_blocks) {
    const std::string name = *normalize_dns_name(block.name);
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const auto& zone) { return zone.name == name; });
    if (same != known.end()) {
      overlay(*same, block);
    } else {
      known.push_back(block);
      known.back().name = name;
    }
  }
  return known;
}

bool holds(const std::vector<std::string>& names, const std::string& zone) {
  return std::any_of(names.begin(), names.end(),
                     [&](const auto& name) { return normalize_dns_name(name) == zone; });
}

std::vector<BlocklistZoneConfig> read_shipped() {
  const auto loaded = Configuration::load_text(std::string(shipped_blocklists_text()),
                                               "shipped blocklists.conf", {&blocklist_schema()});
  const auto* configuration = std::get_if<std::shared_ptr<const Configuration>>(&loaded);
  if (configuration == nullptr) return {};
  return (*configuration)->one(blocklist_schema()).zone_blocks;
}

}  // namespace

const BlockSchema<BlocklistConfig>& blocklist_schema() {
  static const auto schema =
      BlockSchema<BlocklistConfig>("blocklist", BlockKind::single,
                                   "DNS blocklists that sources and sending domains are looked up "
                                   "in. The large ones ship with the program.")
          .key("watch", &BlocklistConfig::watch,
               "Whether sources and domains are looked up on a timer.")
          .key("interval", &BlocklistConfig::interval, "How often each is looked up.",
               {.min = std::chrono::seconds(1), .max = hours(24 * 7)})
          .key("zones", &BlocklistConfig::zones,
               "The zones to ask; without any, all that are known and need no key, or have one.",
               {.check = check_zone})
          .key("disable", &BlocklistConfig::disable, "Zones that are not asked.")
          .key("domains", &BlocklistConfig::domains,
               "Domains to look up beside those of the dkim and return_path blocks, such as those "
               "that links in the mail lead to.",
               {.check = check_domain})
          .key("rate", &BlocklistConfig::rate,
               "Questions to one zone at most; further ones wait for their turn.")
          .block(&BlocklistConfig::zone_blocks, zone_schema());
  return schema;
}

const std::vector<BlocklistZoneConfig>& shipped_blocklists() {
  static const std::vector<BlocklistZoneConfig> kShipped = read_shipped();
  return kShipped;
}

Result<std::vector<BlocklistZone>> blocklist_zones(const BlocklistConfig& config) {
  const std::vector<BlocklistZoneConfig> known = known_zones(config);
  for (const auto* names : {&config.zones, &config.disable}) {
    for (const std::string& name : *names) {
      const Result<void> found = check_known(known, name);
      if (!found) return found.error();
    }
  }
  std::vector<BlocklistZone> zones;
  for (const BlocklistZoneConfig& one : known) {
    const bool is_named = holds(config.zones, one.name);
    if (holds(config.disable, one.name) || (!config.zones.empty() && !is_named)) continue;
    if (one.needs_key.value_or(false) && one.key_file.empty()) {
      if (!is_named) continue;
      return bad_config_value(fmt::format(
          "zone {} answers customers only: add zone \"{}\" {{ key_file = … }} to the blocklist "
          "block",
          one.name, one.name));
    }
    auto zone = make_zone(one, config.rate);
    if (!zone) return zone.error();
    zones.push_back(std::move(*zone));
  }
  return zones;
}

}  // namespace posthaste
