// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

// An acknowledged producer that costs next to nothing: lines are made before, and only their
// sequence number is put in. With a rate, batches are due a millisecond apart whatever the sidecar
// does, and the latency of an acknowledgement runs from the moment its batch was due.
//
//     acknowledged SOCKET LINES RECORDS RATE
//
// LINES holds records with `"seq":1000000000` at one place; RATE is in records a second, 0 as fast
// as they are taken. The end comes with the last acknowledgement. One line of JSON is printed.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { digits = 10, patience_ms = 60000, records_at_once = 200 };
static const uint64_t first = 1000000000, nanoseconds = 1000000000;

struct batch {
    uint64_t due, last;
};

static char *lines;
static uint32_t *starts;         // of each line, and the end of the last
static uint32_t line_count;
static size_t number_offset;     // within each line
static uint64_t acknowledged;    // records
static struct batch *batches;
static size_t batch_count, settled;
static uint64_t *latencies;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * nanoseconds + (uint64_t)time.tv_nsec;
}

static void read_lines(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) die(path);
    size_t size = (size_t)status.st_size;
    lines = malloc(size + 1);
    starts = malloc((size / 16 + 2) * sizeof *starts);
    if (lines == NULL || starts == NULL) die("malloc");
    for (size_t done = 0; done < size;) {
        ssize_t count = read(file, lines + done, size - done);
        if (count <= 0) die(path);
        done += (size_t)count;
    }
    close(file);
    lines[size] = 0;
    char *number = strstr(lines, "\"seq\":");
    if (number == NULL) die("no seq in the lines");
    number_offset = (size_t)(number - lines) + 6;
    for (size_t at = 0; at < size; line_count++) {
        starts[line_count] = (uint32_t)at;
        at = (size_t)((char *)memchr(lines + at, '\n', size - at) - lines) + 1;
    }
    starts[line_count] = (uint32_t)size;
}

static int greet(const char *path) {
    static const char hello[] =
        "{\"hello\":{\"producer\":\"benchmark\",\"session\":\"benchmark\",\"ack\":true}}\n";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int wire = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(wire, (struct sockaddr *)&address, sizeof address) != 0) die(path);
    if (write(wire, hello, sizeof hello - 1) < 0) die("hello");
    char answer[128];
    ssize_t count = read(wire, answer, sizeof answer - 1);
    if (count <= 0 || strncmp(answer, "{\"hello\":{\"seq\":", 16) != 0) die("hello's answer");
    uint64_t decided = strtoull(answer + 16, NULL, 10);
    acknowledged = decided < first ? 0 : decided - first + 1;
    fcntl(wire, F_SETFL, O_NONBLOCK);
    return wire;
}

// Puts the numbers of records into lines that lie one behind the other.
static void number(uint64_t record, uint64_t count) {
    for (uint64_t index = 0; index < count; index++) {
        uint64_t value = first + record + index;
        char *place = lines + starts[(record + index) % line_count] + number_offset;
        for (int digit = digits - 1; digit >= 0; digit--, value /= 10) place[digit] = '0' + value % 10;
    }
}

static void take_acknowledgements(int wire) {
    static char text[1 << 16];
    static size_t held;
    ssize_t count = read(wire, text + held, sizeof text - held - 1);
    if (count == 0 || (count < 0 && errno != EAGAIN)) die("the connection has ended");
    if (count < 0) return;
    held += (size_t)count;
    text[held] = 0;
    char *end = strrchr(text, '\n');
    if (end == NULL) return;
    *end = 0;
    char *last = strrchr(text, ':');
    if (strstr(text, "\"ack\"") == NULL || last == NULL) die(text);
    acknowledged = strtoull(last + 1, NULL, 10) - first + 1;
    held -= (size_t)(end + 1 - text);
    memmove(text, end + 1, held);
    uint64_t time = now();
    while (settled < batch_count && batches[settled].last <= acknowledged) {
        latencies[settled] = time - batches[settled].due;
        settled++;
    }
}

static int ascending(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    read_lines(argv[2]);
    uint64_t records = strtoull(argv[3], NULL, 10), rate = strtoull(argv[4], NULL, 10);
    uint64_t at_once = rate == 0 ? records_at_once : rate < 1000 ? 1 : rate / 1000;
    uint64_t interval = rate == 0 ? 0 : at_once * nanoseconds / rate;
    int wire = greet(argv[1]);
    uint64_t sent = acknowledged, end = sent + records;
    batches = calloc(records / at_once + 2, sizeof *batches);
    latencies = calloc(records / at_once + 2, sizeof *latencies);
    char *next = NULL, *limit = NULL;
    uint64_t begin = now(), due = begin;
    while (acknowledged < end) {
        if (next == limit && sent < end && now() >= due) {
            uint64_t place = sent % line_count;
            uint64_t count = at_once < end - sent ? at_once : end - sent;
            if (count > line_count - place) count = line_count - place;
            number(sent, count);
            next = lines + starts[place];
            limit = lines + starts[place + count];
            sent += count;
            batches[batch_count++] = (struct batch){rate == 0 ? now() : due, sent};
            due += rate == 0 ? 0 : count * interval / at_once;
        }
        struct pollfd events = {wire, POLLIN | (next < limit ? POLLOUT : 0), 0};
        uint64_t time = now();
        struct timespec wait = {patience_ms / 1000, 0};
        if (next == limit && sent < end) {
            uint64_t rest = due > time ? due - time : 0;
            wait = (struct timespec){(time_t)(rest / nanoseconds), (long)(rest % nanoseconds)};
        }
        int ready = ppoll(&events, 1, &wait, NULL);
        if (ready == 0 && wait.tv_sec >= patience_ms / 1000) die("nothing for a minute");
        if (events.revents & (POLLIN | POLLHUP | POLLERR)) take_acknowledgements(wire);
        if (events.revents & POLLOUT) {
            ssize_t count = write(wire, next, (size_t)(limit - next));
            if (count < 0 && errno != EAGAIN) die("write");
            if (count > 0) next += count;
        }
    }
    double seconds = (double)(now() - begin) / 1e9;
    qsort(latencies, settled, sizeof *latencies, ascending);
    printf("{\"records\":%" PRIu64 ",\"seconds\":%.6f,\"bytes\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"max_ms\":%.3f}\n",
           records, seconds, (double)starts[line_count] / line_count,
           (double)latencies[settled / 2] / 1e6, (double)latencies[settled * 99 / 100] / 1e6,
           (double)latencies[settled - 1] / 1e6);
}
