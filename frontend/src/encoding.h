/* Which stored form of a file a client takes (RFC 9110 section 12.5.3). Pure. */
#pragma once

enum web_encoding { WEB_IDENTITY, WEB_GZIP, WEB_BROTLI, WEB_ENCODING__COUNT };

/** The name in Content-Encoding and Accept-Encoding: "identity", "gzip", "br". */
const char *web_encoding_name(enum web_encoding encoding);

/** The best of those in the bit set `available` (1 << WEB_…; the identity is always there): the highest quality, and
 *  the smallest form among equals. accept NULL or unusable: the identity, which is also served when a client excludes
 *  everything: a page is of more use than 406. */
enum web_encoding web_encoding_choose(const char *accept, unsigned available);
