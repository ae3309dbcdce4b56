#include "identity/dkim/dkim_config.h"

namespace posthaste {

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
               "The private key, a PEM file; `posthaste dkim keygen` makes one.")
          .key("algorithm", &DkimConfig::algorithm,
               "The algorithm; auto takes what the key is for.")
          .key("headers", &DkimConfig::headers,
               "Header fields to sign where present. One that is given twice is oversigned: adding "
               "another of it breaks the signature. From always is. Empty: what RFC 6376 §5.4.1 "
               "recommends, and what mailbox providers ask for.")
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
