#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base64.h"

namespace posthaste {

// The "tag=value; tag=value" lists of RFC 6376 §3.2, used by signatures and key records. Views
// into the text that was parsed.
class DkimTagList {
 public:
  struct Tag {
    std::string_view name;
    std::string_view value;  // without the white space around it
    std::string_view raw;    // with it
  };

  // Nothing when the text is no tag list; a tag that stands twice makes it none.
  static std::optional<DkimTagList> parse(std::string_view text);

  const std::vector<Tag>& tags() const { return tags_; }
  const Tag* find(std::string_view name) const;

 private:
  std::vector<Tag> tags_;
};

// The parts of a colon-separated list, without white space around them; empty parts are kept.
std::vector<std::string_view> split_colon_list(std::string_view text);

// Base64 as tags carry it (encode_base64() makes it), with folding white space anywhere in it.
// Nothing when it is none.
std::optional<std::string> decode_folded_base64(std::string_view text);

}  // namespace posthaste
