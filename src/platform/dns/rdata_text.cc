#include <fmt/format.h>
#include <boost/algorithm/hex.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "platform/dns/dns_error.h"
#include "platform/dns/dns_name.h"
#include "platform/dns/rdata.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kMaxText = 65535;

Error bad(std::string detail) {
  return {DnsErrc::bad_record, std::move(detail)};
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

template <class Address>
Result<Rdata> read_address(std::string_view text, std::string_view kind) {
  boost::system::error_code error;
  const Address address = [&] {
    if constexpr (std::is_same_v<Address, ip::address_v4>) {
      return ip::make_address_v4(text, error);
    } else {
      return ip::make_address_v6(text, error);
    }
  }();
  if (error) return bad(fmt::format("\"{}\" is not an {} address", text, kind));
  return Rdata(address.to_string());
}

Result<Rdata> read_name(std::string_view text) {
  std::optional<std::string> name = normalize_dns_name(text);
  if (!name) return bad(fmt::format("\"{}\" is not a domain name", text));
  return Rdata(std::move(*name));
}

Result<Rdata> read_mx(const std::vector<std::string_view>& words) {
  MxRecord mx;
  if (words.size() != 2 || !read_number(words[0], mx.preference)) {
    return bad("MX takes a preference (0 to 65535) and a name: write \"10 mx.example.com.\"");
  }
  std::optional<std::string> name = normalize_dns_name(words[1]);
  if (!name) return bad(fmt::format("\"{}\" is not a domain name", words[1]));
  mx.exchange = std::move(*name);
  return Rdata(std::move(mx));
}

Result<Rdata> read_srv(const std::vector<std::string_view>& words) {
  SrvRecord srv;
  if (words.size() != 4 || !read_number(words[0], srv.priority) ||
      !read_number(words[1], srv.weight) || !read_number(words[2], srv.port)) {
    return bad("SRV takes priority, weight, port and a name: write \"0 5 587 mail.example.com.\"");
  }
  std::optional<std::string> name = normalize_dns_name(words[3]);
  if (!name) return bad(fmt::format("\"{}\" is not a domain name", words[3]));
  srv.target = std::move(*name);
  return Rdata(std::move(srv));
}

Result<Rdata> read_tlsa(const std::vector<std::string_view>& words) {
  TlsaRecord tlsa;
  if (words.size() < 4 || !read_number(words[0], tlsa.usage) ||
      !read_number(words[1], tlsa.selector) || !read_number(words[2], tlsa.matching_type)) {
    return bad("TLSA takes usage, selector, matching type and hex: write \"3 1 1 0a1b2c\"");
  }
  std::string hex;
  for (std::size_t i = 3; i < words.size(); ++i) hex += words[i];
  try {
    boost::algorithm::unhex(hex, std::back_inserter(tlsa.data));
  } catch (const boost::algorithm::hex_decode_error&) {
    return bad("the data of TLSA is not hexadecimal");
  }
  return Rdata(std::move(tlsa));
}

// RFC 1035 §3.3.13: primary server, mailbox, serial, refresh, retry, expire, minimum.
Result<Rdata> read_soa(const std::vector<std::string_view>& words) {
  constexpr std::string_view kShape =
      "SOA takes two names and five numbers: write "
      "\"ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300\"";
  if (words.size() != 7) return bad(std::string(kShape));
  std::string text;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::optional<std::string> name = normalize_dns_name(words[i]);
    if (!name) return bad(fmt::format("\"{}\" is not a domain name", words[i]));
    text += *name + ". ";
  }
  for (std::size_t i = 2; i < words.size(); ++i) {
    std::uint32_t number = 0;
    if (!read_number(words[i], number)) return bad(std::string(kShape));
    text += fmt::format("{}{}", number, i + 1 < words.size() ? " " : "");
  }
  return Rdata(std::move(text));
}

// One "…" string; `text` begins after the opening quote and is left after the closing one.
bool read_quoted(std::string_view& text, std::string& to) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (c == '\\') {
      if (++i == text.size()) return false;
      c = text[i];
      // RFC 1035 §5.1: \DDD is the octet of that decimal number, \X is X.
      if (c >= '0' && c <= '9') {
        std::uint8_t octet = 0;
        if (i + 3 > text.size() || !read_number(text.substr(i, 3), octet)) return false;
        c = static_cast<char>(octet);
        i += 2;
      }
    }
    to.push_back(c);
  }
  return false;
}

Result<Rdata> read_text(std::string_view text) {
  if (text.size() > kMaxText) return bad("the text is longer than a record can be");
  if (!text.starts_with('"')) return Rdata(std::string(text));
  std::string joined;
  while (!text.empty() && text.front() == '"') {
    text.remove_prefix(1);
    if (!read_quoted(text, joined)) return bad("a quoted string is not closed: add the \"");
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  }
  if (!text.empty() && text.front() != ';') {
    return bad(fmt::format("\"{}\" stands after the quoted strings", text));
  }
  return Rdata(std::move(joined));
}

Result<Rdata> read_words(RecordType type, std::string_view text) {
  const std::vector<std::string_view> words = split(text.substr(0, text.find(';')));
  if (type == RecordType::mx) return read_mx(words);
  if (type == RecordType::srv) return read_srv(words);
  if (type == RecordType::tlsa) return read_tlsa(words);
  if (type == RecordType::soa) return read_soa(words);
  if (words.size() != 1) return bad(fmt::format("{} takes exactly one value", to_string(type)));
  if (type == RecordType::a) return read_address<ip::address_v4>(words[0], "IPv4");
  if (type == RecordType::aaaa) return read_address<ip::address_v6>(words[0], "IPv6");
  return read_name(words[0]);
}

}  // namespace

Result<Rdata> parse_rdata_text(RecordType type, std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return bad("the data of the record is missing");
  text = text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
  return type == RecordType::txt ? read_text(text) : read_words(type, text);
}

}  // namespace posthaste
