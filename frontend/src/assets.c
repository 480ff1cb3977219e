#include "assets.h"

#include <stdlib.h>
#include <string.h>

struct web_assets *web_assets_ref(struct web_assets *assets)
{
    aas_ref_get(&assets->ref);
    return assets;
}

void web_assets_unref(void *arg)
{
    struct web_assets *assets = arg;
    if (!assets || !aas_ref_put(&assets->ref))
        return;
    for (size_t i = 0; i < assets->count; i++) {
        for (int e = 0; e < WEB_ENCODING__COUNT; e++)
            free(assets->items[i].body[e].bytes);
        free(assets->items[i].path);
    }
    free(assets->items);
    free(assets);
}

static int by_path(const void *key, const void *item)
{
    return strcmp(key, ((const struct web_asset *)item)->path);
}

const struct web_asset *web_assets_find(const struct web_assets *assets, const char *path)
{
    if (strcmp(path, "/") == 0)
        return assets->index;
    if (assets->count == 0)
        return NULL;
    return bsearch(path, assets->items, assets->count, sizeof *assets->items, by_path);
}

bool web_path_is_hashed(const char *path)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (strncmp(path, "/assets/", 8) != 0)
        return false;
    const char *name = strrchr(path, '/') + 1, *dot = strchr(name, '.');
    for (const char *dash = dot ? memchr(name, '-', (size_t)(dot - name)) : NULL; dash;
         dash = memchr(dash + 1, '-', (size_t)(dot - dash - 1))) {
        size_t len = strspn(dash + 1, alphabet);
        if (dash > name && len == 8 && dash + 1 + len == dot)
            return true;
    }
    return false;
}
