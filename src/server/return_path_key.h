#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "route/return_paths.h"
#include "route/sender_headers.h"
#include "server/server_config.h"

namespace posthaste {

// The keys of return paths: a line each in `path`, the one that makes tokens first.
// Errors: the file cannot be read, or everybody may read it.
Result<std::vector<std::string>> read_return_path_keys(const std::filesystem::path& path);

// The same; makes a file with a fresh key, for its owner alone (mode 0600), where none is. Several
// who come at once get the same key.
Result<std::vector<std::string>> keep_return_path_key(const std::filesystem::path& path);

// The keys of the tokens in return paths, links and header fields; none when no block makes any.
// Errors: as above.
Result<std::vector<std::string>> token_keys(const ServerConfig& config);

// Null when no block names a bounce domain.
Result<std::shared_ptr<const ReturnPaths>> make_return_paths(const ServerConfig& config,
                                                             std::vector<std::string> keys);
// Null when there is no unsubscribe and no feedback block.
Result<std::shared_ptr<const SenderHeaders>> make_sender_headers(const ServerConfig& config,
                                                                 std::vector<std::string> keys);

}  // namespace posthaste
