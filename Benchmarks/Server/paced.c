// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

// A load client with an open loop: requests are due at fixed moments, whatever the server does, and
// latency runs from the moment a request was due. A closed loop such as wrk's waits for the answer
// before it asks again, and so hides every stall from its percentiles ("coordinated omission").
//
//     paced PORT PATH RATE SECONDS CONNECTIONS BODIES
//
// BODIES holds one JSON body a line; requests cycle through them. One line of JSON is printed.

#define _GNU_SOURCE
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { connections_limit = 1024, answer_limit = 256 * 1024, grace_ns = 2000000000 };

struct request {
    char *bytes;
    size_t count;
};

struct connection {
    int descriptor;
    uint64_t due;           // of the request under way
    size_t received;
    char answer[answer_limit];
};

static struct request *requests;
static size_t request_count;
static struct connection *idle[connections_limit];
static size_t idle_count;
static uint32_t *latencies; // ns
static uint64_t answered, refused;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void read_requests(const char *file, const char *path) {
    FILE *bodies = fopen(file, "r");
    if (bodies == NULL) die(file);
    char *line = NULL;
    size_t capacity = 0, room = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, bodies)) > 0) {
        if (line[length - 1] == '\n') length -= 1;
        if (request_count == room) {
            room = room == 0 ? 1024 : room * 2;
            requests = realloc(requests, room * sizeof *requests);
            if (requests == NULL) die("realloc");
        }
        struct request *request = &requests[request_count++];
        int count = asprintf(&request->bytes,
                             "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             "Content-Type: application/json\r\nContent-Length: %zd\r\n\r\n%.*s",
                             path, length, (int)length, line);
        if (count < 0) die("asprintf");
        request->count = (size_t)count;
    }
    free(line);
    fclose(bodies);
    if (request_count == 0) {
        fprintf(stderr, "%s holds no body\n", file);
        exit(1);
    }
}

static void connect_all(int poll, int port, size_t count) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    for (size_t i = 0; i < count; i++) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL) die("calloc");
        int on = 1;
        connection->descriptor = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
            die("connect");
        }
        setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connection->descriptor, &event) != 0) die("epoll_ctl");
        idle[idle_count++] = connection;
    }
}

/// Sends a request that was due at `due`. A body of a few hundred bytes fits any socket buffer.
static void ask(uint64_t number, uint64_t due) {
    struct connection *connection = idle[--idle_count];
    struct request *request = &requests[number % request_count];
    connection->due = due;
    connection->received = 0;
    ssize_t sent = send(connection->descriptor, request->bytes, request->count, MSG_NOSIGNAL);
    if (sent != (ssize_t)request->count) die("send");
}

/// Reads what came; when the answer is complete its latency is kept and the connection idle again.
static void receive(struct connection *connection) {
    ssize_t count = recv(connection->descriptor, connection->answer + connection->received,
                         answer_limit - connection->received, 0);
    if (count <= 0) die(count == 0 ? "the server closed a connection" : "recv");
    connection->received += (size_t)count;
    size_t head = head_length(connection->answer, connection->received);
    if (head == 0) return;
    size_t body = content_length(connection->answer, head);
    if (connection->received < head + body) return;
    uint64_t latency = now() - connection->due;
    latencies[answered++] = latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency;
    if (strncmp(connection->answer, "HTTP/1.1 2", 10) != 0) refused += 1;
    idle[idle_count++] = connection;
}

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/// The latency that a share of the answers did not exceed, in µs (nearest rank).
static double percentile(double share) {
    uint64_t rank = (uint64_t)(share * (double)answered);
    if (rank >= answered) rank = answered - 1;
    return latencies[rank] / 1e3;
}

int main(int count, char **arguments) {
    if (count != 7) {
        fprintf(stderr, "usage: paced PORT PATH RATE SECONDS CONNECTIONS BODIES\n");
        return 2;
    }
    double rate = atof(arguments[3]), seconds = atof(arguments[4]);
    size_t connections = strtoul(arguments[5], NULL, 10);
    if (!(rate > 0 && rate <= 1e7 && seconds > 0 && seconds <= 3600)) return 2;
    if (connections < 1 || connections > connections_limit) return 2;
    uint64_t total = (uint64_t)(rate * seconds) + 1, sent = 0;
    latencies = malloc(total * sizeof *latencies);
    if (latencies == NULL) die("malloc");
    read_requests(arguments[6], arguments[2]);

    int poll = epoll_create1(0);
    connect_all(poll, atoi(arguments[1]), connections);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event) != 0) die("epoll_ctl");

    uint64_t start = now() + 1000000;
    uint64_t end = start + (uint64_t)(seconds * 1e9) + grace_ns;
    while (answered < total && now() < end) {
        uint64_t due = start + (uint64_t)((double)sent * 1e9 / rate);
        while (sent < total && idle_count > 0 && due <= now()) {
            ask(sent++, due);
            due = start + (uint64_t)((double)sent * 1e9 / rate);
        }
        // With nothing due or nothing idle, wake for an answer, the next request or the end.
        uint64_t wake = sent < total && idle_count > 0 ? due : end;
        struct itimerspec when = {
            .it_value = {.tv_sec = (time_t)(wake / 1000000000),
                         .tv_nsec = (long)(wake % 1000000000)},
        };
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            uint64_t expirations;
            if (events[i].data.ptr != NULL) receive(events[i].data.ptr);
            else if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("read");
        }
    }
    if (answered == 0) return 1;
    double spent = (double)(now() - start) / 1e9;
    qsort(latencies, answered, sizeof *latencies, ascending);
    printf("{\"asked\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"rate\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f"
           ",\"max_us\":%.1f}\n",
           total, answered, refused, (double)answered / spent, percentile(0.5), percentile(0.9),
           percentile(0.99), percentile(0.999), latencies[answered - 1] / 1e3);
    return 0;
}
