#include "ws_log.h"

#include <pthread.h>
#include <string.h>

#include <libwebsockets.h>

#include <aas/log.h>

/* What the library calls an error is at most something for the person on call to know: peers cause most of it. */
static void emit(int level, const char *line)
{
    aas_log_bridge(level & LLL_ERR ? AAS_LOG_WARN : AAS_LOG_DEBUG, "websockets", line, strlen(line));
}

static void set_hook(void)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, emit);
}

void ws_log_bridge_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_hook);
}
