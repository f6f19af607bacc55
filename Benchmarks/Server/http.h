// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

// The little of HTTP/1.1 that the floor and the paced client need: where a head ends and how long
// the body behind it is. Both talk to well-behaved peers on loopback only.

#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// Bytes of the head up to and with its empty line; 0 while it is not complete.
static inline size_t head_length(const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - bytes) + 4;
}

/// Content-Length of a complete head; 0 when it has none.
static inline size_t content_length(const char *head, size_t length) {
    static const char name[] = "content-length:";
    const char *end = head + length;
    const char *line = head;
    while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        line += 1;
        if ((size_t)(end - line) > sizeof name
            && strncasecmp(line, name, sizeof name - 1) == 0) {
            // The head ends in CR LF, so the digits are followed by something that is none.
            return strtoul(line + sizeof name - 1, NULL, 10);
        }
    }
    return 0;
}
