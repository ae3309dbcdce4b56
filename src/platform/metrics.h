#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace posthaste {

// Handles of one time series. Copied freely, valid as long as their Metrics; any thread may use
// them, and an update is one atomic operation. Look them up once, not for every message.
class Counter {
 public:
  void increment(double by = 1) const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  void set(double value) const;
  void add(double by) const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  void observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  prometheus::Histogram* histogram_;
};

// A metric by its name and the names of its labels. `help` is one sentence.
struct MetricName {
  std::string name;  // "posthaste_…", base unit, "_total" for counters
  std::string help;
  std::vector<std::string> labels = {};
};

// One value that is looked up when somebody asks for the metrics.
struct MetricSample {
  std::vector<std::string> labels;  // values, in the order of the names
  double value = 0;
};

// The server's measurements, in Prometheus' text format (version 0.0.4). Each folder makes the
// metrics that it keeps; server/ owns this and http serves it.
//
//   Counter received = metrics.counter({"posthaste_messages_received_total", "Messages accepted.",
//                                       {"listener"}}, {"submission"});
//   received.increment();
//
// A metric takes at most 10,000 sets of label values; what comes beyond is counted together under
// "other", so that no peer can fill the memory with names. Any thread may use it.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The series of these label values, made when it is new. Requires: as many values as names, and
  // the same names and type whenever the metric is named.
  Counter counter(const MetricName& metric, const std::vector<std::string>& values = {});
  Gauge gauge(const MetricName& metric, const std::vector<std::string>& values = {});
  // `bounds` are the upper bounds of the buckets, rising.
  Histogram histogram(const MetricName& metric, const std::vector<double>& bounds,
                      const std::vector<std::string>& values = {});

  // Ends a callback's registration when it goes.
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    friend class Metrics;
    Registration(Metrics& metrics, std::uint64_t id) : metrics_(&metrics), id_(id) {}
    Metrics* metrics_ = nullptr;
    std::uint64_t id_ = 0;
  };

  // Calls `read` at every exposition, from the thread that asks for it. `read` must not use these
  // Metrics. Requires: the registration goes before the Metrics.
  [[nodiscard]] Registration callback_gauge(const MetricName& metric, std::function<double()> read);
  [[nodiscard]] Registration callback_gauges(const MetricName& metric,
                                             std::function<std::vector<MetricSample>()> read);

  std::string expose() const;

 private:
  struct State;
  void unregister(std::uint64_t id);
  std::unique_ptr<State> state_;
};

// Bounds for durations of work inside the server, 0.1 ms to 10 s.
std::vector<double> fast_seconds_bounds();
// Bounds for the time a message takes, 10 ms to 4 days.
std::vector<double> delivery_seconds_bounds();

}  // namespace posthaste
