#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "platform/config_schema.h"
#include "platform/config_tree.h"

namespace posthaste {

// Reads a configuration file and, in place, the files that it includes:
//
//   include "conf.d/*.conf"     # relative to the folder of this file, sorted by name
//
// A pattern without wildcards must name a file. Limits: 16 MiB a file, 1000 files, 16 levels.
class ConfigLoader {
 public:
  explicit ConfigLoader(const std::vector<const AnyBlockSchema*>& schemas) : schemas_(schemas) {}

  void load_file(const std::filesystem::path& path) { load_file(path, {}); }
  void load_text(const std::string& text, const std::string& name);

  ConfigBlock& root() { return root_; }
  std::vector<ConfigError>& errors() { return errors_; }
  // False when a mistake of syntax or a missing file left a part unread.
  bool is_complete() const { return is_complete_; }
  // In the order in which reading came to them.
  const std::vector<std::string>& files() const { return files_; }

 private:
  void load_file(const std::filesystem::path& path, const ConfigLocation& included_from);
  void include(const std::string& pattern, const ConfigLocation& where);
  void fail(const ConfigLocation& where, std::string what);

  const std::vector<const AnyBlockSchema*>& schemas_;
  ConfigBlock root_;
  std::vector<ConfigError> errors_;
  bool is_complete_ = true;
  std::vector<std::string> files_;
  std::vector<std::filesystem::path> chain_;  // the files being read, outermost first
};

}  // namespace posthaste
