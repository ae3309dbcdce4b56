#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "platform/config_schema.h"

namespace posthaste {

class ConfigLoader;
class Configuration;

// A configuration, or everything that is wrong with it (at least one error), in the order of the
// text.
using ConfigurationOrErrors =
    std::variant<std::shared_ptr<const Configuration>, std::vector<ConfigError>>;

// A loaded block: its struct, and where its keys were written.
template <class Config>
struct LoadedBlock {
  const Config& value;
  const ConfigBlock* written;  // null when nobody wrote the block

  // The place of `key`, else of its block, else "default".
  ConfigLocation where(std::string_view key) const {
    if (written == nullptr) return {};
    const ConfigAssignment* assignment = written->find(key);
    return assignment == nullptr ? written->where : assignment->where;
  }
};

// One immutable reading of the configuration file and what it includes. It is a snapshot: a
// reload makes another one, and whoever holds this one keeps it. Any thread may read it.
//
//   auto loaded = Configuration::load(path, {&spool_schema(), &dkim_schema()});
//   if (auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) return report(*errors);
//   auto configuration = std::get<std::shared_ptr<const Configuration>>(loaded);
//   const SpoolConfig& spool = configuration->one(spool_schema());
//   std::vector<DkimConfig> keys = configuration->all(dkim_schema());
class Configuration {
 public:
  using Schemas = std::vector<const AnyBlockSchema*>;

  // Requires: the schemas live as long as the configuration. Loads take turns: the parser below
  // is not reentrant.
  static ConfigurationOrErrors load(const std::filesystem::path& path, const Schemas& schemas);
  // `name` stands for the file in errors; includes are relative to its folder.
  static ConfigurationOrErrors load_text(const std::string& text, const std::string& name,
                                         const Schemas& schemas);

  // The block of a single schema; its defaults when it is not written.
  template <class Config>
  const Config& one(const BlockSchema<Config>& schema) const {
    return *static_cast<const Config*>(entries(schema).front().config.get());
  }
  // The blocks of a repeated or titled schema, in the order of the text; implicit ones last.
  template <class Config>
  std::vector<Config> all(const BlockSchema<Config>& schema) const {
    std::vector<Config> configs;
    for (const LoadedBlock<Config>& block : blocks(schema)) configs.push_back(block.value);
    return configs;
  }
  // The same with their places, to report a reference to something undefined.
  template <class Config>
  std::vector<LoadedBlock<Config>> blocks(const BlockSchema<Config>& schema) const {
    std::vector<LoadedBlock<Config>> blocks;
    for (const Entry& entry : entries(schema)) {
      blocks.push_back({*static_cast<const Config*>(entry.config.get()), entry.written});
    }
    return blocks;
  }

  // The effective configuration as text that load_text accepts, every line with the place its
  // value comes from: "# default" or "# FILE:LINE".
  std::string print() const;

 private:
  struct Entry {
    std::shared_ptr<const void> config;
    const ConfigBlock* written = nullptr;
  };

  Configuration(ConfigBlock root, Schemas schemas)
      : root_(std::move(root)), schemas_(std::move(schemas)) {}

  static ConfigurationOrErrors build(ConfigLoader& loader, const Schemas& schemas);
  void read(std::vector<ConfigError>& errors);
  // Requires: `schema` is one of those that the configuration was loaded with.
  const std::vector<Entry>& entries(const AnyBlockSchema& schema) const;

  ConfigBlock root_;
  Schemas schemas_;
  std::map<const AnyBlockSchema*, std::vector<Entry>> entries_;
};

}  // namespace posthaste
