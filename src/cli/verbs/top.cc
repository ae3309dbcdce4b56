#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "base/units.h"
#include "cli/api_client.h"
#include "cli/screen_text.h"
#include "cli/terminal_screen.h"
#include "cli/top_rates.h"
#include "cli/top_view.h"
#include "cli/verbs/verbs.h"
#include "platform/http/http_client.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;

constexpr auto kShortest = 500ms;
constexpr auto kLongest = 1h;
// Shorter than of other verbs: what is asked for again soon need not be waited for.
constexpr auto kTimeout = 5s;

struct TopOptions {
  std::shared_ptr<ApiOptions> api;
  std::string interval = "2s";
  bool once = false;
};

struct Failure {
  std::string what;
  ExitCode code;
};
using Answer = std::variant<ordered_json, Failure>;

Answer ask(const HttpClient& client, const std::string& url) {
  const auto answer = client.request("GET", "/api/v1/overview");
  if (!answer) {
    const bool is_wrong_url = answer.error().code == boost::system::errc::invalid_argument;
    return Failure{answer.error().message(),
                   is_wrong_url ? ExitCode::usage : ExitCode::unreachable};
  }
  if (answer->status == 401 || answer->status == 403) {
    return Failure{url + " wants another key: give it with --api-key-file or POSTHASTE_API_KEY",
                   ExitCode::usage};
  }
  auto json = ordered_json::parse(answer->body, nullptr, false);
  const bool is_overview = answer->status == 200 && json.is_object() && json.contains("totals");
  if (!is_overview) {
    return Failure{fmt::format("{} answers {} and no overview: is it a Posthaste of this version?",
                               url, answer->status),
                   ExitCode::unreachable};
  }
  return json;
}

// Asks on a thread of its own, so that keys work while a server is slow to answer.
class Asking {
 public:
  Asking(const HttpClient& client, std::string url)
      : client_(client), url_(std::move(url)), told_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() {
    if (answer_.valid()) answer_.wait();
    close(told_);
  }

  bool is_under_way() const { return answer_.valid(); }
  // Can be read when the answer is there.
  int told() const { return told_; }
  void begin() {
    answer_ = std::async(std::launch::async, [this] {
      Answer answer = ask(client_, url_);
      eventfd_write(told_, 1);
      return answer;
    });
  }
  // Requires: told() can be read.
  Answer take() {
    eventfd_t count = 0;
    eventfd_read(told_, &count);
    return answer_.get();
  }

 private:
  const HttpClient& client_;
  std::string url_;
  int told_;
  std::future<Answer> answer_;
};

// One look after the other, for as long as somebody watches.
class Watch {
 public:
  Watch(const HttpClient& client, const std::string& url, Duration interval)
      : interval_(interval), view_(url, to_string(interval)), asking_(client, url) {}

  ExitCode run(TerminalScreen& screen, const ordered_json& first) {
    take(first);
    next_ = clock_.now() + interval_;
    while (true) {
      screen.draw(view_.render(screen.size()));
      const auto happening = screen.wait(until_next(), asking_.told());
      if (happening.is_ended) return ExitCode::done;
      for (const Key& key : happening.keys) {
        if (!view_.press(key)) return ExitCode::done;
      }
      if (happening.is_told) take(asking_.take());
      if (!asking_.is_under_way() && clock_.now() >= next_) {
        asking_.begin();
        next_ = clock_.now() + interval_;
      }
    }
  }

 private:
  std::chrono::milliseconds until_next() const {
    if (asking_.is_under_way()) return 1s;
    return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(next_ - clock_.now()));
  }

  void take(const Answer& answer) {
    if (const auto* failure = std::get_if<Failure>(&answer)) {
      view_.set_trouble("trying again: " + failure->what);
      return;
    }
    auto now = read_top_sample(std::get<ordered_json>(answer));
    if (!now) {
      view_.set_trouble(now.error().message());
      return;
    }
    view_.set_trouble("");
    view_.show(top_figures(before_ ? &*before_ : nullptr, *now));
    before_ = std::move(*now);
  }

  SystemClock clock_;
  Duration interval_;
  TopView view_;
  std::optional<TopSample> before_;
  Clock::time_point next_{};
  Asking asking_;
};

void pause_for(Duration duration) {
  poll(nullptr, 0,
       static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

// Rates need two looks; a stream begins with the second one.
ExitCode print(const HttpClient& client, const std::string& url, const TopOptions& options,
               Duration interval, ordered_json before) {
  while (true) {
    pause_for(interval);
    Answer answer = ask(client, url);
    if (const auto* failure = std::get_if<Failure>(&answer)) {
      return fail("top", failure->what, failure->code);
    }
    auto& now = std::get<ordered_json>(answer);
    if (options.api->json) {
      std::puts(with_rates(now, &before).dump().c_str());
    } else {
      const auto earlier = read_top_sample(before);
      TopView view(url, to_string(interval));
      view.show(top_figures(&*earlier, *read_top_sample(now)));
      for (const std::string& line : view.render_once()) std::puts(line.c_str());
    }
    if (std::fflush(stdout) != 0) return ExitCode::internal;
    if (options.once) return ExitCode::done;
    before = std::move(now);
  }
}

ExitCode top(const TopOptions& options) {
  const auto interval = parse_duration(options.interval);
  if (!interval) return fail("top", "--interval: " + interval.error().message(), ExitCode::usage);
  if (*interval < kShortest || *interval > kLongest) {
    return fail("top", "--interval " + options.interval + ": give 500ms to 1h", ExitCode::usage);
  }
  const auto url = api_url(*options.api);
  if (!url) return fail("top", url.error().message(), ExitCode::usage);
  const auto key = api_key(*options.api);
  if (!key) return fail("top", key.error().message(), ExitCode::usage);
  const HttpClient client(*url, *key, kTimeout);
  // Whoever has given a wrong address is told at once, on a screen that is as it was.
  const Answer first = ask(client, *url);
  if (const auto* failure = std::get_if<Failure>(&first)) {
    return fail("top", failure->what, failure->code);
  }
  const auto& overview = std::get<ordered_json>(first);
  if (options.once || options.api->json) {
    return print(client, *url, options, *interval, overview);
  }
  // Declared before the screen: an answer that is still to come is waited for after the screen was
  // given back.
  Watch watch(client, *url, *interval);
  const auto screen = TerminalScreen::open();
  if (!screen) return fail("top", screen.error().message(), ExitCode::usage);
  return watch.run(**screen, overview);
}

}  // namespace

void add_top(Program& program) {
  CLI::App* verb = program.add_verb("top", "The live state of a running server, in a terminal");
  auto options = std::make_shared<TopOptions>();
  options->api = ApiOptions::declare(verb);
  verb->add_option("--interval", options->interval, "How often to look")->capture_default_str();
  verb->add_flag("--once", options->once, "Print one look, for scripts, and end");
  verb->footer(
      "Keys: p s u (or Tab) providers, sources, queues; j k and arrows choose a row, of which the\n"
      "last lines tell all; space pauses; q ends. --json without --once prints an object a line.");
  program.add_action(verb, [options] { return top(*options); });
}

}  // namespace posthaste
