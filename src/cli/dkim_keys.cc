#include "cli/dkim_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "identity/dkim/dkim_record.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/selector_rotation.h"
#include "mail/address.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

// The line that a zone file takes.
std::string zone_line(const std::string& name, const std::string& record) {
  std::string strings;
  for (const std::string& part : split_txt(record)) strings += " \"" + part + "\"";
  return fmt::format("{}. IN TXT ({} )", name, strings);
}

// Prints what to publish for `key`; `file` names it in JSON.
ExitCode print_record(const std::string& verb, const DkimKeyOptions& options,
                      const DkimPrivateKey& key, const std::string& file) {
  const Result<Domain> domain = Domain::parse(options.domain);
  if (!domain) return fail(verb, domain.error().message(), ExitCode::usage);
  const Result<std::string> record = make_dkim_record(key);
  if (!record) return fail(verb, record.error().message(), ExitCode::internal);
  const std::string name = dkim_record_name(options.selector, domain->ascii());
  if (!options.json) return print_output("dkim", zone_line(name, *record) + "\n");
  const ordered_json document = {
      {"name", name},
      {"type", "TXT"},
      {"value", *record},
      {"selector", options.selector},
      {"strings", split_txt(*record)},
      {"zone", zone_line(name, *record)},
      {"algorithm", to_string(key.algorithm())},
      {"bits", key.bits()},
      {"private_key", file},
  };
  return print_output("dkim", document.dump() + "\n");
}

// Makes the file, readable by its owner only; never replaces one, for mail may be signed with it.
Result<void> write_private(const std::string& path, const std::string& text) {
  const auto failed = [&](const std::string& what) {
    const boost::system::error_code code(errno, boost::system::system_category());
    return Error{code, what + " " + path + " (" + code.message() +
                           "): remove it, or choose another --out or --selector"};
  };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed("cannot make the key file");
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool kept = written && ::fsync(file) == 0;
  const Error error = kept ? Error{} : failed("cannot write the key file");
  ::close(file);
  if (kept) return {};
  ::unlink(path.c_str());
  return error;
}

// The selectors that have a key in the folder.
std::vector<std::string> selectors_in(const std::string& folder) {
  std::vector<std::string> selectors;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
    if (entry.path().extension() == ".private") selectors.push_back(entry.path().stem().string());
  }
  return selectors;
}

}  // namespace

ExitCode make_dkim_key(DkimKeyOptions options) {
  if (options.next) options.selector = next_selector(options.selector, selectors_in(options.out));
  // Refuse before a key lies on the disk that no record can be printed for.
  const Result<Domain> domain = Domain::parse(options.domain);
  if (!domain) return fail("dkim keygen", domain.error().message(), ExitCode::usage);
  if (!is_dkim_name(options.selector)) {
    return fail("dkim keygen",
                "selector " + options.selector +
                    " cannot stand in a DNS name: use letters, digits and hyphens",
                ExitCode::usage);
  }
  const Result<DkimPrivateKey> key = options.ed25519 ? DkimPrivateKey::generate_ed25519()
                                                     : DkimPrivateKey::generate_rsa(options.bits);
  if (!key) return fail("dkim keygen", key.error().message(), ExitCode::usage);
  const Result<std::string> pem = key->to_pem();
  if (!pem) return fail("dkim keygen", pem.error().message(), ExitCode::internal);

  std::error_code ec;
  std::filesystem::create_directories(options.out, ec);
  const std::string path = std::filesystem::path(options.out) / (options.selector + ".private");
  const Result<void> written = write_private(path, *pem);
  if (!written) return fail("dkim keygen", written.error().message(), ExitCode::usage);
  return print_record("dkim keygen", options, *key, path);
}

ExitCode print_dkim_record(const DkimKeyOptions& options) {
  const Result<DkimPrivateKey> key = DkimPrivateKey::load(options.key);
  if (!key) return fail("dkim record", key.error().message(), ExitCode::usage);
  return print_record("dkim record", options, *key, options.key);
}

}  // namespace posthaste
