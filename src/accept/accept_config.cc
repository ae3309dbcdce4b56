#include "accept/accept_config.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

bool is_smtp_role(ListenerRole role) {
  return role == ListenerRole::submission || role == ListenerRole::inbound ||
         role == ListenerRole::analytics_relay;
}

void check_relay(const ListenerConfig& listener, std::vector<ConfigProblem>& problems) {
  const bool is_relay = listener.effective_role() == ListenerRole::analytics_relay;
  if (is_relay && !listener.upstream) {
    problems.push_back({"role", "an analytics relay passes mail on: set upstream = \"HOST:PORT\""});
  } else if (!is_relay && listener.upstream) {
    problems.push_back({"upstream", "only an analytics relay has one: set role = analytics_relay"});
  }
}

std::vector<ConfigProblem> validate_listener(const ListenerConfig& listener) {
  std::vector<ConfigProblem> problems;
  const bool is_smtp = listener.protocol == ListenerProtocol::smtp;
  if (is_smtp != is_smtp_role(listener.effective_role())) {
    problems.push_back({"role", is_smtp ? "a listener of protocol smtp has role submission, "
                                          "inbound or analytics_relay: choose one"
                                        : "a listener of protocol http has role api or admin: "
                                          "choose one"});
  } else if (listener.effective_role() == ListenerRole::inbound &&
             listener.auth != ListenerAuth::off) {
    problems.push_back({"auth",
                        "nobody logs in where returned mail comes in: leave auth off, and take "
                        "submissions at another listener"});
  }
  check_relay(listener, problems);
  const bool has_certificate = !listener.certificate.empty() && !listener.key.empty();
  if (listener.tls != ListenerTls::off && !has_certificate) {
    problems.push_back({"tls", "TLS needs certificate and key: add both, or set tls = off"});
  }
  if (is_smtp && listener.auth == ListenerAuth::required && listener.tls == ListenerTls::off &&
      !listener.auth_without_tls && !is_loopback_address(listener.address.address())) {
    problems.push_back({"auth",
                        "nobody beyond loopback can log in without TLS: set tls, or "
                        "auth_without_tls = true where the network is safe"});
  }
  return problems;
}

std::vector<ConfigProblem> validate_user(const UserConfig& user) {
  if (user.password.empty() == user.password_file.empty()) {
    return {{"", "a user has either password or password_file: give one"}};
  }
  return {};
}

std::string check_field_name(const std::string& name) {
  // RFC 5322 §2.2: printable US-ASCII, without the colon.
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != ':';
  });
  return is_name ? "" : "is no name of a header field: write it without its colon";
}

BlockSchema<ListenerConfig> add_relay_keys(BlockSchema<ListenerConfig> schema) {
  using L = ListenerConfig;
  return std::move(schema)
      .key("upstream", &L::upstream,
           "Of an analytics relay: the next server, to which every connection is passed on.")
      .key("upstream_tls", &L::upstream_tls,
           "TLS to it: required also checks its certificate, implicit begins with TLS and checks.")
      .key("upstream_timeout", &L::upstream_timeout,
           "Longest wait for a reply of it; the one to a whole message may take 10 minutes.",
           {.min = std::chrono::seconds(1)})
      .key("pass_auth", &L::pass_auth,
           "Whether clients may log in at the next server: with_tls means under TLS only.")
      .key("tell_client", &L::tell_client,
           "How the next server is told the client's address: by XCLIENT or a PROXY header.")
      .key("headers", &L::headers, "Header fields that the events of an analytics relay show.",
           {.check = check_field_name});
}

BlockSchema<ListenerConfig> make_listener_schema() {
  using L = ListenerConfig;
  return BlockSchema<L>("listener", BlockKind::titled, "An address that takes connections.")
      .title(&L::name)
      .key("protocol", &L::protocol, "What is spoken there.")
      .key("address", &L::address, "IP address and port; port 0 takes any that is free.",
           {.required = true})
      .key("role", &L::role,
           "What it is for: submission, inbound or analytics_relay (of smtp), api or admin (of "
           "http). inbound is an MX of the server's own: it takes bounces, complaints and reports, "
           "and nothing else.")
      .key("tls", &L::tls,
           "opportunistic offers STARTTLS, required insists on it, implicit begins with TLS.")
      .key("certificate", &L::certificate, "PEM file of the certificate chain.")
      .key("key", &L::key, "PEM file of the certificate's private key.")
      .key("max_connections", &L::max_connections, "Connections at one time; more get 421.",
           {.min = 1})
      .key("max_connections_per_address", &L::max_connections_per_address,
           "Connections of one client address at one time; more get 421.", {.min = 1})
      .key("auth", &L::auth, "Whether clients can or must log in.")
      .key("auth_without_tls", &L::auth_without_tls,
           "Lets clients beyond loopback send passwords in the clear.")
      .key("relay_from", &L::relay_from, "Networks that may submit mail without logging in.")
      .key("proxy_from", &L::proxy_from,
           "Networks of load balancers, whose connections begin with a PROXY header.")
      .key("max_message_size", &L::max_message_size, "The largest message taken.",
           {.min = Bytes(1024)})
      .key("max_header_size", &L::max_header_size, "The largest header section taken.",
           {.min = Bytes(1024)})
      .key("max_line_length", &L::max_line_length, "The longest line of a message taken.",
           {.min = Bytes(998)})
      .key("max_recipients", &L::max_recipients,
           "Recipients of one message; at an inbound listener 100 at most.", {.min = 1})
      .key("max_transactions", &L::max_transactions, "Messages on one connection.", {.min = 1})
      .key("max_errors", &L::max_errors, "Refused commands of one connection until 421.",
           {.min = 1})
      .key("max_hops", &L::max_hops, "Received fields from which on a message is in a loop.",
           {.min = 10})
      .key("refuse_early_talkers", &L::refuse_early_talkers,
           "Refuses clients that speak before the greeting.")
      .key("greeting_delay", &L::greeting_delay, "How long to wait for such clients.")
      .key("command_timeout", &L::command_timeout, "Longest wait for a command.")
      .key("data_timeout", &L::data_timeout, "Longest wait for more of a message.")
      .key("handshake_timeout", &L::handshake_timeout, "Longest TLS handshake or PROXY header.")
      .validate(validate_listener);
}

}  // namespace

std::uint32_t ListenerConfig::recipients_at_once() const {
  // RFC 5321 §4.5.3.1.8: as many must be taken.
  constexpr std::uint32_t kMostInbound = 100;
  return effective_role() == ListenerRole::inbound ? std::min(max_recipients, kMostInbound)
                                                   : max_recipients;
}

ListenerRole ListenerConfig::effective_role() const {
  if (role) return *role;
  return protocol == ListenerProtocol::smtp ? ListenerRole::submission : ListenerRole::api;
}

const BlockSchema<ListenerConfig>& listener_schema() {
  static const auto schema = add_relay_keys(make_listener_schema());
  return schema;
}

const BlockSchema<UserConfig>& user_schema() {
  static const auto schema =
      BlockSchema<UserConfig>("user", BlockKind::titled, "Who may log in to submit mail.")
          .title(&UserConfig::name)
          .key("password", &UserConfig::password,
               "A crypt(3) hash, or \"{plain}\" and the password itself.")
          .key("password_file", &UserConfig::password_file,
               "File that holds the same in its first line.")
          .key("tenant", &UserConfig::tenant, "Title of the tenant block the user's mail is of.")
          .validate(validate_user);
  return schema;
}

}  // namespace posthaste
