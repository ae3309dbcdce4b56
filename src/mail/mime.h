#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "mail/mime_decoding.h"
#include "mail/mime_value.h"

namespace posthaste {

// What a message may cost. What is beyond is not split further, and is_cut() says so.
struct MimeLimits {
  std::size_t max_depth = 20;
  std::size_t max_parts = 500;
  std::size_t max_fields = 1000;  // of one header
  // Octets that messages in messages may be decoded to, all together: so many times the message.
  std::size_t max_decoded = 2;
};

// A header block found in foreign octets: fields, and where the body begins. A line that is no
// field is left out where fields go on behind it; "From " lines of mailboxes are left out.
struct MimeHeader {
  std::vector<HeaderField> fields;
  std::size_t body_begin = 0;

  static MimeHeader read(std::string_view content, std::size_t max_fields = 1000);
  // The first field of this name, unfolded, with encoded words decoded; "" when there is none.
  std::string field(std::string_view name) const;
};

// One node of the tree. Views point into the message, or into what its MimeMessage decoded.
struct MimePart {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::string type;        // "text/plain", lower case; what it is taken for when not written
  bool has_type = false;   // a Content-Type is written
  MimeValue content_type;  // with its parameters
  std::string filename;    // decoded, UTF-8, without folders; "" when none is given
  TransferEncoding encoding = TransferEncoding::identity;
  std::string_view header;    // raw
  std::string_view content;   // raw, behind the header
  std::string_view preamble;  // of a multipart: what stands before its first part
  std::size_t parent = kNone;
  std::size_t depth = 0;
  bool is_leaf = true;  // false: a multipart with parts, or a message with its root

  MimeHeader fields() const { return MimeHeader::read(header); }
  // The content behind its transfer encoding: octets. At most `max`.
  std::string decoded(std::size_t max = SIZE_MAX) const;
  // The same as UTF-8 text.
  std::string text(std::size_t max = SIZE_MAX) const;
};

// The MIME tree of a message (RFC 2045, 2046, 2231, 6522), read from any octets whatever: missing
// and wrong boundaries, unended parts and broken headers make the tree poorer, never an error.
// Memory is a small multiple of the message, work its size times the depth.
//
//   const MimeMessage mime(octets);
//   for (const MimePart& part : mime.parts())
//     if (part.is_leaf && part.type == "application/gzip") take(part.filename, part.decoded());
//
// The message must outlive it.
class MimeMessage {
 public:
  explicit MimeMessage(std::string_view message, MimeLimits limits = {});
  MimeMessage(const MimeMessage&) = delete;
  MimeMessage& operator=(const MimeMessage&) = delete;

  // In document order; the first is the message itself. Never empty.
  const std::vector<MimePart>& parts() const { return parts_; }
  const MimePart& root() const { return parts_.front(); }
  // The first part of this type (lower case); null when there is none.
  const MimePart* find(std::string_view type) const;
  bool is_cut() const { return is_cut_; }

 private:
  friend class MimeReader;

  std::vector<MimePart> parts_;
  std::deque<std::string> decoded_;  // messages that were transfer-encoded
  bool is_cut_ = false;
};

}  // namespace posthaste
