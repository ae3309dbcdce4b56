// What a suppression list of N entries takes on disk, and what asking it costs: N addresses made to
// look like those of real lists, added in random order as bounces come, packed, then asked about.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <future>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "base/temporary_folder.h"
#include "route/suppressor.h"
#include "spool/spool.h"

namespace posthaste {
namespace {

constexpr std::size_t kBatch = 20'000;
constexpr std::size_t kQuestions = 200'000;

// Shares of domains as in consumer lists; the rest are many small ones.
constexpr std::array kDomains{
    std::pair{"gmail.com", 38},  std::pair{"yahoo.com", 14}, std::pair{"hotmail.com", 11},
    std::pair{"outlook.com", 6}, std::pair{"aol.com", 4},    std::pair{"icloud.com", 3},
    std::pair{"gmx.de", 2},      std::pair{"web.de", 2},     std::pair{"orange.fr", 2},
    std::pair{"comcast.net", 2}, std::pair{"mail.ru", 2}};

// Syllables make names of the kinds and lengths that people have.
std::string name(std::mt19937_64& random, std::size_t syllables) {
  constexpr std::string_view kConsonants = "bcdfghjklmnprstvwz";
  constexpr std::string_view kVowels = "aeiou";
  std::string text;
  for (std::size_t i = 0; i < syllables; ++i) {
    text.push_back(kConsonants[random() % kConsonants.size()]);
    text.push_back(kVowels[random() % kVowels.size()]);
    if (random() % 3 == 0) text.push_back(kConsonants[random() % kConsonants.size()]);
  }
  return text;
}

std::string address(std::mt19937_64& random) {
  std::string local = name(random, 2 + random() % 2);
  switch (random() % 5) {
    case 0:
      local += "." + name(random, 2 + random() % 2);
      break;
    case 1:
      local += name(random, 1 + random() % 2) + std::to_string(1950 + random() % 60);
      break;
    case 2:
      local += "_" + name(random, 2) + std::to_string(random() % 100);
      break;
    default:
      local += name(random, 1 + random() % 2) + std::to_string(random() % 1000);
      break;
  }
  auto roll = static_cast<int>(random() % 100);
  for (const auto& [domain, share] : kDomains) {
    if ((roll -= share) < 0) return local + "@" + domain;
  }
  // Two million small domains.
  std::mt19937_64 of_domain(random() % 2'000'000);
  return local + "@" + name(of_domain, 3) + (of_domain() % 2 == 0 ? ".com" : ".net");
}

Suppression entry(std::mt19937_64& random, WallTime now) {
  Suppression one;
  one.address = *MailAddress::parse(address(random));
  one.since = now - std::chrono::seconds(random() % 100'000'000);
  const std::uint64_t kind = random() % 10;
  one.reason = kind < 7   ? SuppressionReason::hard_bounce
               : kind < 8 ? SuppressionReason::complaint
                          : SuppressionReason::unsubscribe;
  if (one.reason == SuppressionReason::hard_bounce) {
    one.text = "550 5.1.1";
  } else {
    one.tenant = TenantId("tenant" + std::to_string(random() % 50));
    one.stream = "news";
  }
  return one;
}

void write(Spool& spool, SpoolChanges changes) {
  std::promise<void> written;
  spool.write(std::move(changes), [&written] { written.set_value(); });
  written.get_future().wait();
}

struct Percentiles {
  double p50;
  double p99;
  double p999;
};

Percentiles ask(const Clock& clock, const Suppressor& suppressor,
                const std::vector<Suppressor::Question>& questions, std::size_t& found) {
  std::vector<double> took;
  for (const Suppressor::Question& question : questions) {
    const auto began = clock.now();
    const auto answer = suppressor.check_now(question);
    took.push_back(std::chrono::duration<double, std::micro>(clock.now() - began).count());
    found += answer ? 1 : 0;
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) {
    return took[static_cast<std::size_t>(static_cast<double>(took.size() - 1) * share)];
  };
  return {at(0.5), at(0.99), at(0.999)};
}

void measure(const Clock& clock, const Suppressor& suppressor, const char* what,
             const std::vector<Suppressor::Question>& questions) {
  std::size_t found = 0;
  const Percentiles times = ask(clock, suppressor, questions, found);
  fmt::print("{:<28} p50 {:6.1f} us  p99 {:6.1f} us  p99.9 {:6.1f} us   {} of {} on the list\n",
             what, times.p50, times.p99, times.p999, found, questions.size());
}

int run(std::uint64_t count, const std::filesystem::path& folder) {
  SystemClock clock;
  BlockingPool disk(1);
  SpoolOptions options;
  options.path = folder;
  auto opened = Spool::open(options, clock);
  if (!opened) {
    fmt::print(stderr, "{}\n", opened.error().message());
    return 1;
  }
  Spool& spool = **opened;
  std::mt19937_64 random(1);
  const WallTime now = clock.wall();
  std::vector<Suppressor::Question> present;
  const auto began = clock.now();
  for (std::uint64_t made = 0; made < count;) {
    SpoolChanges changes;
    for (std::size_t i = 0; i < kBatch && made < count; ++i, ++made) {
      const Suppression one = entry(random, now);
      changes.list.push_back(
          {suppression_key(one.address, one.tenant, one.stream), suppression_value(one)});
      if (random() % std::max<std::uint64_t>(1, count / kQuestions) == 0) {
        present.push_back({one.address, one.tenant, one.stream});
      }
    }
    write(spool, std::move(changes));
  }
  const std::chrono::duration<double> took = clock.now() - began;
  fmt::print("{} entries added in {:.0f} s: {:.0f} a second\n", count, took.count(),
             static_cast<double>(count) / took.count());
  const auto unpacked = static_cast<double>(spool.list_bytes());
  spool.pack_list();
  std::uint64_t different = 0;
  std::uint64_t letters = 0;
  const auto visit = [&](std::string_view key, std::string_view value) {
    ++different;
    letters += key.size() + value.size();
    return true;
  };
  if (!spool.scan_list("e", "f", visit)) return 1;
  const auto bytes = static_cast<double>(spool.list_bytes());
  fmt::print(
      "{} different; {:.1f} octets each as text; on disk {:.1f} MiB as written, {:.1f} MiB "
      "packed: {:.2f} octets an entry with index and filter\n",
      different, static_cast<double>(letters) / static_cast<double>(different),
      unpacked / (1 << 20), bytes / (1 << 20), bytes / static_cast<double>(different));
  fmt::print("a hundred million at this size: {:.2f} GiB (neighbours are closer there, so less)\n",
             bytes / static_cast<double>(different) * 1e8 / (1 << 30));
  const Suppressor suppressor({spool, clock, disk}, {});
  std::vector<Suppressor::Question> absent;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    absent.push_back({*MailAddress::parse("x." + address(random)), TenantId("tenant1"), "news"});
  }
  std::shuffle(present.begin(), present.end(), random);
  measure(clock, suppressor, "addresses not on the list", absent);
  measure(clock, suppressor, "addresses on it", present);
  disk.join();
  return 0;
}

}  // namespace
}  // namespace posthaste

int main(int argc, char** argv) {
  std::uint64_t count = 1'000'000;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::string_view(argv[1]).size(), count);
  if (argc <= 2) return posthaste::run(count, posthaste::TemporaryFolder().path());
  // Whatever is in a folder of somebody else's stays there.
  std::error_code error;
  if (!std::filesystem::create_directory(argv[2], error)) {
    fmt::print(stderr, "{} is there already, or cannot be made: name a new folder\n", argv[2]);
    return 2;
  }
  const int code = posthaste::run(count, argv[2]);
  std::filesystem::remove_all(argv[2]);
  return code;
}
