// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

// The floor under every HTTP server: one thread, epoll, and the same 45 bytes for each complete
// request, whatever it says. What a real server takes beyond this is its own.
//
//     floor PORT        listens on 127.0.0.1; 0 takes a free port; prints "listening PORT"

#define _GNU_SOURCE
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { input_limit = 64 * 1024, output_limit = 64 * 1024, events_at_once = 64 };

#define BODY "{\"prediction\":1,\"probability\":0.73105857863}\n"
_Static_assert(sizeof BODY - 1 == 45, "the answer is 45 bytes");

static const char answer[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 45\r\n"
    "\r\n" BODY;

struct connection {
    int descriptor;
    size_t input;           // bytes read and not yet answered
    size_t output;          // bytes to write
    size_t written;         // of them, already written
    char in[input_limit];
    char out[output_limit];
};

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) != 0) die("bind");
    if (listen(listener, 1024) != 0) die("listen");
    if (getsockname(listener, (struct sockaddr *)&address, &size) != 0) die("getsockname");
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/// Answers the complete requests in the buffer for which there is room.
///
/// Returns how many; -1 for a request that never fits.
static int answer_all(struct connection *connection) {
    size_t used = 0;
    int answered = 0;
    while (connection->output + sizeof answer - 1 <= output_limit) {
        const char *request = connection->in + used;
        size_t left = connection->input - used;
        size_t head = head_length(request, left);
        if (head == 0 && left == input_limit) return -1;
        if (head == 0) break;
        size_t body = content_length(request, head);
        if (body > input_limit - head) return -1;
        if (left < head + body) break;
        used += head + body;
        memcpy(connection->out + connection->output, answer, sizeof answer - 1);
        connection->output += sizeof answer - 1;
        answered += 1;
    }
    connection->input -= used;
    if (used > 0) memmove(connection->in, connection->in + used, connection->input);
    return answered;
}

/// Writes what is to be written; returns 0 when the peer is gone.
static int flush_output(struct connection *connection) {
    while (connection->written < connection->output) {
        ssize_t count = send(connection->descriptor, connection->out + connection->written,
                             connection->output - connection->written, MSG_NOSIGNAL);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        connection->written += (size_t)count;
    }
    connection->output = 0;
    connection->written = 0;
    return 1;
}

/// Reads once, answers, writes; returns 0 when the connection is over.
static int serve(struct connection *connection, unsigned events) {
    if (events & EPOLLIN) {
        ssize_t count = recv(connection->descriptor, connection->in + connection->input,
                             input_limit - connection->input, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN)) return 0;
        if (count > 0) connection->input += (size_t)count;
    }
    // Again while answers leave: a full output buffer may have left requests behind.
    int answered;
    do {
        answered = answer_all(connection);
        if (answered < 0 || !flush_output(connection)) return 0;
    } while (answered > 0 && connection->output == 0);
    return 1;
}

static void accept_all(int poll, int listener) {
    int descriptor;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *connection = malloc(sizeof *connection);
        if (connection == NULL) die("malloc");
        connection->descriptor = descriptor;
        connection->input = connection->output = connection->written = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) != 0) die("epoll_ctl");
    }
}

int main(int count, char **arguments) {
    int listener = listen_on(count > 1 ? atoi(arguments[1]) : 0);
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) != 0) die("epoll_ctl");
    struct epoll_event events[events_at_once];
    for (;;) {
        int ready = epoll_wait(poll, events, events_at_once, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == NULL) {
                accept_all(poll, listener);
            } else if (!serve(connection, events[i].events)) {
                close(connection->descriptor);
                free(connection);
            } else {
                // A peer that does not read is not read from until it does.
                unsigned wanted = connection->output > 0 ? EPOLLOUT : EPOLLIN;
                if (wanted == EPOLLIN && !(events[i].events & EPOLLOUT)) continue;
                event = (struct epoll_event){.events = wanted, .data.ptr = connection};
                epoll_ctl(poll, EPOLL_CTL_MOD, connection->descriptor, &event);
            }
        }
    }
}
