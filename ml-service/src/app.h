/* The app: owns every component, starts them in order and stops them in reverse. Callbacks of aas/daemon.h. */
#pragma once

#include <aas/clock.h>
#include <aas/error.h>

int ml_app_create(void **ret_app, const void *config, struct aas_error *err) AAS_MUST_CHECK;
int ml_app_start(void *app, struct aas_error *err) AAS_MUST_CHECK;
void ml_app_stop(void *app, struct aas_mono deadline);
void ml_app_destroy(void *app);
