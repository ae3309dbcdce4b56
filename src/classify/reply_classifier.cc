#include "classify/reply_classifier.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "classify/delivery_words.h"
#include "classify/foreign_words.h"
#include "classify/reply_class.h"
#include "classify/reply_words.h"
#include "route/shipped_providers.h"

namespace posthaste {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view view(re2::StringPiece text) {
  return {text.data(), text.size()};
}

// The replies of RFC 5321 and its extensions, and those that big providers add: any other number
// of three digits is a size, a port or a line.
constexpr const char* kCode =
    "(4(?:2[0-4]|3[0-2]|4[0-9]|5[0-9]|7[0-4])|5(?:[0-5][0-9]|60|7[0-9]|9[0-2]))";
constexpr const char* kStatus = R"(([245]\.[0-7]\.[0-9]{1,3}))";

struct CodePatterns {
  RE2 both{std::string(R"((?:^|[^0-9A-Za-z.@/=_-]|(?i:code|error|reply|status|response)=))") +
           kCode + R"([ \-:_/]+['"#(<\[ ]*)" + kStatus + R"((?:[^0-9.]|\.[^0-9]|\.?$))"};
  RE2 code{
      std::string(R"((?:^|[^0-9A-Za-z.@/=_-]|(?i:code|error|reply|status|response)=))") + kCode +
      R"((?:[ \-:]*$|-[ 0-9A-Za-z<"'[(]|[ :;,)\]>]+(?:[^0-9a-z .]|[0-9a-z][^ ]*[^ ]|[a-z] |[0-9] [A-Z][a-z]+ )))"};
  RE2 status{std::string(R"((?:^|[^0-9A-Za-z.@/_-]))") + kStatus + R"((?:[^0-9.]|\.[^0-9]|\.?$))"};
  RE2 expired{R"((?i)message expired|\bexpired\b.{0,40}->)"};
  RE2 unit{
      R"(^[ \-:]*(?:seconds?|minutes?|hours?|days?|bytes|[km]b|octets|messages|recipients)\b)"};
};

const CodePatterns& patterns() {
  static const CodePatterns kPatterns;
  return kPatterns;
}

std::uint32_t number(re2::StringPiece digits) {
  std::uint32_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint32_t>(c - '0');
  return value;
}

// What the code says where no words do.
bool is_guess(const ToldRefusal& refusal, const std::string& plain) {
  return !class_by_certain_words(plain) && !class_by_foreign_words(plain) &&
         !class_by_vague_words(plain) &&
         (refusal.enhanced_status.empty() || refusal.enhanced_status.ends_with(".0.0") ||
          refusal.enhanced_status.ends_with(".5.0"));
}

// The text of the reply, without what a system puts before it and without its code and status.
std::string words_of(const std::string& text) {
  const ReplyCodes codes = find_reply_codes(text);
  if (codes.begin == std::string_view::npos) return text;
  std::string_view words = std::string_view(text).substr(codes.begin + 3);
  static const RE2 kStatusFirst(R"(^[ \-:_/]*['"#(<\[ ]*[245]\.[0-7]\.[0-9]{1,3}[)>\]]?)");
  re2::StringPiece rest = piece(words);
  RE2::Consume(&rest, kStatusFirst);
  const bool has_words = rest.size() > 3;
  return has_words ? std::string(rest.data(), rest.size()) : text;
}

// An unknown user is not believed where the whole message was refused, unless the status is of
// addressing; nor where the reply's own status is of system, content or policy (RFC 3463 §3), or of
// the mailbox and RCPT may have been accepted; nor from au one, which answers so for what its users
// have chosen not to receive, and names the address where that is unknown.
bool is_doubtful_reply(std::string_view text, RefusalStage stage) {
  static const RE2 kNamesNobody(R"((?i)\b550:? : user unknown)");
  if (RE2::PartialMatch(piece(text), kNamesNobody)) return true;
  const std::string own = find_reply_codes(text).enhanced_status;
  const char subject = own.size() > 2 ? own[2] : '0';
  // RFC 7293 §7: the mailbox has another owner; others say so of no mailbox at all.
  if (own.ends_with(".7.17")) return false;
  // What sendmail gives a reply without a status of its own.
  static const RE2 kTellsNothing(R"(\b5[0-9][0-9][ -]5\.3\.0\b)");
  if (subject == '3') return !RE2::PartialMatch(piece(text), kTellsNothing);
  if (subject == '6' || subject == '7') return true;
  if (subject == '2') return stage != RefusalStage::recipient;
  return subject != '1' && stage == RefusalStage::message;
}

Reply reply_of(const ToldRefusal& refusal) {
  Reply reply;
  reply.code = refusal.smtp_code;
  reply.enhanced = EnhancedStatus::parse(refusal.enhanced_status);
  if (reply.code == 0) {
    reply.code = reply.enhanced && reply.enhanced->klass == 4 ? 450 : 599;
  }
  reply.lines.push_back(words_of(refusal.text));
  return reply;
}

struct Signature {
  const char* pattern;
  const char* provider;
};
// Words and host names that only this provider's servers write.
constexpr std::array kSignatures{
    Signature{R"(\bgsmtp\b|support\.google\.com|\.google(mail)?\.com\b)", "google"},
    Signature{R"(\.prod\.(protection\.)?outlook\.com|mail\.protection\.outlook\.com|)"
              R"(sender\.office\.com|\.mail\.eo\.outlook\.com)",
              "microsoft365"},
    Signature{R"(\.olc\.protection\.outlook|mail\.live\.com|\.hotmail\.com\b|postmaster\.live)",
              "outlook"},
    Signature{R"(\.yahoodns\.net|\.yahoo\.com\b|postmaster\.(verizonmedia|yahooinc)|)"
              R"(senders\.yahooinc)",
              "yahoo"},
    Signature{R"(support\.apple\.com|icloud\.com|\.apple\.com\b)", "apple"},
    Signature{R"(comcast\.net)", "comcast"},
    Signature{R"(\bofr_?\d|\.orange\.fr|\.wanadoo\.fr|postmaster\.orange)", "orange"},
    Signature{R"(rx\.t-online\.de|\.t-online\.de\b)", "t-online"},
    Signature{R"(service\.mail\.qq\.com|\.qq\.com\b)", "qq"},
    Signature{R"(help\.163\.com|\.163\.com|mail\.163|\.netease\.com)", "netease"},
    Signature{R"(mimecast)", "mimecast"},
    Signature{R"(\.gmx\.(net|com)|\.web\.de|postmaster\.(gmx|web)|\bkundenserver)", "gmx"},
    Signature{R"(barracudanetworks\.com)", "barracuda"},
    Signature{R"(\.mail\.ru\b)", "mail.ru"},
};

class SignatureSet {
 public:
  SignatureSet() : set_(RE2::Options(), RE2::UNANCHORED) {
    for (const Signature& signature : kSignatures) {
      set_.Add(std::string("(?i)") + signature.pattern, nullptr);
    }
    set_.Compile();
  }
  bool match(re2::StringPiece text, std::vector<int>& matching) const {
    return set_.Match(text, &matching);
  }

 private:
  RE2::Set set_;
};

}  // namespace

ReplyClassifier ReplyClassifier::shipped() {
  const auto providers = Providers::compile(shipped_providers(), {});
  if (!providers) return ReplyClassifier(nullptr);
  auto rules = ResponseRules::compile(*providers);
  if (!rules) return ReplyClassifier(nullptr);
  return ReplyClassifier(std::make_shared<const ResponseRules>(std::move(*rules)));
}

RefusalClass ReplyClassifier::classify(const ToldRefusal& refusal) const {
  RefusalClass found;
  const Reply reply = reply_of(refusal);
  const bool is_permanent = reply.code >= 500;
  if (rules_ && refusal.smtp_code != 0) {
    const std::size_t begin = find_reply_codes(refusal.text).begin;
    const std::string_view from_code =
        std::string_view(refusal.text)
            .substr(begin == std::string_view::npos ? refusal.text.size() : begin);
    found.rule = from_code.empty() ? nullptr : rules_->match(refusal.provider, from_code);
  }
  if (found.rule != nullptr && found.rule->classification) {
    found.classification = *found.rule->classification;
    found.is_known = true;
    found.hard =
        is_permanent && !found.rule->has(RuleAction::retry) && is_hard(found.classification);
    return found;
  }
  found.classification = posthaste::classify(reply);
  const std::string plain = plain_words(reply.lines.front());
  const bool is_guessed = is_guess(refusal, plain);
  found.is_known = !is_guessed;
  // Where no peer has replied, a system's own words come first: its "no such domain" is ours.
  if (refusal.smtp_code == 0 || is_guessed || found.classification == Classification::other) {
    if (const auto told = class_by_delivery_words(plain)) {
      found.classification = *told;
      found.is_known = true;
    }
  }
  const RefusalStage stage =
      refusal.stage == RefusalStage::untold ? stage_told_in(refusal.text) : refusal.stage;
  if (stage == RefusalStage::before_recipient && is_about_recipient(found.classification)) {
    found.classification = Classification::policy;
  }
  const bool is_mailbox = found.classification == Classification::bad_mailbox;
  found.is_doubtful = (is_mailbox && is_doubtful_reply(refusal.text, stage)) ||
                      (is_mailbox && speaks_of_closing(plain)) ||
                      (is_hard(found.classification) && tells_passing_trouble(plain));
  found.hard = is_permanent && !found.is_doubtful && is_hard(found.classification);
  return found;
}

RefusalClass ReplyClassifier::classify_line(std::string_view line) const {
  ToldRefusal refusal{.text = std::string(line), .provider = provider_named_in(line)};
  // A header field may be folded.
  std::replace_if(
      refusal.text.begin(), refusal.text.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\t'; }, ' ');
  // The code of a reply is its first word; in other texts it stands anywhere.
  const ReplyCodes codes = find_reply_codes(refusal.text);
  refusal.smtp_code = codes.smtp_code;
  refusal.enhanced_status = codes.enhanced_status;
  return classify(refusal);
}

std::string provider_named_in(std::string_view text) {
  static const SignatureSet kPatterns;
  std::vector<int> matching;
  constexpr std::size_t kMaxText = 4096;
  if (!kPatterns.match(piece(text.substr(0, kMaxText)), matching)) return {};
  const int first = *std::min_element(matching.begin(), matching.end());
  return kSignatures[static_cast<std::size_t>(first)].provider;
}

ReplyCodes find_reply_codes(std::string_view text) {
  constexpr std::size_t kMaxText = 4096;
  text = text.substr(0, kMaxText);
  ReplyCodes codes;
  re2::StringPiece code, status;
  re2::StringPiece replies = piece(text);
  if (RE2::FindAndConsume(&replies, patterns().both, &code, &status)) {
    // "554 4.4.7 Message expired: … <421 4.4.2 Connection timed out>": the last answer tells why.
    if (view(status).substr(1) == ".4.7" || RE2::PartialMatch(piece(text), patterns().expired)) {
      while (RE2::FindAndConsume(&replies, patterns().both, &code, &status)) continue;
    }
    return {number(code), std::string(status.data(), status.size()),
            static_cast<std::size_t>(code.data() - text.data())};
  }
  re2::StringPiece rest = piece(text);
  while (RE2::FindAndConsume(&rest, patterns().code, &code)) {
    const auto begin = static_cast<std::size_t>(code.data() - text.data());
    if (RE2::PartialMatch(piece(text.substr(begin + 3)), patterns().unit)) continue;
    codes.smtp_code = number(code);
    codes.begin = begin;
    break;
  }
  if (RE2::PartialMatch(piece(text), patterns().status, &status)) {
    codes.enhanced_status = std::string(status.data(), status.size());
  }
  return codes;
}

}  // namespace posthaste
