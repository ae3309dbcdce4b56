#include "inbound/bounce/returned_report.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "classify/reply_class.h"
#include "classify/reply_words.h"
#include "inbound/bounce/bounce_words.h"
#include "inbound/bounce/prose_reader.h"
#include "inbound/feedback/feedback.h"
#include "mail/dsn.h"
#include "mail/message.h"
#include "mail/mime.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxReport = 1 << 20;
constexpr std::size_t kMaxDiagnostic = 2000;
constexpr std::size_t kMaxHeader = 64 * 1024;

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMaxDiagnostic)) {
    const bool is_white = static_cast<unsigned char>(c) <= ' ';
    if (!is_white) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

bool is_generic(std::string_view status) {
  return status.empty() || status.ends_with(".0.0");
}

// "5.1.1 (bad destination mailbox address)" begins with it.
std::string status_at_start(std::string_view written) {
  static const RE2 kStatus(R"(^\s*[#(]*([245]\.[0-9]{1,3}\.[0-9]{1,3})\b)");
  std::string status;
  RE2::PartialMatch(piece(written), kStatus, &status);
  return status;
}

// The address in a recipient field: "<a@b>", "a@b (Name)", "SMTP:a@b"; "" when there is none.
std::string address_in(std::string_view written) {
  static const RE2 kAddress(std::string("(?i)") + kAddressPattern);
  std::string address;
  if (!RE2::PartialMatch(piece(written), kAddress, &address)) return {};
  const std::string lower = lowered(address);
  for (const std::string_view start : {"smtp=", "smtp:"}) {
    if (lower.starts_with(start)) return address.substr(start.size());
  }
  return address;
}

// RFC 3464 §2.3.3, and what some write in its place.
std::optional<ReturnKind> kind_of_action(std::string_view action) {
  const std::string word = lowered(action);
  const auto starts = [&word](std::string_view start) { return word.starts_with(start); };
  if (starts("fail") || starts("err") || starts("expired") || starts("undeliver") ||
      starts("reject") || starts("bounce")) {
    return ReturnKind::bounce;
  }
  if (starts("delay") || starts("defer") || starts("warn") || starts("retr")) {
    return ReturnKind::delay;
  }
  if (starts("deliver") || starts("relay") || starts("expand") || starts("success")) {
    return ReturnKind::delivered;
  }
  return std::nullopt;
}

std::string action_word(ReturnKind kind, std::string_view written) {
  const std::string word = lowered(written);
  if (kind == ReturnKind::delivered) {
    return word.starts_with("relay")    ? "relayed"
           : word.starts_with("expand") ? "expanded"
                                        : "delivered";
  }
  return kind == ReturnKind::delay ? "delayed" : kind == ReturnKind::bounce ? "failed" : "";
}

// A report that stands in a text, without a part of its own.
std::string_view report_within(std::string_view text) {
  static const RE2 kRecipient(R"((?mi)^(?:Final|Original)-Recipient:)");
  static const RE2 kFate(R"((?mi)^(?:Action|Status|Diagnostic-Code):)");
  static const RE2 kBegin(R"((?mi)^(?:Reporting-MTA|Final-Recipient|Original-Recipient|Action):)");
  if (!RE2::PartialMatch(piece(text), kRecipient) || !RE2::PartialMatch(piece(text), kFate)) {
    return {};
  }
  re2::StringPiece match;
  if (!kBegin.Match(piece(text), 0, text.size(), RE2::UNANCHORED, &match, 1)) return {};
  return text.substr(static_cast<std::size_t>(match.data() - text.data()));
}

std::string report_of(const MimeMessage& mime, std::string_view head) {
  const MimePart* best = nullptr;
  for (const MimePart& part : mime.parts()) {
    const bool is_report =
        part.type.starts_with("message/") && part.type.find("delivery-status") != std::string::npos;
    if (is_report && (best == nullptr || part.depth < best->depth)) best = &part;
  }
  if (best != nullptr) return best->decoded(kMaxReport);
  std::string report(report_within(head));
  // Some attach it as a text with a name.
  for (const MimePart& part : mime.parts()) {
    if (!report.empty() || part.type == "message/rfc822") break;
    if (part.is_leaf && part.type == "text/plain" && !part.filename.empty()) {
      report = report_within(part.text(kMaxReport));
    }
  }
  return report;
}

// "71", "X-Unix; 75": nothing that a person could read.
bool is_poor(std::string_view diagnostic) {
  static const RE2 kWord(R"([A-Za-z]{3,}[^A-Za-z]+[A-Za-z]{2,})");
  return !RE2::PartialMatch(piece(diagnostic), kWord);
}

std::string recipient_of(const DsnReportedRecipient& reported) {
  for (const std::string* field :
       {&reported.final_recipient, &reported.original_recipient, &reported.actual_recipient}) {
    std::string address = address_in(*field);
    if (!address.empty()) return address;
  }
  return {};
}

// "Your message to <x> was rejected: not enough disk space", beside a report that says otherwise.
// Long texts give advice for every case.
bool contradicts_bad_address(const ProseReader& prose) {
  constexpr std::size_t kMaxNotice = 400;
  if (prose.flat().size() > kMaxNotice || prose.has_refusal()) return false;
  const auto told = class_by_certain_words(plain_words(prose.flat()));
  return told && !is_hard(*told);
}

// A program that takes mail for a user failed, or said so: no verdict on the address, whatever its
// exit status was. A server knows its users before it runs one.
bool tells_failed_program(const ToldFailure& told) {
  static const RE2 kProgram(
      R"((?i)\bcommand (?:died|output|failed|line usage|exited)|\bunknown mailer error|)"
      R"(\bmailer (?:died|failed|exited)|\b(?:exit|return)(?:ed|s)? (?:with )?(?:status|code|value)|)"
      R"(\bchild (?:process )?(?:exit|status|died|return)|\bpipe(?:d)? to \W?[|/]|)"
      R"(\b(?:delivery|deliver) (?:agent|command|program) )");
  const bool is_program = told.diagnostic_type == "x-unix" ||
                          RE2::PartialMatch(piece(told.diagnostic), kProgram) ||
                          RE2::PartialMatch(piece(told.words), kProgram);
  return is_program && find_reply_codes(told.diagnostic).smtp_code == 0;
}

// Of the peer's status and the reporting system's, the one that tells more: the peer's own, unless
// it is vague, or of another kind than the peer's reply while the other is of the same.
std::string more_telling(const ReplyCodes& peer, const std::string& reported) {
  const std::string& own = peer.enhanced_status;
  if (own.empty() || reported.empty()) return own.empty() ? reported : own;
  if (is_generic(own)) return is_generic(reported) ? own : reported;
  if (is_generic(reported)) return own;
  // "5.1.0" says less than "5.1.1".
  if (own.ends_with(".0") && reported.starts_with(own.substr(0, own.size() - 1))) return reported;
  const char kind = static_cast<char>('0' + peer.smtp_code / 100);
  const bool is_odd = peer.smtp_code != 0 && own[0] != kind && reported[0] == kind;
  return is_odd ? reported : own;
}

// An address is given up only for what speaks of nothing else.
bool is_bad_for_good(const ToldFailure& told, const ReturnedRecipient& judged,
                     const RefusalClass& known) {
  const std::string& status = judged.enhanced_status;
  const bool is_addressing = status.size() > 2 && status[2] == '1';
  if (told.kind != ReturnKind::bounce || known.is_doubtful || told.is_contradicted) return false;
  if (tells_failed_program(told)) return false;
  const bool is_mailbox = judged.classification == Classification::bad_mailbox;
  if (is_mailbox && told.stage == RefusalStage::message && !is_addressing) return false;
  // Words alone, without anybody's status or a sign that RCPT was refused, may be a filter's; those
  // that a provider is known to write are not.
  const RefusalStage stage =
      told.stage == RefusalStage::untold ? stage_told_in(judged.diagnostic) : told.stage;
  const bool is_told = !status.empty() || stage == RefusalStage::recipient || known.rule != nullptr;
  if (is_mailbox && !is_told) return false;
  // A system that gave up on an unknown user believes it, though each reply was a 4yz.
  return is_hard(judged.classification) && (known.hard || (is_addressing && is_mailbox));
}

}  // namespace

std::string returned_header(const MimeMessage& mime) {
  const auto& parts = mime.parts();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const bool is_root = parts[parts[i].parent].type.starts_with("message/") && i > 0;
    if (is_root && parts[i].parent != 0) return std::string(parts[i].header.substr(0, kMaxHeader));
    if (parts[i].type == "text/rfc822-headers" || parts[i].type == "text/rfc822-header" ||
        parts[i].type == "message/rfc822-headers" || parts[i].type == "message/global-headers") {
      return parts[i].decoded(kMaxHeader);
    }
  }
  return {};
}

ReturnedRecipient judge(const ToldFailure& told, const ReplyClassifier& classifier) {
  ReturnedRecipient judged{.kind = told.kind, .recipient = told.recipient};
  judged.action = action_word(told.kind, told.action);
  judged.diagnostic = on_one_line(told.diagnostic);
  judged.remote_mta = told.remote_mta;
  const ReplyCodes codes = find_reply_codes(judged.diagnostic);
  judged.smtp_code = codes.smtp_code;
  judged.enhanced_status = more_telling(codes, status_at_start(told.enhanced_status));
  if (told.kind == ReturnKind::delivered) return judged;
  // RFC 3463 §2: a success, which says nothing of this failure.
  if (judged.enhanced_status.starts_with('2')) judged.enhanced_status.clear();
  ToldRefusal refusal{.text = judged.diagnostic,
                      .provider = provider_named_in(told.remote_mta + " " + judged.diagnostic),
                      .smtp_code = judged.smtp_code,
                      .enhanced_status = judged.enhanced_status,
                      .stage = told.stage};
  RefusalClass known = classifier.classify(refusal);
  if (!known.is_known && !told.context.empty()) {
    // Its beginning, then its end: what stands between is advice.
    const std::string context = on_one_line(told.context);
    for (const std::string& text : {context, context.substr(context.size() / 2)}) {
      refusal.text = text;
      const RefusalClass more = classifier.classify(refusal);
      if (!more.is_known) continue;
      known = more;
      // What stands elsewhere may be advice, or of somebody else.
      known.is_doubtful = true;
      break;
    }
  }
  judged.classification = known.classification;
  const bool is_addressing = judged.enhanced_status.size() > 2 && judged.enhanced_status[2] == '1';
  if (is_hard(known.classification) && !is_addressing && tells_failed_program(told)) {
    judged.classification = Classification::transient;
  }
  judged.is_known = known.is_known;
  judged.hard = is_bad_for_good(told, judged, known);
  return judged;
}

ReturnedMail read_report(const MimeMessage& mime, std::string_view head,
                         const ReplyClassifier& classifier) {
  ReturnedMail mail;
  const std::string content = report_of(mime, head);
  if (content.empty()) return mail;
  DsnReport report = read_delivery_status(content);
  mail.reporting_mta = report.reporting_mta;
  mail.original_envelope_id = report.original_envelope_id;
  const std::string_view within = report_within(head);
  const ProseReader prose(head.substr(0, head.size() - within.size()));
  for (const DsnReportedRecipient& reported : report.recipients) {
    if (mail.recipients.size() >= kMaxReturnedRecipients) break;
    ToldFailure told{.recipient = recipient_of(reported),
                     .action = reported.action,
                     .enhanced_status = reported.status,
                     .diagnostic = reported.diagnostic_code,
                     .diagnostic_type = reported.diagnostic_type,
                     .remote_mta = reported.remote_mta,
                     .context = prose.flat()};
    if (told.recipient.empty() && report.recipients.size() == 1) {
      // A file or a program; who was meant stands in the text.
      const auto named = prose.recipients({}, {});
      if (named.size() == 1) told.recipient = named.front().address;
    }
    if (told.recipient.empty()) continue;
    const std::string status = status_at_start(reported.status);
    told.kind = kind_of_action(reported.action)
                    .value_or(status.starts_with('2')   ? ReturnKind::delivered
                              : status.starts_with('4') ? ReturnKind::delay
                                                        : ReturnKind::bounce);
    const auto listed = prose.recipients({told.recipient}, {});
    const bool is_only = report.recipients.size() == 1;
    told.words = listed.front().words;
    told.stage = prose.stage_of(listed.front(), is_only);
    told.is_contradicted = is_only && contradicts_bad_address(prose);
    if (told.kind != ReturnKind::delivered && find_reply_codes(told.diagnostic).smtp_code == 0) {
      const std::string words = prose.words_about(listed.front(), is_only);
      const bool is_better = find_reply_codes(words).smtp_code != 0;
      if (told.diagnostic.empty() || (is_better && is_poor(told.diagnostic))) {
        told.diagnostic = words;
      }
    }
    if (told.diagnostic.empty()) {
      const std::size_t comment = reported.status.find('(');
      if (comment != std::string::npos) told.diagnostic = reported.status.substr(comment);
    }
    const auto is_same = [&told](const ReturnedRecipient& other) {
      return equals_ignoring_case(other.recipient, told.recipient) && other.kind == told.kind;
    };
    if (std::any_of(mail.recipients.begin(), mail.recipients.end(), is_same)) continue;
    mail.recipients.push_back(judge(told, classifier));
  }
  if (mail.recipients.empty()) return mail;
  mail.kind = mail.recipients.front().kind;
  for (const ReturnedRecipient& recipient : mail.recipients) {
    if (recipient.kind == ReturnKind::bounce) mail.kind = ReturnKind::bounce;
  }
  return mail;
}

ReturnedMail read_complaint(const MimeMessage& mime) {
  ReturnedMail mail;
  const auto feedback = read_feedback(mime);
  if (!feedback) return mail;
  mail.kind = ReturnKind::complaint;
  mail.original_message_id = feedback->original.message_id;
  mail.original_envelope_id = feedback->original_envelope_id;
  mail.reporting_mta = feedback->reporting_mta;
  ReturnedRecipient complainer{.kind = ReturnKind::complaint};
  complainer.feedback_type = feedback->feedback_type;
  for (const std::string& recipient : feedback->recipients()) {
    complainer.recipient = recipient;
    mail.recipients.push_back(complainer);
  }
  if (mail.recipients.empty()) mail.recipients.push_back(complainer);
  return mail;
}

}  // namespace posthaste
