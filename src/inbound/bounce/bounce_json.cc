#include "inbound/bounce/bounce_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "inbound/bounce/returned_report.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxText = 256 * 1024;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

Json child(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object[key] : Json();
}

void add_bounced(const Json& bounce, const ReplyClassifier& classifier, ReturnedMail& mail) {
  mail.kind = ReturnKind::bounce;
  mail.reporting_mta = text_at(bounce, "reportingMTA");
  const bool is_transient = text_at(bounce, "bounceType") == "Transient";
  for (const Json& one : child(bounce, "bouncedRecipients")) {
    if (mail.recipients.size() >= kMaxReturnedRecipients) break;
    ToldFailure told{.recipient = text_at(one, "emailAddress"),
                     .action = text_at(one, "action"),
                     .enhanced_status = text_at(one, "status"),
                     .diagnostic = text_at(one, "diagnosticCode")};
    if (told.diagnostic.starts_with("smtp;")) told.diagnostic.erase(0, 5);
    ReturnedRecipient judged = judge(told, classifier);
    if (is_transient) judged.hard = false;
    mail.recipients.push_back(std::move(judged));
  }
}

void add_others(const Json& list, ReturnKind kind, const std::string& type, ReturnedMail& mail) {
  mail.kind = kind;
  for (const Json& one : list) {
    if (mail.recipients.size() >= kMaxReturnedRecipients) break;
    ReturnedRecipient recipient{.kind = kind};
    recipient.recipient = one.is_string() ? one.get<std::string>() : text_at(one, "emailAddress");
    recipient.feedback_type = type;
    if (kind == ReturnKind::delivered) recipient.action = "delivered";
    mail.recipients.push_back(std::move(recipient));
  }
}

}  // namespace

ReturnedMail read_notification(std::string_view text, const ReplyClassifier& classifier) {
  ReturnedMail mail;
  const std::size_t begin = text.find('{');
  constexpr std::size_t kMaxPreface = 400;
  if (begin == std::string_view::npos || begin > kMaxPreface) return mail;
  const std::size_t end = text.substr(0, kMaxText).rfind('}');
  if (end == std::string_view::npos || end < begin) return mail;
  std::string_view body = text.substr(begin, end + 1 - begin);
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) {
    // Words stand behind it, or lines were folded on the way.
    std::string unfolded(body.substr(0, body.find("\n}") + 2));
    std::erase(unfolded, '\r');
    std::erase(unfolded, '\n');
    json = Json::parse(unfolded, nullptr, false);
  }
  if (!json.is_object()) return mail;
  const std::string inner = text_at(json, "Message");
  if (!inner.empty()) json = Json::parse(inner, nullptr, false);
  std::string type = text_at(json, "notificationType");
  if (type.empty()) type = text_at(json, "eventType");
  if (type == "Bounce") add_bounced(child(json, "bounce"), classifier, mail);
  if (type == "Complaint") {
    const Json complaint = child(json, "complaint");
    std::string feedback = text_at(complaint, "complaintFeedbackType");
    add_others(child(complaint, "complainedRecipients"), ReturnKind::complaint, feedback, mail);
  }
  if (type == "Delivery") {
    add_others(child(child(json, "delivery"), "recipients"), ReturnKind::delivered, "", mail);
  }
  if (mail.recipients.empty()) mail.kind = ReturnKind::other;
  mail.original_message_id = text_at(child(child(json, "mail"), "commonHeaders"), "messageId");
  return mail;
}

}  // namespace posthaste
