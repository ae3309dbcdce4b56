#include "server/transport_security.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
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

// Tells sites of different terms apart; equal terms share them.
std::string suffix_of(const TlsTerms& terms) {
  std::string suffix;
  if (terms.mode != TlsMode::automatic) {
    suffix = fmt::format(";tls={}", static_cast<int>(terms.mode));
    for (const auto& [name, mode] : ConfigNames<TlsMode>::names) {
      if (mode == terms.mode) suffix = fmt::format(";tls={}", name);
    }
    for (const std::string& name : terms.names) suffix += "," + name;
  }
  if (terms.sts) {
    std::string text(to_string(terms.sts->mode));
    for (const std::string& pattern : terms.sts->mx) text += " " + pattern;
    suffix += fmt::format(";sts={}-{:08x}", to_string(terms.sts->mode),
                          std::hash<std::string>{}(text)&0xffffffff);
  }
  return suffix;
}

asio::awaitable<Result<void>> submit(const std::unique_ptr<Reception>& reception,
                                     std::shared_ptr<const SessionSettings> session,
                                     Transaction transaction) {
  SessionFacts facts;
  facts.listener = session->listener.name;
  facts.peer_address = "127.0.0.1";
  facts.helo = session->hostname;
  facts.is_esmtp = true;
  const ReceptionOutcome outcome =
      co_await reception->receive(std::move(transaction), std::move(facts), session);
  if (outcome.is_accepted) co_return Result<void>();
  co_return Error{asio::error::try_again, outcome.text};
}

using Deliveries = std::vector<TlsReportDelivery>;

asio::awaitable<void> send_into(TlsReportSender& sender, std::chrono::sys_days end,
                                std::function<void(Deliveries)> done) {
  Deliveries deliveries = co_await sender.send(end);
  done(std::move(deliveries));
}

}  // namespace

TlsReportSender::Mail report_mail(const std::unique_ptr<Reception>& reception,
                                  const ServerIdentity& identity, const std::string& contact) {
  auto session = std::make_shared<SessionSettings>();
  session->listener.name = "tls-reports";
  session->hostname = identity.hostname;
  session->users = identity.users;
  session->signer = identity.signer;
  std::shared_ptr<const SessionSettings> fixed = std::move(session);
  return [&reception, fixed, contact](std::string to, std::string message) {
    Transaction transaction;
    if (auto sender = ReversePath::parse(contact)) transaction.envelope.sender = *sender;
    Recipient recipient;
    if (auto address = MailAddress::parse(to)) recipient.address = *address;
    transaction.envelope.recipients.push_back(std::move(recipient));
    transaction.content = std::move(message);
    return submit(reception, fixed, std::move(transaction));
  };
}

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
      reports_(settings.tls.reports),
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

void TransportSecurity::reload(Settings settings) {
  auto fresh = std::make_shared<const Settings>(std::move(settings));
  settings_.with([&](auto& current) { current = std::move(fresh); });
}

Resolver* TransportSecurity::dane() {
  return settings()->tls.dane ? &parts_.dns : nullptr;
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
  terms->site_suffix = suffix_of(*terms);
  if (terms->site_suffix.empty()) co_return nullptr;
  co_return terms;
}

// RFC 8460 §4.3.2.2
void TransportSecurity::note_fetch_failure(const std::string& domain, const MtaStsAnswer& answer) {
  TlsSession session;
  session.policy.type = TlsPolicyType::sts;
  session.failure = answer.fetch_failure;
  session.failure_detail = answer.fetch_problem;
  if (answer.policy) {
    session.policy.text = answer.policy->lines;
    session.policy.mx_hosts = answer.policy->mx;
  }
  parts_.log.info("an MTA-STS policy cannot be had",
                  {{"domain", domain}, {"why", answer.fetch_problem}});
  note(session, {domain});
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
  if (!sends_reports()) return;
  for (const std::string& domain : domains) {
    TlsSession one = session;
    one.recipient_domain = domain;
    // RFC 8460 §4.4: a policy of MTA-STS, or none, is the recipient domain's.
    if (one.policy.domain.empty()) one.policy.domain = domain;
    book_.note(std::move(one));
  }
}

asio::awaitable<Deliveries> TransportSecurity::report_now() {
  if (!sends_reports()) co_return Deliveries();
  const asio::any_io_executor here = co_await asio::this_coro::executor;
  const auto tomorrow =
      std::chrono::floor<std::chrono::days>(parts_.clock.wall()) + std::chrono::days(1);
  using Handler = asio::any_completion_handler<void(Deliveries)>;
  auto initiate = [this, here, tomorrow](auto handler) {
    auto shared = std::make_shared<Handler>(std::move(handler));
    std::function<void(Deliveries)> done = [here, shared](Deliveries deliveries) {
      auto parcel = std::make_shared<Deliveries>(std::move(deliveries));
      asio::post(here, [shared, parcel] { std::move (*shared)(std::move(*parcel)); });
    };
    asio::post(parts_.tasks.executor(), [this, tomorrow, done = std::move(done)] {
      parts_.tasks.spawn(send_into(sender_, tomorrow, done));
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Deliveries)>(
      initiate, asio::use_awaitable);
}

}  // namespace posthaste
