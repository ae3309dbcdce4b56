#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sink/persona.h"

namespace posthaste {

// The blocks of a persona file.
const BlockSchema<PersonaConfig>& persona_schema();
const BlockSchema<RuleConfig>& rule_schema();
const BlockSchema<LimitConfig>& limit_schema();
const BlockSchema<UnknownUsersConfig>& unknown_users_schema();
const BlockSchema<TarpitConfig>& tarpit_schema();

// The code at the start of "550 5.1.1 No such user"; nullopt where there is none.
std::optional<std::uint32_t> reply_code_of(const std::string& line);

}  // namespace posthaste
