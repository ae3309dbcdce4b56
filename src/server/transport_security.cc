#include "server/transport_security.h"

#include <openssl/rand.h>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr auto kFlush = 10s;
constexpr std::uint32_t kMaxReportDelay = 4 * 3600;  // RFC 8460 §4.1

const MetricName kSessions{"posthaste_tls_sessions_total",
                           "TLS sessions tried with other servers, by the policy that applied and "
                           "what came of them.",
                           {"policy", "result"}};
const MetricName kFetches{"posthaste_tls_policy_fetches_total",
                          "MTA-STS policies fetched, by what came of it.",
                          {"result"}};

std::string result_name(TlsFailureType failure) {
  return failure == TlsFailureType::none ? "success" : std::string(to_string(failure));
}

// Different on every server, the same all its life.
std::chrono::seconds random_delay() {
  std::uint32_t bits = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
  return std::chrono::seconds(bits % kMaxReportDelay);
}

// What report_now() owes its caller: given once, on the caller's loop. Whoever lets go of it
// without an answer has been cancelled.
class PendingAnswer {
 public:
  using Answer = Result<TransportSecurity::Deliveries>;
  using Handler = asio::any_completion_handler<void(Answer)>;

  PendingAnswer(asio::any_io_executor loop, std::shared_ptr<Handler> handler)
      : loop_(std::move(loop)), handler_(std::move(handler)) {}
  PendingAnswer(const PendingAnswer&) = delete;
  PendingAnswer& operator=(const PendingAnswer&) = delete;
  ~PendingAnswer() {
    if (handler_) give(Error{asio::error::operation_aborted, "the server stops"});
  }

  void give(Answer answer) {
    auto parcel = std::make_shared<Answer>(std::move(answer));
    asio::post(loop_, [handler = std::exchange(handler_, nullptr), parcel] {
      std::move (*handler)(std::move(*parcel));
    });
  }

 private:
  asio::any_io_executor loop_;
  std::shared_ptr<Handler> handler_;
};

asio::awaitable<void> send_into(TlsReportSender& sender, std::chrono::sys_days end,
                                std::shared_ptr<PendingAnswer> answer) {
  TransportSecurity::Deliveries deliveries = co_await sender.send(end);
  answer->give(std::move(deliveries));
}

// The keys of the tls block that are read at the start only and differ.
std::string changed_keys(const TlsConfig& a, const TlsConfig& b) {
  std::string keys;
  const auto compare = [&keys](const auto& before, const auto& now, const char* name) {
    if (before != now) keys += (keys.empty() ? "" : ", ") + std::string(name);
  };
  compare(a.ca_file, b.ca_file, "ca_file");
  compare(a.dane, b.dane, "dane");
  compare(a.mta_sts_port, b.mta_sts_port, "mta_sts_port");
  compare(a.resumption, b.resumption, "resumption");
  compare(a.broken_memory, b.broken_memory, "broken_memory");
  compare(a.reports, b.reports, "reports");
  compare(a.report_contact, b.report_contact, "report_contact");
  compare(a.report_organization, b.report_organization, "report_organization");
  return keys;
}

}  // namespace

Result<std::unique_ptr<TransportSecurity>> TransportSecurity::create(Parts parts,
                                                                     Settings settings) {
  auto trust = make_trust(settings.tls.ca_file.string());
  if (!trust) return trust.error();
  const auto policies = parts.spool.scan_state(MtaStsCache::key_prefix());
  if (!policies) return policies.error();
  const auto days = parts.spool.scan_state(TlsReportBook::key_prefix());
  if (!days) return days.error();
  std::unique_ptr<TransportSecurity> made(
      new TransportSecurity(std::move(parts), std::move(settings), *std::move(trust)));
  made->policies_.restore(*policies);
  made->book_.restore(*days);
  return made;
}

TransportSecurity::TransportSecurity(Parts parts, Settings settings,
                                     std::unique_ptr<asio::ssl::context> trust)
    : parts_(std::move(parts)),
      settings_(std::make_shared<const Settings>(settings)),
      started_(settings.tls),
      trust_(std::move(trust)),
      https_(parts_.dns, parts_.clock, *trust_),
      book_(parts_.clock,
            [this](std::string key, std::optional<std::string> value) {
              keep(std::move(key), std::move(value));
            }),
      policies_({parts_.dns, parts_.clock,
                 [this](HttpsRequest request) { return fetch(std::move(request)); },
                 [this](std::string key, std::optional<std::string> value) {
                   keep(std::move(key), std::move(value));
                 },
                 [this](TlsFailureType failure) {
                   parts_.metrics.counter(kFetches, {result_name(failure)}).increment();
                 },
                 settings.tls.mta_sts_port}),
      author_{settings.tls.report_organization.empty() ? parts_.hostname
                                                       : settings.tls.report_organization,
              settings.tls.report_contact, parts_.hostname},
      sender_({book_, parts_.dns, parts_.clock,
               [this](HttpsRequest request) { return fetch(std::move(request)); }, parts_.mail,
               author_, random_delay()}) {}

asio::awaitable<Result<HttpsAnswer>> TransportSecurity::fetch(HttpsRequest request) {
  return https_.fetch(std::move(request));
}

void TransportSecurity::keep(std::string key, std::optional<std::string> value) {
  if (value) {
    parts_.spool.put_state(std::move(key), std::move(*value));
  } else {
    parts_.spool.remove_state(std::move(key));
  }
}

void TransportSecurity::start() {
  parts_.tasks.spawn(policies_.keep_fresh());
  if (!sends_reports()) return;
  parts_.tasks.spawn(keep_counts());
  parts_.tasks.spawn(sender_.run());
}

asio::awaitable<void> TransportSecurity::keep_counts() {
  while (true) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kFlush);
    book_.flush();
  }
}

std::vector<std::string> TransportSecurity::reload(Settings settings) {
  std::vector<std::string> left;
  const std::string keys = changed_keys(started_, settings.tls);
  if (!keys.empty()) left.push_back("tls " + keys + ": restart to change");
  auto fresh = std::make_shared<const Settings>(std::move(settings));
  settings_.with([&](auto& current) { current = std::move(fresh); });
  return left;
}

Resolver* TransportSecurity::dane() {
  return started_.dane ? &parts_.dns : nullptr;
}

asio::awaitable<std::shared_ptr<const TlsTerms>> TransportSecurity::terms_for(std::string domain) {
  const std::shared_ptr<const Settings> now = settings();
  auto terms = std::make_shared<TlsTerms>();
  if (const TlsPolicyConfig* policy = choose_tls_policy(now->policies, domain)) {
    terms->mode = policy->mode;
    terms->names = policy->names;
  }
  if (terms->mode == TlsMode::automatic && now->tls.mta_sts) {
    MtaStsAnswer answer = co_await policies_.policy_for(domain);
    if (answer.fetch_failure != TlsFailureType::none) note_fetch_failure(domain, answer);
    if (answer.policy && answer.policy->mode != MtaStsMode::none) {
      terms->sts = std::make_shared<const MtaStsPolicy>(*std::move(answer.policy));
    }
  }
  terms->site_suffix = tls_site_suffix(*terms);
  if (terms->site_suffix.empty()) co_return nullptr;
  co_return terms;
}

// RFC 8460 §4.3.2.2. No session has failed by it: the mail goes out without the policy.
void TransportSecurity::note_fetch_failure(const std::string& domain, const MtaStsAnswer& answer) {
  TlsSession session;
  session.policy.type = TlsPolicyType::sts;
  session.is_tried = false;
  session.failure = answer.fetch_failure;
  session.failure_detail = answer.fetch_problem;
  if (answer.policy) {
    session.policy.text = answer.policy->lines;
    session.policy.mx_hosts = answer.policy->mx;
  }
  parts_.log.info("an MTA-STS policy cannot be had",
                  {{"domain", domain}, {"why", answer.fetch_problem}});
  count(std::move(session), domain);
}

TlsSessionObserver TransportSecurity::observer() {
  return [this](const TlsSession& session, const std::vector<std::string>& domains) {
    note(session, domains);
  };
}

void TransportSecurity::note(const TlsSession& session, const std::vector<std::string>& domains) {
  parts_.metrics
      .counter(kSessions,
               {std::string(to_string(session.policy.type)), result_name(session.failure)})
      .increment();
  for (const std::string& domain : domains) count(session, domain);
}

void TransportSecurity::count(TlsSession session, const std::string& domain) {
  if (!sends_reports()) return;
  session.recipient_domain = domain;
  // RFC 8460 §4.4: a policy of MTA-STS, or none, is the recipient domain's.
  if (session.policy.domain.empty()) session.policy.domain = domain;
  book_.note(std::move(session));
}

asio::awaitable<Result<TransportSecurity::Deliveries>> TransportSecurity::report_now() {
  if (!sends_reports()) co_return Deliveries();
  const asio::any_io_executor here = co_await asio::this_coro::executor;
  const auto tomorrow =
      std::chrono::floor<std::chrono::days>(parts_.clock.wall()) + std::chrono::days(1);
  auto initiate = [this, here, tomorrow](auto handler) {
    auto owed = std::make_shared<PendingAnswer::Handler>(std::move(handler));
    auto answer = std::make_shared<PendingAnswer>(here, std::move(owed));
    asio::post(parts_.tasks.executor(), [this, tomorrow, answer = std::move(answer)]() mutable {
      // Nobody would cancel a task that begins now.
      if (is_stopped_) return;
      parts_.tasks.spawn(send_into(sender_, tomorrow, std::move(answer)));
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<Deliveries>)>(
      initiate, asio::use_awaitable);
}

}  // namespace posthaste
