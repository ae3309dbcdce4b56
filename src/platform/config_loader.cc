#include "platform/config_loader.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "platform/config_parser.h"
#include "platform/config_scanner.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxFileSize = 16 * 1024 * 1024;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxDepth = 16;

struct FileText {
  std::string text;
  std::string wrong;  // "" when it could be read
};

FileText read_file(const std::filesystem::path& path) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return {{}, "is a folder: name a file"};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) {
    return {{}, std::generic_category().message(errno) + ": check the name and its permissions"};
  }
  FileText read;
  std::array<char, 65536> buffer{};
  for (std::size_t size = 0;
       (size = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0;) {
    read.text.append(buffer.data(), size);
    if (read.text.size() > kMaxFileSize) {
      return {{}, fmt::format("is over {} MiB: split it", kMaxFileSize >> 20)};
    }
  }
  if (std::ferror(file.get()) != 0) return {{}, "cannot be read: check the disk"};
  return read;
}

// A folder's name as a pattern that means it alone.
std::filesystem::path literal(const std::string& folder) {
  std::string pattern;
  for (const char c : folder) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// The files that a pattern names, sorted.
std::vector<std::string> expand(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return paths;
}

using Tokens = std::vector<ConfigToken>;

// Where the next `include "pattern"` begins, at or behind `from`.
std::size_t find_include(const Tokens& tokens, std::size_t from) {
  using Kind = ConfigToken::Kind;
  for (std::size_t i = from; i + 1 < tokens.size(); ++i) {
    const bool is_value =
        i > 0 && (tokens[i - 1].kind == Kind::equals || tokens[i - 1].kind == Kind::comma);
    if (!is_value && tokens[i].kind == Kind::word && tokens[i].text == "include" &&
        tokens[i + 1].is_name()) {
      return i;
    }
  }
  return tokens.size();
}

// Requires: `start` is outside every block.
bool is_inside_block(const Tokens& tokens, std::size_t start, std::size_t position) {
  std::size_t depth = 0;
  for (std::size_t i = start; i < position; ++i) {
    if (tokens[i].kind == ConfigToken::Kind::open) ++depth;
    if (tokens[i].kind == ConfigToken::Kind::close && depth > 0) --depth;
  }
  return depth > 0;
}

}  // namespace

void ConfigLoader::fail(const ConfigLocation& where, std::string what) {
  errors_.push_back({where, std::move(what)});
  is_complete_ = false;
}

void ConfigLoader::load_text(const std::string& text, const std::string& name) {
  files_.push_back(name);
  chain_.emplace_back(name);
  std::string_view content = text;
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  const std::size_t errors_before = errors_.size();
  const Tokens tokens = ConfigScanner(content, name, errors_).scan();
  if (errors_.size() != errors_before) {
    is_complete_ = false;
    chain_.pop_back();
    return;
  }
  for (std::size_t start = 0; start < tokens.size();) {
    const std::size_t end = find_include(tokens, start);
    const ConfigLocation where{name, end < tokens.size() ? tokens[end].line : 0};
    if (end < tokens.size() && is_inside_block(tokens, start, end)) {
      fail(where, "include: stands inside a block: move it out of all blocks");
      break;
    }
    Tokens part(tokens.begin() + static_cast<std::ptrdiff_t>(start),
                tokens.begin() + static_cast<std::ptrdiff_t>(end));
    if (!part.empty() && !parse_config(std::move(part), name, schemas_, root_, errors_)) {
      is_complete_ = false;
    }
    if (end < tokens.size()) include(std::string(tokens[end + 1].unquoted()), where);
    start = end < tokens.size() ? end + 2 : end;
  }
  chain_.pop_back();
}

void ConfigLoader::load_file(const std::filesystem::path& path,
                             const ConfigLocation& included_from) {
  const std::string prefix =
      included_from.is_default() ? path.string() : fmt::format("include: {}", path.string());
  if (chain_.size() >= kMaxDepth || files_.size() >= kMaxFiles) {
    fail(included_from, fmt::format("{}: too many includes: at most {} files, {} deep", prefix,
                                    kMaxFiles, kMaxDepth));
    return;
  }
  std::error_code ec;
  for (const std::filesystem::path& outer : chain_) {
    if (std::filesystem::equivalent(outer, path, ec)) {
      fail(included_from, fmt::format("{}: includes itself: break the loop", prefix));
      return;
    }
  }
  const FileText read = read_file(path);
  if (!read.wrong.empty()) {
    fail(included_from, fmt::format("{}: {}", prefix, read.wrong));
    return;
  }
  load_text(read.text, path.string());
}

void ConfigLoader::include(const std::string& pattern, const ConfigLocation& where) {
  const std::filesystem::path folder = chain_.back().parent_path();
  const bool has_wildcards = pattern.find_first_of("*?[") != std::string::npos;
  const std::vector<std::string> paths = has_wildcards ? expand(literal(folder.string()) / pattern)
                                                       : std::vector{(folder / pattern).string()};
  for (const std::string& path : paths) load_file(path, where);
}

}  // namespace posthaste
