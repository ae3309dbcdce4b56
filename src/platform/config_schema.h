#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/config_error.h"
#include "platform/config_tree.h"
#include "platform/config_value.h"

namespace posthaste {

enum class BlockKind : std::uint8_t {
  single,    // at most once, without a title: spool { }
  repeated,  // any number, without a title: dkim { }
  titled,    // any number, each with a title of its own: remote_queue "NAME" { }
};

// When an implicit block stands although nobody wrote it.
enum class ImplicitWhen : std::uint8_t { none_is_written, title_is_absent };

// What documentation and errors know of a key.
struct KeyInfo {
  std::string name;
  std::string sentence;
  std::string type;
  std::string default_text;  // as one would write it; "" when there is no default
  bool is_required = false;
  bool is_list = false;
};

// A value as configuration text: quoted and escaped where it must be.
std::string quote_config_text(const std::string& text);

// The description of one kind of block: its keys, each once, with type, default and sentence.
// Parser, documentation, `check --print` and errors all come from here. Immutable once made.
class AnyBlockSchema {
 public:
  virtual ~AnyBlockSchema() = default;

  const std::string& name() const { return name_; }
  BlockKind kind() const { return kind_; }
  const std::string& sentence() const { return sentence_; }
  const std::vector<KeyInfo>& keys() const { return keys_; }
  const std::vector<const AnyBlockSchema*>& children() const { return children_; }

  // Makes the struct that `written` describes. What is wrong goes to `errors`.
  virtual std::shared_ptr<const void> read(const ConfigBlock& written,
                                           std::vector<ConfigError>& errors) const = 0;
  // The structs of blocks that stand although they are not among `written`.
  virtual std::vector<std::shared_ptr<const void>> implicit(
      const std::vector<const ConfigBlock*>& written) const = 0;
  // Appends the block as configuration text; each line says where its value comes from.
  // `written` is null for a block that nobody wrote.
  virtual void print(const void* config, const ConfigBlock* written, std::size_t depth,
                     std::string& out) const = 0;

 protected:
  AnyBlockSchema(std::string name, BlockKind kind, std::string sentence)
      : name_(std::move(name)), kind_(kind), sentence_(std::move(sentence)) {}
  AnyBlockSchema(const AnyBlockSchema&) = default;
  AnyBlockSchema(AnyBlockSchema&&) = default;
  AnyBlockSchema& operator=(const AnyBlockSchema&) = default;
  AnyBlockSchema& operator=(AnyBlockSchema&&) = default;

  // The place of a key, or of its block when it is not written.
  static ConfigLocation where(const ConfigBlock& written, const std::string& key);
  void print_opening(const std::string& title, const ConfigBlock* written, std::size_t depth,
                     std::string& out) const;

  std::string name_;
  BlockKind kind_;
  std::string sentence_;
  std::vector<KeyInfo> keys_;
  std::vector<const AnyBlockSchema*> children_;
};

// The blocks inside `parent` that are `schema`'s. Errors: one too many, a title twice.
std::vector<const ConfigBlock*> select_blocks(const ConfigBlock& parent,
                                              const AnyBlockSchema& schema,
                                              std::vector<ConfigError>& errors);

// What a single value of a member of type T is.
template <class T>
struct ConfigElement {
  using type = T;
  static constexpr bool is_list = false;
};
template <class T>
struct ConfigElement<std::optional<T>> : ConfigElement<T> {};
template <class T>
struct ConfigElement<std::vector<T>> {
  using type = T;
  static constexpr bool is_list = true;
};

// What a value must hold beside its type; for a list, each of its values.
template <class T>
struct KeyRules {
  bool required = false;
  std::optional<T> min;
  std::optional<T> max;
  // "" when `value` is right; otherwise "what is wrong: what to do".
  std::function<std::string(const T& value)> check;
};

// The schema of a block that becomes a Config, a plain struct with default member initialisers:
//
//   const BlockSchema<SpoolConfig>& spool_schema() {
//     static const auto schema =
//         BlockSchema<SpoolConfig>("spool", BlockKind::single, "Where messages are kept.")
//             .key("path", &SpoolConfig::path, "Folder of the store.")
//             .key("memory", &SpoolConfig::memory, "Budget for bodies held.", {.min = Bytes(1)})
//             .block(&SpoolConfig::cache, cache_schema());
//     return schema;
//   }
template <class Config>
class BlockSchema final : public AnyBlockSchema {
 public:
  // `defaults`: what holds where a key is not written, when that is not what Config{} says.
  BlockSchema(std::string name, BlockKind kind, std::string sentence, Config defaults = {})
      : AnyBlockSchema(std::move(name), kind, std::move(sentence)),
        defaults_(std::move(defaults)) {}

  // A member of any type with a ConfigValue, or std::optional or std::vector of one.
  template <class T>
  BlockSchema&& key(std::string name, T Config::*member, std::string sentence,
                    KeyRules<typename ConfigElement<T>::type> rules = {}) &&;

  // A block inside this one. Its kind is single for a plain or optional member, and repeated or
  // titled for a vector. Requires: `schema` outlives this.
  template <class Nested>
  BlockSchema&& block(Nested Config::*member, const BlockSchema<Nested>& schema) &&;
  template <class Nested>
  BlockSchema&& block(std::optional<Nested> Config::*member, const BlockSchema<Nested>& schema) &&;
  template <class Nested>
  BlockSchema&& block(std::vector<Nested> Config::*member, const BlockSchema<Nested>& schema) &&;

  // The members that receive the title and the block's own place.
  template <class T>
  BlockSchema&& title(T Config::*member) &&;
  BlockSchema&& location(ConfigLocation Config::*member) &&;
  // The member that receives the place of each key that is written, by the key's name.
  BlockSchema&& key_lines(std::map<std::string, ConfigLocation> Config::*member) &&;

  // A check of the whole block, made when every key is right.
  BlockSchema&& validate(std::function<std::vector<ConfigProblem>(const Config&)> check) &&;

  // A block that stands although nobody wrote it.
  BlockSchema&& implicit_block(Config config, ImplicitWhen when) &&;

  Config read_config(const ConfigBlock& written, std::vector<ConfigError>& errors) const;

  std::shared_ptr<const void> read(const ConfigBlock& written,
                                   std::vector<ConfigError>& errors) const override {
    return std::make_shared<const Config>(read_config(written, errors));
  }
  std::vector<std::shared_ptr<const void>> implicit(
      const std::vector<const ConfigBlock*>& written) const override;
  void print(const void* config, const ConfigBlock* written, std::size_t depth,
             std::string& out) const override;

 private:
  struct Implicit {
    Config config;
    ImplicitWhen when;
  };
  using Read = std::function<void(const ConfigBlock&, Config&, std::vector<ConfigError>&)>;

  // One key or nested block.
  struct Member {
    Read read;
    std::function<void(const Config&, const ConfigBlock*, std::size_t depth, std::string&)> print;
  };

  Config defaults_;
  std::vector<Member> members_;
  Read read_title_;
  std::function<std::string(const Config&)> print_title_;
  ConfigLocation Config::*location_ = nullptr;
  std::map<std::string, ConfigLocation> Config::*key_lines_ = nullptr;
  std::vector<std::function<std::vector<ConfigProblem>(const Config&)>> checks_;
  std::vector<Implicit> implicit_;
};

}  // namespace posthaste

#include "platform/config_schema_impl.h"
