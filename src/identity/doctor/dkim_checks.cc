#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <utility>

#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_tag_list.h"
#include "identity/dkim/selector_rotation.h"
#include "identity/doctor/checks.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr int kGoodRsaBits = 2048;
constexpr const char* kWhyDkim =
    "Gmail answers 550 5.7.30 or 5.7.26, Outlook 550 5.7.515, Yahoo 554 5.7.9: they ask every bulk "
    "sender for a valid signature.";
constexpr const char* kWhyBits =
    "RFC 8301 has verifiers refuse RSA keys under 1024 bits; Gmail and Yahoo ask for 2048.";

// Selectors that are tried when none is named: ours, and those of common senders.
constexpr std::array<std::string_view, 12> kUsualSelectors{
    "mail", "default",   "dkim",      "s1",     "s2",   "k1",
    "k2",   "selector1", "selector2", "google", "key1", "posthaste"};

std::string keygen(const SenderKey& key) {
  return fmt::format("posthaste dkim keygen --domain {} --selector {} --out /etc/posthaste/dkim",
                     key.domain, key.selector);
}

// A new key under the next selector: signing goes on by the old one until the new is visible.
Remedy make_next_key(const SenderKey& key) {
  SenderKey next = key;
  next.selector = next_selector(key.selector, {key.selector});
  return {.settings = {{"--selector", "dkim { selector }", next.selector}},
          .commands = {keygen(next)},
          .advice =
              "The command prints the record to publish. Sign by it when the doctor says that "
              "it is visible everywhere, and keep the old record for a week."};
}

// One selector as it was found.
struct KeyFacts {
  std::string name;
  std::vector<std::string> texts;
  std::string expected;  // the record of our private key; "" where that is not known

  Remedy replace_by(const std::string& text) const {
    Remedy remedy;
    for (const std::string& old : texts) remedy.remove.push_back(txt_record(name, old));
    remedy.publish.push_back(txt_record(name, text));
    return remedy;
  }
};

// The record again, without what forbids its use.
std::string without_restrictions(std::string_view text) {
  const auto list = DkimTagList::parse(text);
  std::string result = "v=DKIM1";
  for (const DkimTagList::Tag& tag : list->tags()) {
    if (tag.name == "v" || tag.name == "h" || tag.name == "s") continue;
    if (tag.name == "t") {
      const auto flags = split_colon_list(tag.value);
      if (std::find(flags.begin(), flags.end(), "s") != flags.end()) result += "; t=s";
      continue;
    }
    result += fmt::format("; {}={}", tag.name, tag.value);
  }
  return result;
}

void report(Examination& exam, const char* check, Severity severity, std::string found,
            Remedy remedy) {
  exam.add({check, severity, std::move(found), kWhyDkim, std::move(remedy)});
}

// What is wrong with it can be mended by the record of the private key, if that is known.
Remedy republish(const SenderKey& key, const KeyFacts& facts) {
  if (!facts.expected.empty()) return facts.replace_by(facts.expected);
  Remedy remedy = make_next_key(key);
  remedy.advice += " With --key FILE, the doctor prints the record of the key that you have.";
  return remedy;
}

void judge_flags(Examination& exam, const KeyFacts& facts, const DkimKeyRecord& record) {
  const std::string clean =
      facts.expected.empty() ? without_restrictions(facts.texts.front()) : facts.expected;
  if (!record.allows_sha256) {
    report(exam, "dkim-hash", Severity::error,
           fmt::format("{} allows no SHA-256 (h=), the only hash that is still valid", facts.name),
           facts.replace_by(clean));
  }
  if (!record.allows_email) {
    report(exam, "dkim-service", Severity::error,
           fmt::format("{} is not for email (s=)", facts.name), facts.replace_by(clean));
  }
  if (record.is_testing) {
    exam.add({"dkim-testing", Severity::warning,
              fmt::format("{} is in test mode (t=y)", facts.name),
              "Receivers treat mail signed by it as unsigned, and a failure is not reported.",
              facts.replace_by(clean)});
  }
}

void judge_bits(Examination& exam, const SenderKey& key, const KeyFacts& facts, int bits) {
  if (bits >= kGoodRsaBits) return;
  const bool is_too_short = bits < kMinimumRsaBits;
  exam.add({"dkim-bits", is_too_short ? Severity::error : Severity::warning,
            fmt::format("{} is an RSA key of {} bits", facts.name, bits), kWhyBits,
            make_next_key(key)});
}

std::string visibility(Examination& exam, const std::string& name) {
  const TwofoldAnswer* both = exam.dns().find(name, RecordType::txt);
  if (!both || both->authoritative.answers.empty()) return "";
  if (!both->servers_agree() || !both->resolver_agrees()) return "; not yet visible everywhere";
  return fmt::format("; visible everywhere: at {} name servers of {} and through the resolver",
                     both->authoritative.answers.size(), both->authoritative.zone);
}

void judge_record(Examination& exam, const SenderKey& key, const KeyFacts& facts) {
  const std::string& text = facts.texts.front();
  const auto record = parse_dkim_record(text);
  if (!record) {
    report(exam, "dkim-syntax", Severity::error,
           fmt::format("{} is no DKIM key record: \"{}\"", facts.name, text.substr(0, 60)),
           republish(key, facts));
    return;
  }
  if (record->public_octets.empty()) {
    report(exam, "dkim-revoked", Severity::error,
           fmt::format("{} is revoked: its p= is empty", facts.name), make_next_key(key));
    return;
  }
  if (!record->algorithm) {
    report(exam, "dkim-type", Severity::error,
           fmt::format("{} has a kind of key (k=) that no receiver knows", facts.name),
           republish(key, facts));
    return;
  }
  const auto published = DkimPublicKey::parse(*record->algorithm, record->public_octets);
  if (!published) {
    report(exam, "dkim-syntax", Severity::error,
           fmt::format("the p= of {} is no {} key", facts.name, key_type(*record->algorithm)),
           republish(key, facts));
    return;
  }
  if (key.key) {
    const auto own = key.key->public_octets();
    const auto expected = parse_dkim_record(facts.expected);
    if (own && expected && expected->public_octets != record->public_octets) {
      report(exam, "dkim-match", Severity::error,
             fmt::format("{} is not the public key of the private key that signs", facts.name),
             republish(key, facts));
      return;
    }
  }
  const std::size_t before = exam.report().sections.back().findings.size();
  judge_flags(exam, facts, *record);
  if (record->algorithm == DkimAlgorithm::rsa_sha256) {
    judge_bits(exam, key, facts, published->bits());
  }
  if (exam.report().sections.back().findings.size() > before) return;
  exam.pass("dkim-key",
            fmt::format("{}: {}{}{}", facts.name,
                        record->algorithm == DkimAlgorithm::rsa_sha256
                            ? fmt::format("RSA, {} bits", published->bits())
                            : "Ed25519",
                        key.key ? ", matches the private key" : "", visibility(exam, facts.name)));
}

asio::awaitable<void> check_key(Examination& exam, const SenderKey& key) {
  KeyFacts facts{.name = dkim_record_name(key.selector, key.domain)};
  const DnsResult result = co_await exam.look_up(facts.name, RecordType::txt);
  if (result.is_temporary_failure()) {
    exam.unanswered("dkim-key", result, facts.name);
    co_return;
  }
  facts.texts = result.strings();
  if (key.key) facts.expected = make_dkim_record(*key.key).value_or("");
  if (facts.texts.empty()) {
    Remedy remedy;
    if (!facts.expected.empty()) {
      remedy.publish.push_back(txt_record(facts.name, facts.expected));
    } else {
      remedy.commands.push_back(keygen(key));
      remedy.advice =
          "The command makes the key and prints the record to publish. If there is a "
          "key already, name it: --key FILE.";
    }
    report(exam, "dkim-key", Severity::error, "no key at " + facts.name, std::move(remedy));
    co_return;
  }
  if (facts.texts.size() > 1) {
    std::string keep = facts.expected;
    for (const std::string& text : facts.texts) {
      if (keep.empty() && parse_dkim_record(text)) keep = text;
    }
    Remedy remedy = keep.empty() ? republish(key, facts) : facts.replace_by(keep);
    report(exam, "dkim-single", Severity::error,
           fmt::format("{} TXT records at {}: which one counts is left to chance",
                       facts.texts.size(), facts.name),
           std::move(remedy));
    co_return;
  }
  judge_record(exam, key, facts);
}

}  // namespace

asio::awaitable<void> check_dkim(Examination& exam, SenderDomain domain) {
  for (const SenderKey& key : domain.keys) co_await check_key(exam, key);
  if (!domain.keys.empty()) co_return;
  bool has_found_one = false;
  for (const std::string_view selector : kUsualSelectors) {
    const SenderKey key{domain.name, std::string(selector), {}};
    const DnsResult result =
        co_await exam.look_up(dkim_record_name(selector, domain.name), RecordType::txt);
    if (!result.is_found()) continue;
    has_found_one = true;
    co_await check_key(exam, key);
  }
  if (has_found_one) co_return;
  const SenderKey fresh{domain.name, "mail", {}};
  exam.add({"dkim-key",
            Severity::error,
            fmt::format("no key below _domainkey.{} under any usual selector", domain.name),
            kWhyDkim,
            {.commands = {keygen(fresh)},
             .advice = "If mail is signed by another selector, name it: --selector S."}});
}

}  // namespace posthaste
