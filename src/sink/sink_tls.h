#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"

namespace boost::asio::ssl {
class context;
}

namespace posthaste {

// The sink's TLS: a PEM chain and its key.
Result<std::shared_ptr<boost::asio::ssl::context>> load_sink_tls(
    const std::filesystem::path& certificate, const std::filesystem::path& key);

// The same with a self-signed certificate for "localhost" that exists only in memory.
Result<std::shared_ptr<boost::asio::ssl::context>> make_sink_tls();

}  // namespace posthaste
