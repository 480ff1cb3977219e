/* libwebsockets' log goes into ours; both its users share its one process-wide hook. */
#pragma once

/** Sets the hook once. Any thread. */
void ws_log_bridge_init(void);
