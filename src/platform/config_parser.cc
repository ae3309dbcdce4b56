#include "platform/config_parser.h"

#include <confuse.h>
#include <fmt/format.h>

#include <cstdarg>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "platform/config_statement.h"

namespace posthaste {
namespace {

using Schemas = std::vector<const AnyBlockSchema*>;

constexpr std::size_t kMaxUnknownConfigNames = 50;

// The scanner admits neither control characters nor escapes that make them: no user can write it.
constexpr const char* kOpeningOption = "\x01opening";
constexpr const char* kEmptyList = kEmptyConfigList;

// Turns libConfuse's callbacks into a tree. All values are taken as lists of texts, so that types
// and their errors are ours.
class TreeBuilder {
 public:
  TreeBuilder(const std::string& file, const Schemas& schemas, std::vector<ConfigError>& errors)
      : file_(file), schemas_(schemas), errors_(errors) {}

  void begin(cfg_t* cfg) { open_ = {{cfg, &root_, &schemas_, nullptr}}; }
  void open_block(cfg_t* cfg);
  void close_block() { open_.pop_back(); }
  bool take_value(cfg_t* cfg, const cfg_opt_t* option, const char* value);
  void take_error(const cfg_t* cfg, const std::string& message);

  ConfigBlock& root() { return root_; }
  const std::optional<UnknownConfigName>& unknown() const { return unknown_; }
  bool is_failed() const { return is_failed_; }
  // Requires: an unknown name. Describes it.
  void report_unknown(const UnknownConfigName& unknown);
  // True when the unknown name is one of the top level: then a "}" is missing before it.
  bool is_misplaced(const std::string& name) const;
  void fail(std::uint32_t line, std::string what);
  std::uint32_t line() const { return static_cast<std::uint32_t>(open_.back().cfg->line); }

 private:
  struct OpenBlock {
    cfg_t* cfg;
    ConfigBlock* block;
    const Schemas* children;
    const AnyBlockSchema* schema;  // null: the top level
  };

  const AnyBlockSchema* find_child(std::string_view name) const;
  std::string describe(const std::string& message);

  const std::string& file_;
  const Schemas& schemas_;
  std::vector<ConfigError>& errors_;
  ConfigBlock root_;
  std::vector<OpenBlock> open_;
  std::optional<UnknownConfigName> unknown_;
  bool is_failed_ = false;
};

// libConfuse keeps its scanner in global variables and gives no context to its callbacks: parses
// take turns, and the one whose turn it is stands here.
struct Turn {
  std::mutex mutex;
  TreeBuilder* builder = nullptr;
};

Turn& turn() {
  static Turn the_turn;
  return the_turn;
}

int on_opening(cfg_t* cfg, cfg_opt_t*, const char*, void* result) {
  turn().builder->open_block(cfg);
  *static_cast<const char**>(result) = "";
  return 0;
}

int on_value(cfg_t* cfg, cfg_opt_t* option, const char* value, void* result) {
  *static_cast<const char**>(result) = "";
  return turn().builder->take_value(cfg, option, value) ? 0 : -1;
}

int on_closing(cfg_t*, cfg_opt_t* option) {
  turn().builder->close_block();
  // All is in our tree: libConfuse would compare every further title with those it keeps.
  cfg_free_value(option);
  return 0;
}

void on_error(cfg_t* cfg, const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  std::string message(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
  std::vsnprintf(message.data(), message.size() + 1, format, again);
  va_end(again);
  turn().builder->take_error(cfg, message);
}

// The option tables of libConfuse for a set of schemas.
class OptionTable {
 public:
  OptionTable(const Schemas& blocks, const AnyBlockSchema* owner) {
    if (owner != nullptr) {
      cfg_opt_t opening = CFG_STR_CB(kOpeningOption, nullptr, CFGF_NONE, &on_opening);
      opening.def.parsed = opening_default_.data();  // a default that is parsed comes to us first
      options_.push_back(opening);
      for (const KeyInfo& key : owner->keys()) {
        const cfg_opt_t option = CFG_STR_LIST_CB(key.name.c_str(), nullptr, CFGF_NONE, &on_value);
        options_.push_back(option);
      }
    }
    for (const AnyBlockSchema* block : blocks) {
      nested_.push_back(std::make_unique<OptionTable>(block->children(), block));
      const int flags = block->kind() == BlockKind::titled ? CFGF_MULTI | CFGF_TITLE : CFGF_MULTI;
      cfg_opt_t option = CFG_SEC(block->name().c_str(), nested_.back()->options(), flags);
      option.validcb = &on_closing;
      options_.push_back(option);
    }
    const cfg_opt_t end = CFG_END();
    options_.push_back(end);
  }

  cfg_opt_t* options() { return options_.data(); }

 private:
  std::string opening_default_ = "1";
  std::vector<cfg_opt_t> options_;
  std::vector<std::unique_ptr<OptionTable>> nested_;
};

const AnyBlockSchema* TreeBuilder::find_child(std::string_view name) const {
  for (const AnyBlockSchema* schema : *open_.back().children) {
    if (schema->name() == name) return schema;
  }
  return nullptr;
}

void TreeBuilder::open_block(cfg_t* cfg) {
  const AnyBlockSchema* schema = find_child(cfg->name);
  if (schema == nullptr) return;  // reached by a path, "server|retry": take_value refuses its keys
  ConfigBlock block;
  block.name = cfg->name;
  block.title = cfg->title == nullptr ? "" : cfg->title;
  block.where = {file_, static_cast<std::uint32_t>(cfg->line)};
  std::vector<ConfigBlock>& siblings = open_.back().block->blocks;
  siblings.push_back(std::move(block));
  open_.push_back({cfg, &siblings.back(), &schema->children(), schema});
}

bool TreeBuilder::take_value(cfg_t* cfg, const cfg_opt_t* option, const char* value) {
  if (cfg != open_.back().cfg || option < cfg->opts || option >= cfg->opts + cfg_num(cfg)) {
    fail(static_cast<std::uint32_t>(cfg->line), fmt::format("\"{}\" cannot be reached from here: "
                                                            "write it inside its block",
                                                            option->name));
    return false;
  }
  ConfigBlock& block = *open_.back().block;
  const ConfigLocation where{file_, static_cast<std::uint32_t>(cfg->line)};
  // An assignment clears what the option held before, so its first value is always number one.
  if (option->nvalues == 1) {
    const ConfigAssignment* earlier = block.find(option->name);
    if (earlier != nullptr) {
      errors_.push_back({where, fmt::format("{}: is set twice, first in line {}: keep one",
                                            option->name, earlier->where.line)});
    }
    block.assignments.push_back({option->name, where, {}});
  }
  if (std::string_view(value) != kEmptyList) {
    block.assignments.back().values.push_back({value, where});
  }
  return true;
}

void TreeBuilder::fail(std::uint32_t line, std::string what) {
  errors_.push_back({{file_, line}, std::move(what)});
  is_failed_ = true;
}

// Names in errors stay readable, however long they are.
std::string shortened(const std::string& name) {
  constexpr std::size_t kMaxShown = 80;
  return name.size() <= kMaxShown ? name : name.substr(0, kMaxShown) + "…";
}

// The word that a message of libConfuse quotes.
std::string quoted_word(const std::string& message) {
  const std::size_t end = message.rfind('\'');
  const std::size_t start = message.find('\'');
  if (end == std::string::npos || start == end) return {};
  return message.substr(start + 1, end - start - 1);
}

std::string TreeBuilder::describe(const std::string& message) {
  std::string word = quoted_word(message);
  word = word == kEmptyList ? "{" : shortened(word);
  if (message.starts_with("missing equal sign")) {
    return fmt::format("{}: is a key, and \"=\" does not follow: write {} = VALUE", word, word);
  }
  if (message.starts_with("missing opening brace")) {
    const AnyBlockSchema* schema = find_child(word);
    const bool is_titled = schema != nullptr && schema->kind() == BlockKind::titled;
    return fmt::format("{}: is a block, and \"{{\" does not follow: write {}{} {{ … }}", word, word,
                       is_titled ? " \"NAME\"" : "");
  }
  if (message.starts_with("missing title")) {
    return fmt::format("{}: has no title: write {} \"NAME\" {{ … }}", word, word);
  }
  if (message.starts_with("unexpected token")) {
    return fmt::format("unexpected \"{}\": look for a missing name, value or comma before it",
                       word);
  }
  if (message.starts_with("unexpected closing brace")) {
    return "a \"}\" without a block: remove it";
  }
  return message;
}

void TreeBuilder::take_error(const cfg_t* cfg, const std::string& message) {
  const auto line = static_cast<std::uint32_t>(cfg->line);
  if (message.starts_with("no such option") || message.starts_with("no sub-section")) {
    unknown_ = {quoted_word(message), line};
  } else if (message.starts_with("premature end of file")) {
    if (open_.back().schema == nullptr) {
      fail(line, "the file ends in the middle of a statement: complete or remove it");
    } else {
      const ConfigBlock& block = *open_.back().block;
      fail(block.where.line, fmt::format("{}: the block is never closed: add \"}}\"", block.name));
    }
  } else {
    fail(line, describe(message));
  }
}

bool TreeBuilder::is_misplaced(const std::string& name) const {
  if (open_.back().schema == nullptr) return false;
  return std::any_of(schemas_.begin(), schemas_.end(),
                     [&](const AnyBlockSchema* schema) { return schema->name() == name; });
}

void TreeBuilder::report_unknown(const UnknownConfigName& unknown) {
  const ConfigLocation where{file_, unknown.line};
  const OpenBlock& here = open_.back();
  std::vector<std::string_view> known;
  if (here.schema != nullptr) {
    for (const KeyInfo& key : here.schema->keys()) known.emplace_back(key.name);
  }
  for (const AnyBlockSchema* child : *here.children) known.emplace_back(child->name());
  const std::string nearest = nearest_word(unknown.name, known);
  std::string what =
      here.schema == nullptr
          ? fmt::format("unknown block \"{}\"", shortened(unknown.name))
          : fmt::format("unknown key \"{}\" in {}", shortened(unknown.name), here.schema->name());
  if (is_misplaced(unknown.name)) {
    what += fmt::format(": close the block of line {} before it", here.block->where.line);
  } else if (!nearest.empty()) {
    what += fmt::format(": did you mean \"{}\"?", nearest);
  } else {
    what += ": possible are " + join_choices(known);
  }
  errors_.push_back({where, std::move(what)});
}

// One pass. Returns whether libConfuse came to the end.
bool run(TreeBuilder& builder, OptionTable& table, const std::string& text) {
  const std::lock_guard lock(turn().mutex);
  turn().builder = &builder;
  cfg_t* cfg = cfg_init(table.options(), CFGF_NONE);
  cfg_set_error_function(cfg, &on_error);
  builder.begin(cfg);
  const bool is_complete = cfg_parse_buf(cfg, text.c_str()) == CFG_SUCCESS;
  if (!is_complete) {
    if (builder.unknown()) {
      builder.report_unknown(*builder.unknown());
    } else if (!builder.is_failed()) {
      builder.fail(builder.line(), "an empty name: write the name of a key or block");
    }
  }
  cfg_free(cfg);
  turn().builder = nullptr;
  return is_complete;
}

void append(ConfigBlock& root, ConfigBlock&& parsed) {
  for (ConfigBlock& block : parsed.blocks) root.blocks.push_back(std::move(block));
}

}  // namespace

bool parse_config(std::vector<ConfigToken> tokens, const std::string& file, const Schemas& schemas,
                  ConfigBlock& root, std::vector<ConfigError>& errors) {
  OptionTable table(schemas, nullptr);
  std::vector<ConfigError> unknown_names;
  for (;;) {
    std::vector<ConfigError> found;
    TreeBuilder builder(file, schemas, found);
    bool is_complete = run(builder, table, compose_config_text(tokens));
    const std::optional<ConfigError> unclosed = find_unclosed_block(tokens, file);
    if (is_complete && unclosed) {
      found.push_back(*unclosed);
      is_complete = false;
    }
    if (is_complete || !builder.unknown()) {
      errors.insert(errors.end(), unknown_names.begin(), unknown_names.end());
      errors.insert(errors.end(), found.begin(), found.end());
      append(root, std::move(builder.root()));
      return is_complete;
    }
    // Each pass finds the errors before the unknown name again: only the name is new.
    unknown_names.push_back(found.back());
    if (unknown_names.size() >= kMaxUnknownConfigNames ||
        builder.is_misplaced(builder.unknown()->name) ||
        !remove_config_statement(tokens, *builder.unknown())) {
      errors.insert(errors.end(), unknown_names.begin(), unknown_names.end());
      errors.insert(errors.end(), found.begin(), found.end() - 1);
      return false;
    }
  }
}

}  // namespace posthaste
