#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// Reads the data of a record as it came over the wire, names uncompressed. Nothing when it is
// malformed. Octets of a name that are not visible ASCII, and dots inside a label, come out as
// "\DDD" (RFC 1035 §5.1), which no lookup takes for a host name.
std::optional<Rdata> parse_rdata_wire(RecordType type, std::string_view wire);

// Reads the text form (RFC 1035 §5.1): `10 mx.example.test.`, `"v=spf1" " -all"`. A TXT without
// quotes is taken whole, spaces and semicolons included. Names are absolute with or without their
// last dot.
Result<Rdata> parse_rdata_text(RecordType type, std::string_view text);

}  // namespace posthaste
