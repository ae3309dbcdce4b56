#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "platform/dns/authoritative_servers.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// One question as the zone's own servers and the resolver answered it.
struct TwofoldAnswer {
  DnsQuestion question;
  AuthoritativeAnswer authoritative;  // of no zone: it was not asked for
  DnsResult resolved;

  // The first server that has the record, else the first that answered at all; null if none did.
  const ServerAnswer* best() const;
  bool servers_agree() const;    // those that answered
  bool resolver_agrees() const;  // with best(); true when there is none
};

// Looks at the sender's own names through both eyes. lookup() answers what the authoritative
// servers say, for that is what the operator published; secure is what the resolver validated.
// Names outside `own` are asked of the resolver alone. Each question is asked once. One loop.
class TwoViews final : public Resolver {
 public:
  // `authoritative` may be null: then there is one view. All outlive it.
  TwoViews(Resolver& resolver, AuthoritativeServers* authoritative, std::vector<std::string> own)
      : resolver_(resolver), authoritative_(authoritative), own_(std::move(own)) {}

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override;

  // All that was asked, in the order of the questions.
  const std::vector<TwofoldAnswer>& asked() const { return asked_; }
  const TwofoldAnswer* find(const std::string& name, RecordType type) const;

 private:
  bool is_own(const std::string& name) const;

  Resolver& resolver_;
  AuthoritativeServers* authoritative_;
  std::vector<std::string> own_;
  std::vector<TwofoldAnswer> asked_;
  std::map<DnsQuestion, std::size_t> index_;
};

}  // namespace posthaste
