#pragma once

#include <filesystem>

#include "base/units.h"
#include "platform/config.h"

namespace posthaste {

// The spool block.
struct SpoolConfig {
  std::filesystem::path path;  // "": data_dir/spool
  Bytes memory = Bytes(64 << 20);
  Bytes max_size{};
  Bytes min_free = Bytes(256 << 20);
};

const BlockSchema<SpoolConfig>& spool_schema();

}  // namespace posthaste
