#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/io/loop_pool.h"
#include "platform/io/stream.h"
#include "sink/persona.h"
#include "sink/sink_counts.h"
#include "sink/sink_state.h"

namespace posthaste {

class SinkHttp;

struct SinkOptions {
  Endpoint listen{"127.0.0.1", 0};
  std::optional<Endpoint> http;
  std::optional<std::filesystem::path> keep;
  std::size_t threads = 1;
  std::uint64_t seed = 1;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: STARTTLS is not offered
  Persona persona;
};

// A receiving SMTP server for tests and measurements: takes mail as its persona wants, counts it
// and forgets it. Every loop has its own listening socket, and shares nothing with the others that
// a message would have to wait for.
//
//   auto sink = Sink::start(options, clock);
//   ... (*sink)->counts().messages
//   (*sink)->stop();
class Sink {
 public:
  // Requires: `clock` outlives it.
  static Result<std::unique_ptr<Sink>> start(SinkOptions options, Clock& clock);
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink();

  // Where it listens; the port that the system chose where 0 was asked for.
  Endpoint smtp() const { return smtp_; }
  std::optional<Endpoint> http() const;

  // The rest may be called from any thread.
  SinkCounts counts() const;
  const IdCounts& ids() const { return state_.ids; }
  void reset();
  void set_persona(Persona persona) { state_.set_persona(std::move(persona)); }
  // What the persona remembers of those who sent last.
  std::vector<ProviderModel::View> senders(std::size_t max) const {
    return state_.persona()->provider.with(
        [&](ProviderModel& provider) { return provider.views(state_.clock.now(), max); });
  }
  std::string persona_name() const { return state_.persona()->persona.config.name; }

  // Ends every connection. Safe to call twice, from outside its loops.
  void stop();

 private:
  class Acceptor;

  Sink(SinkOptions options, Clock& clock);
  Result<void> open(const SinkOptions& options);

  SinkState state_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  Endpoint smtp_;
  LoopPool loops_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  Loop http_loop_{"sink-http"};
  std::unique_ptr<SinkHttp> http_;
  bool is_stopped_ = false;
};

}  // namespace posthaste
