/* Roles, lowest first. A route row's `role` is the least one that may call it. */
#pragma once

#include <stdbool.h>

enum api_role { API_ANYONE, API_VIEWER, API_OPERATOR, API_ENGINEER, API_ADMIN, API_ROLE__COUNT };

/** "viewer" …; API_ANYONE has none (""). */
const char *api_role_name(enum api_role role);
/** False for any other text. */
bool api_role_parse(const char *name, enum api_role *ret_role);
