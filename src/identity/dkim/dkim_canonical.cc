#include "identity/dkim/dkim_canonical.h"

#include <openssl/evp.h>

#include <cstring>
#include <memory>
#include <new>

#include "base/ascii.h"

namespace posthaste {
namespace {

constexpr std::string_view kCrlf = "\r\n";

std::string_view without_trailing_wsp(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// SHA-256 behind a buffer, because relaxed bodies come in many short pieces.
class HashSink {
 public:
  explicit HashSink(std::optional<std::uint64_t> limit)
      : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free), limit_(limit.value_or(UINT64_MAX)) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::bad_alloc();
    }
  }

  void append(std::string_view piece) {
    const std::uint64_t room = limit_ - std::min(limit_, length_);
    length_ += piece.size();
    if (piece.size() > room) piece = piece.substr(0, room);
    if (piece.size() > buffer_.size() - filled_) flush();
    if (piece.size() >= buffer_.size()) {
      EVP_DigestUpdate(context_.get(), piece.data(), piece.size());
      return;
    }
    if (!piece.empty()) std::memcpy(buffer_.data() + filled_, piece.data(), piece.size());
    filled_ += piece.size();
  }

  BodyHash finish() {
    flush();
    BodyHash hash;
    EVP_DigestFinal_ex(context_.get(), hash.digest.data(), nullptr);
    hash.length = length_;
    return hash;
  }

 private:
  void flush() {
    EVP_DigestUpdate(context_.get(), buffer_.data(), filled_);
    filled_ = 0;
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::uint64_t limit_;
  std::uint64_t length_ = 0;
  std::size_t filled_ = 0;
  std::array<char, 4096> buffer_;
};

class StringSink {
 public:
  void append(std::string_view piece) { text_.append(piece); }
  std::string finish() { return std::move(text_); }

 private:
  std::string text_;
};

std::string_view without_trailing_empty_lines(std::string_view body, Canonicalization form) {
  for (;;) {
    if (form == Canonicalization::relaxed) body = without_trailing_wsp(body);
    if (!body.ends_with(kCrlf)) return body;
    body.remove_suffix(kCrlf.size());
  }
}

// True when relaxing changes none of the 32 octets at `p`; looks at the 33rd too. Written without
// a branch so that the compiler makes vector instructions of it.
bool is_plain_block(const char* p) {
  unsigned char found = 0;
  for (int i = 0; i < 32; ++i) {
    const auto c = static_cast<unsigned char>(p[i]);
    const auto next = static_cast<unsigned char>(p[i + 1]);
    const bool wsp_or_cr = static_cast<bool>((next == ' ') | (next == '\t') | (next == '\r'));
    found |= static_cast<unsigned char>((c == '\t') | ((c == ' ') & wsp_or_cr));
  }
  return found == 0;
}

// The first run of white space at or after `from` that is more than one space between two words.
std::size_t find_wsp_to_relax(std::string_view text, std::size_t from) {
  std::size_t i = from;
  while (i < text.size()) {
    while (i + 33 <= text.size() && is_plain_block(text.data() + i)) i += 32;
    const std::size_t stop = std::min(i + 32, text.size());
    for (; i < stop; ++i) {
      if (text[i] == '\t') return i;
      if (text[i] != ' ') continue;
      if (i + 1 == text.size() || is_blank(text[i + 1]) || text[i + 1] == '\r') return i;
    }
  }
  return text.size();
}

// RFC 6376 §3.4.3
template <class Sink>
void append_simple_body(std::string_view body, Sink& sink) {
  sink.append(without_trailing_empty_lines(body, Canonicalization::simple));
  sink.append(kCrlf);
}

// RFC 6376 §3.4.4
template <class Sink>
void append_relaxed_body(std::string_view body, Sink& sink) {
  const std::string_view text = without_trailing_empty_lines(body, Canonicalization::relaxed);
  if (text.empty()) return;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t run = find_wsp_to_relax(text, at);
    sink.append(text.substr(at, run - at));
    at = run;
    while (at < text.size() && is_blank(text[at])) ++at;
    const bool ends_line = at == text.size() || text.substr(at, 2) == kCrlf;
    if (!ends_line) sink.append(" ");
  }
  sink.append(kCrlf);
}

template <class Sink>
auto canonicalize_body(Canonicalization form, std::string_view body, Sink sink) {
  if (form == Canonicalization::simple) {
    append_simple_body(body, sink);
  } else {
    append_relaxed_body(body, sink);
  }
  return sink.finish();
}

// One past the CRLF that ends the line at `from`, or the end.
std::size_t next_line(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (;;) {
    const auto* lf =
        static_cast<const char*>(std::memchr(text.data() + at, '\n', text.size() - at));
    if (lf == nullptr) return text.size();
    at = static_cast<std::size_t>(lf - text.data()) + 1;
    if (at >= from + 2 && text[at - 2] == '\r') return at;
    if (at == text.size()) return at;
  }
}

// RFC 6376 §3.4.2
void append_relaxed_field(const DkimField& field, std::string& out) {
  std::string_view text = field.text;
  if (text.ends_with(kCrlf)) text.remove_suffix(kCrlf.size());
  const std::size_t colon = text.find(':');
  for (const char c : field.name) out.push_back(to_lower(c));
  out.push_back(':');
  bool wsp = false;
  bool begun = false;
  std::size_t i = colon == std::string_view::npos ? 0 : colon + 1;
  while (i < text.size()) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      i += 2;  // unfolding
    } else if (is_blank(text[i])) {
      wsp = true;
      ++i;
    } else {
      const std::size_t word = i++;
      while (i < text.size() && !is_blank(text[i]) && text[i] != '\r') ++i;
      if (wsp && begun) out.push_back(' ');
      wsp = false;
      begun = true;
      out.append(text.substr(word, i - word));
    }
  }
  out.append(kCrlf);
}

}  // namespace

bool is_named(const DkimField& field, std::string_view lower_name) {
  if (field.name.size() != lower_name.size()) return false;
  for (std::size_t i = 0; i < lower_name.size(); ++i) {
    if (to_lower(field.name[i]) != lower_name[i]) return false;
  }
  return true;
}

SplitMessage split_message(std::string_view message) {
  SplitMessage split;
  split.fields.reserve(32);
  std::size_t at = 0;
  while (at < message.size()) {
    if (message.substr(at, 2) == kCrlf) {
      split.body = message.substr(at + 2);
      return split;
    }
    const std::size_t begin = at;
    at = next_line(message, at);
    while (at < message.size() && is_blank(message[at])) at = next_line(message, at);
    const std::string_view text = message.substr(begin, at - begin);
    const std::string_view name = text.substr(0, text.find_first_of(":\r"));
    const bool has_colon = name.size() < text.size() && text[name.size()] == ':';
    split.fields.push_back({has_colon ? without_trailing_wsp(name) : std::string_view(), text});
  }
  return split;
}

std::string with_crlf(std::string_view message) {
  std::string out;
  out.reserve(message.size() + message.size() / 32);
  std::size_t at = 0;
  while (at < message.size()) {
    const std::size_t lf = message.find('\n', at);
    if (lf == std::string_view::npos) break;
    out.append(message.substr(at, lf - at));
    if (lf == 0 || message[lf - 1] != '\r') out.push_back('\r');
    out.push_back('\n');
    at = lf + 1;
  }
  return out.append(message.substr(at));
}

void append_canonical_field(Canonicalization form, const DkimField& field, std::string& out) {
  if (form == Canonicalization::relaxed) {
    append_relaxed_field(field, out);
    return;
  }
  // RFC 6376 §3.4.1
  out.append(field.text);
  if (!field.text.ends_with(kCrlf)) out.append(kCrlf);
}

FieldPicker::FieldPicker(const std::vector<DkimField>& fields) : fields_(fields) {
  left_.reserve(fields.size());
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].name.empty()) left_[ascii_lower(fields[i].name)].push_back(i);
  }
}

std::size_t FieldPicker::count(const std::string& name) const {
  const auto found = left_.find(name);
  return found == left_.end() ? 0 : found->second.size();
}

const DkimField* FieldPicker::pick(const std::string& name) {
  const auto found = left_.find(name);
  if (found == left_.end() || found->second.empty()) return nullptr;
  const std::uint32_t index = found->second.back();
  found->second.pop_back();
  return &fields_[index];
}

Sha256 sha256(std::string_view data) {
  Sha256 digest;
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return digest;
}

BodyHash hash_body(Canonicalization form, std::string_view body,
                   std::optional<std::uint64_t> limit) {
  return canonicalize_body(form, body, HashSink(limit));
}

std::string canonical_body(Canonicalization form, std::string_view body) {
  return canonicalize_body(form, body, StringSink());
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

}  // namespace posthaste
