#include "route/queue_config.h"

#include <string_view>

#include "route/header_match.h"

namespace posthaste {
namespace {

using std::chrono::seconds;

std::string check_header(const std::string& text) {
  const Result<HeaderMatch> compiled = HeaderMatch::compile(text);
  return compiled ? std::string() : compiled.error().message();
}

std::vector<ConfigProblem> check_retry(const RetryConfig& retry) {
  if (retry.ceiling >= retry.first) return {};
  return {{"ceiling", "the longest interval is shorter than the first: raise ceiling"}};
}

const BlockSchema<RetryConfig>& retry_schema() {
  static const auto schema =
      BlockSchema<RetryConfig>("retry", BlockKind::single,
                               "When a message that must wait is tried again.")
          .key("first", &RetryConfig::first, "The first interval.", {.min = seconds(1)})
          .key("growth", &RetryConfig::growth, "How much longer each next interval is.",
               {.min = 1.0, .max = 100.0})
          .key("ceiling", &RetryConfig::ceiling, "The longest interval.", {.min = seconds(1)})
          .key("jitter", &RetryConfig::jitter,
               "The part of an interval by which it varies at random.", {.min = 0.0, .max = 1.0})
          .validate(check_retry);
  return schema;
}

const BlockSchema<QueueMatch>& match_schema() {
  static const auto schema =
      BlockSchema<QueueMatch>("match", BlockKind::single,
                              "Which messages the queue takes: any value of a list, but every list "
                              "that is set. \"*\" in a value stands for any text; case is ignored.")
          .key("sender", &QueueMatch::sender,
               "Envelope sender, as \"*@example.com\"; \"<>\" is the null sender.")
          .key("header", &QueueMatch::header,
               "Header field and a regular expression to be found in it, as \"X-Priority: high\".",
               {.check = check_header})
          .key("tenant", &QueueMatch::tenant, "Tenant.")
          .key("campaign", &QueueMatch::campaign, "Campaign.")
          .key("stream", &QueueMatch::stream, "Stream (X-Stream).")
          .key("recipient_domain", &QueueMatch::recipient_domain,
               "Recipient domain, as \"*.example.com\"; international names in A-labels.");
  return schema;
}

BlockSchema<RemoteQueueConfig> make_schema() {
  return BlockSchema<RemoteQueueConfig>(
             "remote_queue", BlockKind::titled,
             "A class of outgoing mail. A message goes to the first block of the file whose match "
             "holds, else to \"outbound\".")
      .title(&RemoteQueueConfig::name)
      .location(&RemoteQueueConfig::where)
      .key_lines(&RemoteQueueConfig::lines)
      .key("concurrency", &RemoteQueueConfig::concurrency,
           "Deliveries at one time; 0 sets no limit.")
      .key("rate", &RemoteQueueConfig::rate,
           "Messages a time, as \"10000/hour\", evenly paced; not set, there is no limit.")
      .key("pool", &RemoteQueueConfig::pool,
           "The pool whose sources send it; \"\" is the pool \"default\", or all sources where "
           "there are no pools.")
      .key("max_age", &RemoteQueueConfig::max_age,
           "How long a message is tried before it is returned.", {.min = seconds(1)})
      .key("priority", &RemoteQueueConfig::priority, "0 to 10; higher goes first.", {.max = 10u})
      .key("delay_warning", &RemoteQueueConfig::delay_warning,
           "After how long the sender is warned that a message still waits; 0s sends no warning.")
      .key(
          "unaligned", &RemoteQueueConfig::unaligned,
          "What is done with mail that breaks the rules of mailbox providers: From aligned with a "
          "DKIM signature or with the return path, one From, a valid Date and Message-ID, no field "
          "twice, no oversized header. warn names what is broken in the reception event.")
      .key("alignment", &RemoteQueueConfig::alignment,
           "How From is compared: relaxed by organizational domains, strict by the domains "
           "themselves, as the DMARC records of the From domains have it.")
      .key(
          "bulk", &RemoteQueueConfig::bulk,
          "Its mail is bulk mail: the rules further ask for a DKIM signature that covers one-click "
          "unsubscription (RFC 8058).")
      .block(&RemoteQueueConfig::retry, retry_schema())
      .block(&RemoteQueueConfig::match, match_schema())
      .implicit_block(RemoteQueueConfig{}, ImplicitWhen::title_is_absent);
}

}  // namespace

const BlockSchema<RemoteQueueConfig>& remote_queue_schema() {
  static const BlockSchema<RemoteQueueConfig> schema = make_schema();
  return schema;
}

}  // namespace posthaste
