#include "platform/config_schema.h"
namespace posthaste {}
