#include "identity/dkim/published_key.h"

#include <utility>

namespace posthaste {

std::shared_ptr<const DkimPublishedKey> read_published_key(std::string_view record_text) {
  auto published = std::make_shared<DkimPublishedKey>();
  published->record = parse_dkim_record(record_text);
  const auto& record = published->record;
  if (record && record->algorithm && !record->public_octets.empty()) {
    Result<DkimPublicKey> key = DkimPublicKey::parse(*record->algorithm, record->public_octets);
    if (key) published->key = std::move(*key);
  }
  return published;
}

}  // namespace posthaste
