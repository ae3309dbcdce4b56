#pragma once

#include <array>
#include <utility>

#include "base/result.h"
#include "identity/dkim/dkim_signer.h"
#include "platform/config.h"

namespace posthaste {

template <>
struct ConfigNames<DkimKeyChoice> {
  static constexpr std::array names{std::pair{"auto", DkimKeyChoice::any},
                                    std::pair{"rsa-sha256", DkimKeyChoice::rsa_sha256},
                                    std::pair{"ed25519-sha256", DkimKeyChoice::ed25519_sha256}};
};

// dkim { }
const BlockSchema<DkimConfig>& dkim_schema();

// The signer for all `dkim` blocks. The schema holds the blocks to everything that can be told
// from the text; this reads the keys, and an error says "FILE:LINE: what is wrong".
Result<DkimSigner> load_dkim_signer(const Configuration& configuration);

}  // namespace posthaste
