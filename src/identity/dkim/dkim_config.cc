#include "identity/dkim/dkim_config.h"

#include "base/time_text.h"

namespace posthaste {

Result<WallTime> ConfigValue<WallTime>::parse(const std::string& text) {
  const bool is_date = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const auto time = parse_time_text(is_date ? text + "T00:00:00Z" : text);
  if (time) return *time;
  return bad_config_value("\"" + text +
                          "\" is no date or time: write one such as 2026-01-31 or "
                          "2026-01-31T12:00:00Z");
}

const BlockSchema<DkimConfig>& dkim_schema() {
  static const auto schema =
      BlockSchema<DkimConfig>(
          "dkim", BlockKind::repeated,
          "Signs mail whose From is of the domain or below it. The block may stand several times, "
          "for several domains and for double signing.")
          .key("sign", &DkimConfig::sign, "Whether this block signs.")
          .key("selector", &DkimConfig::selector,
               "The selector: the key's record is published at SELECTOR._domainkey.DOMAIN.")
          .key("domain", &DkimConfig::domain, "The domain that signs (d=).")
          .key("private_key", &DkimConfig::private_key,
               "The private key, a PEM file; `posthaste dkim keygen` makes one. A changed file is "
               "taken "
               "over within ten seconds.")
          .key("canonicalization", &DkimConfig::canonicalization,
               "How header fields and body may change on the way without breaking the signature.")
          .key("algorithm", &DkimConfig::algorithm,
               "The algorithm; auto takes what the key is for.")
          .key("headers", &DkimConfig::headers,
               "Header fields to sign where present. One that is given twice is oversigned: adding "
               "another of it breaks the signature. From always is; the fields of unsubscription "
               "and "
               "feedback are signed always. Empty: what RFC 6376 §5.4.1 "
               "recommends, and what mailbox providers ask for.")
          .key("sign_all", &DkimConfig::sign_all,
               "Signs all mail, also when From is of another domain: the second signature by which "
               "a feedback loop knows the sender.")
          .key(
              "valid_from", &DkimConfig::valid_from,
              "The block signs from then on: a date (its first moment, UTC) or a time of RFC 3339. "
              "To change keys, publish the new record, give the new block a valid_from and the "
              "old one the same valid_until, and keep both records published for a week more.")
          .key("valid_until", &DkimConfig::valid_until,
               "The block signs until then: a date (its first moment, UTC) or a time of RFC 3339.")
          .validate(&DkimSigner::problems_of);
  return schema;
}

Result<DkimSigner> load_dkim_signer(const Configuration& configuration) {
  DkimSigner signer;
  for (const LoadedBlock<DkimConfig>& block : configuration.blocks(dkim_schema())) {
    const Result<void> added = signer.add(block.value);
    if (!added) {
      const Error error = added.error();
      return Error{error.code, block.where("private_key").to_string() + ": " + error.message()};
    }
  }
  return signer;
}

}  // namespace posthaste
