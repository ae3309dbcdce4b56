#include "identity/dmarc/author_domain.h"

#include <fmt/format.h>

#include "mail/address.h"
#include "mail/message.h"

namespace posthaste {

AuthorDomain find_author_domain(std::string_view message) {
  const MessageView view(message);
  const std::size_t count = view.count("From");
  if (count != 1) {
    return {.problem = fmt::format("the message has {} From fields: there must be one", count)};
  }
  AuthorDomain author;
  for (const std::string& address : addresses_of(view.find("From")->value)) {
    const Result<Domain> domain = Domain::parse(address.substr(address.rfind('@') + 1));
    if (!domain || domain->is_literal()) {
      return {.problem = "From has an address without a domain name: correct it"};
    }
    if (!author.domain.empty() && author.domain != domain->ascii()) {
      return {.problem = "From has addresses of several domains: leave one"};
    }
    author.domain = domain->ascii();
  }
  if (author.domain.empty()) author.problem = "From has no address: add one";
  return author;
}

}  // namespace posthaste
