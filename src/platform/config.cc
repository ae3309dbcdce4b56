#include "platform/config.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "platform/config_loader.h"

namespace posthaste {
namespace {

// Errors as a reader of the files meets them.
void sort_by_place(std::vector<ConfigError>& errors, const std::vector<std::string>& files) {
  const auto order = [&](const ConfigError& error) {
    return std::pair(std::find(files.begin(), files.end(), error.where.file) - files.begin(),
                     error.where.line);
  };
  std::stable_sort(errors.begin(), errors.end(),
                   [&](const ConfigError& a, const ConfigError& b) { return order(a) < order(b); });
}

ConfigurationOrErrors sorted(std::vector<ConfigError> errors,
                             const std::vector<std::string>& files) {
  sort_by_place(errors, files);
  return errors;
}

}  // namespace

ConfigurationOrErrors Configuration::load(const std::filesystem::path& path,
                                          const Schemas& schemas) {
  ConfigLoader loader(schemas);
  loader.load_file(path);
  return build(loader, schemas);
}

ConfigurationOrErrors Configuration::load_text(const std::string& text, const std::string& name,
                                               const Schemas& schemas) {
  ConfigLoader loader(schemas);
  loader.load_text(text, name);
  return build(loader, schemas);
}

ConfigurationOrErrors Configuration::build(ConfigLoader& loader, const Schemas& schemas) {
  std::vector<ConfigError> errors = std::move(loader.errors());
  // With a part unread, what seems to be missing may stand there.
  if (!loader.is_complete()) return sorted(std::move(errors), loader.files());
  std::shared_ptr<Configuration> configuration(
      new Configuration(std::move(loader.root()), schemas));
  configuration->read(errors);
  if (!errors.empty()) return sorted(std::move(errors), loader.files());
  return std::shared_ptr<const Configuration>(std::move(configuration));
}

void Configuration::read(std::vector<ConfigError>& errors) {
  for (const AnyBlockSchema* schema : schemas_) {
    std::vector<Entry>& entries = entries_[schema];
    const std::vector<const ConfigBlock*> written = select_blocks(root_, *schema, errors);
    for (const ConfigBlock* block : written)
      entries.push_back({schema->read(*block, errors), block});
    for (auto& config : schema->implicit(written)) entries.push_back({std::move(config), nullptr});
  }
}

const std::vector<Configuration::Entry>& Configuration::entries(
    const AnyBlockSchema& schema) const {
  const auto found = entries_.find(&schema);
  assert(found != entries_.end());
  return found->second;
}

std::string Configuration::print() const {
  std::string out;
  for (const AnyBlockSchema* schema : schemas_) {
    for (const Entry& entry : entries(*schema)) {
      if (!out.empty()) out += "\n";
      schema->print(entry.config.get(), entry.written, 0, out);
    }
  }
  return out;
}

}  // namespace posthaste
