// One message: MAIL, RCPT, DATA or BDAT.
#include <algorithm>
#include <cstring>
#include <utility>

#include "deliver/smtp_client.h"
#include "mail/message.h"

namespace posthaste {
namespace {

using Kind = RecipientResult::Kind;

// RFC 3461 §4: xtext.
std::string xtext(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (c > 0x20 && c < 0x7f && c != '+' && c != '=') {
      encoded.push_back(c);
    } else {
      const auto octet = static_cast<unsigned char>(c);
      encoded.push_back('+');
      encoded.push_back(kHex[octet >> 4]);
      encoded.push_back(kHex[octet & 0x0f]);
    }
  }
  return encoded;
}

std::string notify_parameter(const Notify& notify) {
  if (notify.never) return " NOTIFY=NEVER";
  std::string list;
  const auto add = [&list](bool is_on, const char* word) {
    if (is_on) list += (list.empty() ? "" : ",") + std::string(word);
  };
  add(notify.success, "SUCCESS");
  add(notify.failure, "FAILURE");
  add(notify.delay, "DELAY");
  return list.empty() ? std::string() : " NOTIFY=" + list;
}

bool needs_smtputf8(const QueuedMessage& message, const ReversePath& sender) {
  if (!message.envelope.smtputf8) return false;
  const Envelope& envelope = message.envelope;
  const bool sender_needs = !sender.is_null() && sender.address().needs_smtputf8();
  const bool recipient_needs =
      std::any_of(envelope.recipients.begin(), envelope.recipients.end(),
                  [](const Recipient& one) { return one.address.needs_smtputf8(); });
  return sender_needs || recipient_needs || has_eight_bit(MessageView(*message.body).header());
}

bool needs_eight_bit(const QueuedMessage& message) {
  return message.envelope.body_type != BodyType::seven_bit || has_eight_bit(*message.body);
}

Reply own_reply(std::uint32_t code, EnhancedStatus status, std::string text) {
  return {code, status, {std::move(text)}};
}

}  // namespace

std::optional<Reply> SmtpClient::refuse_here() const {
  const std::uint64_t size = message_->body->size();
  if (features_.max_size > 0 && size > features_.max_size) {
    // RFC 1870 §6.1: what is surely refused need not be sent.
    return own_reply(552, {5, 3, 4},
                     "the message has " + std::to_string(size) + " octets, and the peer takes " +
                         std::to_string(features_.max_size));
  }
  if (needs_smtputf8(*message_, return_path_) && !features_.smtputf8) {
    // RFC 6531 §3.2
    return own_reply(550, {5, 6, 7},
                     "an address or header needs SMTPUTF8, which the peer does not offer");
  }
  if (needs_eight_bit(*message_) && !features_.eight_bit_mime && has_eight_bit(*message_->body)) {
    // RFC 6152 §3: return the message as undeliverable.
    return own_reply(554, {5, 6, 3},
                     "the message has 8-bit content, and the peer does not offer 8BITMIME");
  }
  return std::nullopt;
}

std::string SmtpClient::mail_command() const {
  const Envelope& envelope = message_->envelope;
  std::string command = "MAIL FROM:<" + return_path_.smtp_form() + ">";
  if (features_.has_size) command += " SIZE=" + std::to_string(message_->body->size());
  if (features_.eight_bit_mime && needs_eight_bit(*message_)) command += " BODY=8BITMIME";
  if (features_.smtputf8 && needs_smtputf8(*message_, return_path_)) command += " SMTPUTF8";
  // RFC 8689 §4.2.1
  if (envelope.require_tls && is_tls_ && features_.requiretls) command += " REQUIRETLS";
  if (features_.dsn) {
    if (envelope.dsn_return == DsnReturn::full) command += " RET=FULL";
    if (envelope.dsn_return == DsnReturn::headers) command += " RET=HDRS";
    if (!envelope.envelope_id.empty()) command += " ENVID=" + xtext(envelope.envelope_id);
  }
  return command;
}

std::string SmtpClient::rcpt_command(const Recipient& recipient) const {
  std::string command = "RCPT TO:<" + recipient.address.smtp_form() + ">";
  if (!features_.dsn) return command;
  if (recipient.notify.is_set) command += notify_parameter(recipient.notify);
  const std::size_t type_end = recipient.original_recipient.find(';');
  if (type_end != std::string::npos) {
    command += " ORCPT=" + recipient.original_recipient.substr(0, type_end + 1) +
               xtext(std::string_view(recipient.original_recipient).substr(type_end + 1));
  }
  return command;
}

std::size_t SmtpClient::recipients_at_once(const QueuedMessage& message, std::size_t max) const {
  const std::size_t wanted = std::min(message.envelope.recipients.size(), max);
  if (features_.max_recipients == 0) return wanted;
  return std::min<std::size_t>(wanted, features_.max_recipients);
}

void SmtpClient::begin(const QueuedMessage& message, std::size_t max_recipients,
                       std::optional<ReversePath> return_path) {
  message_ = &message;
  return_path_ = return_path ? *std::move(return_path) : message.envelope.sender;
  recipients_ = recipients_at_once(message, max_recipients);
  results_.assign(message.envelope.recipients.size(), {});
  next_recipient_ = 0;
  sent_mail_ = false;
  mail_accepted_ = false;
  sent_data_ = false;
  sent_body_ = false;
  was_answered_ = false;
  uses_chunking_ = options_.chunking && features_.chunking && features_.pipelining;
  if (const auto refusal = refuse_here()) {
    set_all(Kind::impossible, SmtpStage::mail, *refusal);
    return;  // still ready
  }
  if (std::exchange(needs_reset_, false)) {
    send(SmtpStage::rset, "RSET");
    // RFC 2920 §3.1: only who offers PIPELINING takes a command before it has answered the last.
    if (!features_.pipelining) return;
  }
  send_mail();
}

void SmtpClient::send_mail() {
  sent_mail_ = true;
  send(SmtpStage::mail, mail_command());
  if (features_.pipelining) send_recipients_and_data();
}

void SmtpClient::send_recipients_and_data() {
  for (std::size_t i = 0; i < recipients_; ++i) {
    send(SmtpStage::rcpt, rcpt_command(message_->envelope.recipients[i]));
    awaited_.back().recipient = i;
  }
  next_recipient_ = recipients_;
  sent_data_ = true;
  if (uses_chunking_) {
    send_chunk();
  } else {
    send(SmtpStage::data, "DATA");
  }
}

void SmtpClient::send_chunk() {
  // RFC 3030 §2: the octets follow at once, and are consumed whatever the reply will be.
  send(SmtpStage::end_of_data, "BDAT " + std::to_string(message_->body->size()) + " LAST");
  output_.push_back(boost::asio::buffer(*message_->body));
  sent_body_ = true;
}

void SmtpClient::send_body() {
  // RFC 5321 §4.5.2: a line that begins with a dot gets another. The body itself is not copied.
  static constexpr std::string_view kDot = ".";
  const std::string_view body = *message_->body;
  if (body.starts_with('.')) output_.push_back(boost::asio::buffer(kDot));
  std::size_t begin = 0;
  const char* place = body.data();
  const char* const end = body.data() + body.size();
  while ((place = static_cast<const char*>(
              memmem(place, static_cast<std::size_t>(end - place), "\r\n.", 3))) != nullptr) {
    const auto split = static_cast<std::size_t>(place - body.data()) + 2;
    output_.push_back(boost::asio::buffer(body.data() + begin, split - begin));
    output_.push_back(boost::asio::buffer(kDot));
    begin = split;
    place += 2;
  }
  output_.push_back(boost::asio::buffer(body.data() + begin, body.size() - begin));
  const std::string_view ending = body.empty() || body.ends_with("\r\n") ? ".\r\n" : "\r\n.\r\n";
  output_.push_back(boost::asio::buffer(ending));
  awaited_.push_back({SmtpStage::end_of_data});
  sent_body_ = true;
  next_ = Next::read_reply;
}

void SmtpClient::on_transaction_reply(Awaited awaited, Reply reply) {
  was_answered_ = was_answered_ || awaited.stage != SmtpStage::rset;
  const bool is_closing = reply.code == 421;
  switch (awaited.stage) {
    case SmtpStage::mail:
      mail_accepted_ = reply.code == 250;
      if (!mail_accepted_) set_all(Kind::refused, SmtpStage::mail, reply);
      break;
    case SmtpStage::rcpt:
      if (!mail_accepted_) break;  // RFC 2920 §3.1: the answer to MAIL counts
      // RFC 5321 §3.3: 251 forwards it, 252 takes it unverified.
      if (reply.code >= 250 && reply.code <= 252) {
        results_[awaited.recipient] = {Kind::accepted, SmtpStage::rcpt, reply};
      } else {
        results_[awaited.recipient] = {Kind::refused, SmtpStage::rcpt, reply};
      }
      break;
    case SmtpStage::data:
      on_data_reply(reply);
      break;
    case SmtpStage::end_of_data:
      for (RecipientResult& result : results_) {
        if (result.kind != Kind::accepted) continue;
        result = {reply.code == 250 ? Kind::accepted : Kind::refused, SmtpStage::end_of_data,
                  reply};
      }
      break;
    default:
      break;
  }
  if (is_closing) {
    // What the peer took with RCPT it has not kept: only the end of data is a promise.
    if (awaited.stage != SmtpStage::end_of_data) {
      for (RecipientResult& result : results_) {
        if (result.kind == Kind::accepted) result = {Kind::refused, awaited.stage, reply};
      }
    }
    return fail(awaited.stage, std::move(reply));
  }
  if (awaited_.empty()) go_on();
}

void SmtpClient::on_data_reply(Reply reply) {
  if (reply.code == 354) {
    if (has_accepted()) return send_body();
    // RFC 2920 §3.1: the server waits for a message that nobody gets. An empty one ends it.
    lines_.push_back(".\r\n");
    output_.push_back(boost::asio::buffer(lines_.back()));
    awaited_.push_back({SmtpStage::rset});
    next_ = Next::read_reply;
    return;
  }
  if (reply.is_positive()) {
    // RFC 5321 §4.3.2: nothing but 354 lets the message begin.
    reply = own_reply(451, {4, 5, 0}, "the peer answered DATA with \"" + reply.text() + "\"");
  }
  for (RecipientResult& result : results_) {
    if (result.kind == Kind::accepted) result = {Kind::refused, SmtpStage::data, reply};
  }
}

void SmtpClient::go_on() {
  if (!sent_mail_) return send_mail();
  if (mail_accepted_ && next_recipient_ < recipients_) {
    const std::size_t recipient = next_recipient_++;
    send(SmtpStage::rcpt, rcpt_command(message_->envelope.recipients[recipient]));
    awaited_.back().recipient = recipient;
    return;
  }
  if (!sent_data_ && has_accepted()) {
    sent_data_ = true;
    return send(SmtpStage::data, "DATA");
  }
  end_transaction();
}

void SmtpClient::end_transaction() {
  const bool is_clean = sent_body_ && has_accepted();
  needs_reset_ = !is_clean;
  next_ = Next::ready;
}

void SmtpClient::set_all(Kind kind, SmtpStage stage, const Reply& reply) {
  for (RecipientResult& result : results_) result = {kind, stage, reply};
}

bool SmtpClient::has_accepted() const {
  return std::any_of(results_.begin(), results_.end(),
                     [](const RecipientResult& result) { return result.kind == Kind::accepted; });
}

bool SmtpClient::is_in_doubt() const {
  return sent_body_ && std::any_of(awaited_.begin(), awaited_.end(), [](const Awaited& one) {
           return one.stage == SmtpStage::end_of_data;
         });
}

std::vector<RecipientResult> SmtpClient::take_results() {
  // Accepted means by the end of data; before it, RCPT's 250 promises nothing.
  for (RecipientResult& result : results_) {
    if (result.kind == Kind::accepted && result.stage != SmtpStage::end_of_data) result = {};
  }
  message_ = nullptr;
  return std::exchange(results_, {});
}

}  // namespace posthaste
