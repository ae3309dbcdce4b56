#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace posthaste {

// The values are those of the wire.
enum class RecordType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  tlsa = 52,
};
std::string_view to_string(RecordType type);                         // "MX"
std::optional<RecordType> parse_record_type(std::string_view text);  // any case

struct MxRecord {
  std::uint16_t preference = 0;
  std::string exchange;

  // RFC 7505 §3: an exchange of "." is the root, here the empty name.
  bool is_null() const { return exchange.empty(); }
  auto operator<=>(const MxRecord&) const = default;
};

struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;

  auto operator<=>(const SrvRecord&) const = default;
};

// RFC 6698 §2.1
struct TlsaRecord {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching_type = 0;
  std::string data;  // raw octets

  auto operator<=>(const TlsaRecord&) const = default;
};

struct DnsQuestion {
  std::string name;
  RecordType type = RecordType::a;

  auto operator<=>(const DnsQuestion&) const = default;
};

// The data of one record. A string is the address of A and AAAA ("192.0.2.1", "2001:db8::1"), the
// name of CNAME, PTR and NS, the text of TXT with its strings joined (RFC 7208 §3.3), or the fields
// of SOA as a zone file has them.
using Rdata = std::variant<std::string, MxRecord, SrvRecord, TlsaRecord>;

enum class DnsStatus : std::uint8_t {
  found,     // there are records
  nodata,    // the name exists, without records of this type
  nxdomain,  // there is no such name
  servfail,  // the servers gave no usable answer
  timeout,   // no answer came in time
  bogus,     // DNSSEC says that the answer is forged or broken
};
std::string_view to_string(DnsStatus status);

// What DNS said. Names are lower-case A-labels without a trailing dot.
struct DnsResult {
  DnsStatus status = DnsStatus::servfail;
  // DNSSEC authenticated the answer, also one that says nodata or nxdomain.
  bool secure = false;
  // The name at the end of the CNAMEs; the name asked for when there are none.
  std::string canonical_name;
  // How much longer the answer may be kept.
  std::chrono::seconds ttl{0};
  std::vector<Rdata> records;  // empty unless found
  std::string why;             // of servfail, timeout and bogus, for people

  // The records of each kind; empty where the answer has none of it.
  std::vector<MxRecord> mx() const { return all<MxRecord>(); }
  std::vector<SrvRecord> srv() const { return all<SrvRecord>(); }
  std::vector<TlsaRecord> tlsa() const { return all<TlsaRecord>(); }
  // Addresses, names or texts, by the type that was asked for.
  std::vector<std::string> strings() const { return all<std::string>(); }

  bool is_found() const { return status == DnsStatus::found; }
  // Asking again later may help.
  bool is_temporary_failure() const {
    return status == DnsStatus::servfail || status == DnsStatus::timeout ||
           status == DnsStatus::bogus;
  }

 private:
  template <class T>
  std::vector<T> all() const {
    std::vector<T> result;
    for (const Rdata& record : records) {
      if (const T* one = std::get_if<T>(&record)) result.push_back(*one);
    }
    return result;
  }
};

// Asks DNS. The only way to it in this program; tests use ZoneTextResolver.
//
//   const DnsResult answer = co_await resolver.lookup("example.com", RecordType::mx);
//   for (const MxRecord& mx : answer.mx()) …
class Resolver {
 public:
  virtual ~Resolver() = default;

  // Called on any loop; returns on the caller's. CNAMEs are followed. `name` is in A-labels, any
  // case, with or without a trailing dot; one that no zone can hold is answered nxdomain. A caller
  // that is cancelled gets servfail at once.
  virtual boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) = 0;
};

}  // namespace posthaste

template <>
struct std::hash<posthaste::DnsQuestion> {
  std::size_t operator()(const posthaste::DnsQuestion& question) const {
    return std::hash<std::string>{}(question.name) * 31 + static_cast<std::size_t>(question.type);
  }
};
