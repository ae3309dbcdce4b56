#include "sink/sink_http.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "platform/io/deadline.h"
#include "sink/sink.h"

namespace posthaste {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using nlohmann::ordered_json;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kMaxBody = 1 << 20;
constexpr std::size_t kMostSenders = 1000;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

std::uint64_t sum_of(const SinkCounts::ByName& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

// In the order of the names.
ordered_json to_json(const SinkCounts::ByName& counts) {
  ordered_json json = ordered_json::object();
  for (const auto& [name, count] : std::map(counts.begin(), counts.end())) json[name] = count;
  return json;
}

ordered_json to_json(const ProviderModel::View& sender) {
  ordered_json json = {{"client", sender.client},
                       {"accepted", sender.accepted},
                       {"unknown", sender.unknown_users},
                       {"greylisted", sender.greylisted},
                       {"slowed", sender.slowed}};
  if (!sender.reputation) return json;
  const SenderReputation::View& standing = *sender.reputation;
  json.update(
      {{"score", std::round(standing.score * 1000) / 1000},
       {"allowance", standing.allowance},
       {"hour_allowance", standing.hour_allowance},
       {"today", standing.today},
       {"last_hour", standing.last_hour},
       {"deferred", standing.deferred},
       {"blocked", standing.blocked},
       {"blocks", standing.blocks},
       {"complaints", standing.complaints},
       {"is_blocked", standing.is_blocked},
       {"blocked_for", to_string(std::chrono::floor<std::chrono::seconds>(standing.blocked_for))}});
  return json;
}

std::string counts_of(const Sink& sink) {
  const SinkCounts counts = sink.counts();
  ordered_json clients = ordered_json::object();
  for (const auto& [address, client] : std::map(counts.clients.begin(), counts.clients.end())) {
    clients[address] = {{"connections", client.connections},
                        {"messages", client.messages},
                        {"recipients", client.recipients},
                        {"refused", client.refused}};
  }
  ordered_json senders = ordered_json::array();
  for (const ProviderModel::View& one : sink.senders(kMostSenders)) senders.push_back(to_json(one));
  const ordered_json json = {{"persona", sink.persona_name()},
                             {"connections", counts.connections},
                             {"open", counts.open},
                             {"tls", counts.tls},
                             {"messages", counts.messages},
                             {"recipients", counts.recipients},
                             {"refused", sum_of(counts.refused)},
                             {"bytes", counts.octets},
                             {"unique_ids", sink.ids().distinct()},
                             {"duplicates", sink.ids().duplicates()},
                             {"without_id", counts.without_id},
                             {"violations", sum_of(counts.violations)},
                             {"domains", to_json(counts.domains)},
                             {"refused_by", to_json(counts.refused)},
                             {"violations_by", to_json(counts.violations)},
                             {"clients", clients},
                             {"senders", senders}};
  // What clients sent may be no UTF-8.
  return dump_json(json, 2) + "\n";
}

std::string ids_of(const Sink& sink) {
  std::string text;
  sink.ids().for_each([&](std::string_view id, std::uint32_t count) {
    text.append(id).append(" ").append(std::to_string(count)).append("\n");
  });
  return text;
}

Response respond(const Request& request, http::status status, std::string body,
                 const char* type = "text/plain; charset=utf-8") {
  Response response(status, request.version());
  response.set(http::field::content_type, type);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Response put_persona(Sink& sink, const Request& request) {
  PersonaOrErrors parsed = parse_persona(request.body(), "persona");
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&parsed)) {
    std::string text;
    for (const ConfigError& error : *errors) text += error.to_string() + "\n";
    return respond(request, http::status::bad_request, text);
  }
  sink.set_persona(std::get<Persona>(std::move(parsed)));
  return respond(request, http::status::ok, "ok\n");
}

Response answer(Sink& sink, const Request& request) {
  const std::string path(request.target().substr(0, request.target().find('?')));
  if (request.method() == http::verb::get && (path == "/counts" || path == "/")) {
    return respond(request, http::status::ok, counts_of(sink), "application/json");
  }
  if (request.method() == http::verb::get && path == "/ids") {
    return respond(request, http::status::ok, ids_of(sink));
  }
  if (request.method() == http::verb::post && path == "/reset") {
    sink.reset();
    return respond(request, http::status::ok, "ok\n");
  }
  if (request.method() == http::verb::post && path == "/persona") {
    return put_persona(sink, request);
  }
  return respond(request, http::status::not_found,
                 "no such resource: use GET /counts, GET /ids, POST /reset or POST /persona\n");
}

}  // namespace

SinkHttp::SinkHttp(asio::any_io_executor loop, Sink& sink, Clock& clock)
    : sink_(sink), clock_(clock), acceptor_(loop), tasks_(loop) {}

Result<void> SinkHttp::open(const Endpoint& where) {
  boost::system::error_code ec;
  tcp::endpoint endpoint(asio::ip::make_address(where.address, ec), where.port);
  if (!ec) acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(tcp::acceptor::max_listen_connections, ec);
  if (!ec) endpoint = acceptor_.local_endpoint(ec);
  if (ec) {
    return Error{ec, "cannot listen on " + where.address + " port " + std::to_string(where.port) +
                         " (" + ec.message() + "): choose another address for --http"};
  }
  local_ = {endpoint.address().to_string(), endpoint.port()};
  return {};
}

void SinkHttp::stop() {
  is_stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  tasks_.cancel();
}

asio::awaitable<void> SinkHttp::accept() {
  while (!is_stopping_) {
    auto [ec, socket] = co_await acceptor_.async_accept(kAwait);
    if (is_stopping_ || ec == asio::error::operation_aborted) co_return;
    if (!ec) {
      tasks_.spawn(serve(std::move(socket)));
    } else {
      co_await clock_.sleep_until(clock_.now() + std::chrono::milliseconds(100));
    }
  }
}

asio::awaitable<void> SinkHttp::serve(tcp::socket socket) {
  Deadline deadline(tasks_, clock_, [&socket] {
    boost::system::error_code ignored;
    socket.close(ignored);
  });
  boost::beast::flat_buffer buffer;
  while (!is_stopping_) {
    deadline.set(std::chrono::minutes(1), "HTTP request");
    http::request_parser<http::string_body> parser;
    parser.body_limit(kMaxBody);
    auto [read_ec, read] = co_await http::async_read(socket, buffer, parser, kAwait);
    if (read_ec || is_stopping_) co_return;
    const Response response = answer(sink_, parser.get());
    auto [write_ec, written] = co_await http::async_write(socket, response, kAwait);
    if (write_ec || !response.keep_alive()) co_return;
  }
}

}  // namespace posthaste
