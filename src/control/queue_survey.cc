#include "control/queue_survey.h"

#include <algorithm>
#include <set>
#include <utility>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr auto kListsEvery = 1s;
constexpr int kShareOfTheLoop = 50;
constexpr std::size_t kMaxCells = 5000;

bool is_longer(const QueueState& a, const QueueState& b) {
  return a.depth != b.depth ? a.depth > b.depth : a.name < b.name;
}

}  // namespace

void QueueSurvey::list_all() {
  const Clock::time_point began = parts_.clock.now();
  if (began < lists_at_) return;
  queue_count_ = parts_.manager.count({}).queues;
  const std::size_t sources = parts_.governor.rules().sources.sources().size();
  are_longest_ = queue_count_ * std::max<std::uint64_t>(1, sources) <= kMaxListed;
  if (are_longest_) {
    longest_.clear();
    std::vector<QueueState> states = parts_.manager.list();
    std::erase_if(states, [](const QueueState& state) { return state.depth == 0; });
    queue_count_ = states.size();
    const auto end =
        states.begin() + static_cast<std::ptrdiff_t>(std::min(kMaxFound, states.size()));
    std::partial_sort(states.begin(), end, states.end(), is_longer);
    states.erase(end, states.end());
    for (QueueState& state : states) longest_.push_back(std::move(state.name));
  }
  const Clock::time_point ended = parts_.clock.now();
  lists_at_ = ended + std::max<Clock::duration>(kListsEvery, kShareOfTheLoop * (ended - began));
}

QueueSurvey::Found QueueSurvey::look(const std::vector<QueueName>& busy) {
  list_all();
  Found found;
  found.totals = parts_.manager.totals();
  found.are_longest = are_longest_;
  found.queue_count = queue_count_;
  std::set<QueueName> names(longest_.begin(), longest_.end());
  // Also where the longest are known: what went through quickly shows the cells it went by.
  names.insert(busy.begin(), busy.end());
  for (const QueueName& name : names) {
    auto explanation = parts_.manager.explain(name);
    if (!explanation || explanation->state.depth == 0) continue;
    remember_cells(*explanation);
    found.queues.push_back(std::move(*explanation));
  }
  std::sort(found.queues.begin(), found.queues.end(),
            [](const auto& a, const auto& b) { return is_longer(a.state, b.state); });
  if (found.queues.size() > kMaxFound) {
    found.queues.erase(found.queues.begin() + kMaxFound, found.queues.end());
  }
  // Where not all can be gone through, a long one that was ever seen stays.
  longest_.clear();
  for (const auto& queue : found.queues) longest_.push_back(queue.state.name);
  found.flows = flows();
  found.suspensions = parts_.governor.suspensions();
  return found;
}

void QueueSurvey::remember_cells(const QueueManager::Explanation& explanation) {
  const SiteName& site = explanation.state.site;
  // Explaining a queue has made the cells of its ways, so that the name of the site finds them.
  Destination known;
  known.site = site;
  for (const auto& way : explanation.ways) {
    if (cells_.size() >= kMaxCells) return;
    cells_[way.source.value() + '\n' + site.value()] = parts_.governor.cell(way.source, known);
  }
}

std::vector<QueueSurvey::Flow> QueueSurvey::flows() {
  std::map<std::pair<std::string, std::string>, Flow> by_pair;
  for (auto one = cells_.begin(); one != cells_.end();) {
    const auto cell = one->second.lock();
    if (!cell) {
      one = cells_.erase(one);
      continue;
    }
    ++one;
    Flow& flow = by_pair[{cell->source.value(), cell->provider}];
    flow.source = cell->source.value();
    flow.provider = cell->provider;
    flow.connections += cell->own->held();
    // Sites of nobody's have a loop each: the one that holds mail to least stands for them.
    const CellControl& control = *cell->control;
    const bool is_first = !flow.rate && !flow.max_connections;
    const bool is_slower = control.rate() && (!flow.rate || *control.rate() < *flow.rate);
    if ((is_first && control.connections()) || is_slower) {
      flow.rate = control.rate();
      flow.max_connections = control.connections();
      flow.state = control.state();
    }
  }
  std::vector<Flow> flows;
  for (auto& [pair, flow] : by_pair) flows.push_back(std::move(flow));
  return flows;
}

}  // namespace posthaste
