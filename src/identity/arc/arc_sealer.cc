#include <algorithm>
#include <chrono>
#include <utility>

#include "identity/arc/arc.h"
#include "identity/arc/arc_chain.h"
#include "identity/dkim/dkim_error.h"
#include "identity/dkim/dkim_tag_list.h"
#include "identity/dkim/field_folding.h"
#include "identity/dkim/signed_headers.h"

namespace posthaste {
namespace {

// RFC 5322 §2.1.1 allows 998 octets; the tag's name stands on the line too.
constexpr std::size_t kMaxLine = 900;

std::vector<std::string> headers_to_sign(const ArcSealer& sealer) {
  if (!sealer.headers.empty()) return sealer.headers;
  std::vector<std::string> names = default_signed_headers();
  // RFC 8617 §4.1.2: a later receiver can tell that the author's signature was there.
  names.emplace_back("DKIM-Signature");
  return names;
}

// Signs `before` and then the field that `head` and `tail` make with the signature between them.
Result<std::string> sign_field(const ArcSealer& sealer, std::string before, const std::string& head,
                               const std::string& tail) {
  const std::string field = head + tail;
  const std::string_view name = std::string_view(field).substr(0, field.find(':'));
  append_canonical_field(Canonicalization::relaxed, {name, field}, before);
  before.resize(before.size() - 2);
  const Result<std::string> octets = sealer.key.sign(before);
  if (!octets) return octets.error();
  std::string made = head;
  const std::string base64 = encode_base64(*octets);
  // On one line where a line can hold it: the seal covers the message signature as it is folded,
  // and ValiMail's suite expects the seal of one that is not.
  if (base64.size() > kMaxLine) {
    append_folded_base64(base64, made);
  } else {
    made.append(base64);
  }
  return made.append(tail).append("\r\n");
}

// Folded before a space, not a tab: dkimpy looks for " i=" to find a message signature again.
//
// The tags that end message signature and seal alike, in the order of the alphabet.
std::string instance_tags(const ArcSealer& sealer, int instance, WallTime now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  return "i=" + std::to_string(instance) + "; s=" + sealer.selector +
         "; t=" + std::to_string(seconds.count());
}

std::string algorithm_tag(const ArcSealer& sealer) {
  return " a=" + std::string(to_string(sealer.key.algorithm())) + ";\r\n b=";
}

Result<std::string> make_message_signature(const SplitMessage& message, const ArcSealer& sealer,
                                           int instance, WallTime now) {
  const SignedHeaders headers(headers_to_sign(sealer), OversignFrom::as_listed);
  SignedHeaders::Signed header = headers.collect(Canonicalization::relaxed, message.fields);
  const Sha256 digest = hash_body(Canonicalization::relaxed, message.body).digest;
  std::string tail = ";\r\n bh=";
  tail.append(encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()}));
  tail.append("; c=relaxed/relaxed;\r\n d=").append(sealer.domain).append(";\r\n h=");
  append_folded_names(header.names, tail);
  tail.append(";\r\n ").append(instance_tags(sealer, instance, now));
  return sign_field(sealer, std::move(header.text),
                    "ARC-Message-Signature:" + algorithm_tag(sealer), tail);
}

bool is_covering_seals(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return ascii_lower(name) == "arc-seal"; });
}

}  // namespace

Result<std::string> make_arc_set(std::string_view message, const ArcSealer& sealer,
                                 const ArcVerdict& chain, const AuthenticationResults& results,
                                 WallTime now) {
  if (is_covering_seals(sealer.headers)) {
    // RFC 8617 §4.1.2
    return Error{DkimError::bad_settings, "ARC-Seal must not be signed: take it off the list"};
  }
  const SplitMessage split = split_message(message);
  const ArcChain before = read_arc_chain(split.fields);
  const auto instance = static_cast<int>(before.sets.size()) + 1;
  if (chain.has_ended || before.has_ended || instance > kMaxArcInstances) return std::string();
  const std::string field_of_results = "ARC-Authentication-Results: i=" + std::to_string(instance) +
                                       "; " + to_field_value(results) + "\r\n";
  const Result<std::string> signature = make_message_signature(split, sealer, instance, now);
  if (!signature) return signature.error();

  // RFC 8617 §5.1.2: the seal of a chain that fails covers its own set alone.
  const bool is_valid =
      before.sets.empty() || (before.problem.empty() && chain.result == ArcResult::pass);
  std::string text = is_valid ? text_of_sets(before, before.sets.size()) : std::string();
  append_canonical_field(Canonicalization::relaxed,
                         {"ARC-Authentication-Results", field_of_results}, text);
  append_canonical_field(Canonicalization::relaxed, {"ARC-Message-Signature", *signature}, text);
  const std::string_view status = !is_valid ? "fail" : instance == 1 ? "none" : "pass";
  const std::string tail = ";\r\n cv=" + std::string(status) + "; d=" + sealer.domain + "; " +
                           instance_tags(sealer, instance, now);
  const Result<std::string> seal =
      sign_field(sealer, std::move(text), "ARC-Seal:" + algorithm_tag(sealer), tail);
  if (!seal) return seal.error();
  return *seal + *signature + field_of_results;
}

AuthenticationResults collect_authentication_results(std::string_view message,
                                                     std::string_view authserv_id) {
  AuthenticationResults collected;
  collected.authserv_id = authserv_id;
  for (const DkimField& field : split_message(message).fields) {
    if (!is_named(field, "authentication-results")) continue;
    auto read = parse_authentication_results(field.text.substr(field.text.find(':') + 1));
    if (!read || ascii_lower(read->authserv_id) != ascii_lower(authserv_id)) continue;
    std::move(read->results.begin(), read->results.end(), std::back_inserter(collected.results));
  }
  return collected;
}

std::optional<ArcResult> recorded_arc_result(const AuthenticationResults& results) {
  std::optional<ArcResult> recorded;
  for (const AuthenticationResult& result : results.results) {
    if (result.method != "arc") continue;
    ArcResult said = ArcResult::fail;
    if (result.result == "pass") said = ArcResult::pass;
    if (result.result == "none") said = ArcResult::none;
    // Whoever says two things of one chain is not to be believed.
    recorded = recorded && *recorded != said ? ArcResult::fail : said;
  }
  return recorded;
}

}  // namespace posthaste
