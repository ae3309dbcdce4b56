#pragma once

#include <array>
#include <string>
#include <utility>

#include "base/clock.h"
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

template <>
struct ConfigNames<DkimForms> {
  static constexpr std::array names{std::pair{"relaxed/relaxed", DkimForms::relaxed_relaxed},
                                    std::pair{"relaxed/simple", DkimForms::relaxed_simple},
                                    std::pair{"simple/relaxed", DkimForms::simple_relaxed},
                                    std::pair{"simple/simple", DkimForms::simple_simple}};
};

// A date, its first moment in UTC, or a time of RFC 3339.
template <>
struct ConfigValue<WallTime> {
  static Result<WallTime> parse(const std::string& text);
  static std::string print(WallTime value) { return to_rfc3339(value); }
  static std::string type_name() { return "date or time"; }
};

// dkim { }
const BlockSchema<DkimConfig>& dkim_schema();

// The signer for all `dkim` blocks. The schema holds the blocks to everything that can be told
// from the text; this reads the keys, and an error says "FILE:LINE: what is wrong".
Result<DkimSigner> load_dkim_signer(const Configuration& configuration);

}  // namespace posthaste
