/* The cached answer of GET /dashboard. Thread-safe. */
#pragma once

#include "aas/err.h"

struct api_dashboard;

int api_dashboard_create(struct api_dashboard **ret_dashboard) AAS_MUST_CHECK;
void api_dashboard_destroy(struct api_dashboard *dashboard); /* NULL is fine */
