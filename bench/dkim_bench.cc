// What signing and verifying cost beside the bare operations: one RSA or Ed25519 operation and one
// SHA-256 pass over the message. `script/bench dkim` runs it and prints the ratios.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>

#include "identity/dkim/dkim_key_cache.h"
#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signer.h"
#include "identity/dkim/dkim_verifier.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

const WallTime kNow{std::chrono::seconds(1'800'000'000)};

// A newsletter of about `size` octets.
std::string make_message(std::size_t size) {
  std::string message =
      "Received: from client.example.com (client.example.com [192.0.2.1])\r\n"
      "\tby mx.example.com (Posthaste) with ESMTPSA id 0190a8f2c3d4;\r\n"
      "\tThu, 01 Jan 2026 00:00:00 +0000\r\n"
      "From: The Team <news@example.com>\r\nTo: A Reader <reader@example.net>\r\n"
      "Reply-To: answers@example.com\r\nSubject: What is new this week: three things to try\r\n"
      "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
      "Message-ID: <0190a8f2-c3d4-7000-8000-000000000001@example.com>\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n"
      "List-Id: <news.example.com>\r\nList-Unsubscribe: <https://example.com/u/0190a8f2c3d4>\r\n"
      "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
      "Feedback-ID: campaign:customer:news:example\r\nX-Mailer: example\r\n\r\n";
  while (message.size() < size) {
    message +=
        "<p>A paragraph of a letter, as long as most lines are in mail that is quoted.</p>\r\n";
  }
  return message;
}

// The identity that a message is signed by: a key in a file, its record by name.
struct Identity {
  std::string file;
  std::string record;
  DkimPrivateKey key;
  DkimSigner signer;
};

Identity make_identity(const std::string& selector, DkimPrivateKey key) {
  const auto file = std::filesystem::temp_directory_path() /
                    (selector + "-" + std::to_string(::getpid()) + ".pem");
  std::ofstream(file) << *key.to_pem();
  DkimConfig block;
  block.selector = selector;
  block.domain = "example.com";
  block.private_key = file;
  Identity made{file.string(), *make_dkim_record(key), std::move(key), *DkimSigner::load({block})};
  std::filesystem::remove(file);
  return made;
}

const Identity& rsa() {
  static const Identity identity = make_identity("rsa", *DkimPrivateKey::generate_rsa(2048));
  return identity;
}
const Identity& ed25519() {
  static const Identity identity = make_identity("ed", *DkimPrivateKey::generate_ed25519());
  return identity;
}

// One operation with the key on a digest's worth of text, and one pass over the message.
void bare(benchmark::State& state, const Identity& (*identity)()) {
  const std::string message = make_message(static_cast<std::size_t>(state.range(0)));
  const DkimPrivateKey& key = identity().key;
  const std::string text(32, 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(sha256(message));
    auto signature = key.sign(text);
    benchmark::DoNotOptimize(signature);
  }
}

void sign(benchmark::State& state, const Identity& (*identity)()) {
  const std::string message = make_message(static_cast<std::size_t>(state.range(0)));
  const Domain from = *Domain::parse("example.com");
  const DkimSigner& signer = identity().signer;
  for (auto _ : state) {
    auto made = signer.sign(message, from, kNow);
    benchmark::DoNotOptimize(made);
  }
  state.SetItemsProcessed(state.iterations());
}

class CachedKeys final : public DkimKeySource {
 public:
  boost::asio::awaitable<DkimKeyAnswer> look_up(std::string name) override {
    co_return DkimKeyAnswer{DkimKeyAnswer::Status::found,
                            {name.starts_with("rsa") ? rsa().record : ed25519().record}};
  }
  std::shared_ptr<const DkimPublishedKey> read(const std::string& record_text) override {
    return cache_.get(record_text);
  }

 private:
  DkimKeyCache cache_;
};

boost::asio::awaitable<void> verify_all(benchmark::State& state, SharedBody message,
                                        DkimKeySource& keys) {
  for (auto _ : state) {
    const auto verdicts = co_await verify_dkim(message, kNow, keys);
    if (verdicts.size() != 1 || verdicts[0].result != DkimResult::pass) {
      state.SkipWithError("the signature does not verify");
    }
  }
}

void verify(benchmark::State& state, const Identity& (*identity)()) {
  std::string message = make_message(static_cast<std::size_t>(state.range(0)));
  message.insert(0, identity().signer.sign(message, *Domain::parse("example.com"), kNow)->headers);
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  CachedKeys keys;
  group.spawn(verify_all(state, std::make_shared<const std::string>(std::move(message)), keys));
  loop.run();
}

// Reading the key of a record, which the cache spares a verification.
void read_key(benchmark::State& state, const Identity& (*identity)()) {
  for (auto _ : state) {
    auto key = read_published_key(identity().record);
    benchmark::DoNotOptimize(key);
  }
}

#define POSTHASTE_DKIM_BENCH(FUNCTION, KEY) \
  BENCHMARK_CAPTURE(FUNCTION, KEY, &KEY)->Arg(10 * 1024)->Unit(benchmark::kMicrosecond)

POSTHASTE_DKIM_BENCH(bare, rsa);
POSTHASTE_DKIM_BENCH(sign, rsa);
POSTHASTE_DKIM_BENCH(bare, ed25519);
POSTHASTE_DKIM_BENCH(sign, ed25519);
POSTHASTE_DKIM_BENCH(verify, rsa);
POSTHASTE_DKIM_BENCH(verify, ed25519);
POSTHASTE_DKIM_BENCH(read_key, rsa);
BENCHMARK_CAPTURE(sign, rsa_threads, &rsa)
    ->Arg(10 * 1024)
    ->ThreadRange(1, 4)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace posthaste

BENCHMARK_MAIN();
