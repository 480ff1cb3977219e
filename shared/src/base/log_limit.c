/* Repeats: each site may write LIMIT lines in WINDOW_MS; the next line after that says how many were withheld. No lock:
 * counters are atomic, and the list of sites only grows. */
#include "log_internal.h"

#include "aas/clock.h"
#include "aas/str.h"

#define LIMIT        10
#define WINDOW_MS    10000
#define BRIDGE_SITES 256 /* a power of two */

static _Atomic(struct aas_log_site *) sites;
static _Atomic uint64_t withheld_total;
static struct aas_log_site bridge_sites[BRIDGE_SITES];

static void list_once(struct aas_log_site *site)
{
    if (atomic_exchange(&site->listed, true))
        return;
    struct aas_log_site *head = atomic_load(&sites);
    do {
        site->next = head;
    } while (!atomic_compare_exchange_weak(&sites, &head, site));
}

bool log_limit_pass(struct aas_log_site *site, uint64_t *ret_withheld)
{
    int64_t now = aas_clock_mono().ns / 1000000;
    int64_t start = atomic_load_explicit(&site->window_start_ms, memory_order_relaxed);
    if ((start == 0 || now - start >= WINDOW_MS || now < start) &&
        atomic_compare_exchange_strong(&site->window_start_ms, &start, now ? now : 1))
        atomic_store(&site->written, 0); /* only the thread that won opens the window */
    if (atomic_fetch_add(&site->written, 1) < LIMIT) {
        *ret_withheld = atomic_exchange(&site->withheld, 0);
        return true;
    }
    (void)atomic_fetch_add(&site->withheld, 1);
    (void)atomic_fetch_add_explicit(&withheld_total, 1, memory_order_relaxed);
    list_once(site);
    return false;
}

struct aas_log_site *log_limit_bridge_site(enum aas_log_level level, const char *lib, const char *text, size_t n)
{
    char masked[128]; /* digits differ between repeats (ports, counters): they don't make a text new */
    size_t len = n < sizeof masked ? n : sizeof masked;
    for (size_t i = 0; i < len; i++)
        masked[i] = text[i] >= '0' && text[i] <= '9' ? '#' : text[i];
    uint64_t h = aas_str_hash((struct aas_str){masked, len}) ^ aas_str_hash(aas_str_from(lib)) ^ (uint64_t)level;
    /* Two texts in one slot share its allowance: a rare loss for a bounded table. */
    return &bridge_sites[h % BRIDGE_SITES];
}

void aas_log_flush_withheld(void)
{
    for (struct aas_log_site *s = atomic_load(&sites); s; s = s->next) {
        unsigned n = atomic_exchange(&s->withheld, 0);
        if (n == 0)
            continue;
        bool library = !s->event;
        const struct aas_field fields[] = {AAS_F_STR("of", library ? "library" : s->event), {.type = AAS_FIELD_END}};
        static const char msg[] = "repeated lines were withheld";
        struct log_event e = {.level = library ? AAS_LOG_WARN : s->level,
                              .mod = library ? "lib" : s->mod,
                              .event = "log.withheld",
                              .msg = msg,
                              .msg_len = sizeof msg - 1,
                              .fields = fields,
                              .withheld = n};
        if (aas_log_enabled(e.level))
            log_emit(&e);
    }
}

uint64_t aas_log_withheld_total(void)
{
    return atomic_load_explicit(&withheld_total, memory_order_relaxed);
}
