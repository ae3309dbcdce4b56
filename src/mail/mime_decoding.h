#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

// RFC 2045 §6; uuencode is older than MIME and still met.
enum class TransferEncoding : std::uint8_t { identity, quoted_printable, base64, uuencode };

// "Quoted-Printable" and the like, any case; what is not known is identity.
TransferEncoding transfer_encoding_of(std::string_view name);

// The octets behind a transfer encoding, at most `max` of them. What is wrong in the text is left
// out (base64) or kept as it stands (quoted-printable); nothing is refused.
std::string decode_transfer(std::string_view text, TransferEncoding encoding,
                            std::size_t max = SIZE_MAX);

// RFC 2047 §4.2: quoted-printable of header fields, where "_" is a space.
std::string decode_q(std::string_view text);

// Octets of `charset` as UTF-8, with U+FFFD for what cannot be; nothing when the charset is not
// known here.
std::optional<std::string> convert_to_utf8(std::string_view octets, std::string_view charset);
// The same, always: an unknown or wrong charset is read as UTF-8 where it is that, else as
// Windows-1252.
std::string to_utf8(std::string_view octets, std::string_view charset);

}  // namespace posthaste
