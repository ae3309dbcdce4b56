#pragma once

// The templates of config_schema.h; include that.

#include <algorithm>

namespace posthaste {

// Parts that do not depend on a type, in config_schema.cc.
void print_config_key(const KeyInfo& info, const std::vector<std::string>& texts,
                      const ConfigLocation& where, std::size_t depth, std::string& out);
void print_config_unset(const KeyInfo& info, const std::string& text, std::size_t depth,
                        std::string& out);
void print_config_closing(std::size_t depth, std::string& out);
// The blocks of `schema` inside `parent`, which may be null: it has been checked before.
std::vector<const ConfigBlock*> written_blocks(const ConfigBlock* parent,
                                               const AnyBlockSchema& schema);
std::string out_of_range(const std::string& min, const std::string& max);

template <class T>
std::string config_text(const T& value) {
  const std::string text = ConfigValue<T>::print(value);
  return std::is_arithmetic_v<T> || std::is_enum_v<T> ? text : quote_config_text(text);
}

// Every element of a member as configuration text; none for an optional that is not set.
template <class T>
std::vector<std::string> config_texts(const T& value) {
  std::vector<std::string> texts;
  if constexpr (ConfigElement<T>::is_list) {
    for (const auto& element : value) {
      texts.push_back(config_text<typename ConfigElement<T>::type>(element));
    }
  } else if constexpr (requires { value.has_value(); }) {
    if (value.has_value()) texts.push_back(config_text(*value));
  } else {
    texts.push_back(config_text(value));
  }
  return texts;
}

// "" when `value` follows the rules.
template <class T>
std::string check_rules(const T& value, const KeyRules<T>& rules) {
  const auto text = [](const std::optional<T>& bound) {
    return bound ? ConfigValue<T>::print(*bound) : std::string();
  };
  if constexpr (std::totally_ordered<T>) {
    if ((rules.min && value < *rules.min) || (rules.max && value > *rules.max)) {
      return "\"" + ConfigValue<T>::print(value) +
             "\" is out of range: " + out_of_range(text(rules.min), text(rules.max));
    }
  }
  return rules.check ? rules.check(value) : std::string();
}

template <class T>
std::optional<T> read_config_value(const std::string& key, const ConfigText& written,
                                   const KeyRules<T>& rules, std::vector<ConfigError>& errors) {
  Result<T> value = ConfigValue<T>::parse(written.text);
  if (!value) {
    errors.push_back({written.where, key + ": " + value.error().message()});
    return std::nullopt;
  }
  const std::string wrong = check_rules<T>(*value, rules);
  if (!wrong.empty()) {
    errors.push_back({written.where, key + ": " + wrong});
    return std::nullopt;
  }
  return std::move(*value);
}

template <class T>
void read_config_key(const ConfigAssignment& written,
                     const KeyRules<typename ConfigElement<T>::type>& rules, T& member,
                     std::vector<ConfigError>& errors) {
  using Element = typename ConfigElement<T>::type;
  if constexpr (ConfigElement<T>::is_list) {
    member.clear();
    for (const ConfigText& text : written.values) {
      std::optional<Element> value = read_config_value<Element>(written.key, text, rules, errors);
      if (value) member.push_back(std::move(*value));
    }
  } else {
    if (written.values.size() != 1) {
      errors.push_back({written.where, written.key + ": takes one value, not a list of " +
                                           std::to_string(written.values.size()) + ": write " +
                                           written.key + " = VALUE"});
      return;
    }
    std::optional<Element> value =
        read_config_value<Element>(written.key, written.values.front(), rules, errors);
    if (value) member = std::move(*value);
  }
}

template <class Config>
template <class T>
BlockSchema<Config>&& BlockSchema<Config>::key(std::string name, T Config::*member,
                                               std::string sentence,
                                               KeyRules<typename ConfigElement<T>::type> rules) && {
  using Element = typename ConfigElement<T>::type;
  KeyInfo info{name, std::move(sentence), ConfigValue<Element>::type_name(),
               "",   rules.required,      ConfigElement<T>::is_list};
  const std::vector<std::string> defaults = config_texts<T>(defaults_.*member);
  for (const std::string& text : defaults) {
    info.default_text += (info.default_text.empty() ? "" : ", ") + text;
  }
  if (info.is_list) info.default_text = "{" + info.default_text + "}";
  keys_.push_back(info);

  const auto read = [info, member, rules](const ConfigBlock& written, Config& config,
                                          std::vector<ConfigError>& errors) {
    const ConfigAssignment* assignment = written.find(info.name);
    if (assignment != nullptr) {
      read_config_key<T>(*assignment, rules, config.*member, errors);
    } else if (info.is_required) {
      errors.push_back({written.where,
                        written.name + ": the key " + info.name + " is missing: " + info.sentence});
    }
  };
  const auto print = [info, member, rules](const Config& config, const ConfigBlock* written,
                                           std::size_t depth, std::string& out) {
    const ConfigAssignment* assignment = written == nullptr ? nullptr : written->find(info.name);
    const std::vector<std::string> texts = config_texts<T>(config.*member);
    // A default that the rules would refuse ("" for a name that must be given) is only a remark.
    bool is_sayable = info.is_list || !texts.empty();
    if constexpr (!ConfigElement<T>::is_list) {
      if constexpr (requires { (config.*member).has_value(); }) {
        is_sayable = (config.*member).has_value();
      } else {
        const Result<Element> again =
            ConfigValue<Element>::parse(ConfigValue<Element>::print(config.*member));
        is_sayable = again && check_rules<Element>(*again, rules).empty();
      }
    }
    if (assignment != nullptr || is_sayable) {
      print_config_key(info, texts, assignment == nullptr ? ConfigLocation{} : assignment->where,
                       depth, out);
    } else {
      print_config_unset(info, texts.empty() ? "" : texts.front(), depth, out);
    }
  };
  members_.push_back({read, print});
  return std::move(*this);
}

template <class Config>
template <class Nested>
BlockSchema<Config>&& BlockSchema<Config>::block(Nested Config::*member,
                                                 const BlockSchema<Nested>& schema) && {
  children_.push_back(&schema);
  const auto read = [member, &schema](const ConfigBlock& written, Config& config,
                                      std::vector<ConfigError>& errors) {
    for (const ConfigBlock* block : select_blocks(written, schema, errors)) {
      config.*member = schema.read_config(*block, errors);
    }
  };
  const auto print = [member, &schema](const Config& config, const ConfigBlock* written,
                                       std::size_t depth, std::string& out) {
    const auto blocks = written_blocks(written, schema);
    schema.print(&(config.*member), blocks.empty() ? nullptr : blocks.front(), depth, out);
  };
  members_.push_back({read, print});
  return std::move(*this);
}

template <class Config>
template <class Nested>
BlockSchema<Config>&& BlockSchema<Config>::block(std::optional<Nested> Config::*member,
                                                 const BlockSchema<Nested>& schema) && {
  children_.push_back(&schema);
  const auto read = [member, &schema](const ConfigBlock& written, Config& config,
                                      std::vector<ConfigError>& errors) {
    for (const ConfigBlock* block : select_blocks(written, schema, errors)) {
      config.*member = schema.read_config(*block, errors);
    }
  };
  const auto print = [member, &schema](const Config& config, const ConfigBlock* written,
                                       std::size_t depth, std::string& out) {
    if (!(config.*member).has_value()) return;
    const auto blocks = written_blocks(written, schema);
    schema.print(&*(config.*member), blocks.empty() ? nullptr : blocks.front(), depth, out);
  };
  members_.push_back({read, print});
  return std::move(*this);
}

template <class Config>
template <class Nested>
BlockSchema<Config>&& BlockSchema<Config>::block(std::vector<Nested> Config::*member,
                                                 const BlockSchema<Nested>& schema) && {
  children_.push_back(&schema);
  const auto read = [member, &schema](const ConfigBlock& written, Config& config,
                                      std::vector<ConfigError>& errors) {
    const auto blocks = select_blocks(written, schema, errors);
    if (!blocks.empty()) (config.*member).clear();
    for (const ConfigBlock* block : blocks) {
      (config.*member).push_back(schema.read_config(*block, errors));
    }
  };
  const auto print = [member, &schema](const Config& config, const ConfigBlock* written,
                                       std::size_t depth, std::string& out) {
    const auto blocks = written_blocks(written, schema);
    const auto& values = config.*member;
    for (std::size_t i = 0; i < values.size(); ++i) {
      schema.print(&values[i], i < blocks.size() ? blocks[i] : nullptr, depth, out);
    }
  };
  members_.push_back({read, print});
  return std::move(*this);
}

template <class Config>
template <class T>
BlockSchema<Config>&& BlockSchema<Config>::title(T Config::*member) && {
  read_title_ = [member](const ConfigBlock& written, Config& config,
                         std::vector<ConfigError>& errors) {
    Result<T> value = ConfigValue<T>::parse(written.title);
    if (value) {
      config.*member = std::move(*value);
    } else {
      errors.push_back({written.where, written.name + ": title: " + value.error().message()});
    }
  };
  print_title_ = [member](const Config& config) { return ConfigValue<T>::print(config.*member); };
  return std::move(*this);
}

template <class Config>
BlockSchema<Config>&& BlockSchema<Config>::location(ConfigLocation Config::*member) && {
  location_ = member;
  return std::move(*this);
}

template <class Config>
BlockSchema<Config>&& BlockSchema<Config>::key_lines(
    std::map<std::string, ConfigLocation> Config::*member) && {
  key_lines_ = member;
  return std::move(*this);
}

template <class Config>
BlockSchema<Config>&& BlockSchema<Config>::validate(
    std::function<std::vector<ConfigProblem>(const Config&)> check) && {
  checks_.push_back(std::move(check));
  return std::move(*this);
}

template <class Config>
BlockSchema<Config>&& BlockSchema<Config>::implicit_block(Config config, ImplicitWhen when) && {
  implicit_.push_back({std::move(config), when});
  return std::move(*this);
}

template <class Config>
Config BlockSchema<Config>::read_config(const ConfigBlock& written,
                                        std::vector<ConfigError>& errors) const {
  Config config = defaults_;
  const std::size_t errors_before = errors.size();
  if (location_ != nullptr) config.*location_ = written.where;
  if (key_lines_ != nullptr) {
    for (const ConfigAssignment& assignment : written.assignments) {
      (config.*key_lines_)[assignment.key] = assignment.where;
    }
  }
  if (read_title_) read_title_(written, config, errors);
  for (const Member& member : members_) member.read(written, config, errors);
  if (errors.size() != errors_before) return config;
  for (const auto& check : checks_) {
    for (const ConfigProblem& problem : check(config)) {
      errors.push_back({where(written, problem.key),
                        (problem.key.empty() ? name_ : problem.key) + ": " + problem.what});
    }
  }
  return config;
}

template <class Config>
std::vector<std::shared_ptr<const void>> BlockSchema<Config>::implicit(
    const std::vector<const ConfigBlock*>& written) const {
  std::vector<std::shared_ptr<const void>> configs;
  for (const Implicit& implicit : implicit_) {
    const bool is_replaced =
        implicit.when == ImplicitWhen::none_is_written
            ? !written.empty()
            : std::any_of(written.begin(), written.end(), [&](const ConfigBlock* block) {
                return print_title_ && block->title == print_title_(implicit.config);
              });
    if (!is_replaced) configs.push_back(std::make_shared<const Config>(implicit.config));
  }
  if (configs.empty() && written.empty() && kind_ == BlockKind::single) {
    configs.push_back(std::make_shared<const Config>());
  }
  return configs;
}

template <class Config>
void BlockSchema<Config>::print(const void* config, const ConfigBlock* written, std::size_t depth,
                                std::string& out) const {
  const Config& value = *static_cast<const Config*>(config);
  print_opening(print_title_ ? print_title_(value) : std::string(), written, depth, out);
  for (const Member& member : members_) member.print(value, written, depth + 1, out);
  print_config_closing(depth, out);
}

}  // namespace posthaste
