#pragma once

#include "base/time_text.h"
