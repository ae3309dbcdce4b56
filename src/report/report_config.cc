#include "report/report_config.h"

#include "platform/config_schema_impl.h"

namespace posthaste {
namespace {

std::string check_type(const std::string& type) {
  if (parse_event_type(type)) return {};
  return "\"" + type + "\" is no event type: see the list in the reference";
}

}  // namespace

std::string LogConfig::cursor_key() const {
  // A block can have any name, so this one does not begin as theirs do.
  if (origin == LogOrigin::bounce_block) return "cursor/log_bounces";
  return "cursor/log/" + name;
}

std::string LogConfig::former_cursor_key() const {
  return origin == LogOrigin::bounce_block ? "cursor/log/bounces" : std::string();
}

LogConfig BounceConfig::as_log() const {
  LogConfig log;
  log.origin = LogOrigin::bounce_block;
  log.name = "bounces";
  log.path = log_path;
  log.types = {"bounce", "expiration", "admin_bounce", "oob_bounce"};
  return log;
}

const BlockSchema<LogConfig>& log_schema() {
  static const auto schema =
      BlockSchema<LogConfig>("log", BlockKind::titled, "A file of events, one JSON object a line.")
          .title(&LogConfig::name)
          .key("path", &LogConfig::path, "The file.", {.required = true})
          .key("types", &LogConfig::types, "The event types to write; none named: all.",
               {.check = check_type})
          .key("max_size", &LogConfig::max_size, "A file of this size is put away.")
          .key("max_age", &LogConfig::max_age, "A file of this age is put away.")
          .key("keep", &LogConfig::keep, "How many files that were put away are kept.")
          .key("compress", &LogConfig::compress, "Compress files that were put away with zstd.");
  return schema;
}

const BlockSchema<BounceConfig>& bounce_schema() {
  static const auto schema =
      BlockSchema<BounceConfig>("bounce", BlockKind::single, "What happens to mail that failed.")
          .key("use_8bitmime", &BounceConfig::use_8bitmime,
               "Return messages may be 8-bit; else they are 7-bit, whatever "
               "they return.")
          .key("log_bounces", &BounceConfig::log_bounces, "Write failures to log_path.")
          .key("log_path", &BounceConfig::log_path, "The file for log_bounces.")
          .key("notify_sender", &BounceConfig::notify_sender,
               "Tell the envelope sender of failures by mail (RFC 3464).")
          .key("domain", &BounceConfig::domain,
               "The domain of return paths: mail goes out with an address there as its envelope "
               "sender, which names message and recipient and cannot be forged. Not set: envelope "
               "senders stay as they were given.")
          .key("key_file", &BounceConfig::key_file,
               "File with the key of return paths in its first line, and earlier keys in those "
               "that follow; a separate inbound server needs the same file. \"\": "
               "return_path.key in data_dir, made when it is not there.")
          .key("verp", &BounceConfig::verp,
               "What return paths name: \"recipient\" gives every recipient a transaction of its "
               "own, \"message\" lets several share one, and bounces of those count only where "
               "their text names the recipient.");
  return schema;
}

}  // namespace posthaste
