#include "mail/mime.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/ascii.h"

namespace posthaste {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return equals_ignoring_case(text.substr(0, start.size()), start);
}

// A line of a text: where it begins, its octets without line end, where the next begins.
struct Line {
  std::size_t begin = 0;
  std::string_view text;
  std::size_t next = 0;
};

Line line_at(std::string_view content, std::size_t begin) {
  const std::size_t end = content.find('\n', begin);
  Line line{begin, content.substr(begin, end - begin),
            end == std::string_view::npos ? content.size() : end + 1};
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  return line;
}

// The name of a field that begins in this line; "" when none does.
std::string_view field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);  // RFC 5322 §4.5
  const bool is_name =
      std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return is_name ? name : std::string_view();
}

// "From someone Thu Jan 1 …": how mailboxes part their messages.
bool is_mailbox_line(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ");
}

std::string_view skip_blank_lines(std::string_view content) {
  while (!content.empty()) {
    const Line line = line_at(content, 0);
    if (!line.text.empty() && line.text.find_first_not_of(" \t") != std::string_view::npos) break;
    content.remove_prefix(line.next);
  }
  return content;
}

// RFC 2046 §5.1.1: "--" boundary, "--" behind the last, white space.
enum class Delimiter : std::uint8_t { none, part, last };

Delimiter delimiter_of(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return Delimiter::none;
  std::string_view rest = line.substr(2 + boundary.size());
  const bool is_last = rest.starts_with("--");
  if (is_last) rest.remove_prefix(2);
  if (rest.find_first_not_of(" \t") != std::string_view::npos) return Delimiter::none;
  return is_last ? Delimiter::last : Delimiter::part;
}

// The boundary of a multipart that does not say it, or says it wrong: that of the first line that
// looks like one and stands before a field of a part's header.
std::string_view guessed_boundary(std::string_view content) {
  constexpr std::size_t kLines = 200;
  std::size_t place = 0;
  for (std::size_t i = 0; i < kLines && place < content.size(); ++i) {
    const Line line = line_at(content, place);
    place = line.next;
    if (line.text.size() < 4 || line.text.size() > 202 || !line.text.starts_with("--")) continue;
    if (!starts_with_ignoring_case(content.substr(place), "Content-")) continue;
    std::string_view boundary = line.text.substr(2);
    while (!boundary.empty() && is_blank(boundary.back())) boundary.remove_suffix(1);
    return boundary;
  }
  return {};
}

bool is_message(std::string_view type) {
  return type == "message/rfc822" || type == "message/global" || type == "message/news" ||
         type == "message/rfc2822" || type == "text/rfc822";
}

std::string without_folders(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

}  // namespace

// Builds the tree: one call of read() a node.
class MimeReader {
 public:
  MimeReader(MimeMessage& message, std::size_t octets, MimeLimits limits)
      : message_(message), limits_(limits), decodable_(octets * limits.max_decoded) {}

  struct Place {
    std::size_t parent = MimePart::kNone;
    std::size_t depth = 0;
    std::string_view default_type = "text/plain";
    bool is_message = false;  // a message of its own, not a part of a multipart
  };

  void read(std::string_view octets, Place place) {
    if (message_.parts_.size() >= limits_.max_parts) {
      message_.is_cut_ = true;
      return;
    }
    const std::size_t index = message_.parts_.size();
    message_.parts_.push_back(make_part(octets, place));
    const std::string type = message_.parts_[index].type;
    const bool may_hold_parts = type.starts_with("multipart/") || is_message(type) ||
                                (place.is_message && !message_.parts_[index].has_type);
    if (!may_hold_parts) return;
    if (place.depth + 1 >= limits_.max_depth) {
      message_.is_cut_ = true;
      return;
    }
    if (is_message(type)) {
      read_message(index);
    } else {
      read_multipart(index);
    }
  }

 private:
  MimePart make_part(std::string_view octets, const Place& place) const {
    if (place.is_message) {
      const std::string_view begun = skip_blank_lines(octets);
      const std::string_view first = line_at(begun, 0).text;
      if (!field_name(first).empty() || is_mailbox_line(first)) octets = begun;
    }
    const MimeHeader header = MimeHeader::read(octets, limits_.max_fields);
    MimePart part{.header = octets.substr(0, header.body_begin),
                  .content = octets.substr(header.body_begin),
                  .parent = place.parent,
                  .depth = place.depth};
    std::string_view disposition;
    for (const HeaderField& field : header.fields) {
      if (equals_ignoring_case(field.name, "Content-Type") && !part.has_type) {
        part.content_type = MimeValue::parse(field.value);
        part.has_type = true;
      } else if (equals_ignoring_case(field.name, "Content-Transfer-Encoding")) {
        part.encoding = transfer_encoding_of(MimeValue::parse(field.value).type);
      } else if (equals_ignoring_case(field.name, "Content-Disposition")) {
        disposition = field.value;
      }
    }
    const std::string& written = part.content_type.type;
    const bool is_type = written.find('/') != std::string::npos || written == "text";
    part.type = !is_type ? place.default_type : written == "text" ? "text/plain" : written;
    part.filename = without_folders(MimeValue::parse(disposition).parameter("filename"));
    if (part.filename.empty()) {
      part.filename = without_folders(part.content_type.parameter("name"));
    }
    return part;
  }

  void read_message(std::size_t index) {
    MimePart& part = message_.parts_[index];
    std::string_view content = part.content;
    if (part.encoding != TransferEncoding::identity) {
      // RFC 2046 §5.2.1 forbids it; it is met. Each of those within each other may decode to as
      // much as itself.
      if (content.size() > decodable_) {
        message_.is_cut_ = true;
        return;
      }
      message_.decoded_.push_back(part.decoded());
      decodable_ -= message_.decoded_.back().size();
      content = message_.decoded_.back();
    }
    part.is_leaf = false;
    read(content, {.parent = index, .depth = part.depth + 1, .is_message = true});
    // The limit of parts kept its root out.
    if (message_.parts_.size() == index + 1) message_.parts_[index].is_leaf = true;
  }

  void read_multipart(std::size_t index) {
    const std::string boundary(message_.parts_[index].content_type.parameter("boundary"));
    const std::string_view content = message_.parts_[index].content;
    if (!boundary.empty() && split(index, boundary)) return;
    const std::string guessed(guessed_boundary(content));
    if (!guessed.empty() && split(index, guessed)) {
      if (!message_.parts_[index].has_type) message_.parts_[index].type = "multipart/mixed";
      return;
    }
    message_.parts_[index].type = "text/plain";  // RFC 2046 §5.1 has nothing for it
  }

  // False: there is no such delimiter in it.
  bool split(std::size_t index, const std::string& boundary) {
    const MimePart whole = message_.parts_[index];
    const Place child{
        .parent = index,
        .depth = whole.depth + 1,
        .default_type = whole.type == "multipart/digest" ? "message/rfc822" : "text/plain"};
    std::size_t part_begin = std::string_view::npos;
    for (std::size_t place = 0; place < whole.content.size();) {
      const Line line = line_at(whole.content, place);
      place = line.next;
      const Delimiter found = delimiter_of(line.text, boundary);
      if (found == Delimiter::none) continue;
      if (part_begin == std::string_view::npos) {
        message_.parts_[index].preamble = whole.content.substr(0, line.begin);
        message_.parts_[index].is_leaf = false;
      } else {
        read(content_between(whole.content, part_begin, line.begin), child);
      }
      part_begin = line.next;
      // Some write the closing delimiter too early and go on: what is behind it is read as a part
      // when another delimiter follows, and is an epilogue otherwise.
      if (found == Delimiter::last &&
          whole.content.find("\n--" + boundary, line.begin + 1) == std::string_view::npos) {
        return true;
      }
    }
    if (part_begin == std::string_view::npos) return false;
    read(whole.content.substr(part_begin), child);  // never closed
    return true;
  }

  // The line end before a delimiter belongs to the delimiter.
  static std::string_view content_between(std::string_view content, std::size_t begin,
                                          std::size_t end) {
    std::string_view part = content.substr(begin, end - begin);
    if (part.ends_with('\n')) part.remove_suffix(1);
    if (part.ends_with('\r')) part.remove_suffix(1);
    return part;
  }

  MimeMessage& message_;
  MimeLimits limits_;
  std::size_t decodable_;
};

MimeHeader MimeHeader::read(std::string_view content, std::size_t max_fields) {
  MimeHeader header;
  std::size_t place = 0;
  while (place < content.size()) {
    const Line line = line_at(content, place);
    if (line.text.empty()) {
      header.body_begin = line.next;
      return header;
    }
    const std::string_view name = field_name(line.text);
    if (is_blank(line.text.front()) && !header.fields.empty()) {
      HeaderField& field = header.fields.back();
      const auto begin = static_cast<std::size_t>(field.value.data() - content.data());
      if (field.end == line.begin) {
        field.value = content.substr(begin, line.begin + line.text.size() - begin);
        field.end = line.next;
      }
    } else if (!name.empty()) {
      if (header.fields.size() < max_fields) {
        header.fields.push_back(
            {name, line.text.substr(line.text.find(':') + 1), line.begin, line.next});
      }
    } else if (!is_mailbox_line(line.text)) {
      const std::string_view after = line_at(content, line.next).text;
      const bool goes_on =
          !header.fields.empty() && line.next < content.size() && !field_name(after).empty();
      if (!goes_on) {
        header.body_begin = place;
        return header;
      }
    }
    place = line.next;
  }
  header.body_begin = content.size();
  return header;
}

std::string MimeHeader::field(std::string_view name) const {
  constexpr std::size_t kMaxValue = 8192;
  for (const HeaderField& field : fields) {
    if (equals_ignoring_case(field.name, name)) return decode_text(field.value, kMaxValue);
  }
  return {};
}

std::string MimePart::decoded(std::size_t max) const {
  return decode_transfer(content, encoding, max);
}

std::string MimePart::text(std::size_t max) const {
  return to_utf8(decoded(max), content_type.parameter("charset"));
}

MimeMessage::MimeMessage(std::string_view message, MimeLimits limits) {
  MimeReader(*this, message.size(), limits).read(message, {.is_message = true});
}

const MimePart* MimeMessage::find(std::string_view type) const {
  for (const MimePart& part : parts_) {
    if (part.type == type) return &part;
  }
  return nullptr;
}

}  // namespace posthaste
