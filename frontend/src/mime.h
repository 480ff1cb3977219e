/* Content types by a file's name. Pure. */
#pragma once

/** Never NULL; unknown extensions are application/octet-stream. Text types name UTF-8. */
const char *web_mime_of(const char *path);
