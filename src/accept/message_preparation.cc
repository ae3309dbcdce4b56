#include "accept/message_preparation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "accept/header_examination.h"
#include "accept/trace_header.h"
#include "base/ascii.h"
#include "identity/dkim/dkim_signer.h"
#include "mail/message.h"
#include "route/sender_headers.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxTagValue = 255;
constexpr std::size_t kMaxTagName = 64;
constexpr std::size_t kMaxTags = 64;
constexpr std::size_t kMaxSubject = 256;
constexpr std::string_view kTagPrefix = "X-Tag-";
// What is put in front of a message, about.
constexpr std::size_t kFrontRoom = 640;

enum class FieldKind : std::uint8_t {
  other,
  removed,
  tenant,
  campaign,
  stream,
  tag,
  received,
  date,
  message_id,
  from,
  subject,
  tls_required,
  list_unsubscribe,
  feedback_id,
  cfbl,
};

FieldKind kind_of(std::string_view name) {
  struct Known {
    std::string_view name;
    FieldKind kind;
  };
  static constexpr Known kKnown[] = {
      {"Received", FieldKind::received},
      {"Date", FieldKind::date},
      {"Message-ID", FieldKind::message_id},
      {"From", FieldKind::from},
      {"Subject", FieldKind::subject},
      {"Bcc", FieldKind::removed},
      {"Resent-Bcc", FieldKind::removed},
      {"Return-Path", FieldKind::removed},
      {"X-Tenant", FieldKind::tenant},
      {"X-Campaign", FieldKind::campaign},
      {"X-Stream", FieldKind::stream},
      {"TLS-Required", FieldKind::tls_required},
      {"X-Posthaste-ID", FieldKind::removed},
      {"List-Unsubscribe", FieldKind::list_unsubscribe},
      {"Feedback-ID", FieldKind::feedback_id},
      {"CFBL-Address", FieldKind::cfbl},
      {"CFBL-Feedback-ID", FieldKind::cfbl},
      {"List-Unsubscribe-Post", FieldKind::list_unsubscribe},
  };
  for (const Known& known : kKnown) {
    if (equals_ignoring_case(name, known.name)) return known.kind;
  }
  const bool is_tag = name.size() > kTagPrefix.size() &&
                      equals_ignoring_case(name.substr(0, kTagPrefix.size()), kTagPrefix);
  return is_tag ? FieldKind::tag : FieldKind::other;
}

ReceptionOutcome refusal(std::string text, RejectionReason reason) {
  const bool is_loop = reason == RejectionReason::loop;
  const bool is_large = reason == RejectionReason::message_too_large;
  return {.is_accepted = false,
          .code = is_loop    ? 554U
                  : is_large ? 552U
                             : 550U,
          .enhanced_status = is_loop    ? "5.4.6"
                             : is_large ? "5.3.4"
                                        : "5.6.0",
          .text = std::move(text),
          .size = 0,
          .reason = reason};
}

// One walk over the header: what it says of the message, and which pieces of it are kept.
class HeaderWalk {
 public:
  HeaderWalk(std::string_view content, const MessageView& view) : content_(content) {
    for (const HeaderField& field : view.fields()) {
      examination_.take(field);
      take(field);
    }
    keep_up_to(view.body_begin());
  }

  void append_kept(std::string& out) const {
    for (std::string_view piece : kept_) out.append(piece);
  }

  // Once.
  HeaderForm form() { return examination_.finish(); }

  Tags tags;
  HeaderFacts facts;
  std::uint32_t hops = 0;
  bool has_date = false;
  bool has_message_id = false;
  bool is_tls_optional = false;
  bool has_list_unsubscribe = false;
  bool has_feedback_id = false;
  bool has_cfbl = false;
  std::string fault;  // of a tag, "" if none

 private:
  void take(const HeaderField& field) {
    const FieldKind kind = kind_of(field.name);
    switch (kind) {
      case FieldKind::other:
        return;
      case FieldKind::received:
        ++hops;
        return;
      case FieldKind::date:
        has_date = true;
        return;
      case FieldKind::message_id:
        has_message_id = true;
        return;
      case FieldKind::from:
        take_from(field.value);
        return;
      case FieldKind::subject:
        if (facts.subject.empty()) facts.subject = decode_text(field.value, kMaxSubject);
        return;
      case FieldKind::list_unsubscribe:
        has_list_unsubscribe = true;
        return;
      case FieldKind::feedback_id:
        has_feedback_id = true;
        return;
      case FieldKind::cfbl:
        has_cfbl = true;
        return;
      case FieldKind::tls_required:
        // RFC 8689 §3: "No" is the only value there is.
        is_tls_optional = equals_ignoring_case(unfold(field.value), "No");
        return;
      default:
        break;
    }
    keep_up_to(field.begin);
    run_ = field.end;
    if (kind != FieldKind::removed) take_tag(kind, field);
  }

  void take_from(std::string_view value) {
    if (!facts.header_from.empty()) return;
    auto addresses = addresses_of(value);
    if (!addresses.empty()) facts.header_from = std::move(addresses.front());
  }

  void take_tag(FieldKind kind, const HeaderField& field) {
    std::string value = unfold(field.value);
    const bool has_control = std::any_of(value.begin(), value.end(), [](char c) {
      return static_cast<unsigned char>(c) < ' ' || c == 127;
    });
    const bool is_long =
        value.size() > kMaxTagValue || field.name.size() > kTagPrefix.size() + kMaxTagName;
    if (has_control || is_long || tags.meta.size() >= kMaxTags) {
      fault =
          "the tags of the message cannot be kept: at most 64, each at most 255 octets, and "
          "no control characters";
      return;
    }
    switch (kind) {
      case FieldKind::tenant:
        tags.tenant = TenantId(std::move(value));
        break;
      case FieldKind::campaign:
        tags.campaign = CampaignId(std::move(value));
        break;
      case FieldKind::stream:
        tags.stream = std::move(value);
        break;
      default:
        // Field names have no case, so neither have tags.
        tags.meta.insert_or_assign(lowered(field.name.substr(kTagPrefix.size())), std::move(value));
    }
  }

  void keep_up_to(std::size_t end) {
    if (end > run_) kept_.push_back(content_.substr(run_, end - run_));
    run_ = end;
  }

  std::string_view content_;
  HeaderExamination examination_;
  std::vector<std::string_view> kept_;
  std::size_t run_ = 0;  // kept from here on
};

Arrival make_arrival(const Preparation& preparation) {
  const SessionFacts& facts = preparation.facts;
  return {.time = preparation.time,
          .listener = facts.listener,
          .peer_address = facts.peer_address,
          .helo = facts.helo,
          .protocol = transmission_type(facts, preparation.transaction.envelope),
          .user = facts.user,
          .session_id = facts.session_id,
          .tls_version = facts.tls_version,
          .tls_cipher = facts.tls_cipher};
}

// The fields of unsubscription and feedback, and what became of them. Those that the sender's own
// program has written stay.
SenderHeaders::Made make_sender_headers(const Preparation& preparation, const HeaderWalk& walk,
                                        const PreparedMessage& prepared) {
  const SessionSettings& settings = preparation.settings;
  if (!settings.sender_headers) return {};
  std::vector<std::string> signing;
  if (settings.signer && prepared.header_from) {
    signing = settings.signer->domains_for(*prepared.header_from, preparation.time);
  }
  return settings.sender_headers->make(
      {.id = preparation.id,
       .tags = prepared.message.tags,
       .from_domain = prepared.header_from ? std::string_view(prepared.header_from->ascii()) : "",
       .recipients = preparation.transaction.envelope.recipients,
       .signing_domains = signing,
       .has_list_unsubscribe = walk.has_list_unsubscribe,
       .has_feedback_id = walk.has_feedback_id,
       .has_cfbl = walk.has_cfbl});
}

std::string make_body(const Preparation& preparation, const MessageView& view,
                      const HeaderWalk& walk, std::string_view sender_headers) {
  const std::string& hostname = preparation.settings.hostname;
  std::string body;
  body.reserve(preparation.transaction.content.size() + kFrontRoom + sender_headers.size());
  append_received({preparation.facts, preparation.transaction.envelope, hostname, preparation.id,
                   preparation.time},
                  body);
  auto to = std::back_inserter(body);
  // RFC 6409 §8.2, §8.3
  if (!walk.has_date) fmt::format_to(to, "Date: {}\r\n", format_date(preparation.time));
  if (!walk.has_message_id) {
    fmt::format_to(to, "Message-ID: <{}@{}>\r\n", preparation.id.to_string(), hostname);
  }
  body += sender_headers;
  walk.append_kept(body);
  // What cannot be a header field is the body's first line; it needs its blank line.
  if (view.is_malformed()) body += "\r\n";
  body.append(view.body());
  return body;
}

}  // namespace

std::variant<PreparedMessage, ReceptionOutcome> prepare_message(Preparation preparation) {
  const ListenerConfig& listener = preparation.settings.listener;
  const std::string_view content = preparation.transaction.content;
  const MessageView view(content);
  if (view.body_begin() > listener.max_header_size.count()) {
    return refusal("the header is too large: shorten it", RejectionReason::message_too_large);
  }
  HeaderWalk walk(content, view);
  // RFC 5321 §6.3
  if (walk.hops >= listener.max_hops) {
    return refusal("too many hops: the message is in a loop", RejectionReason::loop);
  }
  // What comes back ends here. Its signatures are still to be checked, and its tags are not ours.
  const bool ends_here = listener.effective_role() == ListenerRole::inbound;
  if (!ends_here && !walk.fault.empty()) return refusal(walk.fault, RejectionReason::bad_message);

  PreparedMessage prepared;
  ReceivedMessage& message = prepared.message;
  message.id = preparation.id;
  message.arrival = make_arrival(preparation);
  // RFC 8689 §3: REQUIRETLS overrules the header.
  Envelope& envelope = preparation.transaction.envelope;
  envelope.tls_optional = walk.is_tls_optional && !envelope.require_tls;
  if (ends_here) {
    message.facts = std::move(walk.facts);
    message.envelope = std::move(envelope);
    prepared.body = std::move(preparation.transaction.content);
    return prepared;
  }
  if (const auto from = MailAddress::parse(walk.facts.header_from)) {
    prepared.header_from = from->domain();
  }
  message.tags = std::move(walk.tags);
  if (!preparation.facts.tenant.value().empty()) message.tags.tenant = preparation.facts.tenant;
  const SenderHeaders::Made added = make_sender_headers(preparation, walk, prepared);
  prepared.body = make_body(preparation, view, walk, added.fields);
  message.form = walk.form();
  message.form.has_one_click = message.form.has_one_click || added.has_one_click;
  message.list_headers = added.list;
  message.lacks_cfbl_signature = added.lacks_cfbl_signature;
  message.facts = std::move(walk.facts);
  message.envelope = std::move(envelope);
  return prepared;
}

}  // namespace posthaste
