#include "identity/dkim/dkim_tag_list.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/ascii.h"

namespace posthaste {
namespace {

// tag-name = ALPHA *ALNUMPUNC
bool is_tag_name(std::string_view name) {
  if (name.empty() || !is_alpha(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

// VALCHAR = %x21-3A / %x3C-7E, and UTF-8 since RFC 8616.
bool is_tag_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return is_white(c) || (static_cast<unsigned char>(c) > 0x20 && c != 0x7f);
  });
}

}  // namespace

// tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
// tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
std::optional<DkimTagList> DkimTagList::parse(std::string_view text) {
  DkimTagList list;
  while (!trim_white(text).empty()) {
    const std::string_view spec = text.substr(0, text.find(';'));
    const std::size_t equals = spec.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view raw = spec.substr(equals + 1);
    const Tag tag{trim_white(spec.substr(0, equals)), trim_white(raw), raw};
    if (!is_tag_name(tag.name) || !is_tag_value(tag.value)) return std::nullopt;
    list.tags_.push_back(tag);
    text.remove_prefix(std::min(text.size(), spec.size() + 1));
  }
  if (list.tags_.empty()) return std::nullopt;

  std::vector<std::string_view> names;
  for (const Tag& tag : list.tags_) names.push_back(tag.name);
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) return std::nullopt;
  return list;
}

const DkimTagList::Tag* DkimTagList::find(std::string_view name) const {
  for (const Tag& tag : tags_) {
    if (tag.name == name) return &tag;
  }
  return nullptr;
}

std::vector<std::string_view> split_colon_list(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.push_back(trim_white(text.substr(0, colon)));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::string> decode_folded_base64(std::string_view text) {
  std::string packed;
  packed.reserve(text.size());
  for (const char c : text) {
    if (!is_white(c)) packed.push_back(c);
  }
  if (packed.size() % 4 != 0 || packed.size() > 1'000'000) return std::nullopt;
  const std::size_t padding = packed.ends_with("==") ? 2 : packed.ends_with("=") ? 1 : 0;
  const auto is_base64 = [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/'; };
  if (!std::all_of(packed.begin(), packed.end() - static_cast<std::ptrdiff_t>(padding),
                   is_base64)) {
    return std::nullopt;
  }
  std::string octets(packed.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                   reinterpret_cast<const unsigned char*>(packed.data()),
                                   static_cast<int>(packed.size()));
  if (size < 0) return std::nullopt;
  octets.resize(static_cast<std::size_t>(size) - padding);
  return octets;
}

}  // namespace posthaste
