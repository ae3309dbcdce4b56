#include "platform/config_schema.h"

#include <fmt/format.h>

#include <map>

namespace posthaste {
namespace {

std::string indentation(std::size_t depth) {
  return std::string(2 * depth, ' ');
}

void print_line(const std::string& statement, const ConfigLocation& where, std::size_t depth,
                std::string& out) {
  const std::string line = indentation(depth) + statement;
  // A file's name may hold anything; a line end in it would leave the comment.
  std::string place = where.to_string();
  for (char& c : place) {
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  }
  out += fmt::format("{:<48}  # {}\n", line, place);
}

std::string as_text(const KeyInfo& info, const std::vector<std::string>& texts) {
  if (!info.is_list) return texts.empty() ? "\"\"" : texts.front();
  return fmt::format("{{{}}}", fmt::join(texts, ", "));
}

}  // namespace

const ConfigAssignment* ConfigBlock::find(std::string_view key) const {
  for (const ConfigAssignment& assignment : assignments) {
    if (assignment.key == key) return &assignment;
  }
  return nullptr;
}

std::string quote_config_text(const std::string& text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (c == '"' || c == '\\' || (c == '$' && i + 1 < text.size() && text[i + 1] == '{')) {
      quoted += '\\';
      quoted += c;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

void print_config_key(const KeyInfo& info, const std::vector<std::string>& texts,
                      const ConfigLocation& where, std::size_t depth, std::string& out) {
  print_line(info.name + " = " + as_text(info, texts), where, depth, out);
}

void print_config_unset(const KeyInfo& info, const std::string& text, std::size_t depth,
                        std::string& out) {
  print_line(fmt::format("# {} = {}", info.name, text), {}, depth, out);
}

void print_config_closing(std::size_t depth, std::string& out) {
  out += indentation(depth) + "}\n";
}

std::string out_of_range(const std::string& min, const std::string& max) {
  if (max.empty()) return "use " + min + " or more";
  if (min.empty()) return "use " + max + " or less";
  return "use " + min + " to " + max;
}

std::vector<const ConfigBlock*> written_blocks(const ConfigBlock* parent,
                                               const AnyBlockSchema& schema) {
  if (parent == nullptr) return {};
  std::vector<ConfigError> ignored;
  return select_blocks(*parent, schema, ignored);
}

ConfigLocation AnyBlockSchema::where(const ConfigBlock& written, const std::string& key) {
  const ConfigAssignment* assignment = written.find(key);
  if (assignment != nullptr) return assignment->where;
  for (const ConfigBlock& block : written.blocks) {
    if (block.name == key) return block.where;
  }
  return written.where;
}

void AnyBlockSchema::print_opening(const std::string& title, const ConfigBlock* written,
                                   std::size_t depth, std::string& out) const {
  const std::string name =
      kind_ == BlockKind::titled ? name_ + " " + quote_config_text(title) : name_;
  print_line(name + " {", written == nullptr ? ConfigLocation{} : written->where, depth, out);
}

std::vector<const ConfigBlock*> select_blocks(const ConfigBlock& parent,
                                              const AnyBlockSchema& schema,
                                              std::vector<ConfigError>& errors) {
  std::vector<const ConfigBlock*> selected;
  std::map<std::string_view, const ConfigBlock*> titles;
  for (const ConfigBlock& block : parent.blocks) {
    if (block.name != schema.name()) continue;
    if (schema.kind() == BlockKind::single && !selected.empty()) {
      errors.push_back({block.where, fmt::format("{}: stands twice, first at {}: merge the two",
                                                 block.name, selected.front()->where.to_string())});
      continue;
    }
    if (schema.kind() == BlockKind::titled) {
      const auto [earlier, is_new] = titles.emplace(block.title, &block);
      if (!is_new) {
        errors.push_back(
            {block.where,
             fmt::format("{} \"{}\": stands twice, first at {}: rename or merge", block.name,
                         block.title, earlier->second->where.to_string())});
        continue;
      }
      if (block.title.empty()) {
        errors.push_back({block.where, fmt::format("{}: the title is empty: write {} \"NAME\"",
                                                   block.name, block.name)});
      }
    }
    selected.push_back(&block);
  }
  return selected;
}

}  // namespace posthaste
