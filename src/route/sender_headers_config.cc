#include "route/sender_headers_config.h"

#include <algorithm>
#include <string_view>

#include "route/feedback_id.h"

namespace posthaste {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::size_t kMaxUrl = 200;

// RFC 8058 §3.1: an HTTPS URI.
std::string check_url(const std::string& url) {
  const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < 127 &&
           std::string_view("<>\",\\^`{|}?#").find(c) == std::string_view::npos;
  });
  const bool has_host =
      url.starts_with(kScheme) && url.size() > kScheme.size() && url[kScheme.size()] != '/';
  if (is_plain && has_host && url.size() <= kMaxUrl) return {};
  return "\"" + url +
         "\" is no address to unsubscribe at: write one such as \"https://mail.example.com/u\", "
         "without a query";
}

std::string check_feedback_id(const std::string& text) {
  if (text.empty()) return {};
  const auto id = FeedbackId::parse(text);
  return id ? std::string() : id.error().message();
}

std::string check_cfbl_address(const std::string& text) {
  if (text.empty()) return {};
  const auto address = MailAddress::parse(text);
  if (!address) return address.error().message();
  if (address->domain().is_literal() || address->needs_smtputf8()) {
    return "\"" + text + "\" cannot stand in CFBL-Address: use an ASCII address at a domain name";
  }
  return {};
}

std::vector<ConfigProblem> check_unsubscribe(const UnsubscribeConfig& config) {
  std::vector<ConfigProblem> problems;
  if (config.mailto && config.mailto->is_literal()) {
    problems.push_back({"mailto", "not the name of a domain: use one whose mail comes here"});
  }
  if (config.match.empty()) {
    problems.push_back({"",
                        "it would be for all mail, receipts and passwords among it: set match, so "
                        "that it is for bulk mail only"});
  }
  return problems;
}

std::vector<ConfigProblem> check_feedback(const FeedbackConfig& config) {
  if (!config.feedback_id.empty() || !config.cfbl_address.empty() || config.message_id) return {};
  return {{"", "it adds nothing: set feedback_id, cfbl_address or message_id"}};
}

}  // namespace

const BlockSchema<UnsubscribeConfig>& unsubscribe_schema() {
  static const auto schema =
      BlockSchema<UnsubscribeConfig>(
          "unsubscribe", BlockKind::titled,
          "Bulk mail that its recipients can unsubscribe from with one click: List-Unsubscribe and "
          "List-Unsubscribe-Post are added and signed (RFC 2369, RFC 8058), to messages with one "
          "recipient that have none of their own. The first block of the file that fits counts.")
          .title(&UnsubscribeConfig::name)
          .key("url", &UnsubscribeConfig::url,
               "Where the links lead, without the token: a web server that passes what is below it "
               "on to /u/ of an http listener.",
               {.required = true, .check = check_url})
          .key("mailto", &UnsubscribeConfig::mailto,
               "Domain of the addresses that unsubscribe by mail, u-TOKEN@DOMAIN; its MX must lead "
               "to an inbound listener of ours. Not set: there are none.")
          .block(&UnsubscribeConfig::match, sender_match_schema())
          .validate(check_unsubscribe);
  return schema;
}

const BlockSchema<FeedbackConfig>& feedback_schema() {
  static const auto schema =
      BlockSchema<FeedbackConfig>(
          "feedback", BlockKind::titled,
          "Header fields by which complaints about a message are known as such: added and signed. "
          "The first block of the file that fits counts.")
          .title(&FeedbackConfig::name)
          .key("feedback_id", &FeedbackConfig::feedback_id,
               "Feedback-ID as Gmail reads it, four parts of which the last names the sender in 5 "
               "to 15 letters and digits, as \"{campaign}:{tenant}:{stream}:acmemail\"; \"\" adds "
               "none.",
               {.check = check_feedback_id})
          .key("cfbl_address", &FeedbackConfig::cfbl_address,
               "Where mailbox providers may send complaints (CFBL-Address, RFC 9477). At a domain "
               "that is not below that of From a dkim block with sign_all must sign for it. \"\" "
               "adds none.",
               {.check = check_cfbl_address})
          .key("message_id", &FeedbackConfig::message_id,
               "Adds X-Posthaste-ID, the message's id in events.")
          .block(&FeedbackConfig::match, sender_match_schema())
          .validate(check_feedback);
  return schema;
}

}  // namespace posthaste
