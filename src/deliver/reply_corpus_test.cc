// What judge_attempt() makes of labelled replies of real servers, with the shipped rules. Every
// third reply was held aside while words and rules were written; its score is printed apart.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "deliver/verdict.h"
#include "route/shipped_providers.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;

struct Labelled {
  std::string text;
  std::string reason;  // the source's own word
  std::vector<Classification> right;
  bool is_strict = false;
  std::optional<bool> hard;
  bool is_held_out = false;
};

// FNV-1a, so that the same replies are held out everywhere.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::vector<Labelled> read_corpus() {
  std::ifstream file(std::filesystem::path(POSTHASTE_CORPORA) / "smtp-responses" /
                     "responses.jsonl");
  std::vector<Labelled> entries;
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line);
    Labelled entry;
    entry.text = json["text"].get<std::string>();
    entry.reason = json["reason"].get<std::string>();
    if (json["accept"].is_array()) {
      for (const Json& name : json["accept"]) {
        entry.right.push_back(parse_classification(name.get<std::string>()).value());
      }
    }
    entry.is_strict = json["strict"].get<bool>();
    if (json["hard"].is_boolean()) entry.hard = json["hard"].get<bool>();
    entry.is_held_out = hash_of(entry.text) % 3 == 0;
    entries.push_back(std::move(entry));
  }
  return entries;
}

// Whose server it was, as far as the reply names it: the corpus does not say.
std::string provider_of(std::string_view text) {
  struct Signature {
    std::string_view words;
    const char* provider;
  };
  constexpr std::array kSignatures{
      Signature{"gsmtp", "google"},
      Signature{"support.google.com", "google"},
      Signature{".prod.protection.outlook.com", "microsoft365"},
      Signature{"sender.office.com", "microsoft365"},
      Signature{"mail.live.com", "outlook"},
      Signature{".yahoo.com", "yahoo"},
      Signature{"postmaster.verizonmedia.com", "yahoo"},
      Signature{"support.apple.com", "apple"},
      Signature{"icloud.com", "apple"},
      Signature{"comcast.net", "comcast"},
      Signature{" OFR", "orange"},
      Signature{"rx.t-online.de", "t-online"},
      Signature{"service.mail.qq.com", "qq"},
      Signature{"mimecast", "mimecast"},
  };
  for (const Signature& signature : kSignatures) {
    if (text.find(signature.words) != std::string_view::npos) return signature.provider;
  }
  return "";
}

// Some sources keep what Postfix adds: "(in reply to MAIL FROM command)".
SmtpStage take_stage(std::string& text) {
  constexpr std::string_view kMark = " (in reply to ";
  const std::size_t mark = text.find(kMark);
  if (mark == std::string::npos) return SmtpStage::rcpt;
  const std::string command = text.substr(mark + kMark.size());
  text.resize(mark);
  if (command.starts_with("MAIL FROM")) return SmtpStage::mail;
  if (command.starts_with("end of DATA")) return SmtpStage::end_of_data;
  if (command.starts_with("DATA")) return SmtpStage::data;
  return SmtpStage::rcpt;
}

struct Decision {
  Classification classification = Classification::none;
  bool hard = false;
  bool is_retried = false;
  const ResponseRuleConfig* rule = nullptr;
};

// What the server does about a reply to its only recipient.
class Judge {
 public:
  Judge() {
    auto rules = std::make_shared<ShapingRules>();
    rules->providers = *Providers::compile(shipped_providers(), {});
    rules->responses =
        std::make_shared<const ResponseRules>(std::move(*ResponseRules::compile(rules->providers)));
    rules->queues = std::make_shared<const QueueRules>(std::move(*QueueRules::compile({})));
    rules_ = std::move(rules);
    message_.envelope.recipients.push_back({*MailAddress::parse("b@example.org"), {}, {}});
  }

  Decision decide(const std::string& text) const { return decide_from(provider_of(text), text); }

  Decision decide_from(const std::string& provider, std::string text) const {
    ConnectionPlan plan;
    plan.provider = provider;
    plan.rules = rules_;
    const SmtpStage stage = take_stage(text);
    // The corpus joins lines, of which the first may go on.
    if (text.size() > 3) text[3] = ' ';
    const std::string wire = text + "\r\n";
    std::string_view input = wire;
    auto reply = ReplyParser().parse(input);
    if (!reply || !*reply) {
      ADD_FAILURE() << "no reply: " << text;
      return {};
    }
    std::vector<RecipientResult> results{{RecipientResult::Kind::refused, stage, **reply}};
    const std::optional<Refusal> broken;
    const std::string host = "mx.example.org";
    CellOutcome outcome;
    const auto verdicts =
        judge_attempt({plan, message_, results, false, broken, WallTime(), host}, outcome);
    const RecipientVerdict& verdict = verdicts.front();
    return {verdict.event.classification, verdict.event.hard.value_or(false),
            verdict.end == RecipientVerdict::End::deferred,
            outcome.matches.empty() ? nullptr : outcome.matches.front().rule};
  }

 private:
  std::shared_ptr<const ShapingRules> rules_;
  QueuedMessage message_;
};

struct Score {
  std::size_t right = 0;
  std::size_t total = 0;

  void add(bool is_right) {
    ++total;
    if (is_right) ++right;
  }
  double share() const {
    return total == 0 ? 1 : static_cast<double>(right) / static_cast<double>(total);
  }
};

std::ostream& operator<<(std::ostream& out, const Score& score) {
  return out << score.right << " of " << score.total << " (" << std::fixed << std::setprecision(1)
             << 100 * score.share() << " %)";
}

bool is_any_of(Classification one, const std::vector<Classification>& all) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

void print_wrong(const Labelled& entry, const Decision& decision) {
  // Of a reply that is held out only the decision is shown: who reads it would write rules for it.
  std::cout << "  " << entry.reason << " → " << to_string(decision.classification)
            << (decision.hard ? ", hard" : ", soft") << (decision.rule ? ", rule " : "")
            << (decision.rule ? decision.rule->name : "") << ": "
            << (entry.is_held_out ? "(held out)" : entry.text.substr(0, 160)) << "\n";
}

TEST(ReplyCorpus, GetsTheClassThatPeopleGaveToEachReply) {
  const auto entries = read_corpus();
  if (entries.empty()) GTEST_SKIP() << "the corpora are not here";
  const Judge judge;
  Score written_for, held_out, all, lenient;
  std::map<std::string, Score> by_reason;
  for (const Labelled& entry : entries) {
    if (entry.right.empty()) continue;
    const Decision decision = judge.decide(entry.text);
    const bool is_right = is_any_of(decision.classification, entry.right);
    lenient.add(is_right);
    if (!entry.is_strict) continue;
    all.add(is_right);
    (entry.is_held_out ? held_out : written_for).add(is_right);
    by_reason[entry.reason].add(is_right);
    if (!is_right) print_wrong(entry, decision);
  }
  for (const auto& [reason, score] : by_reason)
    std::cout << "  " << reason << ": " << score << "\n";
  std::cout << "class: " << all << "; seen " << written_for << "; held out " << held_out
            << "; with those that are not strict " << lenient << "\n";
  EXPECT_GE(all.share(), 0.96);
  EXPECT_GE(held_out.share(), 0.94);
}

TEST(ReplyCorpus, CallsAnAddressBadWhereItIs) {
  const auto entries = read_corpus();
  if (entries.empty()) GTEST_SKIP() << "the corpora are not here";
  const Judge judge;
  Score strict, held_out, bad;
  for (const Labelled& entry : entries) {
    // A 4yz ends nothing, whatever its words.
    if (!entry.hard || !entry.is_strict || entry.text.starts_with('4')) continue;
    const Decision decision = judge.decide(entry.text);
    const bool is_right = decision.hard == *entry.hard;
    strict.add(is_right);
    if (entry.is_held_out) held_out.add(is_right);
    if (*entry.hard) bad.add(decision.hard);
    if (!is_right) print_wrong(entry, decision);
  }
  std::cout << "hard or soft: " << strict << "; held out " << held_out << "; bad addresses " << bad
            << "\n";
  // What differs is an account that is inactive: it may come back, so we count and do not believe.
  EXPECT_GE(strict.share(), 0.95);
  EXPECT_GE(bad.share(), 0.95);
}

TEST(ReplyCorpus, NeverBlamesTheAddressForWhatTheSenderIs) {
  const auto entries = read_corpus();
  if (entries.empty()) GTEST_SKIP() << "the corpora are not here";
  const Judge judge;
  Score spared;
  for (const Labelled& entry : entries) {
    if (entry.right.empty() || std::any_of(entry.right.begin(), entry.right.end(), is_hard))
      continue;
    const Decision decision = judge.decide(entry.text);
    spared.add(!decision.hard);
    if (decision.hard) print_wrong(entry, decision);
  }
  std::cout << "addresses spared: " << spared << "\n";
  EXPECT_EQ(spared.right, spared.total);
}

TEST(ReplyCorpus, TriesAgainWhereOnlyThePaceWasWrong) {
  const auto entries = read_corpus();
  if (entries.empty()) GTEST_SKIP() << "the corpora are not here";
  const Judge judge;
  Score retried, ended;
  for (const Labelled& entry : entries) {
    if (entry.right.empty()) continue;
    const Decision decision = judge.decide(entry.text);
    const bool is_pace =
        std::all_of(entry.right.begin(), entry.right.end(), [](Classification one) {
          return one == Classification::rate_limited || one == Classification::greylisted;
        });
    if (is_pace || entry.text.starts_with('4')) {
      retried.add(decision.is_retried);
      if (!decision.is_retried) print_wrong(entry, decision);
    } else if (entry.hard.value_or(false)) {
      ended.add(!decision.is_retried);
      if (decision.is_retried) print_wrong(entry, decision);
    }
  }
  std::cout << "tried again: " << retried << "; bad addresses not tried again: " << ended << "\n";
  EXPECT_EQ(retried.right, retried.total);
  EXPECT_EQ(ended.right, ended.total);
}

// A rule is for one provider's codes, and its pattern must not take what others mean otherwise.
TEST(ReplyCorpus, IsNotMisreadByTheRulesOfAnyProvider) {
  const auto entries = read_corpus();
  if (entries.empty()) GTEST_SKIP() << "the corpora are not here";
  const Judge judge;
  std::map<std::string, Score> by_rule;
  Score all;
  for (const ProviderConfig& provider : shipped_providers()) {
    for (const Labelled& entry : entries) {
      if (entry.right.empty()) continue;
      const Decision decision = judge.decide_from(provider.name, entry.text);
      const auto& own = provider.rules;
      const bool is_own =
          decision.rule && std::any_of(own.begin(), own.end(), [&](const auto& one) {
            return one.where.to_string() == decision.rule->where.to_string();
          });
      if (!is_own) continue;
      const bool is_right = is_any_of(decision.classification, entry.right);
      all.add(is_right);
      by_rule[provider.name + " " + decision.rule->name].add(is_right);
      if (!is_right) print_wrong(entry, decision);
    }
  }
  for (const auto& [rule, score] : by_rule) std::cout << "  " << rule << ": " << score << "\n";
  std::cout << "taken by " << by_rule.size() << " rules: " << all << "\n";
  EXPECT_EQ(all.right, all.total);
}

}  // namespace
}  // namespace posthaste
