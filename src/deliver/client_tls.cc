#include "deliver/client_tls.h"

#include <openssl/ssl.h>

#include <utility>

namespace posthaste {

namespace ssl = boost::asio::ssl;

namespace {

// More peers than this with broken TLS, or with sessions: the memory begins anew.
constexpr std::size_t kMaxRemembered = 10000;
// Forward secret all; what is worse than plain text to nobody comes last.
constexpr const char* kTls12Ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:!aNULL:!aDSS";

std::string key_of(const Endpoint& peer) {
  return peer.address + " " + std::to_string(peer.port);
}

}  // namespace

// Sessions by peer and expectation: what was verified one way is never taken for another.
class ClientTls::Sessions {
 public:
  struct Free {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  using Session = std::unique_ptr<SSL_SESSION, Free>;
  using Table = std::unordered_map<std::string, Session>;

  // What hangs on a connection while it lives.
  struct Slot {
    std::shared_ptr<Sessions> sessions;
    std::string key;
    bool needs_verified;
  };

  // Connections get and give copies: OpenSSL takes a session out of use when its connection ends
  // without close_notify, as many do.
  void resume(SSL* ssl, const std::string& key) {
    table_.with([&](const Table& table) {
      const auto known = table.find(key);
      if (known == table.end()) return;
      const Session copy(SSL_SESSION_dup(known->second.get()));
      SSL_set_session(ssl, copy.get());
    });
  }

  // The number under which OpenSSL keeps a Slot on a connection.
  static int slot_index() {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* slot, CRYPTO_EX_DATA*, int, long, void*) {
          delete static_cast<Slot*>(slot);
        });
    return index;
  }

  // OpenSSL has a new session; 0 says that it stays its own.
  static int on_session(SSL* ssl, SSL_SESSION* session) {
    const auto* slot = static_cast<const Slot*>(SSL_get_ex_data(ssl, slot_index()));
    if (slot == nullptr) return 0;
    // One whose certificate would not do is not kept: the next handshake looks at it again.
    if (slot->needs_verified && SSL_get_verify_result(ssl) != X509_V_OK) return 0;
    slot->sessions->table_.with([&](Table& table) {
      if (table.size() >= kMaxRemembered) table.clear();
      table[slot->key].reset(SSL_SESSION_dup(session));
    });
    return 0;
  }

 private:
  Guarded<Table> table_;
};

ClientTls::ClientTls(Clock& clock, ClientTlsOptions options)
    : clock_(clock),
      options_(std::move(options)),
      sessions_(std::make_shared<Sessions>()),
      context_(ssl::context::tls_client) {
  SSL_CTX* native = context_.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);  // RFC 8996
  SSL_CTX_set_cipher_list(native, kTls12Ciphers);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code ignored;
  if (options_.ca_file.empty()) {
    context_.set_default_verify_paths(ignored);
  } else {
    context_.load_verify_file(options_.ca_file, ignored);
  }
  context_.set_verify_mode(ssl::verify_none);
  allow_dane(context_);
  if (!options_.resumption) return;
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(native, Sessions::on_session);
}

ClientTls::~ClientTls() = default;

TlsClientOptions ClientTls::options_for(const Endpoint& peer, const TlsExpectation& expectation) {
  TlsClientOptions options = make_options(expectation);
  if (!options_.resumption) return options;
  const bool needs_verified = expectation.kind != TlsExpectation::Kind::any;
  std::string key = key_of(peer) + " " + expectation.fingerprint();
  options.prepare = [sessions = sessions_, key = std::move(key), needs_verified,
                     inner = std::move(options.prepare)](SSL* ssl) {
    if (inner) inner(ssl);
    sessions->resume(ssl, key);
    SSL_set_ex_data(ssl, Sessions::slot_index(), new Sessions::Slot{sessions, key, needs_verified});
  };
  return options;
}

bool ClientTls::is_broken(const Endpoint& peer) const {
  return broken_.with([&](const auto& broken) {
    const auto known = broken.find(key_of(peer));
    return known != broken.end() && clock_.now() < known->second;
  });
}

void ClientTls::remember_broken(const Endpoint& peer) {
  broken_.with([&](auto& broken) {
    if (broken.size() >= kMaxRemembered) broken.clear();
    broken[key_of(peer)] = clock_.now() + options_.broken_memory;
  });
}

}  // namespace posthaste
