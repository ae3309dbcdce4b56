#include "platform/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cassert>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "base/guarded.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxSeries = 10'000;
constexpr const char* kOther = "other";

prometheus::Labels to_labels(const MetricName& metric, const std::vector<std::string>& values) {
  assert(metric.labels.size() == values.size());
  prometheus::Labels labels;
  for (std::size_t i = 0; i < values.size(); ++i) labels.emplace(metric.labels[i], values[i]);
  return labels;
}

// The series of one kind, by metric and label values.
template <class Kind>
class Table {
 public:
  using Values = std::vector<std::string>;

  template <class MakeFamily, class... Arguments>
  Kind& find(const MetricName& metric, const Values& values, MakeFamily make_family,
             const Arguments&... arguments) {
    assert(metric.name.starts_with("posthaste_"));
    Family& family = families_[metric.name];
    if (family.family == nullptr) family.family = &make_family();
    const auto found = family.series.find(values);
    if (found != family.series.end()) return *found->second;
    const Values kept = family.series.size() < kMaxSeries ? values : Values(values.size(), kOther);
    Kind& series = family.family->Add(to_labels(metric, kept), arguments...);
    family.series.emplace(kept, &series);
    return series;
  }

 private:
  struct Family {
    prometheus::Family<Kind>* family = nullptr;
    std::map<Values, Kind*> series;
  };
  std::map<std::string, Family> families_;
};

struct Callback {
  MetricName metric;
  std::function<std::vector<MetricSample>()> read;
};

prometheus::MetricFamily read(const Callback& callback) {
  prometheus::MetricFamily family;
  family.name = callback.metric.name;
  family.help = callback.metric.help;
  family.type = prometheus::MetricType::Gauge;
  for (const MetricSample& sample : callback.read()) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : to_labels(callback.metric, sample.labels)) {
      metric.label.push_back({name, value});
    }
    metric.gauge.value = sample.value;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace

struct Metrics::State {
  struct Tables {
    Table<prometheus::Counter> counters;
    Table<prometheus::Gauge> gauges;
    Table<prometheus::Histogram> histograms;
  };
  struct Callbacks {
    std::map<std::uint64_t, Callback> by_id;
    std::uint64_t next_id = 1;
  };

  prometheus::Registry registry;
  Guarded<Tables> tables;
  // Held while callbacks run, so that none runs after its registration has ended.
  Guarded<Callbacks> callbacks;
};

void Counter::increment(double by) const {
  counter_->Increment(by);
}
void Gauge::set(double value) const {
  gauge_->Set(value);
}
void Gauge::add(double by) const {
  gauge_->Increment(by);
}
void Histogram::observe(double value) const {
  histogram_->Observe(value);
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const MetricName& metric, const std::vector<std::string>& values) {
  const auto make = [&]() -> auto& {
    return prometheus::BuildCounter()
        .Name(metric.name)
        .Help(metric.help)
        .Register(state_->registry);
  };
  return Counter(state_->tables.with([&](auto& tables) -> auto& {
    return tables.counters.find(metric, values, make);
  }));
}

Gauge Metrics::gauge(const MetricName& metric, const std::vector<std::string>& values) {
  const auto make = [&]() -> auto& {
    return prometheus::BuildGauge().Name(metric.name).Help(metric.help).Register(state_->registry);
  };
  return Gauge(state_->tables.with([&](auto& tables) -> auto& {
    return tables.gauges.find(metric, values, make);
  }));
}

Histogram Metrics::histogram(const MetricName& metric, const std::vector<double>& bounds,
                             const std::vector<std::string>& values) {
  const auto make = [&]() -> auto& {
    return prometheus::BuildHistogram()
        .Name(metric.name)
        .Help(metric.help)
        .Register(state_->registry);
  };
  return Histogram(state_->tables.with([&](auto& tables) -> auto& {
    return tables.histograms.find(metric, values, make, bounds);
  }));
}

Metrics::Registration Metrics::callback_gauge(const MetricName& metric,
                                              std::function<double()> read) {
  return callback_gauges(metric, [read = std::move(read)] {
    return std::vector<MetricSample>{{{}, read()}};
  });
}

Metrics::Registration Metrics::callback_gauges(const MetricName& metric,
                                               std::function<std::vector<MetricSample>()> read) {
  return state_->callbacks.with([&](auto& callbacks) {
    const std::uint64_t id = callbacks.next_id++;
    callbacks.by_id.emplace(id, Callback{metric, std::move(read)});
    return Registration(*this, id);
  });
}

void Metrics::unregister(std::uint64_t id) {
  state_->callbacks.with([id](auto& callbacks) { callbacks.by_id.erase(id); });
}

Metrics::Registration::Registration(Registration&& other) noexcept
    : metrics_(std::exchange(other.metrics_, nullptr)), id_(other.id_) {}

Metrics::Registration& Metrics::Registration::operator=(Registration&& other) noexcept {
  std::swap(metrics_, other.metrics_);
  std::swap(id_, other.id_);
  return *this;
}

Metrics::Registration::~Registration() {
  if (metrics_ != nullptr) metrics_->unregister(id_);
}

std::string Metrics::expose() const {
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  state_->callbacks.with([&](const auto& callbacks) {
    for (const auto& [id, callback] : callbacks.by_id) families.push_back(read(callback));
  });
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

std::vector<double> fast_seconds_bounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

std::vector<double> delivery_seconds_bounds() {
  return {0.01, 0.025, 0.05,     0.1,       0.25,          0.5,          1, 2.5, 5, 10, 30, 60, 300,
          900,  3600,  4 * 3600, 24 * 3600, 2 * 24 * 3600, 4 * 24 * 3600};
}

}  // namespace posthaste
