#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace posthaste {

// The forms in which DKIM signs a message, RFC 6376 §3.4. Everything here works on views into the
// message and copies no line: bodies go to SHA-256 in large pieces. Lines end in CRLF; a bare CR
// or LF is an octet like any other (see with_crlf).
enum class Canonicalization : std::uint8_t { simple, relaxed };

// One header field as it stands, continuation lines and closing CRLF included. A line without a
// colon has an empty name, and so is never signed.
struct DkimField {
  std::string_view name;
  std::string_view text;
};

// `lower_name` in lower case.
bool is_named(const DkimField& field, std::string_view lower_name);

struct SplitMessage {
  std::vector<DkimField> fields;
  std::string_view body;
};

// Cuts at the first empty line; the views live as long as `message`.
SplitMessage split_message(std::string_view message);

// `message` with every bare LF made CRLF, for mail that comes from a file.
std::string with_crlf(std::string_view message);

// Appends the canonical field, its CRLF included.
void append_canonical_field(Canonicalization form, const DkimField& field, std::string& out);

// Gives out the fields that an "h=" list names. Each is given once, the last of a name first; a
// name that has none left gives nothing, which is what oversigning relies on (RFC 6376 §5.4.2).
class FieldPicker {
 public:
  // `fields` outlives the picker.
  explicit FieldPicker(const std::vector<DkimField>& fields);

  // `name` in lower case.
  std::size_t count(const std::string& name) const;
  const DkimField* pick(const std::string& name);

 private:
  const std::vector<DkimField>& fields_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> left_;
};

using Sha256 = std::array<unsigned char, 32>;
Sha256 sha256(std::string_view data);

struct BodyHash {
  Sha256 digest{};
  std::uint64_t length = 0;  // of the whole canonical body, whatever the limit
};

// The hash that "bh=" carries. `limit` is the "l=" of a signature to verify.
BodyHash hash_body(Canonicalization form, std::string_view body,
                   std::optional<std::uint64_t> limit = std::nullopt);

// What hash_body() hashes.
std::string canonical_body(Canonicalization form, std::string_view body);

std::string ascii_lower(std::string_view text);

}  // namespace posthaste
