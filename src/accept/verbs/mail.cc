// MAIL (RFC 5321 §4.1.1.2), with SIZE, BODY, SMTPUTF8, RET, ENVID, AUTH and REQUIRETLS.
#include <charconv>

#include "accept/smtp_session.h"
#include "accept/verbs/path_arguments.h"
#include "base/ascii.h"
#include "mail/message.h"

namespace posthaste {
namespace {

// RFC 1870 §3: size-value = 1*20DIGIT
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (ec == std::errc::result_out_of_range && text.size() <= 20) return UINT64_MAX;
  if (ec != std::errc()) return std::nullopt;
  return size;
}

enum class Taken : std::uint8_t { yes, unknown, malformed, unsupported };

Taken take_body(std::string_view value, Envelope& envelope) {
  const std::string body = uppered(value);
  if (body == "8BITMIME") {
    envelope.body_type = BodyType::eight_bit_mime;
  } else if (body == "BINARYMIME") {
    // RFC 3030 §3, not done: BINARYMIME is not offered.
    return Taken::unsupported;
  } else if (body != "7BIT") {
    return Taken::malformed;
  }
  return Taken::yes;
}

// RFC 3461 §4.3
Taken take_ret(std::string_view value, Envelope& envelope) {
  const std::string ret = uppered(value);
  if (envelope.dsn_return != DsnReturn::unset) return Taken::malformed;
  if (ret != "FULL" && ret != "HDRS") return Taken::malformed;
  envelope.dsn_return = ret == "FULL" ? DsnReturn::full : DsnReturn::headers;
  return Taken::yes;
}

// RFC 3461 §4.4: at most 100 octets.
Taken take_envid(std::string_view value, Envelope& envelope) {
  auto id = decode_xtext(value);
  if (!id || value.size() > 100 || !envelope.envelope_id.empty() || has_eight_bit(*id)) {
    return Taken::malformed;
  }
  envelope.envelope_id = *std::move(id);
  return Taken::yes;
}

// What one parameter may change.
struct MailParameters {
  Envelope& envelope;
  std::uint64_t& declared_size;
  bool has_tls = false;
};

// Those that stand without a value.
Taken take_flag(const EsmtpParameter& parameter, MailParameters& into) {
  if (parameter.keyword == "REQUIRETLS") {
    // RFC 8689 §2: offered, and so known, inside TLS only.
    if (!into.has_tls) return Taken::unknown;
    into.envelope.require_tls = true;
  } else {
    into.envelope.smtputf8 = true;
  }
  return parameter.value ? Taken::malformed : Taken::yes;
}

Taken take_mail_parameter(const EsmtpParameter& parameter, MailParameters& into) {
  Envelope& envelope = into.envelope;
  if (parameter.keyword == "SMTPUTF8" || parameter.keyword == "REQUIRETLS") {
    return take_flag(parameter, into);
  }
  const bool is_known = parameter.keyword == "SIZE" || parameter.keyword == "BODY" ||
                        parameter.keyword == "RET" || parameter.keyword == "ENVID" ||
                        parameter.keyword == "AUTH";
  if (!is_known) return Taken::unknown;
  if (!parameter.value) return Taken::malformed;
  if (parameter.keyword == "SIZE") {
    const auto size = parse_size(*parameter.value);
    if (!size) return Taken::malformed;
    into.declared_size = *size;
    return Taken::yes;
  }
  if (parameter.keyword == "BODY") return take_body(*parameter.value, envelope);
  if (parameter.keyword == "RET") return take_ret(*parameter.value, envelope);
  if (parameter.keyword == "ENVID") return take_envid(*parameter.value, envelope);
  // RFC 4954 §5: who first submitted it is not passed on, so it is only read.
  return decode_xtext(*parameter.value) ? Taken::yes : Taken::malformed;
}

}  // namespace

bool SmtpSession::take_mail_parameters(std::string_view text) {
  MailParameters into{envelope_, declared_size_, has_tls_};
  while (!text.empty()) {
    const auto parameter = take_parameter(text);
    const Taken taken = parameter ? take_mail_parameter(*parameter, into) : Taken::malformed;
    if (taken == Taken::yes) continue;
    if (taken == Taken::unsupported) {
      refuse({504, "5.5.4", "BODY=BINARYMIME is not available: encode the message",
              RejectionReason::syntax});
    } else if (taken == Taken::unknown) {
      // RFC 5321 §4.1.1.11
      refuse({555, "5.5.4", "unknown parameter of MAIL: EHLO lists what is offered",
              RejectionReason::syntax});
    } else {
      refuse({501, "5.5.4", "malformed parameter of MAIL", RejectionReason::syntax});
    }
    return false;
  }
  return true;
}

void SmtpSession::on_mail(Arguments arguments) {
  const ListenerConfig& listener = settings_->listener;
  if (is_in_transaction()) {
    return refuse({503, "5.5.1", "MAIL was given already: finish the message or send RSET",
                   RejectionReason::sequence});
  }
  if (facts_.helo.empty()) {
    return refuse({503, "5.5.1", "send EHLO first", RejectionReason::sequence});
  }
  if (listener.tls == ListenerTls::required && !has_tls_) {
    // RFC 3207 §4
    return refuse(
        {530, "5.7.0", "TLS is required here: send STARTTLS first", RejectionReason::tls_required});
  }
  if (listener.auth == ListenerAuth::required && facts_.user.empty()) {
    // RFC 4954 §6
    return refuse({530, "5.7.0", "authentication is required here: send AUTH first",
                   RejectionReason::authentication});
  }
  if (transactions_ >= listener.max_transactions) {
    return end_with_421(RejectionReason::too_many_transactions);
  }
  const auto parts = split_path_arguments(arguments.text, "FROM:");
  if (!parts) {
    return refuse({501, "5.5.4", "write MAIL FROM:<address>", RejectionReason::syntax});
  }
  auto sender = ReversePath::parse(parts->path);
  if (!sender) {
    return refuse({553, "5.1.7", "the sender is not a valid address", RejectionReason::syntax});
  }
  reset_transaction();
  bool is_taken = take_mail_parameters(parts->parameters);
  if (is_taken && declared_size_ > listener.max_message_size.count()) {
    // RFC 1870 §6.1
    refuse({552, "5.3.4", "the message is larger than SIZE of EHLO allows",
            RejectionReason::message_too_large});
    is_taken = false;
  } else if (is_taken && has_eight_bit(parts->path) && !envelope_.smtputf8) {
    // RFC 6531 §3.5
    refuse(
        {553, "5.6.7", "the sender is not ASCII: add SMTPUTF8 to MAIL", RejectionReason::syntax});
    is_taken = false;
  } else if (is_taken && !services_.sink.is_accepting()) {
    refuse({452, "4.3.1", "no message can be kept at the moment: try again later",
            RejectionReason::storage});
    is_taken = false;
  }
  if (!is_taken) return reset_transaction();
  envelope_.sender = *std::move(sender);
  has_sender_ = true;
  ++transactions_;
  reply(250, "2.1.0", "sender ok");
}

}  // namespace posthaste
