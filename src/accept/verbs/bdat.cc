// BDAT (RFC 3030 §2).
#include <fmt/format.h>
#include <algorithm>
#include <charconv>

#include "accept/smtp_session.h"
#include "accept/verbs/path_arguments.h"
#include "base/ascii.h"

namespace posthaste {

// bdat-cmd ::= "BDAT" SP chunk-size [ SP end-marker ] CR LF
void SmtpSession::on_bdat(Arguments arguments) {
  const std::string_view text = arguments.text;
  std::uint64_t size = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), size);
  const std::string_view rest = text.substr(end - text.data());
  const bool is_last = uppered(rest) == " LAST";
  if (ec != std::errc() || (!rest.empty() && !is_last)) {
    // Where the chunk ends is not known, so nothing behind it can be taken for a command.
    return refuse_and_close({501, "5.5.4",
                             "write BDAT, the size of the chunk, and LAST for the last",
                             RejectionReason::syntax});
  }
  is_chunk_refused_ = !is_in_transaction() || envelope_.recipients.empty();
  if (!is_chunk_refused_ && !is_chunked_) {
    const ListenerConfig& listener = settings_->listener;
    reader_.begin({listener.max_message_size.count(),
                   static_cast<std::size_t>(listener.max_line_length.count())},
                  declared_size_);
    is_chunked_ = true;
  }
  chunk_size_ = chunk_left_ = size;
  is_last_chunk_ = is_last;
  if (size == 0) finish_chunk();
}

std::size_t SmtpSession::feed_chunk(std::string_view octets) {
  const std::size_t taken = std::min<std::uint64_t>(chunk_left_, octets.size());
  if (!is_chunk_refused_) reader_.feed_chunk(octets.substr(0, taken));
  chunk_left_ -= taken;
  if (chunk_left_ == 0) finish_chunk();
  return taken;
}

void SmtpSession::finish_chunk() {
  if (is_chunk_refused_) {
    is_chunk_refused_ = false;
    return refuse({503, "5.5.1", "send MAIL and RCPT first", RejectionReason::sequence});
  }
  if (is_last_chunk_) reader_.end_chunks();
  if (reader_.fault() != DataFault::none) return refuse_data(reader_.fault());
  if (is_last_chunk_) {
    need_ = Need::commit;
  } else {
    reply(250, "2.0.0", fmt::format("{} octets taken", chunk_size_));
  }
}

}  // namespace posthaste
