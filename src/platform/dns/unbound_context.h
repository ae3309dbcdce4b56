#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "platform/dns/dns_config.h"
#include "platform/dns/resolver.h"

struct ub_ctx;
struct ub_result;

namespace posthaste {

// libunbound, set up by the dns block; its own thread does the asking. Only this file and its .cc
// know the library. Used from one thread.
class UnboundContext {
 public:
  // Called from process(), once for each question that was not cancelled. The callee hands `error`
  // and `result` to take_result().
  using OnResult = void (*)(void* data, int error, ub_result* result);

  static Result<UnboundContext> create(const DnsConfig& config);

  // Readable when process() has something to do.
  int descriptor() const;
  void process();

  // Starts a question; process() will call `on_result` with `data`. The number is for cancel().
  Result<int> ask(const DnsQuestion& question, OnResult on_result, void* data);
  void cancel(int number);

  // What the library found; frees `result`.
  static DnsResult take_result(const DnsQuestion& question, int error, ub_result* result);

 private:
  struct Delete {
    void operator()(ub_ctx* context) const;
  };
  explicit UnboundContext(std::unique_ptr<ub_ctx, Delete> context) : context_(std::move(context)) {}

  std::unique_ptr<ub_ctx, Delete> context_;
};

// "192.0.2.53:5353" as libunbound writes it, "192.0.2.53@5353". IPv6 with a port is in brackets.
Result<std::string> to_unbound_server(const std::string& server);

}  // namespace posthaste
