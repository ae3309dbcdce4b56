#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "platform/dns/resolver.h"

namespace posthaste {

// A hostile DNS: every name has the same text, and hosts without end.
class OneTextResolver final : public Resolver {
 public:
  explicit OneTextResolver(std::string_view text) : text_(text) {}

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override {
    ++count_;
    DnsResult result;
    result.status = DnsStatus::found;
    result.canonical_name = std::move(name);
    for (int i = 0; i < 20; ++i) {
      if (type == RecordType::mx) result.records.emplace_back(MxRecord{10, "mx.example"});
      if (type == RecordType::ptr) result.records.emplace_back("host.example");
    }
    if (type == RecordType::a) result.records.emplace_back("198.51.100.1");
    if (type == RecordType::aaaa) result.records.emplace_back("2001:db8::1");
    if (type == RecordType::txt) result.records.emplace_back(text_);
    co_return result;
  }

  int count() const { return count_; }

 private:
  std::string text_;
  int count_ = 0;
};

}  // namespace posthaste
