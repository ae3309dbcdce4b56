#include "mail/mime_decoding.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/message.h"

namespace posthaste {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::array<std::int8_t, 256> base64_values() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

// RFC 2045 §6.8: characters outside the alphabet are ignored. Padding ends a quantum, not the
// text: several encoded pieces one after another are met.
std::string decode_base64(std::string_view text, std::size_t max) {
  static const std::array<std::int8_t, 256> kValues = base64_values();
  std::string decoded;
  decoded.reserve(std::min(max, text.size() / 4 * 3 + 3));
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (decoded.size() >= max) break;
    if (c == '=') {
      bits = 0;
      count = 0;
      continue;
    }
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    decoded.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return decoded;
}

// A line of quoted-printable without its line end. True when the line goes on in the next.
bool decode_quoted_line(std::string_view line, std::string& decoded) {
  // RFC 2045 §6.7: white space at the end of a line was added on the way.
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  const bool is_soft = line.ends_with('=');
  if (is_soft) line.remove_suffix(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool has_pair = line[i] == '=' && i + 2 < line.size() && hex_value(line[i + 1]) >= 0 &&
                          hex_value(line[i + 2]) >= 0;
    if (has_pair) {
      decoded.push_back(static_cast<char>(hex_value(line[i + 1]) * 16 + hex_value(line[i + 2])));
      i += 2;
    } else {
      decoded.push_back(line[i]);
    }
  }
  return is_soft;
}

// One line off `text`: the line, and its line end.
std::pair<std::string_view, std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
  std::size_t length = end == std::string_view::npos ? text.size() : end;
  if (length > 0 && text[length - 1] == '\r' && end != std::string_view::npos) --length;
  const std::pair line{text.substr(0, length), text.substr(length, next - length)};
  text.remove_prefix(next);
  return line;
}

std::string decode_quoted_printable(std::string_view text, std::size_t max) {
  std::string decoded;
  decoded.reserve(std::min(max, text.size()));
  while (!text.empty() && decoded.size() < max) {
    const auto [line, line_end] = take_line(text);
    if (!decode_quoted_line(line, decoded)) decoded += line_end;
  }
  if (decoded.size() > max) decoded.resize(max);
  return decoded;
}

std::string decode_uuencode(std::string_view text, std::size_t max) {
  std::string decoded;
  bool is_begun = false;
  while (!text.empty() && decoded.size() < max) {
    const std::string_view line = take_line(text).first;
    if (!is_begun) {
      is_begun = line.starts_with("begin ");
      continue;
    }
    if (line == "end") break;
    if (line.empty()) continue;
    const auto six = [line](std::size_t i) {
      return i < line.size() ? static_cast<std::uint32_t>(line[i] - 32) & 63U : 0U;
    };
    std::size_t left = six(0);
    for (std::size_t i = 1; left > 0 && i < line.size(); i += 4) {
      const std::uint32_t bits = six(i) << 18 | six(i + 1) << 12 | six(i + 2) << 6 | six(i + 3);
      for (int shift = 16; shift >= 0 && left > 0; shift -= 8, --left) {
        decoded.push_back(static_cast<char>(bits >> shift & 0xff));
      }
    }
  }
  if (decoded.size() > max) decoded.resize(max);
  return decoded;
}

// What iconv calls a charset that mail names otherwise, or means more widely than its name says.
std::string iconv_name(std::string_view charset) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kNames{{
      {"iso-8859-1", "WINDOWS-1252"},
      {"latin1", "WINDOWS-1252"},
      {"shift_jis", "CP932"},
      {"shift-jis", "CP932"},
      {"sjis", "CP932"},
      {"x-sjis", "CP932"},
      {"iso-2022-jp", "ISO-2022-JP-2"},
      {"gb2312", "GB18030"},
      {"gbk", "GB18030"},
      {"ks_c_5601-1987", "CP949"},
      {"euc-kr", "CP949"},
      {"unicode-1-1-utf-7", "UTF-7"},
      {"iso-8859-8-i", "ISO-8859-8"},
  }};
  const std::string name = lowered(charset);
  for (const auto& [mail, known] : kNames) {
    if (name == mail) return std::string(known);
  }
  return name;
}

// A name that may be handed to iconv_open: no suffix that changes how it works, no locale's own.
bool is_charset_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  });
}

std::string run_iconv(iconv_t conversion, std::string_view octets) {
  std::string converted;
  std::array<char, 4096> room{};
  // iconv does not change what it reads; its prototype is older than const.
  char* input = const_cast<char*>(octets.data());
  std::size_t left = octets.size();
  while (left > 0) {
    char* output = room.data();
    std::size_t free = room.size();
    const std::size_t result = iconv(conversion, &input, &left, &output, &free);
    const int error = result == static_cast<std::size_t>(-1) ? errno : 0;
    converted.append(room.data(), room.size() - free);
    if (error == 0 || (error == E2BIG && free < room.size())) continue;
    converted += kReplacement;
    if (error == EINVAL) break;
    ++input;
    --left;
  }
  return converted;
}

}  // namespace

TransferEncoding transfer_encoding_of(std::string_view name) {
  const std::string known = lowered(name);
  if (known == "base64" || known == "base-64") return TransferEncoding::base64;
  if (known == "quoted-printable" || known == "quoted_printable") {
    return TransferEncoding::quoted_printable;
  }
  if (known == "x-uuencode" || known == "uuencode" || known == "x-uue" || known == "uue") {
    return TransferEncoding::uuencode;
  }
  return TransferEncoding::identity;
}

std::string decode_transfer(std::string_view text, TransferEncoding encoding, std::size_t max) {
  switch (encoding) {
    case TransferEncoding::base64:
      return decode_base64(text, max);
    case TransferEncoding::quoted_printable:
      return decode_quoted_printable(text, max);
    case TransferEncoding::uuencode:
      return decode_uuencode(text, max);
    case TransferEncoding::identity:
      break;
  }
  return std::string(text.substr(0, max));
}

std::string decode_q(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '_', ' ');
  std::string decoded;
  for (std::size_t i = 0; i < spaced.size(); ++i) {
    const bool has_pair = spaced[i] == '=' && i + 2 < spaced.size() &&
                          hex_value(spaced[i + 1]) >= 0 && hex_value(spaced[i + 2]) >= 0;
    if (has_pair) {
      decoded.push_back(
          static_cast<char>(hex_value(spaced[i + 1]) * 16 + hex_value(spaced[i + 2])));
      i += 2;
    } else {
      decoded.push_back(spaced[i]);
    }
  }
  return decoded;
}

std::optional<std::string> convert_to_utf8(std::string_view octets, std::string_view charset) {
  if (!is_charset_name(charset)) return std::nullopt;
  const std::string name = iconv_name(charset);
  if ((name == "utf-8" || name == "us-ascii") && is_utf8(octets)) return std::string(octets);
  iconv_t conversion = iconv_open("UTF-8", name.c_str());
  if (conversion == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string converted = run_iconv(conversion, octets);
  iconv_close(conversion);
  return converted;
}

std::string to_utf8(std::string_view octets, std::string_view charset) {
  const bool is_plain = charset.empty() || equals_ignoring_case(charset, "us-ascii") ||
                        equals_ignoring_case(charset, "utf-8");
  if (is_plain && is_utf8(octets)) return std::string(octets);
  if (!is_plain) {
    if (auto converted = convert_to_utf8(octets, charset)) return std::move(*converted);
    if (is_utf8(octets)) return std::string(octets);
  }
  return convert_to_utf8(octets, "windows-1252").value_or(std::string());
}

}  // namespace posthaste
