#include "roles.h"

#include <string.h>

static const char *const names[API_ROLE__COUNT] = {"", "viewer", "operator", "engineer", "admin"};

const char *api_role_name(enum api_role role)
{
    return names[role];
}

bool api_role_parse(const char *name, enum api_role *ret_role)
{
    for (int i = API_VIEWER; name && i < API_ROLE__COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_role = (enum api_role)i;
            return true;
        }
    }
    return false;
}
