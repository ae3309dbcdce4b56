#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/arc/arc.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_signature.h"

namespace posthaste {

// RFC 8617 §4.2.1
inline constexpr int kMaxArcInstances = 50;

// One ARC Set, read. The fields point into the message.
struct ArcSet {
  const DkimField* results = nullptr;    // ARC-Authentication-Results
  const DkimField* signature = nullptr;  // ARC-Message-Signature
  const DkimField* seal = nullptr;       // ARC-Seal
  DkimSignature message_signature;
  DkimSignature seal_signature;
  std::string seal_status;  // "cv=" as it stands; "" if none
};

// The ARC Sets of a message, in order.
struct ArcChain {
  std::vector<ArcSet> sets;  // by instance; [0] is the first
  std::string problem;       // why the chain cannot be valid, whatever the keys say; "" if it can
  bool has_ended = false;    // the newest seal says cv=fail
};

// Reads the ARC fields and holds them to RFC 8617 §4 and steps 1 to 3 of §5.2. `fields` outlives
// the chain.
ArcChain read_arc_chain(const std::vector<DkimField>& fields);

// The canonical text that the seal of set `count` signs (RFC 8617 §5.1.1): the sets up to it, its
// own seal without "b=" and without the closing CRLF. Requires: a chain without a problem.
std::string sealed_text(const ArcChain& chain, std::size_t count);
// The canonical fields of the first `count` sets.
std::string text_of_sets(const ArcChain& chain, std::size_t count);

}  // namespace posthaste
