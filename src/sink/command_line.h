#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

// What the sink reads of MAIL and RCPT: no more than the brackets tell.
struct PathCommand {
  std::string_view address;     // between the brackets
  std::string_view parameters;  // behind them, as given
};

// "FROM:<a@b> SIZE=1", with "FROM:" (any case) as `keyword`; brackets may be missing. Nothing when
// it cannot be that.
std::optional<PathCommand> parse_path_command(std::string_view argument, std::string_view keyword);

// RFC 1870: the value of SIZE= among the parameters of MAIL; 0 where there is none.
std::uint64_t declared_size(std::string_view parameters);

// The lower-case domain of "ADDRESS PARAMETERS"; "" where there is none.
std::string domain_of(std::string_view address_and_parameters);

}  // namespace posthaste
