#include "platform/http/https_client.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <charconv>
#include <optional>
#include <sstream>

#include "platform/dns/lookup_all.h"
#include "platform/io/deadline.h"
#include "platform/io/task_group.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

using Done = asio::experimental::channel<void(boost::system::error_code)>;

constexpr std::size_t kMaxAddresses = 6;
constexpr Duration kConnectTimeout = std::chrono::seconds(10);
constexpr std::uint32_t kMaxHeader = 64 << 10;
// RFC 7301 §3.1: the one protocol that is spoken here.
constexpr unsigned char kAlpn[] = "\x08http/1.1";

Error bad(std::string what) {
  return {make_error_code(boost::system::errc::invalid_argument), std::move(what)};
}

// A URL, taken apart.
struct Target {
  bool is_secure = true;
  std::string host;  // without the brackets of an IPv6 address
  bool is_address = false;
  std::uint16_t port = 443;
  std::string authority;  // for Host:
  std::string path;
};

Result<Target> parse_url(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || url->host_address().empty() || url->has_userinfo()) {
    return bad(fmt::format("\"{}\" is no address: write https://HOST/PATH", text));
  }
  Target target;
  target.is_secure = url->scheme() == "https";
  target.host = url->host_address();
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(target.host, not_an_address);
  target.is_address = !not_an_address;
  if (!target.is_secure &&
      (url->scheme() != "http" || !target.is_address || !address.is_loopback())) {
    return bad(fmt::format("\"{}\" is not safe to use: write https://HOST/PATH", text));
  }
  target.port = url->has_port() ? url->port_number() : (target.is_secure ? 443 : 80);
  if (target.port == 0) return bad(fmt::format("\"{}\" has no port that can be used", text));
  target.authority = url->encoded_host_and_port();
  target.path = std::string(url->encoded_target());
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  return target;
}

// RFC 9110 §5.5: a line end would begin another header.
bool is_clean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// One request on its way. `answer` says at any time what is known.
struct Exchange {
  Resolver& resolver;
  Clock& clock;
  asio::ssl::context& trust;
  HttpsRequest request;
  Target target;
  Clock::time_point until;
  std::unique_ptr<Stream> stream = nullptr;
  Result<HttpsAnswer> answer = Error{asio::error::timed_out, ""};

  Error failed(boost::system::error_code ec, std::string_view step) const {
    return {ec, fmt::format("{}: {}: {}", target.authority, step, ec.message())};
  }
  asio::awaitable<Result<HttpsAnswer>> run();
  asio::awaitable<Result<std::vector<std::string>>> addresses();
  asio::awaitable<Result<void>> open();
  asio::awaitable<Result<void>> secure();
  asio::awaitable<Result<void>> send();
  asio::awaitable<Result<HttpsAnswer>> receive();
};

asio::awaitable<Result<HttpsAnswer>> Exchange::run() {
  const Result<void> is_open = co_await open();
  if (!is_open) co_return is_open.error();
  if (target.is_secure) {
    const Result<void> is_secure = co_await secure();
    if (!is_secure) co_return is_secure.error();
  }
  const Result<void> is_sent = co_await send();
  if (!is_sent) co_return is_sent.error();
  co_return co_await receive();
}

asio::awaitable<Result<std::vector<std::string>>> Exchange::addresses() {
  std::vector<std::string> all;
  if (target.is_address) {
    all.push_back(target.host);
    co_return all;
  }
  const std::vector<DnsQuestion> questions{{target.host, RecordType::aaaa},
                                           {target.host, RecordType::a}};
  const std::vector<DnsResult> answers = co_await lookup_all(resolver, questions);
  for (const DnsResult& one : answers) {
    for (std::string& address : one.strings()) all.push_back(std::move(address));
  }
  if (all.size() > kMaxAddresses) all.resize(kMaxAddresses);
  if (all.empty()) {
    std::string why = "it has no address";
    for (const DnsResult& one : answers) {
      if (one.is_temporary_failure()) why = one.why;
    }
    co_return Error{asio::error::host_not_found,
                    fmt::format("{} cannot be found: {}", target.host, why)};
  }
  co_return all;
}

asio::awaitable<Result<void>> Exchange::open() {
  const Result<std::vector<std::string>> known = co_await addresses();
  if (!known) co_return known.error();
  Error last;
  for (const std::string& address : *known) {
    ConnectOptions options;
    options.to = {address, target.port};
    options.timeout = std::min<Duration>(until - clock.now(), kConnectTimeout);
    auto connected = co_await connect_tcp(std::move(options), clock);
    if (connected) {
      stream = std::move(*connected);
      co_return Result<void>();
    }
    last = connected.error();
  }
  co_return Error{last.code, fmt::format("{} cannot be reached: {}", target.host, last.message())};
}

void prepare_tls(ssl_st* ssl) {
  SSL_set_verify(ssl, SSL_VERIFY_PEER, SSL_get_verify_callback(ssl));
  SSL_set_alpn_protos(ssl, kAlpn, sizeof kAlpn - 1);
}

asio::awaitable<Result<void>> Exchange::secure() {
  TlsClientOptions options;
  options.server_name = target.host;
  options.prepare = prepare_tls;
  const HandshakeResult shaken = co_await stream->handshake_client(trust, std::move(options));
  if (!shaken.ec) co_return Result<void>();
  if (shaken.verify_error != X509_V_OK) {
    co_return Error{shaken.ec, fmt::format("certificate of {} refused: {}", target.host,
                                           shaken.verify_problem)};
  }
  co_return failed(shaken.ec, "TLS");
}

asio::awaitable<Result<void>> Exchange::send() {
  const http::verb verb = http::string_to_verb(request.method);
  http::request<http::string_body> message(verb, target.path, 11);
  message.set(http::field::host, target.authority);
  message.set(http::field::user_agent, "posthaste");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.keep_alive(false);
  message.body() = std::move(request.body);
  message.prepare_payload();
  std::ostringstream text;
  text << message;
  const std::string octets = text.str();
  const std::array<asio::const_buffer, 1> buffers{asio::buffer(octets)};
  const IoResult written = co_await stream->write(buffers);
  if (written.ec) co_return failed(written.ec, "sending");
  co_return Result<void>();
}

HttpsAnswer to_answer(http::response<http::string_body>& message) {
  HttpsAnswer answer;
  answer.status = message.result_int();
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    answer.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  answer.body = std::move(message.body());
  return answer;
}

asio::awaitable<Result<HttpsAnswer>> Exchange::receive() {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.skip(request.method == "HEAD");
  parser.body_limit(request.max_answer);
  parser.header_limit(kMaxHeader);
  boost::beast::flat_buffer buffer;
  while (!parser.is_done()) {
    const IoResult read = co_await stream->read_some(buffer.prepare(16 << 10));
    boost::system::error_code ec;
    if (read.ec == asio::error::eof) {
      // A cut inside TLS is another error than this: it ends no answer.
      parser.put_eof(ec);
    } else if (read.ec) {
      ec = read.ec;
    } else {
      buffer.commit(read.count);
      buffer.consume(parser.put(buffer.data(), ec));
      if (ec == http::error::need_more) ec = {};
    }
    if (ec == http::error::body_limit) {
      co_return Error{ec, fmt::format("{}: the answer is larger than {} octets", target.authority,
                                      request.max_answer)};
    }
    if (ec) co_return failed(ec, "answer");
    if (read.ec && !parser.is_done()) co_return failed(read.ec, "answer");
  }
  co_return to_answer(parser.get());
}

asio::awaitable<void> run_exchange(Exchange& exchange, Done& done) {
  // Says so also when the task is unwound by cancellation.
  struct Farewell {
    Done& done;
    ~Farewell() { done.try_send(boost::system::error_code()); }
  } farewell{done};
  exchange.answer = co_await exchange.run();
}

}  // namespace

std::string HttpsAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

asio::awaitable<Result<HttpsAnswer>> HttpsClient::fetch(HttpsRequest request) {
  Result<Target> target = parse_url(request.url);
  if (!target) co_return target.error();
  if (http::string_to_verb(request.method) == http::verb::unknown) {
    co_return bad(fmt::format("\"{}\" is no HTTP method", request.method));
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_clean(name) || !is_clean(value)) co_return bad("a header holds a line end");
  }

  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const Duration timeout = request.timeout;
  Exchange exchange{
      resolver_, clock_, trust_, std::move(request), std::move(*target), clock_.now() + timeout};
  Done done(executor, 1);
  TaskGroup work(executor);
  TaskGroup timers(executor);
  bool is_late = false;
  // The tasks use what stands here: also a cancelled caller stays until they have ended.
  co_await asio::this_coro::throw_if_cancelled(false);
  {
    Deadline deadline(timers, clock_, [&work] { work.cancel(); });
    deadline.set(timeout, "HTTPS answer");
    work.spawn(run_exchange(exchange, done));
    const auto [ec] = co_await done.async_receive(asio::as_tuple(asio::use_awaitable));
    if (ec) work.cancel();
    is_late = deadline.expired();
  }
  co_await work.join();
  co_await timers.join();
  co_await asio::this_coro::throw_if_cancelled(true);
  if (is_late) {
    co_return Error{
        asio::error::timed_out,
        fmt::format("{} did not answer in {}", exchange.target.authority, to_string(timeout))};
  }
  co_return std::move(exchange.answer);
}

Result<std::unique_ptr<asio::ssl::context>> make_trust(const std::string& ca_file) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  // RFC 8996
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code ec;
  if (ca_file.empty()) {
    context->set_default_verify_paths(ec);
  } else {
    context->load_verify_file(ca_file, ec);
  }
  if (ec) {
    return Error{ec, fmt::format("\"{}\" holds no certificates that can be used ({}): name a PEM "
                                 "file of certification authorities",
                                 ca_file, ec.message())};
  }
  return context;
}

}  // namespace posthaste
