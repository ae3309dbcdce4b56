#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "identity/dkim/dkim_key.h"
#include "identity/dkim/dkim_record.h"

namespace posthaste {

// A key record and the key in it, read once: what OpenSSL does to read a key costs several times
// what a verification does. Never changed; any thread may verify with it.
struct DkimPublishedKey {
  std::optional<DkimKeyRecord> record;  // nothing: the text is no key record
  std::optional<DkimPublicKey> key;  // nothing: "p=" holds none, or of a kind that we do not know
};

std::shared_ptr<const DkimPublishedKey> read_published_key(std::string_view record_text);

}  // namespace posthaste
