#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthaste {

// A DMARC record as a list of tags that can be changed and written again.
class DmarcEdit {
 public:
  static DmarcEdit of(std::string_view text);

  // Replaces the tag's value, or adds it: "p" right after the version, others at the end.
  void set(std::string_view tag, std::string value);
  void remove(std::string_view tag);
  // Takes out what a receiver ignores: tags that RFC 9989 removed, values that no tag may have, and
  // tags that stand twice. Unknown ones stay: they may be somebody's.
  void remove_malformed();
  std::string text() const;

 private:
  std::vector<std::pair<std::string, std::string>> tags_;  // without "v"
};

}  // namespace posthaste
