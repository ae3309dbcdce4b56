#include "identity/dkim/signed_headers.h"

#include <algorithm>

namespace posthaste {

// RFC 6376 §5.4.1. The names that stand twice are oversigned: a second one that is added on the
// way, which a reader might see in place of the first, breaks the signature.
const std::vector<std::string>& default_signed_headers() {
  static const std::vector<std::string> names = {"From",
                                                 "From",
                                                 "Reply-To",
                                                 "Reply-To",
                                                 "Subject",
                                                 "Subject",
                                                 "Date",
                                                 "Date",
                                                 "To",
                                                 "To",
                                                 "Cc",
                                                 "Cc",
                                                 "Message-ID",
                                                 "Sender",
                                                 "In-Reply-To",
                                                 "References",
                                                 "MIME-Version",
                                                 "Content-Type",
                                                 "Content-Transfer-Encoding",
                                                 "Resent-Date",
                                                 "Resent-From",
                                                 "Resent-To",
                                                 "Resent-Cc",
                                                 "List-Id",
                                                 "List-Help",
                                                 "List-Unsubscribe",
                                                 "List-Unsubscribe-Post",
                                                 "List-Subscribe",
                                                 "List-Post",
                                                 "List-Owner",
                                                 "List-Archive",
                                                 "Feedback-ID"};
  return names;
}

const std::vector<std::string>& always_signed_headers() {
  static const std::vector<std::string> names = {"List-Unsubscribe", "List-Unsubscribe-Post",
                                                 "Feedback-ID",      "CFBL-Address",
                                                 "CFBL-Feedback-ID", "X-Posthaste-ID"};
  return names;
}

SignedHeaders::SignedHeaders(const std::vector<std::string>& names, OversignFrom from) {
  for (const std::string& name : names) {
    const std::string lower = ascii_lower(name);
    const auto known = std::find_if(rules_.begin(), rules_.end(),
                                    [&](const Rule& rule) { return rule.name == lower; });
    if (known == rules_.end()) {
      rules_.push_back({lower, false});
    } else {
      known->oversign = true;
    }
  }
  const auto found = std::find_if(rules_.begin(), rules_.end(),
                                  [](const Rule& rule) { return rule.name == "from"; });
  if (from == OversignFrom::yes) {
    if (found != rules_.end()) rules_.erase(found);
    rules_.insert(rules_.begin(), {"from", true});
  } else if (found == rules_.end()) {
    rules_.insert(rules_.begin(), {"from", false});
  }
}

SignedHeaders::Signed SignedHeaders::collect(Canonicalization form,
                                             const std::vector<DkimField>& fields) const {
  Signed made;
  std::size_t size = 1024;
  for (const DkimField& field : fields) size += field.text.size();
  made.text.reserve(size);
  made.names.reserve(2 * rules_.size());
  for (const Rule& rule : rules_) {
    // RFC 6376 §5.4.2: the last of a name first.
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
      if (!is_named(*field, rule.name)) continue;
      append_canonical_field(form, *field, made.text);
      made.names.push_back(rule.name);
    }
    if (rule.oversign) made.names.push_back(rule.name);
  }
  return made;
}

}  // namespace posthaste
