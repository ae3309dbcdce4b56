#include <fmt/format.h>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "platform/dns/rdata.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

// Takes values off the front; what does not fit makes it fail for good.
class WireReader {
 public:
  explicit WireReader(std::string_view wire) : rest_(wire) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

  std::uint8_t u8() {
    const std::string_view octet = take(1);
    return octet.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(octet[0]);
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  std::string_view take(std::size_t count) {
    if (failed_ || rest_.size() < count) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view rest() { return take(rest_.size()); }

  // RFC 1035 §3.1
  std::string name() {
    std::string result;
    for (std::size_t total = 0;;) {
      const std::size_t length = u8();
      total += length + 1;
      if (length > 63 || total > 255) failed_ = true;  // a pointer cannot stand here
      if (failed_ || length == 0) return result;
      if (!result.empty()) result.push_back('.');
      append_label(take(length), result);
    }
  }

 private:
  static void append_label(std::string_view label, std::string& to) {
    for (const char c : label) {
      if (c > ' ' && c <= '~' && c != '.' && c != '\\') {
        to.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
      } else {
        fmt::format_to(std::back_inserter(to), "\\{:03}", static_cast<std::uint8_t>(c));
      }
    }
  }

  std::string_view rest_;
  bool failed_ = false;
};

template <class Address>
Rdata read_address(WireReader& reader) {
  typename Address::bytes_type octets{};
  const std::string_view wire = reader.take(octets.size());
  std::copy(wire.begin(), wire.end(), octets.begin());
  return Address(octets).to_string();
}

std::string read_strings(WireReader& reader) {
  std::string text;
  while (!reader.failed() && !reader.at_end()) text += reader.take(reader.u8());
  return text;
}

// RFC 1035 §3.3.13
std::string read_soa(WireReader& reader) {
  const std::string server = reader.name();
  const std::string mailbox = reader.name();
  std::string text = server + ". " + mailbox + ".";
  for (int i = 0; i < 5; ++i) text += fmt::format(" {}", reader.u32());
  return text;
}

Rdata read(RecordType type, WireReader& reader) {
  switch (type) {
    case RecordType::a:
      return read_address<ip::address_v4>(reader);
    case RecordType::aaaa:
      return read_address<ip::address_v6>(reader);
    case RecordType::ns:
    case RecordType::cname:
    case RecordType::ptr:
      return reader.name();
    case RecordType::soa:
      return read_soa(reader);
    case RecordType::txt:
      return read_strings(reader);
    case RecordType::mx: {
      MxRecord mx;
      mx.preference = reader.u16();
      mx.exchange = reader.name();
      return mx;
    }
    case RecordType::srv: {
      SrvRecord srv;
      srv.priority = reader.u16();
      srv.weight = reader.u16();
      srv.port = reader.u16();
      srv.target = reader.name();
      return srv;
    }
    case RecordType::tlsa: {
      TlsaRecord tlsa;
      tlsa.usage = reader.u8();
      tlsa.selector = reader.u8();
      tlsa.matching_type = reader.u8();
      tlsa.data = reader.rest();
      return tlsa;
    }
  }
  return std::string();
}

}  // namespace

std::optional<Rdata> parse_rdata_wire(RecordType type, std::string_view wire) {
  WireReader reader(wire);
  Rdata record = read(type, reader);
  if (reader.failed() || !reader.at_end()) return std::nullopt;
  return record;
}

}  // namespace posthaste
