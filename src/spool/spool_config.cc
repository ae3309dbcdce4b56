#include "spool/spool_config.h"

#include "platform/config_schema_impl.h"

namespace posthaste {

const BlockSchema<SpoolConfig>& spool_schema() {
  static const auto schema =
      BlockSchema<SpoolConfig>("spool", BlockKind::single,
                               "Where messages are kept until their end.")
          .key("path", &SpoolConfig::path, "Folder of the store; empty: \"spool\" in data_dir.")
          .key("memory", &SpoolConfig::memory,
               "Memory for the bodies of messages that wait for their first attempt.")
          .key("max_size", &SpoolConfig::max_size,
               "The most that the spool may take of the disk before mail is refused; 0: no limit.")
          .key("min_free", &SpoolConfig::min_free,
               "What must stay free on the disk; below it mail is refused.");
  return schema;
}

}  // namespace posthaste
