#include "identity/doctor/network_probes.h"

#include <openssl/ssl.h>
#include <sys/timex.h>

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "platform/http/https_client.h"
#include "platform/io/deadline.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxReply = 64 * 1024;

// A dialogue with a mail host: replies as a whole, one command at a time.
class Dialogue {
 public:
  explicit Dialogue(Stream& stream) : stream_(stream) {}

  // One reply, all of its lines; "" when the connection ended or what came is no SMTP.
  asio::awaitable<std::string> read_reply() {
    std::string reply;
    for (;;) {
      const std::size_t end = buffer_.find('\n');
      if (end == std::string::npos) {
        std::array<char, 4096> piece{};
        const IoResult got = co_await stream_.read_some(asio::buffer(piece));
        if (got.ec || buffer_.size() > kMaxReply) co_return std::string();
        buffer_.append(piece.data(), got.count);
        continue;
      }
      const std::string line = buffer_.substr(0, end + 1);
      buffer_.erase(0, end + 1);
      reply += line;
      // RFC 5321 §4.2.1: a hyphen after the code says that more lines come.
      if (line.size() < 4 || line[3] != '-') co_return reply;
    }
  }

  asio::awaitable<std::string> ask(std::string command) {
    command += "\r\n";
    const std::array<asio::const_buffer, 1> data{asio::buffer(command)};
    const IoResult sent = co_await stream_.write(data);
    if (sent.ec) co_return std::string();
    std::string reply = co_await read_reply();
    co_return reply;
  }

 private:
  Stream& stream_;
  std::string buffer_;
};

bool is_positive(const std::string& reply) {
  return reply.starts_with('2');
}

std::string first_line(const std::string& reply) {
  return reply.substr(0, reply.find_first_of("\r\n"));
}

// Keeps the certificates that a server shows, and takes them as they are: they are judged later.
int keep_chain(X509_STORE_CTX* verification, void* into) {
  auto& chain = *static_cast<std::vector<CertificateFacts>*>(into);
  if (const X509* own = X509_STORE_CTX_get0_cert(verification)) {
    chain.push_back(read_certificate(*own));
  }
  const STACK_OF(X509)* others = X509_STORE_CTX_get0_untrusted(verification);
  for (int i = 0; i < sk_X509_num(others); ++i) {
    CertificateFacts facts = read_certificate(*sk_X509_value(others, i));
    if (chain.empty() || facts.der != chain.front().der) chain.push_back(std::move(facts));
  }
  return 1;
}

asio::awaitable<void> talk(Stream& stream, std::string host, std::string ehlo_name,
                           MailHostAnswer& answer) {
  Dialogue dialogue(stream);
  const std::string greeting = co_await dialogue.read_reply();
  answer.greeting = first_line(greeting);
  const std::string features = co_await dialogue.ask("EHLO " + ehlo_name);
  if (!is_positive(greeting) || !is_positive(features)) {
    answer.is_connected = false;
    answer.problem = greeting.empty() ? "it does not greet" : "it says " + answer.greeting;
    co_return;
  }
  answer.offers_starttls = boost::icontains(features, "STARTTLS");
  if (answer.offers_starttls) {
    const std::string ready = co_await dialogue.ask("STARTTLS");
    if (!is_positive(ready)) {
      answer.problem = "STARTTLS is answered by " + first_line(ready);
      co_return;
    }
    asio::ssl::context context(asio::ssl::context::tls_client);
    SSL_CTX_set_cert_verify_callback(context.native_handle(), &keep_chain, &answer.chain);
    TlsClientOptions options;
    options.server_name = host;
    const HandshakeResult shaken = co_await stream.handshake_client(context, std::move(options));
    if (shaken.ec) answer.problem = shaken.ec.message();
    if (shaken.ec) co_return;
    const std::string bye = co_await dialogue.ask("QUIT");
    stream.close();
    co_return;
  }
  const std::string bye = co_await dialogue.ask("QUIT");
}

}  // namespace

Result<std::unique_ptr<NetworkProbes>> NetworkProbes::create(Resolver& resolver, Clock& clock,
                                                             TaskGroup& tasks,
                                                             NetworkProbeOptions options) {
  Result<std::unique_ptr<asio::ssl::context>> trust = make_trust("");
  if (!trust) return trust.error();
  return std::unique_ptr<NetworkProbes>(
      new NetworkProbes(resolver, clock, tasks, std::move(options), std::move(*trust)));
}

NetworkProbes::NetworkProbes(Resolver& resolver, Clock& clock, TaskGroup& tasks,
                             NetworkProbeOptions options, std::unique_ptr<asio::ssl::context> trust)
    : resolver_(resolver),
      clock_(clock),
      tasks_(tasks),
      options_(std::move(options)),
      trust_(std::move(trust)) {}

asio::awaitable<WebAnswer> NetworkProbes::ask_web(WebQuestion question) {
  HttpsRequest request;
  request.method = question.method;
  request.url = question.url;
  request.body = question.body;
  request.timeout = options_.timeout;
  if (!question.body.empty()) {
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  HttpsClient client(resolver_, clock_, *trust_);
  const Result<HttpsAnswer> answer = co_await client.fetch(std::move(request));
  WebAnswer result;
  if (!answer) {
    result.problem = answer.error().message();
    co_return result;
  }
  result.status = answer->status;
  result.location = answer->header("location");
  result.content_type = answer->header("content-type");
  result.body = answer->body;
  co_return result;
}

asio::awaitable<MailHostAnswer> NetworkProbes::greet_mail_host(std::string host,
                                                               std::string address) {
  MailHostAnswer answer;
  ConnectOptions where;
  where.to = {address, options_.smtp_port};
  where.timeout = options_.timeout;
  Result<std::unique_ptr<Stream>> stream = co_await connect_tcp(where, clock_);
  if (!stream) {
    answer.problem = stream.error().message();
    co_return answer;
  }
  answer.is_connected = true;
  Stream& open = **stream;
  Deadline deadline(tasks_, clock_, [&open] { open.close(); });
  deadline.set(options_.timeout, "the whole dialogue");
  co_await talk(open, host, options_.ehlo_name, answer);
  deadline.clear();
  open.close();
  co_return answer;
}

asio::awaitable<EgressAnswer> NetworkProbes::try_port_25(std::string source) {
  EgressAnswer answer;
  const DnsResult mx = co_await resolver_.lookup(options_.egress_domain, RecordType::mx);
  if (!mx.is_found()) {
    answer.problem = "the MX of " + options_.egress_domain + " cannot be looked up";
    co_return answer;
  }
  answer.peer = mx.mx().front().exchange;
  const bool is_v6 = source.find(':') != std::string::npos;
  const DnsResult addresses =
      co_await resolver_.lookup(answer.peer, is_v6 ? RecordType::aaaa : RecordType::a);
  if (!addresses.is_found()) {
    answer.problem = answer.peer + " has no address of that family";
    co_return answer;
  }
  ConnectOptions where;
  where.to = {addresses.strings().front(), options_.smtp_port};
  where.from_address = source;
  where.timeout = options_.timeout;
  Result<std::unique_ptr<Stream>> stream = co_await connect_tcp(where, clock_);
  if (stream) {
    (*stream)->close();
    answer.is_open = true;
    co_return answer;
  }
  answer.is_own_address = stream.error().code != boost::system::errc::address_not_available;
  answer.problem = stream.error().message();
  co_return answer;
}

ClockAnswer NetworkProbes::read_clock() {
  timex state{};
  const int verdict = ::adjtimex(&state);
  ClockAnswer answer;
  answer.is_known = verdict >= 0;
  answer.is_synchronized = verdict != TIME_ERROR;
  answer.error_seconds = static_cast<double>(state.maxerror) / 1e6;
  return answer;
}

}  // namespace posthaste
